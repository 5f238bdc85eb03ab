/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP over DPDK ports, every byte in iovecs. What a program on lwIP's raw API needs besides lwIP's own headers.
 *
 *	received:  mbuf -> iovec -> struct pbuf_custom, which releases the iovec when lwIP frees it      (pbuf.c)
 *	sent:      glue_write() -> PBUF_ROM, whose block holds a clone of the iovec until it is freed    (memory.c)
 *	           linkoutput: pbuf chain -> one iovec per pbuf -> mbuf chain -> port                    (pbuf.c, netif.c)
 *
 * One thread runs lwIP, all its netifs, and everything here; iovecs are LOCAL. It calls, in this order:
 *
 *	glue_init(), with each port glue_netif_add(); then in turn glue_netif_poll() of each, and sys_check_timeouts();
 *	glue_stop(), with each glue_netif_flush() and glue_netif_remove(); the ports are closed; glue_finish()
 *
 * lwip/tcp.h and rte_ethdev.h cannot be in one file: both bring a struct ip6_hdr.
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
	 * Received mbufs that lwIP may hold at once. Beyond, packets are copied into its own memory, so that what connections
	 * hold (out of order, or not read yet) never leaves a port without mbufs to receive into.
	 */
	unsigned rx_hold;
	/*
	 * Packets of a frame's length, for the bytes that are copied to be sent: at least as many as ports hold at once. What
	 * lwIP has queued must go out for memory to come back, so the way out never depends on memory that lwIP can take.
	 */
	struct rte_mempool *tx_pool;
	/* Bytes that lwIP may allocate, beyond which it has no memory; 0: no limit. An lwIP that brings its own has none. */
	uint64_t memory;
	bool copy; /* every byte in both directions, to compare with; tx_pool may then be an ordinary one */
};

struct glue_netif_stats {
	uint64_t rx_packets, rx_bytes;
	uint64_t rx_segments; /* taken over as iovecs */
	uint64_t rx_copied; /* packets: too many held, headers in several segments, over 16 segments, or config.copy */
	uint64_t rx_no_memory; /* packets dropped */
	uint64_t rx_refused;   /* the same, for lwIP must not see them: ip6_filter.c, other VLANs */
	uint64_t rx_short;     /* the same, for they end before what lwIP would read: frame_filter.c */
	uint64_t tx_packets, tx_bytes;
	uint64_t tx_bytes_copied; /* of those: headers, and what could not be sent from where it lay */
	uint64_t tx_linear;	  /* packets copied into one segment */
	uint64_t tx_no_memory;	  /* packets lwIP was told that there is no memory for */
	uint64_t tx_full;	  /* the same, for the port took none */
};

struct glue_memory_stats {
	uint64_t blocks; /* in use */
	uint64_t bytes;	 /* of these */
	uint64_t peak_bytes;
	uint64_t limit;	 /* of bytes */
	uint64_t failed; /* requests that found no memory */
};

/* One lwIP netif on one queue pair of a port. Zeroed but for what the caller sets before glue_netif_add(). */
struct glue_netif {
	struct glue_queue queue; /* the caller's: port_id, queue_id, tcp_checksum, rx_checksum */
	unsigned segments;	 /* the caller's: most segments that the port sends in one packet; 1: it wants one */
	struct netif netif;
	struct glue_netif_stats stats;
};

/* Starts lwIP on this thread. 0, or -ENOMEM. Once per process, as lwIP goes. */
int glue_init(const struct glue_config *config);

/*
 * Before the netifs go: ends what lwIP still has, connections with RST. Programs have ended theirs, and stopped listening.
 */
void glue_stop(void);

/* After the last netif: gives the memory back. */
void glue_finish(void);

/*
 * Makes lwIP see the port, with a link-local IPv6 address. Other addresses: lwIP's netif_set_addr(), netif_add_ip6_address().
 * 0, or -1: lwIP takes no netif more.
 */
int glue_netif_add(struct glue_netif *n, const uint8_t mac[6], uint16_t mtu);

/* Forgets the port; what waits to be sent is freed. */
void glue_netif_remove(struct glue_netif *n);

/* Receives a burst, lets lwIP answer, sends. Returns packets received. To be called in turn with sys_check_timeouts(). */
unsigned glue_netif_poll(struct glue_netif *n);

/* Sends what waits, after programs or timers have written. */
void glue_netif_flush(struct glue_netif *n);

/* Whether glue_write() does not copy. */
bool glue_zero_copy(void);

/* Whether lwIP can be told which checksums the port does. */
bool glue_checksum_control(void);

void glue_memory_stats_get(struct glue_memory_stats *stats);

/* TCP segments that were sent again, for whatever reason. (lwIP's own library counts only some, in lwip_stats.) */
uint64_t glue_tcp_again(void);

/*
 * More than half of config.memory is in use. lwIP then keeps nothing that comes out of order; programs should queue and keep
 * less, so that no peer can take what the others need: the other half is for little of each.
 */
bool glue_memory_is_low(void);

/*
 * As tcp_write() without TCP_WRITE_FLAG_COPY, of length bytes of the iovec from offset on: what lwIP queues holds a
 * reference to the whole iovec until the peer has acknowledged the bytes, or the connection is gone. The caller keeps its
 * own iovec and may release it at once, but nobody may write to those bytes any more.
 * With config.copy, and with an lwIP that cannot do without (see glue_zero_copy()), the bytes are copied.
 * flags: TCP_WRITE_FLAG_MORE, or 0. length: 1 to 65,535.
 * Returns what tcp_write() does: ERR_OK, or ERR_MEM with nothing queued (no room in the send buffer, or no memory: try again
 * from the sent or poll callback), ERR_CONN; and ERR_ARG for bytes that are not inside the iovec.
 */
err_t glue_write(struct tcp_pcb *pcb, struct evpl_iovec *iovec, unsigned offset, unsigned length, u8_t flags);

/*
 * As glue_write(), of the first length bytes of a received pbuf, which stays the caller's and may be freed at once. Bytes that
 * lie in no iovec (see glue_pbuf_iovec()) are copied.
 */
err_t glue_write_pbuf(struct tcp_pcb *pcb, struct pbuf *p, unsigned length, u8_t flags);

/* The context of the thread that runs lwIP. */
struct evpl *glue_evpl(void);

/*
 * The iovec that holds the bytes of a received pbuf (of this one, not of the chain behind it); NULL if there is none, for
 * they were copied. p->payload lies inside it, at offset (char *)p->payload - (char *)evpl_iovec_data(iovec). It stays the
 * pbuf's: glue_write() or clone it before pbuf_free().
 */
struct evpl_iovec *glue_pbuf_iovec(struct pbuf *p);

#endif /* GLUE_H */
