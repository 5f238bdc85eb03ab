/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a program of operations has: the reference, two players (threads that take turns) with contexts, iovecs,
 * packets, a port, rings and pools. One world exists at a time, and leaves nothing behind.
 */
#ifndef TEST_FUZZ_WORLD_H
#define TEST_FUZZ_WORLD_H

#include <stdio.h>

#include "content.h"
#include "reference.h"
#include "support.h"

#define PLAYERS 2u
#define CONTEXTS 3u /* of each player */
#define VIEWS 256u
#define PACKETS 24u
#define FLIGHTS 64u
#define PIECES 8u
#define RINGS 3u /* one of SHARED iovecs, and one of LOCAL ones for each player */
#define RING_MOST 8u
#define POOLS 2u
#define WAITS 4u
#define EXTERNALS 2u
#define EXTERNAL_BYTES (256u << 10)
#define FOREIGN_MBUFS 96u
#define CLONES 32u
#define RESERVED 2u /* iovecs of a reservation */

/* Numbers of things that come and go. */
struct slots {
	uint16_t n;	       /* that are in use: the first n of live[]. Behind them are those that are free */
	uint16_t live[VIEWS];  /* numbers, in no order */
	uint16_t place[VIEWS]; /* where a number that is in use stands in live[] */
};

/* Bytes of a take: of a view, or of a part of a packet. */
struct piece {
	uint32_t take, offset, length;
};

/* An iovec that the program has; most is what its length may grow to. */
struct view {
	struct evpl_iovec iovec;
	uint32_t take, offset, most;
	uint8_t player; /* of LOCAL ones */
};

struct packet {
	struct rte_mbuf *mbuf;
	uint32_t n;
	struct piece piece[PIECES];
};

struct context {
	struct evpl *evpl;
	uint64_t quota;
	const void *owner; /* its name in the reference: one that no context had before */
	int group;	   /* of external slabs; -1: none */
	bool rx_shared;
	unsigned n_reserved;
	uint16_t reserved[RESERVED]; /* the views of its latest reservation that still are what it returned */
};

struct ring {
	struct evpl_ring *ring;
	unsigned n, capacity;
	struct view view[RING_MOST]; /* what is in it, in order; their iovecs are empty */
};

struct pool {
	struct rte_mempool *pool;
	unsigned n, room;
};

struct wait {
	struct evpl_wait wait;
	struct world *world;
	struct context *context; /* NULL: it does not wait */
	unsigned length;
	bool takes, again;
};

struct external {
	bool is_there;
};

/* What the callback of evpl_pressure_notify() saw. */
struct pressed {
	bool there, wrong;
	uint64_t high;
	unsigned events; /* the keeper's thread writes it */
};

struct world {
	struct reference reference;
	const uint8_t *argument, *end; /* of the operation */
	unsigned turn;		       /* whose turn it is */
	bool over;
	uint64_t step;
	const char *operation; /* its name */
	FILE *print;	       /* the program as C; NULL: it is not printed */

	uint32_t small, large; /* bytes of buffers */
	bool far;	       /* packets; the other process can make none */
	unsigned most_slabs;
	unsigned end_kind; /* the program's first byte: how the library ends */
	struct context context[PLAYERS][CONTEXTS];
	uintptr_t contexts_made;
	unsigned contexts;
	struct slots views, packets;
	struct view view[VIEWS];
	struct packet packet[PACKETS];
	struct packet flight[FLIGHTS]; /* in the port, in order */
	unsigned n_flight, first_flight;
	struct ring ring[RINGS];
	struct pool pool[POOLS];
	struct wait wait[WAITS];
	struct external external[EXTERNALS];
	struct pressed pressed;
	struct lent *lent;				  /* what another process has; NULL: there is none */
	unsigned names;					  /* of rings and pools, so far */
	bool notified;					  /* evpl_slab_notify() */
	int slabs_told;					  /* by its callback */
	unsigned called_back;				  /* callbacks of waits, in this poll */
	uint64_t enomem, linearized, too_long, no_memory; /* what the statistics must say */
};

/* Made once in a process, and kept: what is not the library's. */
extern struct rte_mempool *world_foreign, *world_clones;
extern uint16_t world_port;
extern uint8_t *world_external; /* EXTERNAL_BYTES for each */

/** Starts EAL and makes the above. Further calls do nothing. */
void world_prepare(void);

/** Starts the library with one of several configurations; with the highest numbers there is another process, too. */
void world_begin(struct world *w, unsigned config);

/** On each player's thread: gives back all that is this player's; the last one gives everything back. */
void world_leave(struct world *w, unsigned player, bool last);

/** Stops the library, and checks that all is home. */
void world_end(struct world *w);

/** @return whether another thread makes the number other than 0 within a minute. */
bool world_comes(const unsigned *number);

/** Checks all bytes, counts and statistics. */
void world_check(struct world *w);

/** Says what was wrong, and in which step. Ends the process. */
void world_fail(const struct world *w, const char *expression, const char *format, ...)
	__attribute__((noreturn, cold, format(printf, 3, 4)));

#define expect(w, condition, ...)                                                                                      \
	do {                                                                                                           \
		if (unlikely(!(condition)))                                                                            \
			world_fail((w), #condition, __VA_ARGS__);                                                      \
	} while (0)

/** Prints a line of the program as C, if that is wanted. */
#define say(w, ...)                                                                                                    \
	do {                                                                                                           \
		if (unlikely((w)->print != NULL))                                                                      \
			world_say((w), __VA_ARGS__);                                                                   \
	} while (0)
void world_say(const struct world *w, const char *format, ...) __attribute__((cold, format(printf, 2, 3)));

/** @return the name of a context in the program that is printed. */
const char *world_name(const struct world *w, const struct context *c);

#endif /* TEST_FUZZ_WORLD_H */
