/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP connections that peers open, and what they may cost. A server gives its operations. This file accepts, limits,
 * times out, and ends connections, orderly or not. It keeps lwIP's rule: tcp_abort() only where the callback returns
 * ERR_ABRT.
 *
 *	    accept -> advance() ... advance() -> connection_close(): FIN, discards input until both sides are done
 *	                                      -> connection_abort(): RST
 *	in every case at the end: ended()
 *
 * A peer can hold connections (a limit in all, and one per address), `send_budget` bytes in flight to it, and
 * `rx_pbufs` received and not read yet (lwIP refuses more, and the peer sends again). It can hold nothing for long: see
 * struct connection_limits.
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

/* The options, their defaults, and their meaning. */
struct connection_limits {
	unsigned connections;	   /* --connections=N (4096): open at once on all servers; 1 to 65,536 */
	unsigned peer_connections; /* --peer-connections=N (1024): of these, from one address; at least 1 */
	unsigned backlog;	   /* --backlog=N (255): half open, per server; 1 to 255 */
	/* --send-budget=BYTES (64K): bytes not acknowledged yet, per connection; at least two segments, at least 4K */
	unsigned send_budget;
	/* --rx-pbufs=N (32): received, not read yet, per connection; one more per CONNECTION_PBUF_BYTES; 1 to 1,024 */
	unsigned rx_pbufs;
	unsigned idle_s; /* --idle-timeout=SECONDS (30): no request and no answer: FIN; at least 1 */
	/* --progress-timeout=SECONDS (10): fewer than CONNECTION_PROGRESS bytes in that time: RST; at least 1 */
	unsigned progress_s;
};

/* Each time as many received bytes allow one more pbuf than rx_pbufs. The receive window limits these bytes. */
#define CONNECTION_PBUF_BYTES 512

/* Bytes that a transfer must move in progress_s, unless it ends earlier. */
#define CONNECTION_PROGRESS 4096

/*
 * After we close, a connection is kept for this many seconds, so that the peer can close, too. A peer that still reads
 * our last bytes has more time.
 */
#define CONNECTION_LINGER_S 2

/* Why a connection was ended with RST. */
enum connection_abort {
	CONNECTION_GOES_ON,
	CONNECTION_TOO_MANY,	    /* over --connections */
	CONNECTION_TOO_MANY_OF_ONE, /* over --peer-connections */
	CONNECTION_STALLED, /* over --progress-timeout: the peer does not read, or does not send what it announced */
	CONNECTION_BROKEN,  /* the promised bytes cannot be sent: a file changed while it was read */
	CONNECTION_STOPPED, /* the program ends */
	CONNECTION_ABORTS
};

struct connection_stats {
	uint64_t accepted; /* without those that were refused at once */
	uint32_t active;
	uint32_t peak;
	uint64_t closed;		     /* by FIN of both sides, or of ours alone: see CONNECTION_LINGER_S */
	uint64_t reset;			     /* by the peer, or given up by lwIP after its retransmissions */
	uint64_t aborted[CONNECTION_ABORTS]; /* by us, by reason */
	uint64_t idle;			     /* closed for --idle-timeout */
	uint64_t late;			     /* closed for --request-timeout */
	uint64_t no_pcb;		     /* SYNs not answered: no memory */
	uint64_t rx_refused;		     /* times that lwIP had to keep a pbuf: over --rx-pbufs */
	uint64_t no_memory;		     /* times that sending had to wait for memory */
	uint64_t retried;		     /* of those: times that it went on because memory had come back */
};

/* The report's names of enum connection_abort: "too_many", ... */
extern const char *const connection_abort_names[CONNECTION_ABORTS];

struct connection;

struct connection_server {
	const char *name; /* of the service, and of its option --NAME-port */
	/* Does what can be done: bytes came or were acknowledged, the peer ended its side (c->eof), or time passed. */
	void (*advance)(struct connection *c);
	/* The peer acknowledged n bytes; may be NULL. advance() follows. */
	void (*acknowledged)(struct connection *c, unsigned n);
	/* The time of CONNECTION_LATE is over. May be NULL if the server does not use it. advance() follows. */
	void (*late)(struct connection *c);
	/* The connection is gone: releases what state holds. May be NULL. */
	void (*ended)(struct connection *c);
	unsigned late_s; /* seconds of CONNECTION_LATE */
};

