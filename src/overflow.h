/* SPDX-License-Identifier: BSD-3-Clause */
/* Mbufs that count for others whose 16-bit count is used up. */
#ifndef EVPL_SRC_OVERFLOW_H
#define EVPL_SRC_OVERFLOW_H

#include "base.h"

extern unsigned evpl_overflow_count; /* relaxed; 0: evpl_overflow_base_ended() has nothing to do */
struct rte_mbuf *evpl_overflow_root(const struct rte_mbuf *ref); /* has the bytes it counts for; maybe ref itself */
bool evpl_overflow_ended(struct rte_mbuf *m);			 /* after its last count; false: no such mbuf */
struct rte_mbuf *evpl_overflow_new(struct rte_mbuf *base);	 /* a new one, refcnt 1; NULL */
struct rte_mbuf *evpl_overflow_take(struct rte_mbuf *base, uint32_t kind); /* adds a count, as evpl_ref_add(); NULL */
uintptr_t evpl_view_limit(const struct rte_mbuf *ref);			   /* end up to which a view may grow */
void evpl_overflow_try_again(void);					   /* EAL may have memory again */
bool evpl_overflow_has(const struct rte_mbuf *base);			   /* others count for base */
bool evpl_overflow_base_ended(struct rte_mbuf *base); /* after its own last count; true: others keep base */
unsigned evpl_overflow_in_use(void);		      /* with the lock held */
void evpl_overflow_free(void);			      /* with the lock held, and none in use */

/* Whether no clone counts elsewhere. Only then does a count of 1 prove that a reference is the only one. */
static inline bool
evpl_overflow_is_idle(void)
{
	return likely(__atomic_load_n(&evpl_overflow_count, __ATOMIC_RELAXED) == 0);
}

#endif /* EVPL_SRC_OVERFLOW_H */
