/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * References: counts of an mbuf's refcnt, wherever they are counted. The code for their end is in buffer.c.
 */
#ifndef EVPL_SRC_REF_H
#define EVPL_SRC_REF_H

#include "base.h"

struct evpl_context;

/* Counts of 16 bits are refused, or the program stops, above this: some room for threads that add at once. */
#define EVPL_COUNT_MAX 0xFF00u

void evpl_ref_end(struct evpl_context *ctx,
		  struct rte_mbuf *ref); /* the caller holds the only count; ctx may be NULL */

/* Gives back n counts, by the kind of the iovecs. True: they were the last. */
static inline bool
evpl_ref_give_back(struct rte_mbuf *ref, uint32_t kind, uint16_t n)
{
	/* Whoever reads 1 holds the only count, and needs no atomic. */
	bool alone = (kind & EVPL_IOVEC_FLAG_SHARED) && n == 1 && evpl_compat_ref_load(ref) == 1;

	return alone || evpl_pvt_ref_sub(ref, kind, n) == 0;
}

/* The same, and ends the mbuf with its last count. */
static inline void
evpl_ref_drop(struct evpl_context *ctx, struct rte_mbuf *ref, uint32_t kind, uint16_t n)
{
	if (evpl_ref_give_back(ref, kind, n))
		evpl_ref_end(ctx, ref);
}

#endif /* EVPL_SRC_REF_H */