/* What the server waits for on a connection, and with which time-out. The server updates it. */
enum connection_wait {
	CONNECTION_IDLE,     /* anything: --idle-timeout */
	CONNECTION_LATE,     /* the rest of something that must be whole late_s from now; else late() */
	CONNECTION_TRANSFER, /* bytes to move: --progress-timeout. Holds also while bytes are not acknowledged */
};

#define CONNECTION_STATE 384

struct connection {
	struct tcp_pcb *pcb; /* for reading, and for tcp_recved(); NULL when the connection is over */
	const struct connection_server *server;
	/* Received, not consumed. None is empty, and each is its own packet to lwIP (tot_len is len). NULL: none. */
	struct pbuf *rx;
	bool eof;	  /* the peer sends nothing more behind rx */
	uint32_t unacked; /* bytes handed to lwIP, not acknowledged */

	/* Private to connection.c. */
	bool closing, fin_sent;
	bool starved; /* a write found no memory */
	enum connection_abort abort;
	enum connection_wait wait;
	uint32_t since_ms;    /* when the wait began; with CONNECTION_IDLE: when bytes last came or went */
	uint32_t progress_ms; /* when `moved` was 0 */
	uint32_t moved;	      /* bytes read and acknowledged since then */
	struct pbuf *rx_last;
	uint32_t rx_bytes, rx_pbufs;
	struct peer peer;
	LIST_ENTRY(connection) link; /* in the list of the open ones, or of the free ones */

	_Alignas(16) unsigned char state[CONNECTION_STATE]; /* the server's; all zero at the start */
};

/* Call it before any server starts. 0, or -1: no memory. */
int connections_start(const struct connection_limits *limits);

/*
 * Ends all connections with RST. Servers release their own memory after it. Nothing may call lwIP's input after it,
 * because the servers still listen until glue_stop().
 */
void connections_stop(void);

/* Memory has come back: goes on with the connections whose writes found none. */
void connections_retry(void);

/*
 * Listens on a port of all addresses, as long as the program runs; port 0: does nothing. 0, or -1 after an error line,
 * which names the option --NAME-port.
 */
int connections_listen(const struct connection_server *server, uint16_t port);

void connections_stats(struct connection_stats *stats);

/* Ends the first n bytes of rx: frees their pbufs, and lets the peer send as many again. */
void connection_consume(struct connection *c, unsigned n);

/* Consumes all of rx. Returns the number of bytes. */
unsigned connection_discard(struct connection *c);

/* As connection_consume(), but the peer may not send more until tcp_recved() is called. */
void connection_free_rx(struct connection *c, unsigned n);

/* Bytes that may be written now. */
unsigned connection_room(const struct connection *c);

/* glue_write(), counted. False: try again in a later advance(). length: at most connection_room(). */
bool connection_write(struct connection *c, struct evpl_iovec *iovec, unsigned offset, unsigned length, bool more);

/* The same with glue_write_pbuf(), for the first length bytes of a received pbuf. */
bool connection_write_pbuf(struct connection *c, struct pbuf *p, unsigned length);

/* Sends as much as it can now of content's bytes from *position to end, and moves *position. */
void connection_send(struct connection *c, const struct content *content, uint64_t *position, uint64_t end);

/* Sets what the connection waits for from now on. */
void connection_expect(struct connection *c, enum connection_wait wait);

/* Sends what was written, then FIN. advance() is not called again. */
void connection_close(struct connection *c);

/* Sends RST when advance() returns. */
void connection_abort(struct connection *c, enum connection_abort reason);

/* Calls advance(), from outside of lwIP's callbacks. */
void connection_wake(struct connection *c);

#endif /* HTTPD_CONNECTION_H */
