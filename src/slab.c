/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Slabs: made on demand or ahead of it, and given back. Each takes one of EAL's memzones. Its mbufs are in memory of
 * rte_malloc(), because EAL has few memzones (2,560, if the program asks for no more).
 */
#include "slab.h"

#include "buffer.h"
#include "class.h"
#include "context.h"
#include "global.h"
#include "heap.h"
#include "notify.h"
#include "pause.h"
#include "room.h"
#include "shelf.h"
#include "trace/hooks.h"
#include "wait.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_memory.h>

/* An odd number of cache lines from mbuf to mbuf, so that they are spread over all sets of a cache. */
static uint32_t
mbuf_stride(void)
{
	size_t size = sizeof(struct rte_mbuf) + sizeof(struct evpl_buffer) + sizeof(struct rte_mbuf_ext_shared_info);

	return (uint32_t)((size + RTE_CACHE_LINE_SIZE - 1) / RTE_CACHE_LINE_SIZE | 1) * RTE_CACHE_LINE_SIZE;
}

/* Under --no-huge a page is the system's, and it has memory only once it is written. */
static void
touch_pages(const struct rte_memzone *zone)
{
	size_t page = rte_eal_has_hugepages() ? (size_t)zone->hugepage_sz : (size_t)sysconf(_SC_PAGESIZE);
	volatile char *bytes = zone->addr;

	for (size_t at = 0; at < zone->len; at += page)
		bytes[at] = 0;
	bytes[zone->len - 1] = 0;
}

struct evpl_slab *
evpl_slab_make(struct evpl_class *class, int socket_id, bool touch)
{
	const struct evpl_cut cut = {
		.lead = class->lead, .length = class->size, .distance = (size_t) class->lead + class->size};
	unsigned n = (unsigned)(class->slab_size / class->size);
	const struct rte_memzone *zone;
	struct evpl_room *rooms;
	struct evpl_slab *slab;

	evpl_heap_lock();
	zone = evpl_rooms_reserve(&cut, socket_id, &rooms, &n);
	slab = zone == NULL ? NULL
			    : rte_zmalloc_socket("evpl", sizeof(*slab) + (size_t)n * mbuf_stride(), RTE_CACHE_LINE_SIZE,
						 socket_id);
	evpl_heap_unlock();
	if (zone == NULL)
		return NULL;
	if (slab == NULL) {
		rte_memzone_free(zone);
		free(rooms);
		rte_errno = ENOMEM;
		return NULL;
	}
	slab->class = class;
	slab->zone = zone;
	slab->n = n;
	slab->stride = mbuf_stride();
	slab->socket_id = evpl_rooms_node(zone, socket_id);
	if (slab->socket_id < 0 || slab->socket_id >= RTE_MAX_NUMA_NODES) /* of no node that a context can ask for */
		slab->socket_id = 0;
	if (touch)
		touch_pages(zone);
	evpl_buffers_init(slab, rooms);
	free(rooms);
	return slab;
}

void
evpl_slab_free(struct evpl_slab *slab)
{
	int saved = rte_errno;

	evpl_heap_lock();
	rte_memzone_free(slab->zone);
	rte_free(slab);
	evpl_heap_unlock();
	rte_errno = saved;
}

struct evpl_shelf *
evpl_slab_shelf(struct evpl_class *class, int socket_id)
{
	struct evpl_shelf *shelf = class->shelves[socket_id];

	if (shelf == NULL) {
		shelf = evpl_shelf_create(socket_id);
		class->shelves[socket_id] = shelf;
		if (shelf != NULL)
			__atomic_store_n(&class->nodes, class->nodes | (uint64_t)1 << socket_id, __ATOMIC_RELEASE);
	}
	return shelf;
}

struct evpl_slab *
evpl_slab_next(uint32_t number)
{
	const struct evpl_global *g = &evpl_global;

	while (number < g->slab_end && g->slabs[number] == NULL)
		number++;
	return number < g->slab_end ? g->slabs[number] : NULL;
}

/* The lowest number that is free: slabs with low numbers are used first, so the others can be given back. */
static uint32_t
free_number(void)
{
	const struct evpl_global *g = &evpl_global;
	uint32_t number = 0;

	while (number < g->slab_end && g->slabs[number] != NULL)
		number++;
	return number;
}

bool
evpl_slab_add(struct evpl_slab *slab)
{
	struct evpl_global *g = &evpl_global;
	int error;

	slab->shelf = evpl_slab_shelf(slab->class, slab->socket_id);
	if (slab->shelf == NULL || g->slab_count >= g->slab_room) {
		rte_errno = ENOMEM;
		return false;
	}
	error = evpl_notify_added(slab->zone, slab->socket_id);
	if (error != 0) {
		rte_errno = error;
		return false;
	}
	slab->number = free_number();
	g->slab_end = RTE_MAX(g->slab_end, slab->number + 1);
	g->slab_bytes += slab->zone->len;
	hook_slab_begin(slab);
	evpl_shelf_add(slab);
	/* After the slab: see grow_after(). */
	__atomic_store_n(&g->slab_count, g->slab_count + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&g->slabs_made, g->slabs_made + 1, __ATOMIC_RELEASE);
	EVPL_LOG(DEBUG, "slab %u: %u buffers of %u bytes on NUMA node %d", slab->number, slab->n, slab->class->size,
		 slab->socket_id);
	return true;
}

