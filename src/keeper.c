/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Data paths never wake the keeper, because a system call costs more than a buffer. It looks at the counts of free
 * buffers once in a millisecond. So the low watermark must be more than is taken in a millisecond and in the time that
 * EAL needs for a slab. It does not hold the lock while EAL reserves or frees memory, so that a thread which runs dry
 * nevertheless makes a slab of its own.
 */
#include "keeper.h"

#include "class.h"
#include "global.h"
#include "pause.h"
#include "pressure.h"
#include "process.h"
#include "shelf.h"
#include "slab.h"
#include "trim.h"

#include <pthread.h>

#include <rte_cycles.h>

#define LOOKS_PER_IDLE 4u /* at slabs, in idle_trim_ms */

static evpl_compat_thread thread;
static bool running;
static bool stopping;

static bool
is_stopping(void)
{
	return __atomic_load_n(&stopping, __ATOMIC_RELAXED);
}

/* False: the keeper must end. evpl_keeper_stop() waits for that with the lock held. */
static bool
lock(void)
{
	while (!is_stopping()) {
		if (pthread_mutex_trylock(&evpl_global.lock) == 0)
			return true;
		rte_delay_us_sleep(1000);
	}
	return false;
}

static bool
runs_low(const struct evpl_shelf *shelf, const struct evpl_class *class)
{
	return (uint64_t)evpl_shelf_free(shelf) * class->size < evpl_global.low_watermark;
}

/* False: it must end, or there are as many slabs as there may be. */
static bool
announce(void)
{
	struct evpl_global *g = &evpl_global;
	bool room;

	if (!lock())
		return false;
	room = evpl_global_has_room(false);
	g->slabs_coming += room;
	pthread_mutex_unlock(&g->lock);
	return room;
}

/* Makes the slab that was announced, for a class and a node. False: there is no memory. */
static bool
make_ahead(struct evpl_class *class, int node)
{
	struct evpl_global *g = &evpl_global;
	struct evpl_slab *slab;
	bool added;

	slab = evpl_slab_make(class, node, true);
	pthread_mutex_lock(&g->lock);
	added = slab != NULL && evpl_slab_add(slab);
	g->slabs_made_ahead += added;
	g->slabs_coming--;
	pthread_cond_broadcast(&g->settled);
	pthread_mutex_unlock(&g->lock);
	if (slab != NULL && !added)
		evpl_slab_free(slab);
	return added;
}

static void
grow_node(struct evpl_class *class, int node)
{
	const struct evpl_shelf *shelf = class->shelves[node];
	evpl_pause *pause = &class->no_growth[node];

	while (runs_low(shelf, class) && evpl_pause_is_over(pause) && announce()) {
		if (!make_ahead(class, node))
			evpl_pause_begin(pause);
	}
}

static void
grow(void)
{
	struct evpl_global *g = &evpl_global;

	for (unsigned i = 0; g->low_watermark != 0 && i < g->class_count; i++) {
		struct evpl_class *class = &g->classes[i];
		uint64_t nodes = evpl_banks_nodes(__atomic_load_n(&class->banks, __ATOMIC_ACQUIRE));

		for (; nodes != 0; nodes &= nodes - 1)
			grow_node(class, __builtin_ctzll(nodes));
	}
}

/* The time until slabs are looked at again; TSC. */
static uint64_t
look_period(void)
{
	return evpl_global.idle_trim_ms * (rte_get_tsc_hz() / 1000) / LOOKS_PER_IDLE;
}

static void
trim(void)
{
	if (!lock())
		return;
	evpl_slabs_look();
	(void)evpl_slabs_trim(evpl_global.idle_trim_ms * (rte_get_tsc_hz() / 1000));
	pthread_mutex_unlock(&evpl_global.lock);
}

static evpl_compat_thread_result
keep(void *arg)
{
	uint64_t looked = rte_get_tsc_cycles();

	RTE_SET_USED(arg);
	while (!is_stopping()) {
		grow();
		evpl_pressure_look();
		(void)evpl_processes_collect();
		if (evpl_global.idle_trim_ms != 0 && rte_get_tsc_cycles() - looked >= look_period()) {
			looked = rte_get_tsc_cycles();
			trim();
		}
		rte_delay_us_sleep(1000);
	}
	return 0;
}

bool
evpl_keeper_start(void)
{
	if (running)
		return true;
	__atomic_store_n(&stopping, false, __ATOMIC_RELAXED);
	running = evpl_compat_thread_create(&thread, "evpl-keeper", keep, NULL) == 0;
	return running;
}

void
evpl_keeper_stop(void)
{
	if (!running)
		return;
	__atomic_store_n(&stopping, true, __ATOMIC_RELAXED);
	evpl_compat_thread_join(thread);
	running = false;
}
