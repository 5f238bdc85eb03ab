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

void evpl_ref_end(struct evpl_context *ctx, struct rte_mbuf *ref); /* the caller holds the only count */
void evpl_ref_drop(struct rte_mbuf *ref);			   /* one atomic count, wherever it was counted */

#endif /* EVPL_SRC_REF_H */
