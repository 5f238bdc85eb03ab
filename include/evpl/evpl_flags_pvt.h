/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Private fields that are made of bits: struct evpl_iovec.flags, struct evpl_pvt_window.stock, and the mark that a
 * reservation was cloned. Not an API: include evpl/evpl.h.
 *
 * iovec.flags in a plain build. Bits 31 to 4 are 0, except in samples (evpl_global_config.sample_period):
 *
 *	   31      30     29                               4   3      2        1       0
 *	+-------+------+------------------------------------+-----+--------+-------+-------+
 *	|COUNTED|LISTED|          name of the sample        |  0  |RESERVED|PACKET |SHARED |
 *	+-------+------+------------------------------------+-----+--------+-------+-------+
 *
 * iovec.flags in a tracing build:
 *
 *	   31                                              4   3      2        1       0
 *	+---------------------------------------------------+-----+--------+-------+-------+
 *	|  handle of its record: generation 7, index 21     |  0  |RESERVED|PACKET |SHARED |
 *	+---------------------------------------------------+-----+--------+-------+-------+
 *
 *	bits      build     set by                                    cleared by
 *	SHARED    both      each call that makes an iovec; the caller  nobody
 *	                    asks for it, or the mbuf needs it
 *	PACKET    both      evpl_iovecs_from_mbuf, evpl_rx_burst,     a clone that counts on another mbuf
 *	                    evpl_packets_alloc                        (beyond EVPL_REF_LIMIT)
 *	RESERVED  both      evpl_iovec_reserve, in its last iovec     evpl_iovec_commit. Clones do not have it, nor do
 *	                                                              segments that were moved from inside
 *	COUNTED   plain     evpl_iovec_alloc and _reserve, out of     nobody: clones have it, too
 *	                    line, in the sample that the window counts
 *	LISTED,   plain     the same calls, in every other sample     nobody: clones have it, too
 *	name
 *	handle    tracing   each call that makes an iovec             nobody: a moved iovec keeps it, and a use of it
 *	                                                              is recognised
 *
 * evpl_iovec_move clears all bits of its source in a plain build.
 *
 * window.stock:
 *
 *	 63                                  31   30                                  0
 *	+---------------------------------------+--------------------------------------+
 *	| releases that were counted            | references in stock ("prepaid")      |
 *	+---------------------------------------+--------------------------------------+
 *
 *	alloc       subtracts 1: the iovec takes a reference out of the stock
 *	release     adds 1, or 1 + EVPL_PVT_STOCK_COUNT for an iovec with COUNTED. This is one addition, because COUNTED
 *	            has the value EVPL_PVT_STOCK_COUNT. The upper half counts releases of the window's counted sample.
 *	refill      adds EVPL_PVT_PREPAID_STEP
 *
 * The upper half is 0 in a tracing build, and where nothing is sampled.
 */
#ifndef EVPL_FLAGS_PVT_H
#define EVPL_FLAGS_PVT_H

#include <stdbool.h>
#include <stdint.h>

#include <evpl/evpl_compat_pvt.h>
#include <evpl/evpl_core.h>

#ifdef __cplusplus
extern "C" {
#endif

/** In window.stock: what one release of an iovec with EVPL_PVT_IOVEC_COUNTED adds to the upper half. */
#define EVPL_PVT_STOCK_COUNT 0x80000000u

#if EVPL_IOVEC_TRACE
#define EVPL_PVT_IOVEC_HANDLE_SHIFT 4
#define EVPL_PVT_IOVEC_HANDLE_BITS 28
#define EVPL_PVT_IOVEC_SAMPLED 0u
/** What a release below tracing looks at: not the handle. */
#define EVPL_PVT_IOVEC_RELEASE_MASK ((uint32_t)EVPL_IOVEC_FLAG_SHARED)
#else
#define EVPL_PVT_IOVEC_COUNTED EVPL_PVT_STOCK_COUNT
#define EVPL_PVT_IOVEC_LISTED 0x40000000u
#define EVPL_PVT_IOVEC_SAMPLE_SHIFT 4
#define EVPL_PVT_IOVEC_SAMPLED (EVPL_PVT_IOVEC_COUNTED | EVPL_PVT_IOVEC_LISTED)
#define EVPL_PVT_IOVEC_RELEASE_MASK UINT32_MAX
#endif

static inline uint32_t
evpl_pvt_stock_prepaid(uint64_t stock)
{
	return (uint32_t)(stock & (EVPL_PVT_STOCK_COUNT - 1));
}

static inline uint32_t
evpl_pvt_stock_counted(uint64_t stock)
{
	return (uint32_t)(stock / EVPL_PVT_STOCK_COUNT);
}

/*
 * Whether a reservation was cloned since evpl_iovec_reserve(). Then its tail is not given back, because the clone may
 * show it. The mark is in the field `port` of the buffer's mbuf. Drivers never see that mbuf, so the field is free.
 */
static inline void
evpl_pvt_reservation_begin(struct rte_mbuf *ref)
{
	ref->port = 0;
}

static inline void
evpl_pvt_reservation_cloned(struct rte_mbuf *ref)
{
	ref->port = 1;
}

static inline bool
evpl_pvt_reservation_is_cloned(const struct rte_mbuf *ref)
{
	return ref->port != 0;
}

#ifdef __cplusplus
}
#endif

#endif /* EVPL_FLAGS_PVT_H */
