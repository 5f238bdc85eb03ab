/* SPDX-License-Identifier: BSD-3-Clause */
/* What is looked at when objects are taken, freed, and at the end. */
#ifndef EVPL_SRC_PLUGIN_CHECK_H
#define EVPL_SRC_PLUGIN_CHECK_H

#include "plugin/pool.h"

/*
 * The mempool's operations. frame and address: of the function that the mempool called. Both return what the mempool's
 * operations must.
 */
int traced_take(struct traced_pool *pool, void **addresses, unsigned n, const void *frame, uintptr_t address);
int traced_free(struct traced_pool *pool, void *const *addresses, unsigned n, const void *frame, uintptr_t address);
/* Looks at every object of a pool that is about to end, and lists what is not free. */
void traced_pool_end(struct traced_pool *pool);

#endif /* EVPL_SRC_PLUGIN_CHECK_H */