struct evpl_slab *
evpl_slab_grow(struct evpl_class *class, int socket_id, bool touch)
{
	const struct evpl_global *g = &evpl_global;
	struct evpl_slab *slab;

	if (g->slab_count + g->slabs_coming >= g->slab_room) {
		rte_errno = ENOMEM;
		return NULL;
	}
	slab = evpl_slab_make(class, socket_id, touch);
	if (slab != NULL && !evpl_slab_add(slab)) {
		evpl_slab_free(slab);
		slab = NULL;
	}
	return slab;
}

bool
evpl_slab_remove(struct evpl_slab *slab)
{
	struct evpl_global *g = &evpl_global;

	if (!evpl_shelf_remove(slab))
		return false;
	hook_slab_end(slab);
	evpl_notify_removed(slab->zone, slab->socket_id);
	g->slab_bytes -= slab->zone->len;
	while (g->slab_end > 0 && g->slabs[g->slab_end - 1] == NULL)
		g->slab_end--;
	g->slabs_given_back++;
	return true;
}

void
evpl_slabs_free(void)
{
	struct evpl_global *g = &evpl_global;
	struct evpl_slab *slab;

	while (g->slab_end > 0) {
		slab = g->slabs[--g->slab_end];
		if (slab == NULL)
			continue;
		hook_slab_end(slab);
		evpl_notify_removed(slab->zone, slab->socket_id);
		evpl_slab_free(slab);
	}
	for (unsigned i = 0; i < EVPL_CLASSES; i++) {
		for (unsigned node = 0; node < RTE_MAX_NUMA_NODES; node++) {
			rte_free(g->classes[i].shelves[node]);
			g->classes[i].shelves[node] = NULL;
		}
		g->classes[i].nodes = 0;
	}
	free(g->slabs);
	g->slabs = NULL;
	g->slab_bytes = 0;
	g->slab_count = 0;
}

/*
 * Makes one more slab, unless another thread has made one since `seen` slabs had been made. False: no memory, or a
 * pause.
 */
static bool
grow_after(struct evpl_class *class, int socket_id, unsigned seen)
{
	struct evpl_global *g = &evpl_global;
	evpl_pause *pause = &class->no_growth[socket_id + 1];
	bool grown;

	if (__atomic_load_n(&g->slab_count, __ATOMIC_ACQUIRE) >= g->slab_room || !evpl_pause_is_over(pause))
		return false;
	pthread_mutex_lock(&g->lock);
	grown = g->slabs_made != seen || evpl_slab_grow(class, socket_id, false) != NULL;
	pthread_mutex_unlock(&g->lock);
	if (!grown)
		evpl_pause_begin(pause);
	return grown;
}

void
evpl_slabs_try_again(void)
{
	for (unsigned i = 0; i < EVPL_CLASSES; i++) {
		for (unsigned n = 0; n < RTE_DIM(evpl_global.classes[i].no_growth); n++)
			evpl_pause_end(&evpl_global.classes[i].no_growth[n]);
	}
}

/* A buffer of one node, or of any. */
static struct rte_mbuf *
take_from(struct evpl_context *ctx, struct evpl_class *class, int socket_id)
{
	uint64_t nodes = __atomic_load_n(&class->nodes, __ATOMIC_ACQUIRE);
	struct rte_mbuf *mbuf = NULL;

	RTE_BUILD_BUG_ON(RTE_MAX_NUMA_NODES > 64);
	if (socket_id != SOCKET_ID_ANY)
		nodes &= (uint64_t)1 << socket_id;
	for (; mbuf == NULL && nodes != 0; nodes &= nodes - 1)
		mbuf = evpl_shelf_take(class->shelves[__builtin_ctzll(nodes)], ctx);
	return mbuf;
}

/*
 * Whether a slab's buffers were out of sight at some time since `seen` removals. evpl_shelf_remove() puts them back, or
 * the slab goes and another one may come. Waits for the removal's end.
 */
static bool
removal_since(uint32_t seen)
{
	struct evpl_global *g = &evpl_global;

	if (seen % 2 == 0 && __atomic_load_n(&g->removals, __ATOMIC_SEQ_CST) == seen)
		return false;
	pthread_mutex_lock(&g->lock);
	pthread_mutex_unlock(&g->lock);
	return true;
}

/* The same, and makes slabs if there is none. */
static struct rte_mbuf *
take_or_grow(struct evpl_context *ctx, struct evpl_class *class, int socket_id)
{
	struct rte_mbuf *mbuf;
	uint32_t removals;
	unsigned seen;

	do {
		seen = __atomic_load_n(&evpl_global.slabs_made, __ATOMIC_ACQUIRE);
		removals = __atomic_load_n(&evpl_global.removals, __ATOMIC_SEQ_CST);
		mbuf = take_from(ctx, class, socket_id);
	} while (mbuf == NULL && (grow_after(class, socket_id, seen) || removal_since(removals)));
	return mbuf;
}

struct rte_mbuf *
evpl_slab_take(struct evpl_context *ctx, struct evpl_class *class, bool grow)
{
	struct rte_mbuf *(*take)(struct evpl_context *, struct evpl_class *, int) = grow ? take_or_grow : take_from;
	struct rte_mbuf *mbuf;

	if (unlikely(!evpl_wait_lets_take(ctx, class)))
		return NULL;
	mbuf = take(ctx, class, ctx->socket_id);
	if (unlikely(mbuf == NULL) && !ctx->only_socket)
		mbuf = take(ctx, class, SOCKET_ID_ANY);
	if (unlikely(ctx->grants[class->index] != 0) && mbuf != NULL)
		evpl_wait_took(ctx, class);
	return mbuf;
}
