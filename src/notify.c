/* SPDX-License-Identifier: BSD-3-Clause */
#include "notify.h"

#include "global.h"
#include "rx_pool.h"
#include "slab.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

struct listener {
	evpl_slab_callback callback;
	void *arg;
	TAILQ_ENTRY(listener) entry;
};

static TAILQ_HEAD(, listener) listeners = TAILQ_HEAD_INITIALIZER(listeners);

/* A positive errno, or 0. */
static int
call_added(const struct listener *l, const struct evpl_slab_info *info)
{
	int rc = l->callback(EVPL_SLAB_ADDED, info, l->arg);

	return rc < 0 ? -rc : rc;
}

static void
call_removed(const struct listener *l, const struct evpl_slab_info *info)
{
	(void)l->callback(EVPL_SLAB_REMOVED, info, l->arg);
}

int
evpl_notify_added(const struct evpl_slab_info *info)
{
	const struct listener *l, *told;
	int error = 0;

	TAILQ_FOREACH (l, &listeners, entry) {
		error = call_added(l, info);
		if (error != 0)
			break;
	}
	if (error == 0)
		return 0;
	for (told = TAILQ_FIRST(&listeners); told != l; told = TAILQ_NEXT(told, entry))
		call_removed(told, info);
	EVPL_LOG(ERR, "memory at %p is not used: a callback of evpl_slab_notify() returned error %d", info->addr,
		 error);
	return error;
}

void
evpl_notify_removed(const struct evpl_slab_info *info)
{
	const struct listener *l;

	TAILQ_FOREACH (l, &listeners, entry)
		call_removed(l, info);
}

void
evpl_notify_free(void)
{
	struct listener *l;

	while ((l = TAILQ_FIRST(&listeners)) != NULL) {
		TAILQ_REMOVE(&listeners, l, entry);
		free(l);
	}
}

static struct listener *
find(evpl_slab_callback callback, const void *arg)
{
	struct listener *l;

	TAILQ_FOREACH (l, &listeners, entry) {
		if (l->callback == callback && l->arg == arg)
			break;
	}
	return l;
}

/* What exists: slabs in the order of their numbers, and then RX pools in the order in which they were made. */
struct place {
	const struct evpl_slab *slab;
	const struct evpl_rx_pool *rx;
};

static bool
place_is(const struct place *at, const struct place *other)
{
	return at->slab == other->slab && at->rx == other->rx;
}

static struct place
place_first(void)
{
	struct place at = {.slab = evpl_slab_next(0)};

	if (at.slab == NULL)
		at.rx = TAILQ_FIRST(&evpl_global.rx_pools);
	return at;
}

static struct place
place_next(struct place at)
{
	if (at.slab == NULL)
		return (struct place){.rx = TAILQ_NEXT(at.rx, entry)};
	at.slab = evpl_slab_next(at.slab->number + 1);
	if (at.slab == NULL)
		at.rx = TAILQ_FIRST(&evpl_global.rx_pools);
	return at;
}

static const struct evpl_slab_info *
place_info(const struct place *at)
{
	return at->slab != NULL ? &at->slab->info : &at->rx->info;
}

/* Tells a listener that all that exists before `end` goes. */
static void
replay_removed(const struct listener *l, struct place end)
{
	for (struct place at = place_first(); !place_is(&at, &end); at = place_next(at))
		call_removed(l, place_info(&at));
}

/* Tells a listener of all that exists. 0, or a positive errno: then it was told that all goes again. */
static int
replay_added(const struct listener *l)
{
	const struct place none = {NULL, NULL};
	int error = 0;

	for (struct place at = place_first(); error == 0 && !place_is(&at, &none); at = place_next(at)) {
		error = call_added(l, place_info(&at));
		if (error != 0)
			replay_removed(l, at);
	}
	return error;
}

/* With the lock held. 0, or a positive errno. */
static int
add(evpl_slab_callback callback, void *arg)
{
	struct listener *l;
	int error;

	if (evpl_global.users == 0 || evpl_global.ending)
		return EPERM;
	if (find(callback, arg) != NULL)
		return EEXIST;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return ENOMEM;
	l->callback = callback;
	l->arg = arg;
	error = replay_added(l);
	if (error == 0)
		TAILQ_INSERT_TAIL(&listeners, l, entry);
	else
		free(l);
	return error;
}

int
evpl_slab_notify(evpl_slab_callback callback, void *arg)
{
	int error;

	if (callback == NULL)
		return -EINVAL;
	pthread_mutex_lock(&evpl_global.lock);
	error = add(callback, arg);
	pthread_mutex_unlock(&evpl_global.lock);
	return -error;
}

int
evpl_slab_notify_end(evpl_slab_callback callback, void *arg)
{
	const struct place none = {NULL, NULL};
	struct listener *l;

	pthread_mutex_lock(&evpl_global.lock);
	l = find(callback, arg);
	if (l != NULL) {
		TAILQ_REMOVE(&listeners, l, entry);
		replay_removed(l, none);
		free(l);
	}
	pthread_mutex_unlock(&evpl_global.lock);
	return l != NULL ? 0 : -ENOENT;
}
