/* SPDX-License-Identifier: BSD-3-Clause */
/* Mbufs that count for others whose 16-bit count is used up. */
#ifndef EVPL_SRC_OVERFLOW_H
#define EVPL_SRC_OVERFLOW_H

#include "base.h"

struct rte_mbuf *evpl_overflow_new(struct rte_mbuf *base); /* a new one, refcnt 1, with a reference of base; NULL */
struct rte_mbuf *evpl_overflow_take(struct rte_mbuf *base,
				    uint32_t kind); /* adds a count, as evpl_pvt_ref_add(); NULL */
void evpl_overflow_try_again(void);		    /* EAL may have memory again */
uint64_t evpl_overflow_spills(void);		    /* clones so far that did not fit 16 bits */
unsigned evpl_overflow_in_use(void);		    /* with the lock held */
void evpl_overflow_free(void);			    /* with the lock held, and none in use */

extern unsigned evpl_overflow_pool_count; /* stored with release */
struct rte_mbuf *evpl_overflow_root_of(const struct rte_mbuf *ref);
bool evpl_overflow_end_of(struct rte_mbuf *m, struct rte_mbuf **base);

/* Most programs never have one, and then nothing needs to be looked at. */
static inline bool
evpl_overflow_exists(void)
{
	return unlikely(__atomic_load_n(&evpl_overflow_pool_count, __ATOMIC_ACQUIRE) != 0);
}

/* The mbuf that has the bytes it counts for; ref itself if it counts for no other. */
static inline struct rte_mbuf *
evpl_overflow_root(const struct rte_mbuf *ref)
{
	return evpl_overflow_exists() ? evpl_overflow_root_of(ref) : (struct rte_mbuf *)(uintptr_t)ref;
}

/*
 * Ends an mbuf that counts for another, when the caller has its last count or believes so. The reference of *base is
 * the caller's then. NULL there: others count on the mbuf. False: it counts for no other mbuf.
 */
static inline bool
evpl_overflow_end(struct rte_mbuf *m, struct rte_mbuf **base)
{
	return evpl_overflow_exists() && evpl_overflow_end_of(m, base);
}

#endif /* EVPL_SRC_OVERFLOW_H */
