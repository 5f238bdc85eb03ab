/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every kind of mbuf that this library gives to ports and takes from them: mbufs of an RX pool, packets made of LOCAL
 * and of SHARED iovecs, and packets attached to a received mbuf. All have the same room before and behind their data,
 * and neighbours that must not change.
 */
#ifndef TEST_MBUF_KINDS_H
#define TEST_MBUF_KINDS_H

#include "support.h"

#define HEADROOM 128u
#define TAILROOM 2048u
#define ROOM (HEADROOM + TAILROOM)
#define RX_MBUFS 127u
#define PRIV_SIZE 128

enum kind { RX_POOL, LOCAL_PACKET, SHARED_PACKET, RX_PACKET, N_KINDS };

/** The pool of the first kind; a plain pool; and one of mbufs without data room, but with a private area. */
extern struct rte_mempool *rx_pool, *std_pool, *small_pool;

/** Makes the pools, and empties them at the end: then all their mbufs, and all neighbours, must be as they were. */
int kinds_setup(void **state);
int kinds_teardown(void **state);

/** An mbuf without data, HEADROOM bytes before and TAILROOM behind. */
struct rte_mbuf *make(enum kind kind);

/** The same with bytes from @p offset on of a stream. */
struct rte_mbuf *make_filled(enum kind kind, uint16_t length, uint64_t seed, uint64_t offset);

/** A chain of @p n of them, which hold the stream one after the other. */
struct rte_mbuf *make_chain(enum kind kind, const uint16_t *length, unsigned n, uint64_t seed);

/** A case with a running library and the pools. */
#define mbuf_case(name, function)                                                                                      \
	{                                                                                                              \
		name, function, kinds_setup, kinds_teardown, (void *)(uintptr_t)&home_small                            \
	}

/** A check of one kind becomes a case for each kind: KINDS_FUNCTIONS() makes functions, KINDS_CASES() their cases. */
#define KINDS_FUNCTIONS(check)                                                                                         \
	static void check##_0(void **state)                                                                            \
	{                                                                                                              \
		(void)state;                                                                                           \
		check(RX_POOL);                                                                                        \
	}                                                                                                              \
	static void check##_1(void **state)                                                                            \
	{                                                                                                              \
		(void)state;                                                                                           \
		check(LOCAL_PACKET);                                                                                   \
	}                                                                                                              \
	static void check##_2(void **state)                                                                            \
	{                                                                                                              \
		(void)state;                                                                                           \
		check(SHARED_PACKET);                                                                                  \
	}                                                                                                              \
	static void check##_3(void **state)                                                                            \
	{                                                                                                              \
		(void)state;                                                                                           \
		check(RX_PACKET);                                                                                      \
	}
#define KINDS_CASES(check)                                                                                             \
	mbuf_case(#check ": receive pool", check##_0), mbuf_case(#check ": LOCAL packet", check##_1),                  \
		mbuf_case(#check ": SHARED packet", check##_2), mbuf_case(#check ": received packet", check##_3),

#endif /* TEST_MBUF_KINDS_H */
