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

static int
call(const struct listener *l, enum evpl_slab_event event, const struct rte_memzone *zone, int socket_id)
{
	const struct evpl_slab_info info = {.addr = zone->addr,
					    .length = zone->len,
					    .page_size = zone->hugepage_sz,
					    .zone = zone,
					    .socket_id = socket_id};

	return l->callback(event, &info, l->arg);
}

/* A positive errno, or 0. */
static int
call_added(const struct listener *l, const struct rte_memzone *zone, int socket_id)
{
	int rc = call(l, EVPL_SLAB_ADDED, zone, socket_id);

	return rc < 0 ? -rc : rc;
}

int
evpl_notify_added(const struct rte_memzone *zone, int socket_id)
{
	const struct listener *l, *told;
	int error = 0;

	TAILQ_FOREACH (l, &listeners, entry) {
		error = call_added(l, zone, socket_id);
		if (error != 0)
			break;
	}
	if (error == 0)
		return 0;
	for (told = TAILQ_FIRST(&listeners); told != l; told = TAILQ_NEXT(told, entry))
		(void)call(told, EVPL_SLAB_REMOVED, zone, socket_id);
	EVPL_LOG(ERR, "memory at %p is not used: a callback of evpl_slab_notify() returned error %d", zone->addr,
		 error);
	return error;
}

void
evpl_notify_removed(const struct rte_memzone *zone, int socket_id)
{
	const struct listener *l;

	TAILQ_FOREACH (l, &listeners, entry)
		(void)call(l, EVPL_SLAB_REMOVED, zone, socket_id);
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

static const struct rte_memzone *
place_zone(const struct place *at, int *socket_id)
{
	*socket_id = at->slab != NULL ? at->slab->socket_id : at->rx->socket_id;
	return at->slab != NULL ? at->slab->zone : at->rx->zone;
}

/* Tells a listener that all that exists before `end` goes. */
static void
replay_removed(const struct listener *l, struct place end)
{
	const struct rte_memzone *zone;
	int socket_id;

	for (struct place at = place_first(); !place_is(&at, &end); at = place_next(at)) {
		zone = place_zone(&at, &socket_id);
		(void)call(l, EVPL_SLAB_REMOVED, zone, socket_id);
	}
}

/* Tells a listener of all that exists. 0, or a positive errno: then it was told that all goes again. */
static int
replay_added(const struct listener *l)
{
	const struct place none = {NULL, NULL};
	const struct rte_memzone *zone;
	int error = 0, socket_id;

	for (struct place at = place_first(); error == 0 && !place_is(&at, &none); at = place_next(at)) {
		zone = place_zone(&at, &socket_id);
		error = call_added(l, zone, socket_id);
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

	if (evpl_global.users == 0)
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
