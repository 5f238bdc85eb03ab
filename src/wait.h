/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Waits for memory: one queue of the process. What is free belongs to the waits in the order of the queue.
 */
#ifndef EVPL_SRC_WAIT_H
#define EVPL_SRC_WAIT_H

#include "base.h"
#include "class.h"
#include "context.h"

/* By the owner, when a class has claims: whether the context may take a buffer of that bank, or make a slab there. */
bool evpl_wait_lets(const struct evpl_context *ctx, const struct evpl_class *class, int bank);
void evpl_wait_took(struct evpl_context *ctx, struct evpl_class *class); /* the context has taken a buffer */

/* The same; claims are rare. */
static inline bool
evpl_wait_lets_take(const struct evpl_context *ctx, const struct evpl_class *class, int bank)
{
	return likely(__atomic_load_n(&class->claims[bank], __ATOMIC_RELAXED) == 0) || evpl_wait_lets(ctx, class, bank);
}

void evpl_waits_end(struct evpl_context *ctx); /* all of a context, without their callbacks */
unsigned evpl_waits_count(void);	       /* that wait now */

#endif /* EVPL_SRC_WAIT_H */
