/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Forwarding modes, and what their bursts share. A mode is one function that is called once per burst, through a
 * pointer. So no packet needs a decision about the mode.
 */
#ifndef FWD_MODE_H
#define FWD_MODE_H

#include <stdbool.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_prefetch.h>

#include "lcore.h"

struct fwd_mode {
	const char *name;
	const char *help;
	/* Handles one burst of up to n packets of a stream. Returns how many of them --packets counts. */
	uint16_t (*burst)(struct fwd_stream *s, uint16_t n);
	bool transmits;	 /* needs one TX queue per RX queue */
	bool receives;	 /* reads RX queues */
	bool generates;	 /* --packets counts packets sent, not received */
	bool answers;	 /* sends back through the port it received from, whatever the topology */
	bool multiplies; /* sends to every other port: a stream uses the same queue of each */
};

/* NULL if no mode has that name. */
const struct fwd_mode *fwd_mode_find(const char *name);
/* The mode with that index; NULL behind the last one. */
const struct fwd_mode *fwd_mode_at(unsigned index);

/* Whether packets of our own are sent. Modes that always send them need no first burst. */
static inline bool
fwd_sends_first(const struct fwd_options *o)
{
	return o->tx_first && !o->mode->generates;
}

static inline bool
fwd_makes_packets(const struct fwd_options *o)
{
	return o->mode->generates || o->tx_first;
}

uint16_t fwd_io(struct fwd_stream *s, uint16_t n);
uint16_t fwd_rxonly(struct fwd_stream *s, uint16_t n);
uint16_t fwd_tee(struct fwd_stream *s, uint16_t n);
uint16_t fwd_mac(struct fwd_stream *s, uint16_t n);
uint16_t fwd_macswap(struct fwd_stream *s, uint16_t n);
uint16_t fwd_5tswap(struct fwd_stream *s, uint16_t n);
uint16_t fwd_csum(struct fwd_stream *s, uint16_t n);
uint16_t fwd_icmpecho(struct fwd_stream *s, uint16_t n);
uint16_t fwd_txonly(struct fwd_stream *s, uint16_t n);
uint16_t fwd_flowgen(struct fwd_stream *s, uint16_t n);

/* Prepare a stream's packet header for txonly and flowgen, in set-up. */
void fwd_txonly_header(struct fwd_stream *s);
void fwd_flowgen_header(struct fwd_stream *s);

/* The part of fwd_send() for a burst that was not sent as a whole. */
uint16_t fwd_send_rest(struct fwd_stream *s, const struct fwd_target *t, struct evpl_iovec *iovecs, uint16_t sent,
		       uint16_t n, uint64_t bytes);

/* The bytes of n packets. Their iovecs were just written, so this reads from the first-level cache. */
static inline uint64_t
fwd_bytes(const struct evpl_iovec *iovecs, uint16_t n)
{
	uint64_t bytes = 0;

	for (uint16_t i = 0; i < n; i++)
		bytes += evpl_iovec_length(&iovecs[i]);
	return bytes;
}

/* Receives a burst into the stream's iovecs, and counts it. *bytes is set if a packet was received. */
static inline uint16_t
fwd_receive(struct fwd_stream *s, uint16_t n, uint64_t *bytes)
{
	n = evpl_rx_burst(s->evpl, s->port, s->queue, s->iovecs, n);
	if (likely(n != 0)) {
		*bytes = fwd_bytes(s->iovecs, n);
		fwd_count(&s->count->rx_packets, n);
		fwd_count(&s->count->rx_bytes, *bytes);
	}
	return n;
}

/*
 * Sends n packets, which have `bytes` bytes together. Drops the packets that cannot be sent, and counts both. Takes
 * over every iovec. Returns how many were sent.
 */
static inline uint16_t
fwd_send(struct fwd_stream *s, const struct fwd_target *t, struct evpl_iovec *iovecs, uint16_t n, uint64_t bytes)
{
	uint16_t sent = evpl_tx_burst(s->evpl, t->port, t->queue, iovecs, n);

	if (unlikely(sent != n))
		return fwd_send_rest(s, t, iovecs, sent, n, bytes);
	fwd_count(&t->count->tx_packets, n);
	fwd_count(&t->count->tx_bytes, bytes);
	return n;
}

/* The first bytes of a frame that the target's port sends to its peer. */
static inline void
fwd_macs(const struct fwd_target *t, uint8_t macs[2 * RTE_ETHER_ADDR_LEN])
{
	memcpy(macs, &t->peer, RTE_ETHER_ADDR_LEN);
	memcpy(macs + RTE_ETHER_ADDR_LEN, &t->mac, RTE_ETHER_ADDR_LEN);
}

/*
 * Prefetches the headers of the packet after the next one while this packet is handled. When a PMD delivers a packet,
 * its mbuf is in the cache. With hardware its bytes are not.
 */
static inline void
fwd_prefetch(const struct evpl_iovec *iovecs, uint16_t i, uint16_t n)
{
	if (likely(i + 2 < n))
		rte_prefetch0(evpl_iovec_data(&iovecs[i + 2]));
}

#endif /* FWD_MODE_H */
