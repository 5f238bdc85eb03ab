/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The end of the library: at once, or when the last reference has come home.
 *
 * References end in many places: a buffer's in shelf.c, a packet's in a mempool operation, that of a receive buffer in
 * DPDK's own code. None of them can free memory, because the thread that ends a reference still uses it, and may be in
 * a driver. So a control thread looks at the same counts as evpl_cleanup().
 */
#include "cleanup.h"

#include "base.h"
#include "global.h"
#include "holders.h"
#include "keeper.h"
#include "notify.h"
#include "overflow.h"
#include "packet_pool.h"
#include "pressure.h"
#include "process.h"
#include "quota.h"
#include "rx_pool.h"
#include "slab.h"
#include "stats.h"
#include "trace/hooks.h"
#include "tx_cache.h"

#include <errno.h>
#include <pthread.h>

#include <rte_cycles.h>

void
evpl_library_free(void)
{
	evpl_rx_pools_free();
	evpl_tx_caches_reset();
	evpl_slabs_free();
	evpl_notify_free();
	evpl_pressure_free();
	evpl_quotas_free();
	evpl_packet_pools_free();
	evpl_overflow_free();
	hook_library_end();
}

/* With the lock held. */
static bool
is_all_home(struct evpl_stats *held)
{
	evpl_stats_collect(held);
	return held->contexts + held->buffers_in_use + held->rx_buffers_in_use + held->packet_mbufs_in_use +
		       held->overflow_mbufs_in_use ==
	       0;
}

/* With the lock held: waits until the keeper and evpl_trim() have no slab in hand. */
static void
settle(void)
{
	struct evpl_global *g = &evpl_global;

	while (g->users == 1 && (g->slabs_coming > 0 || g->slabs_going > 0))
		pthread_cond_wait(&g->settled, &g->lock);
}

/* With the lock held. True: processes were not freed; the log says so. */
static bool
has_processes(void)
{
	unsigned n = __atomic_load_n(&evpl_process_count, __ATOMIC_RELAXED);

	if (n != 0)
		EVPL_LOG(ERR, "cleanup: %u processes were not freed: evpl_process_free()", n);
	return n != 0;
}

/* With the lock held, settled, and all home. */
static void
end_library(void)
{
	evpl_keeper_stop();
	evpl_library_free();
	evpl_global.users = 0;
}

int
evpl_cleanup(void)
{
	struct evpl_global *g = &evpl_global;
	struct evpl_stats held;
	bool processes = false;
	int rc = 0;

	(void)evpl_processes_collect();
	pthread_mutex_lock(&g->lock);
	settle();
	if (g->users == 0 || g->ending)
		rc = -EPERM;
	else if (g->users > 1)
		g->users--;
	else if ((processes = has_processes()) || !is_all_home(&held))
		rc = -EBUSY;
	else
		end_library();
	pthread_mutex_unlock(&g->lock);
	if (rc == -EBUSY && !processes)
		evpl_holders_log(&held);
	return rc;
}

/*
 * All must have been home for so long. rte_mempool_put() counts an mbuf of an RX pool as home before it writes the
 * pointer to it (DPDK 22.11: cache->len), so the thread that frees the last mbuf is a few instructions longer in the
 * pool's memory.
 */
#define QUIET_MS 100u

/* What evpl_cleanup_deferred() was told. */
static evpl_cleanup_callback ended;
static void *ended_arg;

/* Once a millisecond: is the last reference home? There is no process, and none is created meanwhile. */
static evpl_compat_thread_result
wait_for_the_last(void *arg)
{
	struct evpl_global *g = &evpl_global;
	evpl_cleanup_callback callback = NULL;
	struct evpl_stats held;
	unsigned quiet = 0;
	bool over = false;

	RTE_SET_USED(arg);
	while (!over) {
		rte_delay_us_sleep(1000);
		pthread_mutex_lock(&g->lock);
		settle();
		quiet = is_all_home(&held) ? quiet + 1 : 0;
		over = quiet > QUIET_MS;
		if (over) {
			end_library();
			callback = ended;
			arg = ended_arg;
			g->ending = false;
		}
		pthread_mutex_unlock(&g->lock);
	}
	if (callback != NULL)
		callback(arg);
	return 0;
}

/* With the lock held. 0: `done` says whether all is over already. */
static int
begin_end(struct evpl_stats *held, bool *done)
{
	struct evpl_global *g = &evpl_global;
	evpl_compat_thread thread;

	*done = is_all_home(held) && evpl_process_count == 0;
	if (*done) {
		end_library();
		return 0;
	}
	if (held->contexts > 0 || has_processes())
		return -EBUSY;
	if (evpl_compat_thread_create(&thread, "evpl-cleanup", wait_for_the_last, NULL) != 0)
		return -ENOMEM;
	evpl_compat_thread_detach(thread);
	g->ending = true;
	return 0;
}

int
evpl_cleanup_deferred(evpl_cleanup_callback callback, void *arg)
{
	struct evpl_global *g = &evpl_global;
	struct evpl_stats held;
	bool done = false;
	unsigned users;
	int rc;

	pthread_mutex_lock(&g->lock);
	settle();
	users = g->users;
	if (users == 0 || g->ending) {
		rc = -EPERM;
	} else if (users > 1) {
		rc = -EBUSY;
	} else {
		ended = callback;
		ended_arg = arg;
		rc = begin_end(&held, &done);
	}
	pthread_mutex_unlock(&g->lock);
	if (rc == -EBUSY && users > 1)
		EVPL_LOG(ERR, "evpl_cleanup_deferred: %u more callers of evpl_init() owe evpl_cleanup()", users - 1);
	else if (rc == -EBUSY)
		evpl_holders_log(&held);
	if (done && callback != NULL)
		callback(arg);
	return rc;
}
