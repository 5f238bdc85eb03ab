/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Content for tests: a stream of bytes per seed, in which every byte depends on its place, so that a byte that
 * landed elsewhere, or belongs to another iovec, shows.
 */
#ifndef TEST_BYTES_H
#define TEST_BYTES_H

#include <stdint.h>

#include <evpl/evpl.h>

/** Writes bytes @p offset to @p offset + @p length of stream @p seed to @p p. */
void bytes_fill(void *p, uint64_t length, uint64_t seed, uint64_t offset);

/** @return how many bytes at @p p are right: @p length if all are. */
uint64_t bytes_right(const void *p, uint64_t length, uint64_t seed, uint64_t offset);

/** Takes one iovec of that length, and fills it with the stream of @p seed; fails the case when there is none. */
void iovec_take(struct evpl *evpl, unsigned length, unsigned flags, struct evpl_iovec *iovec, uint64_t seed);

/** Fills one iovec with the stream of @p seed, from its beginning. */
void iovec_fill(const struct evpl_iovec *iovec, uint64_t seed);

/** Fails the case unless the iovec holds the stream of @p seed from byte @p offset on. */
void iovec_assert(const struct evpl_iovec *iovec, uint64_t seed, uint64_t offset);

/** Fills @p n iovecs with the stream of @p seed, one after the other. @return its length. */
uint64_t iovecs_fill(const struct evpl_iovec *iovecs, int n, uint64_t seed);

/** Fails the case unless they hold that stream. @return its length. */
uint64_t iovecs_assert(const struct evpl_iovec *iovecs, int n, uint64_t seed);

/** Fails the case unless the chain holds @p length bytes of stream @p seed, read with rte_pktmbuf_read. */
void mbuf_assert(const struct rte_mbuf *mbuf, uint64_t length, uint64_t seed);

/** @return the iovec's EVPL_IOVEC_FLAG_ bits: those above are the library's own. */
static inline uint32_t
iovec_flags(const struct evpl_iovec *iovec)
{
	return iovec->flags & 0x7;
}

/** Lets two iovecs change places, or one stay in its own. */
void iovec_swap(struct evpl_iovec *a, struct evpl_iovec *b);

/** A generator of random numbers that gives the same ones for the same seed everywhere (xorshift64*). */
struct dice {
	uint64_t state;
};

void dice_init(struct dice *dice, uint64_t seed);

/** @return a number below @p n. */
uint32_t dice_below(struct dice *dice, uint32_t n);

#endif /* TEST_BYTES_H */
