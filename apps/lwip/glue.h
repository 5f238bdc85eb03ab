/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP over DPDK ports, with every byte in iovecs. A program that uses lwIP's raw API includes this header and lwIP's
 * own headers.
 *
 *	received:  mbuf -> iovec -> struct pbuf_custom, which releases the iovec when lwIP frees it   (pbuf.c)
 *	sent:      glue_write() -> PBUF_ROM, whose block holds a clone of the iovec until it is freed (memory.c)
 *	           linkoutput: pbuf chain -> one iovec per pbuf -> mbuf chain -> port         (pbuf.c, netif.c)
 *
 * One thread runs lwIP, all its netifs, and everything here; iovecs are LOCAL. It calls, in this order:
 *
 *	glue_init(); glue_netif_open() or glue_netif_add() for each port; glue_listen() or tcp_connect();
 *	glue_poll() again and again; glue_finish()
 *
 * example/echo.c is such a program. A program that started its ports itself closes them after glue_stop().
 *
 * One file cannot include both lwip/tcp.h and rte_ethdev.h: both define a struct ip6_hdr.
 */
#ifndef GLUE_H
#define GLUE_H

#include <stdbool.h>
#include <stdint.h>

#include <lwip/err.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>

#include <evpl/evpl.h>

#include "queue.h"

struct tcp_pcb;

struct glue_config {
	struct evpl *evpl;
	/*
	 * Received mbufs that lwIP may hold at once. Further packets are copied into lwIP's own memory. So connections
	 * that hold packets (out of order, or not read yet) never leave a port without mbufs to receive into.
	 */
	unsigned rx_hold;
	/*
	 * The pool of packets for bytes that are copied when they are sent. Each packet has room for a frame. There are
	 * at least as many packets as all ports hold at once. Only sending uses this pool, because lwIP gets memory
	 * back only when its queued bytes are sent: sending must work even if lwIP has taken all other memory.
	 */
	struct rte_mempool *tx_pool;
	/* Most bytes that lwIP may allocate; 0: no limit. An lwIP that brings its own memory has no limit. */
	uint64_t memory;
	bool copy; /* copies every byte in both directions, for comparison; tx_pool may be an ordinary pool then */
};

struct glue_netif_stats {
	uint64_t rx_packets, rx_bytes;
	uint64_t rx_segments; /* taken over as iovecs */
	uint64_t rx_copied; /* packets: too many held, headers in several segments, over 16 segments, or config.copy */
	uint64_t rx_no_memory; /* packets dropped */
	uint64_t rx_refused;   /* dropped, because lwIP must not see them: ip6_filter.c, other VLANs, false lengths */
	uint64_t rx_short;     /* dropped, because they end before what lwIP would read: frame_filter.c */
	uint64_t tx_packets, tx_bytes;
	uint64_t tx_bytes_copied; /* of these, copied: headers, and bytes that could not be sent in place */
	uint64_t tx_linear;	  /* packets copied into one segment */
	uint64_t tx_no_memory;	  /* packets that lwIP was told there is no memory for */
	uint64_t tx_full;	  /* the same, because the port took none */
};

struct glue_memory_stats {
	uint64_t blocks; /* in use */
	uint64_t bytes;	 /* of these */
	uint64_t peak_bytes;
	uint64_t limit;	 /* of bytes */
	uint64_t failed; /* requests that found no memory */
};

/*
 * One lwIP netif on one queue pair of a port. Before glue_netif_add() all fields are zero that the caller does not set.
 */
struct glue_netif {
	struct glue_queue queue; /* the caller's: port_id, queue_id, tcp_checksum, rx_checksum */
	unsigned segments;	 /* set by the caller: most segments of a packet that the port sends; 1: one */
	struct netif netif;
	struct glue_netif_stats stats;
	bool opened;		 /* by glue_netif_open() */
	struct glue_netif *next; /* of all netifs */
};

/* Starts lwIP on this thread. 0, or -ENOMEM. Only once per process, because lwIP can start only once. */
int glue_init(const struct glue_config *config);

/*
 * Ends all connections with RST, and drops fragments whose others have not come. Ports, netifs and listeners stay. The
 * program has freed the state of its connections before.
 */
void glue_end_connections(void);

/* Ends all listening, and all connections as glue_end_connections() does. Sends what waits, and removes all netifs. */
void glue_stop(void);

