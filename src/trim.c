/* SPDX-License-Identifier: BSD-3-Clause */
#include "trim.h"

#include "buffer.h"
#include "global.h"
#include "shelf.h"
#include "slab.h"

#include <inttypes.h>
#include <pthread.h>

#include <rte_cycles.h>

/* The keeper looks from time to time: a slab is idle if all was home each time, and nothing was taken in between. */
void
evpl_slabs_look(void)
{
	uint64_t now = rte_get_tsc_cycles();
	struct evpl_slab *slab;

	for (slab = evpl_slab_next(0); slab != NULL; slab = evpl_slab_next(slab->number + 1)) {
		bool used = __atomic_exchange_n(&slab->used, false, __ATOMIC_RELAXED);

		if (used || slab->idle_since == 0 || __atomic_load_n(&slab->home, __ATOMIC_RELAXED) != slab->n)
			slab->idle_since = now;
	}
}

/* Whether enough is free without it. */
static bool
may_go(const struct evpl_slab *slab, uint64_t idle)
{
	uint32_t free = evpl_shelf_free(slab->shelf);

	if (slab->stays || free < slab->n || rte_get_tsc_cycles() - slab->idle_since < idle)
		return false;
	return (uint64_t)(free - slab->n) * slab->class->size >= evpl_global.high_watermark;
}

/* The youngest first. Returns a list of those that have gone. */
static struct evpl_slab *
remove_idle(uint64_t idle, unsigned *n)
{
	struct evpl_global *g = &evpl_global;
	struct evpl_slab *gone = NULL, *slab;

	*n = 0;
	for (uint32_t number = g->slab_end; number-- > 0;) {
		slab = g->slabs[number];
		if (slab == NULL || !may_go(slab, idle) || !evpl_slab_remove(slab))
			continue;
		slab->going = gone;
		gone = slab;
		(*n)++;
	}
	return gone;
}

uint64_t
evpl_slabs_trim(uint64_t idle)
{
	struct evpl_slab *gone;
	uint64_t bytes;
	unsigned n;

	gone = remove_idle(idle, &n);
	if (gone == NULL)
		return 0;
	bytes = evpl_slabs_let_go(gone, n);
	EVPL_LOG(DEBUG, "%u slabs given back, %" PRIu64 " bytes", n, bytes);
	return bytes;
}

uint64_t
evpl_trim(void)
{
	uint64_t bytes;

	(void)evpl_buffers_collect();
	pthread_mutex_lock(&evpl_global.lock);
	bytes = evpl_slabs_trim(0);
	pthread_mutex_unlock(&evpl_global.lock);
	return bytes;
}
