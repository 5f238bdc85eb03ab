/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Slabs: made on demand or ahead of it, and given back. Each takes one of EAL's memzones, or is external (external.c).
 * Its mbufs are in memory of rte_malloc(), because EAL has few memzones (2,560, if the program asks for no more).
 */
#include "slab.h"

#include "bank.h"
#include "buffer.h"
#include "class.h"
#include "context.h"
#include "global.h"
#include "heap.h"
#include "notify.h"
#include "node.h"
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
evpl_slab_of(struct evpl_class *class, const struct evpl_slab_info *info, uint32_t lead, const struct evpl_room *rooms,
	     unsigned n)
{
	int bank = evpl_bank_of(info->socket_id);
	struct evpl_slab *slab;

	evpl_heap_lock();
	slab = rte_zmalloc_socket("evpl", sizeof(*slab) + (size_t)n * mbuf_stride(), RTE_CACHE_LINE_SIZE,
				  evpl_bank_is_node(bank) ? bank : SOCKET_ID_ANY);
	evpl_heap_unlock();
	if (slab == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	slab->class = class;
	slab->info = *info;
	slab->n = n;
	slab->stride = mbuf_stride();
	slab->lead = lead;
	slab->bank = bank;
	evpl_buffers_init(slab, rooms);
	return slab;
}

struct evpl_slab *
evpl_slab_make(struct evpl_class *class, int socket_id, bool touch)
{
	const struct evpl_cut cut = {
		.lead = class->lead, .length = class->size, .distance = (size_t) class->lead + class->size};
	unsigned n = (unsigned)(class->slab_size / class->size);
	const struct rte_memzone *zone;
	struct evpl_slab_info info;
	struct evpl_room *rooms;
	struct evpl_slab *slab;

	evpl_heap_lock();
	zone = evpl_rooms_reserve(&cut, socket_id, &rooms, &n);
	evpl_heap_unlock();
	if (zone == NULL)
		return NULL;
	if (touch)
		touch_pages(zone);
	info = evpl_rooms_info(zone, socket_id);
	slab = evpl_slab_of(class, &info, class->lead, rooms, n);
	free(rooms);
	if (slab == NULL) {
		evpl_heap_lock();
		rte_memzone_free(zone);
		evpl_heap_unlock();
		rte_errno = ENOMEM;
	}
	return slab;
}

void
evpl_slab_free(struct evpl_slab *slab)
{
	evpl_slab_free_callback free_cb = slab->free_cb;
	struct evpl_slab_info info = slab->info;
	void *arg = slab->free_arg;
	int saved = rte_errno;

	evpl_heap_lock();
	if (info.zone != NULL)
		rte_memzone_free(info.zone);
	rte_free(slab);
	evpl_heap_unlock();
	if (free_cb != NULL)
		free_cb(info.addr, info.length, arg);
	rte_errno = saved;
}

uint64_t
evpl_slabs_let_go(struct evpl_slab *gone, unsigned n)
{
	struct evpl_global *g = &evpl_global;
	struct evpl_slab *next;
	uint64_t bytes = 0;

	g->slabs_going += n;
	pthread_mutex_unlock(&g->lock);
	for (; gone != NULL; gone = next) {
		next = gone->going;
		bytes += gone->info.length;
		evpl_slab_free(gone);
	}
	pthread_mutex_lock(&g->lock);
	g->slabs_going -= n;
	pthread_cond_broadcast(&g->settled);
	evpl_slabs_try_again();
	return bytes;
}

struct evpl_shelf *
evpl_slab_shelf(struct evpl_class *class, int bank)
{
	struct evpl_shelf *shelf = class->shelves[bank];

	if (shelf == NULL) {
		shelf = evpl_shelf_create(evpl_bank_is_node(bank) ? bank : SOCKET_ID_ANY);
		class->shelves[bank] = shelf;
		if (shelf != NULL)
			__atomic_store_n(&class->banks, class->banks | (uint64_t)1 << bank, __ATOMIC_RELEASE);
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

/* All buffers of a group are touched, or none is: external.c sees to it. */
static void
count_external(const struct evpl_slab *slab, int n)
{
	struct evpl_global *g = &evpl_global;
	uint64_t bank = (uint64_t)1 << slab->bank;

	g->externals += (unsigned)n;
	__atomic_store_n(&g->no_iova, g->no_iova + (slab->no_iova ? (unsigned)n : 0), __ATOMIC_RELAXED);
	__atomic_store_n(&g->untouched, evpl_slab_is_untouched(slab) ? g->untouched | bank : g->untouched & ~bank,
			 __ATOMIC_RELAXED);
}

bool
evpl_slab_add(struct evpl_slab *slab)
{
	struct evpl_global *g = &evpl_global;
	int error;

	slab->shelf = evpl_slab_shelf(slab->class, slab->bank);
	if (slab->shelf == NULL || g->slab_count >= g->max_slabs) {
		rte_errno = ENOMEM;
		return false;
	}
	error = evpl_notify_added(&slab->info);
	if (error != 0) {
		rte_errno = error;
		return false;
	}
	if (evpl_slab_is_external(slab))
		count_external(slab, 1);
	slab->number = free_number();
	g->slab_end = RTE_MAX(g->slab_end, slab->number + 1);
	g->slab_bytes += slab->info.length;
	hook_slab_begin(slab);
	evpl_shelf_add(slab);
	/* After the slab: see grow_after(). */
	__atomic_store_n(&g->slab_count, g->slab_count + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&g->slabs_made, g->slabs_made + 1, __ATOMIC_RELEASE);
	EVPL_LOG(DEBUG, "slab %u: %u buffers of %u bytes %s %d", slab->number, slab->n, slab->class->size,
		 evpl_slab_is_external(slab) ? "in memory of group" : "on NUMA node", evpl_bank_socket(slab->bank));
	return true;
}

struct evpl_slab *
evpl_slab_grow(struct evpl_class *class, int socket_id)
{
	struct evpl_slab *slab;

	if (!evpl_global_has_room(false)) {
		rte_errno = ENOMEM;
		return NULL;
	}
	slab = evpl_slab_make(class, socket_id, false);
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
	evpl_notify_removed(&slab->info);
	g->slab_bytes -= slab->info.length;
	if (evpl_slab_is_external(slab))
		count_external(slab, -1);
	else
		g->slabs_given_back++;
	while (g->slab_end > 0 && g->slabs[g->slab_end - 1] == NULL)
		g->slab_end--;
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
		evpl_notify_removed(&slab->info);
		evpl_slab_free(slab);
	}
	for (unsigned i = 0; i < EVPL_CLASSES; i++) {
		for (unsigned bank = 0; bank < EVPL_BANKS; bank++) {
			rte_free(g->classes[i].shelves[bank]);
			g->classes[i].shelves[bank] = NULL;
		}
		g->classes[i].banks = 0;
	}
	free(g->slabs);
	g->slabs = NULL;
	g->slab_bytes = 0;
	g->slab_count = 0;
	g->externals = 0;
	__atomic_store_n(&g->no_iova, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&g->untouched, 0, __ATOMIC_RELAXED);
}

/*
 * Makes one more slab, unless another thread has made one since `seen` slabs had been made. False: no memory, a pause,
 * or a group, whose slabs the program brings.
 */
static bool
grow_after(struct evpl_class *class, int bank, unsigned seen)
{
	struct evpl_global *g = &evpl_global;
	evpl_pause *pause;
	bool grown;

	if (!evpl_bank_is_node(bank))
		return false;
	pause = &class->no_growth[bank];
	if (__atomic_load_n(&g->slab_count, __ATOMIC_ACQUIRE) >= g->max_slabs || !evpl_pause_is_over(pause))
		return false;
	pthread_mutex_lock(&g->lock);
	grown = g->slabs_made != seen || evpl_slab_grow(class, bank) != NULL;
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

/* A free buffer of a bank; NULL: there is none. */
static struct rte_mbuf *
take_free(struct evpl_context *ctx, const struct evpl_class *class, int bank)
{
	if (!(__atomic_load_n(&class->banks, __ATOMIC_ACQUIRE) >> bank & 1))
		return NULL;
	return evpl_shelf_take(class->shelves[bank], ctx);
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

/* A free buffer of a bank; makes slabs if there is none. NULL: no memory. */
static struct rte_mbuf *
take_or_grow(struct evpl_context *ctx, struct evpl_class *class, int bank)
{
	struct rte_mbuf *mbuf;
	uint32_t removals;
	unsigned seen;

	do {
		seen = __atomic_load_n(&evpl_global.slabs_made, __ATOMIC_ACQUIRE);
		removals = __atomic_load_n(&evpl_global.removals, __ATOMIC_SEQ_CST);
		mbuf = take_free(ctx, class, bank);
	} while (mbuf == NULL && (grow_after(class, bank, seen) || removal_since(removals)));
	return mbuf;
}

bool
evpl_slab_try_grow(const struct evpl_context *ctx, struct evpl_class *class)
{
	return grow_after(class, ctx->bank, __atomic_load_n(&evpl_global.slabs_made, __ATOMIC_ACQUIRE));
}

/* A free buffer of another node than the context's; makes slabs there if need be. NULL: there is none. */
static struct rte_mbuf *
take_elsewhere(struct evpl_context *ctx, struct evpl_class *class)
{
	uint64_t banks = evpl_banks_nodes(__atomic_load_n(&class->banks, __ATOMIC_ACQUIRE));
	uint32_t free[RTE_MAX_NUMA_NODES] = {0};
	uint8_t order[RTE_MAX_NUMA_NODES];
	struct rte_mbuf *mbuf = NULL;
	unsigned n;

	if (((evpl_global.topology.nodes | banks) & ~((uint64_t)1 << ctx->bank)) == 0)
		return NULL;
	for (; banks != 0; banks &= banks - 1)
		free[__builtin_ctzll(banks)] = evpl_shelf_free(class->shelves[__builtin_ctzll(banks)]);
	n = evpl_node_order(&evpl_global.topology, free, ctx->bank, order);
	for (unsigned i = 1; mbuf == NULL && i < n; i++) {
		if (evpl_wait_lets_take(ctx, class, order[i]))
			mbuf = take_or_grow(ctx, class, order[i]);
	}
	if (mbuf != NULL)
		evpl_count(&ctx->counters.other_node, 1);
	return mbuf;
}

struct rte_mbuf *
evpl_slab_take(struct evpl_context *ctx, struct evpl_class *class, bool grow)
{
	struct rte_mbuf *mbuf = NULL;

	if (likely(evpl_wait_lets_take(ctx, class, ctx->bank)))
		mbuf = grow ? take_or_grow(ctx, class, ctx->bank) : take_free(ctx, class, ctx->bank);
	if (unlikely(mbuf == NULL) && grow && !ctx->only_bank)
		mbuf = take_elsewhere(ctx, class);
	if (unlikely(ctx->grants[class->index] != 0) && mbuf != NULL)
		evpl_wait_took(ctx, class);
	return mbuf;
}
