/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Content for tests: a stream of bytes per seed. Every byte depends on its place, so a byte in a wrong place, or of
 * another iovec, is found.
 */
#ifndef TEST_BYTES_H
#define TEST_BYTES_H

#include <stdbool.h>
#include <stdint.h>

#include <evpl/evpl.h>

/** Writes bytes @p offset to @p offset + @p length of stream @p seed to @p p. */
void bytes_fill(void *p, uint64_t length, uint64_t seed, uint64_t offset);

/** @return how many bytes at @p p are right, from the first on: @p length if all are. */
uint64_t bytes_right(const void *p, uint64_t length, uint64_t seed, uint64_t offset);

/** Takes one iovec of that length, and fills it with the stream of @p seed. Fails the case if there is none. */
void iovec_take(struct evpl *evpl, unsigned length, unsigned flags, struct evpl_iovec *iovec, uint64_t seed);

/** Fills one iovec with the stream of @p seed, from its beginning. */
void iovec_fill(const struct evpl_iovec *iovec, uint64_t seed);

/** Fails the case unless the iovec holds the stream of @p seed from byte @p offset on. */
void iovec_assert(const struct evpl_iovec *iovec, uint64_t seed, uint64_t offset);

/** Fills @p n iovecs with the stream of @p seed, one after the other. @return the length of all. */
uint64_t iovecs_fill(const struct evpl_iovec *iovecs, int n, uint64_t seed);

/** Fails the case unless they hold that stream. @return the length of all. */
uint64_t iovecs_assert(const struct evpl_iovec *iovecs, int n, uint64_t seed);

/** Fails the case unless the chain holds @p length bytes of stream @p seed, read with rte_pktmbuf_read. */
void mbuf_assert(const struct rte_mbuf *mbuf, uint64_t length, uint64_t seed);

/** @return the iovec's EVPL_IOVEC_FLAG_ bits. The bits above them are the library's own. */
static inline uint32_t
iovec_flags(const struct evpl_iovec *iovec)
{
	return iovec->flags & 0x7;
}

/** Writes @p seed, not 0, to both ends of @p length bytes, 16 or more. A buffer that two have has two seeds. */
void bytes_seal(void *p, uint64_t length, uint64_t seed);

/** @return whether both ends of the bytes have one seed. */
bool bytes_sealed(const void *p, uint64_t length);

/** Exchanges two iovecs. Both may be the same one. */
void iovec_swap(struct evpl_iovec *a, struct evpl_iovec *b);

/** A generator of random numbers. The same seed gives the same numbers everywhere (xorshift64*). */
struct dice {
	uint64_t state;
};

void dice_init(struct dice *dice, uint64_t seed);

/** @return a number below @p n. */
uint32_t dice_below(struct dice *dice, uint32_t n);

/** Moves one of the @p *n iovecs that are held out to @p iovec; the last one takes its place. @p *n is not 0. */
void iovec_draw(struct dice *dice, struct evpl_iovec *held, unsigned *n, struct evpl_iovec *iovec);

#endif /* TEST_BYTES_H */
