/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP connections that peers open, and what they may cost. A server gives its operations; this file does accept, limits,
 * time-outs, orderly and disorderly ends, and keeps to lwIP's rules: tcp_abort() only where its callback returns ERR_ABRT.
 *
 *	    accept -> advance() ... advance() -> connection_close(): FIN, what comes is discarded, until both sides are done
 *	                                      -> connection_abort(): RST
 *	in every case at the end: ended()
 *
 * What a peer can hold: connections (in all, and per address), `send_budget` bytes on their way to it, `rx_pbufs` received and
 * not read yet (lwIP refuses more, and the peer sends again), and nothing for long: see struct connection_limits.
 */
#ifndef HTTPD_CONNECTION_H
#define HTTPD_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <lwip/tcp.h>

#include <evpl/evpl.h>

#include "content.h"
#include "peers.h"

/* Options, their defaults, and what they mean. */
struct connection_limits {
	unsigned connections;	   /* --connections=N (4096): open at once, of all servers together; 1 to 65,536 */
	unsigned peer_connections; /* --peer-connections=N (1024): of these, from one address; at least 1 */
	unsigned backlog;	   /* --backlog=N (255): half open, per server; 1 to 255 */
	/* --send-budget=BYTES (64K): not acknowledged yet, per connection, or two segments; at least 4K */
	unsigned send_budget;
	/* --rx-pbufs=N (32): received and not read yet, per connection, one more per CONNECTION_PBUF_BYTES; 1 to 1,024 */
	unsigned rx_pbufs;
	unsigned idle_s; /* --idle-timeout=SECONDS (30): nothing asked, nothing to answer: FIN; at least 1 */
	/* --progress-timeout=SECONDS (10): CONNECTION_PROGRESS bytes in that time, or RST; at least 1 */
	unsigned progress_s;
};

/* A pbuf with as many bytes is worth its RX mbuf; the receive window is the limit for those. */
#define CONNECTION_PBUF_BYTES 512

/* Bytes that a transfer must move in progress_s, unless it ends before. */
#define CONNECTION_PROGRESS 4096

/* Seconds that a connection which we closed is kept for the peer to close as well: longer for it to read our last bytes. */
#define CONNECTION_LINGER_S 2

/* Why a connection was ended with RST. */
enum connection_abort {
	CONNECTION_GOES_ON,
	CONNECTION_TOO_MANY,	    /* over --connections */
	CONNECTION_TOO_MANY_OF_ONE, /* over --peer-connections */
	CONNECTION_STALLED, /* over --progress-timeout: the peer does not read, or does not send what it announced */
	CONNECTION_BROKEN,  /* what was promised cannot be sent: a file changed while it was read */
	CONNECTION_STOPPED, /* the program ends */
	CONNECTION_ABORTS
};

struct connection_stats {
	uint64_t accepted; /* those that stayed: not refused */
	uint32_t active;
	uint32_t peak;
	uint64_t closed;		     /* ended by FIN from both sides, or nearly: see CONNECTION_LINGER_S */
	uint64_t reset;			     /* by the peer, or given up by lwIP after its retransmissions */
	uint64_t aborted[CONNECTION_ABORTS]; /* by us, by reason */
	uint64_t idle;			     /* of those closed, for --idle-timeout */
	uint64_t late;			     /* of those closed, for --request-timeout */
	uint64_t no_pcb;		     /* SYNs not answered: no memory */
	uint64_t rx_refused;		     /* times that lwIP was told to keep what came: over --rx-pbufs */
	uint64_t no_memory;		     /* times that sending had to wait for memory */
};

/* The names of enum connection_abort, for a report: "too_many", ... */
extern const char *const connection_abort_names[CONNECTION_ABORTS];

struct connection;

struct connection_server {
	const char *name;
	/* Bytes came, bytes were acknowledged, the peer ended its side (c->eof), or time passed: do what can be done. */
	void (*advance)(struct connection *c);
	/* The peer acknowledged n bytes; may be NULL. advance() follows. */
	void (*acknowledged)(struct connection *c, unsigned n);
	/* The time of CONNECTION_LATE is over; may be NULL where that is not used. advance() follows. */
	void (*late)(struct connection *c);
	/* The connection is gone: release what state holds. May be NULL. */
	void (*ended)(struct connection *c);
	unsigned late_s; /* seconds of CONNECTION_LATE */
};

/* What a connection is waited for with; a server says so as it goes. */
enum connection_wait {
	CONNECTION_IDLE, /* for anything: --idle-timeout */
	CONNECTION_LATE, /* for all of something: late_s from now, then late() */
	CONNECTION_TRANSFER, /* for bytes to move: --progress-timeout. Also when bytes are not acknowledged, whatever was said */
};

#define CONNECTION_STATE 384

struct connection {
	struct tcp_pcb *pcb; /* for reading, and tcp_recved(); NULL when it is over */
	const struct connection_server *server;
	/* Received, not consumed; none is empty, and each is a packet of its own to lwIP (tot_len is len). NULL: none. */
	struct pbuf *rx;
	bool eof;	  /* the peer sends nothing behind rx */
	uint32_t unacked; /* handed to lwIP, not acknowledged */

	/* connection.c's own */
	bool closing, fin_sent;
	enum connection_abort abort;
	enum connection_wait wait;
	uint32_t since_ms;    /* when that began; of CONNECTION_IDLE: when bytes came or went last */
	uint32_t progress_ms; /* when `moved` was 0 */
	uint32_t moved;	      /* bytes read and acknowledged since then */
	struct pbuf *rx_last;
	uint32_t rx_bytes, rx_pbufs;
	struct peer peer;
	LIST_ENTRY(connection) link; /* of those open, or those free */

	_Alignas(16) unsigned char state[CONNECTION_STATE]; /* the server's; all zero at the beginning */
};

/* Before any server starts. 0, or -1: no memory. */
int connections_start(const struct connection_limits *limits);

/* Ends all connections and listening with RST. Servers release their own after it. */
void connections_stop(void);

/* Listens on a port of all addresses, for as long as the program runs. ERR_OK, ERR_MEM, ERR_USE. */
err_t connections_listen(const struct connection_server *server, uint16_t port);

void connections_stats(struct connection_stats *stats);

/* The first n bytes of rx are read: their pbufs are freed, and the peer may send as many again. */
void connection_consume(struct connection *c, unsigned n);

/* As connection_consume(), but the peer may not send more until tcp_recved() is called. */
void connection_free_rx(struct connection *c, unsigned n);

/* Bytes that can be sent now. */
unsigned connection_room(const struct connection *c);

/* glue_write(), counted: false when it must be tried again later, in another advance(). length: at most connection_room(). */
bool connection_write(struct connection *c, struct evpl_iovec *iovec, unsigned offset, unsigned length, bool more);

/* The same, of the first length bytes of a received pbuf: glue_write_pbuf(). */
bool connection_write_pbuf(struct connection *c, struct pbuf *p, unsigned length);

/* Sends what can be sent now of content's bytes from *position up to end, and moves *position. */
void connection_send(struct connection *c, const struct content *content, uint64_t *position, uint64_t end);

/* From now on this is what is waited for. */
void connection_expect(struct connection *c, enum connection_wait wait);

/* What was written is sent, then FIN. advance() is not called again. */
void connection_close(struct connection *c);

/* RST, when advance() returns. */
void connection_abort(struct connection *c, enum connection_abort reason);

/* advance(), from outside of lwIP's callbacks. */
void connection_wake(struct connection *c);

#endif /* HTTPD_CONNECTION_H */
