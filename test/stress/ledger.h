/* SPDX-License-Identifier: BSD-3-Clause */
/* What each player of the model holds: iovecs and packets, and the bytes that must be in them. */
#ifndef TEST_LEDGER_H
#define TEST_LEDGER_H

#include <rte_ring.h>

#include "support.h"

#define ENTRIES 300u
#define PACKETS 30u
#define SEGMENTS 6u
#define RX_MBUFS 200u
#define RING_SIZE 64u

/* A view of bytes offset to offset + iovec.length of stream seed; most is what set_length may grow it to. */
struct entry {
	struct evpl_iovec iovec;
	uint64_t seed, offset;
	uint32_t most;
};

struct piece {
	uint64_t seed, offset;
	uint32_t length;
};

/* A packet and what its segments hold, pieces that are longer than a segment being several of them. */
struct packet {
	struct rte_mbuf *mbuf;
	unsigned n;
	struct piece piece[SEGMENTS];
};

struct player {
	struct evpl *evpl;
	struct dice dice;
	uint64_t next_seed;
	struct rte_ring *entries_in, *entries_out, *packets_in, *packets_out;
	/* On their way to the other player. A full ring of younger ones is taken before the first is sent again. */
	struct entry sent[2 * RING_SIZE];
	unsigned n_sent;
	struct rte_mempool *rx_pool, *foreign;
	unsigned n, n_packets;
	struct entry entry[ENTRIES];
	struct packet packet[PACKETS];
};

/** @return a random number below @p n. */
uint32_t draw(struct player *p, uint32_t n);

/** Check that an entry, or a packet, holds what the ledger says. */
void check_entry(const struct entry *e);
void check_packet(const struct packet *packet);

/** Enters an iovec, which is moved. */
void add(struct player *p, struct evpl_iovec *iovec, uint64_t seed, uint64_t offset, uint32_t most);

void move_entry(struct entry *dst, struct entry *src);

/** Takes entry i out of the ledger. */
void drop(struct player *p, unsigned i, struct entry *e);

/** Takes a packet that is drawn at random out of the ledger, and checks it. */
struct packet drop_packet(struct player *p);

#endif /* TEST_LEDGER_H */