/* Calls glue_stop(), and gives all memory back. After it the context can be destroyed. */
void glue_finish(void);

/*
 * Configures and starts a port with one queue pair and its defaults, and adds it as glue_netif_add() does. The netif is
 * all zero before. The port is closed when the netif is removed. 0, or a negative errno: the port does not start.
 */
int glue_netif_open(struct glue_netif *n, uint16_t port_id, struct rte_mempool *rx_pool);

/*
 * Adds a port that the program has started to lwIP, with a link-local IPv6 address. Further addresses:
 * netif_set_addr() and netif_add_ip6_address() of lwIP. 0, or -1: lwIP takes no further netif.
 */
int glue_netif_add(struct glue_netif *n, const uint8_t mac[6], uint16_t mtu);

/* Removes the port from lwIP, and frees packets that wait to be sent. glue_stop() does it for all netifs. */
void glue_netif_remove(struct glue_netif *n);

/*
 * One turn of a program's loop: receives a burst from each port, lets lwIP answer, and runs lwIP's timers. Sends what
 * was written before and during this turn, except what timers write: that goes out in the next turn.
 */
void glue_poll(void);

/*
 * Listens on a TCP port of all addresses until glue_stop(). backlog: the most connections that are half open.
 * on_accept(), with its argument, is as in tcp_accept(). ERR_OK; ERR_MEM; ERR_USE: another server has the port.
 */
err_t glue_listen(uint16_t port, uint8_t backlog, err_t (*on_accept)(void *arg, struct tcp_pcb *pcb, err_t error),
		  void *arg);

/* After this call lwIP keeps the connection, but calls no function of the program for it any more. */
void glue_detach(struct tcp_pcb *pcb);

/* Whether glue_write() sends without a copy. */
bool glue_zero_copy(void);

/* Whether lwIP can be told which checksums the port does. */
bool glue_checksum_control(void);

/*
 * True once when there is memory again, after lwIP found none. What failed with ERR_MEM can be tried again then. lwIP
 * itself calls tcp_poll() callbacks half a second later at best.
 */
bool glue_memory_came_back(void);

void glue_memory_stats_get(struct glue_memory_stats *stats);

/* TCP segments that were sent again, for whatever reason. (lwIP's own lwip_stats counts only some.) */
uint64_t glue_tcp_sent_again(void);

/*
 * Whether more than half of config.memory is in use. lwIP then keeps nothing that comes out of order. Programs should
 * then queue and keep less for each peer. So the other half suffices for all peers, and no peer can take it alone.
 */
bool glue_memory_is_low(void);

/*
 * Writes length bytes of the iovec from offset on, as tcp_write() without TCP_WRITE_FLAG_COPY. lwIP's queue holds a
 * reference to the whole iovec until the peer has acknowledged the bytes, or the connection is gone. The caller keeps
 * its own iovec and may release it at once. But nobody may write to those bytes any more.
 * The bytes are copied with config.copy, and with an lwIP that has to copy (see glue_zero_copy()).
 * flags: TCP_WRITE_FLAG_MORE, or 0. length: 1 to 65,535.
 * Returns what tcp_write() does: ERR_OK; ERR_MEM with nothing queued (no room in the send buffer, or no memory: try
 * again from the sent or poll callback); ERR_CONN. Also ERR_ARG for bytes that are not inside the iovec.
 */
err_t glue_write(struct tcp_pcb *pcb, struct evpl_iovec *iovec, unsigned offset, unsigned length, u8_t flags);

/*
 * As glue_write(), for the first length bytes of a received pbuf. The pbuf stays the caller's and may be freed at once.
 * Bytes that lie in no iovec (see glue_pbuf_iovec()) are copied.
 */
err_t glue_write_pbuf(struct tcp_pcb *pcb, struct pbuf *p, unsigned length, u8_t flags);

/* The context of the thread that runs lwIP. */
struct evpl *glue_evpl(void);

/*
 * The iovec that holds the bytes of a received pbuf (of this one, not of the chain behind it). NULL: the bytes were
 * copied, so there is none. p->payload lies inside it, at offset (char *)p->payload - (char *)evpl_iovec_data(iovec).
 * The iovec stays the pbuf's: glue_write() or clone it before pbuf_free().
 */
struct evpl_iovec *glue_pbuf_iovec(struct pbuf *p);

#endif /* GLUE_H */
