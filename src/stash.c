/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stashes when memory is short: no alloc fails while a free buffer is in the stash of a context whose thread does
 * something else. One thread empties them all, which takes some microseconds for membarrier(). Then their size is 0 for
 * 10 ms, so that buffers which come home go to the slabs, and no alloc that fails has to do this again.
 */
#include "stash.h"

#include "buffer.h"
#include "context.h"
#include "global.h"
#include "pause.h"
#include "spin.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CLOSED_MS 10u

static evpl_pause closed; /* while it lasts, all sizes are 0 */
static uint64_t taken_back;

static void
wait_while(const bool *flag)
{
	unsigned tries = 0;

	while (__atomic_load_n(flag, __ATOMIC_ACQUIRE))
		evpl_spin(&tries);
}

void
evpl_stash_guard_wait(struct evpl_stash_guard *guard)
{
	do {
		evpl_stash_leave(guard);
		wait_while(&guard->wanted);
	} while (!evpl_stash_try_enter(guard));
}

void
evpl_stash_init(struct evpl_stash *stash, uint32_t wanted_size)
{
	stash->wanted_size = wanted_size;
	stash->size = evpl_pause_is_over(&closed) ? wanted_size : 0;
}

bool
evpl_stash_reopen(struct evpl_stash *stash)
{
	if (!evpl_pause_is_over(&closed))
		return false;
	stash->size = stash->wanted_size;
	return true;
}

/* Has all threads of the process pass a fence. False: the kernel cannot, or may not. */
static bool
fence_all(void)
{
	static bool registered, said; /* with the lock held */

	if (!registered)
		registered = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0) == 0;
	if (registered && syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0) == 0)
		return true;
	if (!said)
		EVPL_LOG(WARNING, "free buffers stay in other contexts' stashes: membarrier() is not to be had: %s",
			 strerror(errno));
	said = true;
	return false;
}

static void
want_all(const struct evpl_context *self, bool wanted)
{
	struct evpl_context *ctx;

	TAILQ_FOREACH (ctx, &evpl_global.contexts, entry) {
		if (ctx != self)
			__atomic_store_n(&ctx->stash_guard.wanted, wanted, __ATOMIC_RELEASE);
	}
}

static void
close_stashes(struct evpl_context *ctx)
{
	for (unsigned i = 0; i < EVPL_CLASSES; i++)
		ctx->stash[i].size = 0;
}

bool
evpl_stashes_take_back(struct evpl_context *self)
{
	struct evpl_global *g = &evpl_global;
	struct evpl_context *ctx;
	uint64_t before;
	bool some;

	if (!evpl_pause_is_over(&closed))
		return false;
	pthread_mutex_lock(&g->lock);
	before = taken_back;
	if (!evpl_pause_is_over(&closed)) { /* another thread has done it meanwhile */
		pthread_mutex_unlock(&g->lock);
		return true;
	}
	evpl_pause_begin_ms(&closed, CLOSED_MS);
	want_all(self, true);
	if (fence_all()) {
		TAILQ_FOREACH (ctx, &g->contexts, entry) {
			if (ctx != self) /* its owner is a few instructions inside, unless it was stopped there */
				wait_while(&ctx->stash_guard.busy);
			for (unsigned i = 0; i < EVPL_CLASSES; i++)
				taken_back += ctx->stash[i].count;
			evpl_stash_flush(ctx);
			close_stashes(ctx);
		}
	}
	want_all(self, false);
	some = taken_back != before;
	pthread_mutex_unlock(&g->lock);
	return some;
}

uint64_t
evpl_stashes_taken_back(void)
{
	return taken_back;
}

void
evpl_stashes_reset(void)
{
	evpl_pause_end(&closed);
	taken_back = 0;
}
