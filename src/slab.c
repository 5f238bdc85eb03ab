/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Slabs: a memzone cut into equal rooms, with a mempool of mbufs that are pinned to them.
 */
#include "slab.h"

#include "buffer.h"
#include "class.h"
#include "context.h"
#include "global.h"
#include "pause.h"
#include "trace/hooks.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_eal.h>
#include <rte_mbuf_pool_ops.h>
#include <rte_memory.h>
#include <rte_mempool.h>
#include <rte_memzone.h>

/* What an mbuf is pinned to. */
struct room {
	uintptr_t addr;
	rte_iova_t iova;
};

/* Where the bytes of a room start in IO space; *next is set where they would not be contiguous. */
static rte_iova_t
room_iova(const struct rte_memzone *zone, uintptr_t room, size_t length, uintptr_t *next)
{
	uintptr_t page_size = (uintptr_t)zone->hugepage_sz;
	uintptr_t last = room + length - 1;
	rte_iova_t iova = rte_mem_virt2iova((void *)room);

	*next = 0;
	if (page_size == 0)
		return iova;
	/* mlx5 registers memory by runs of pages, and a packet that lies in two of these fails. */
	if (rte_eal_has_hugepages() && length <= page_size && (room & (page_size - 1)) + length > page_size) {
		*next = (room & ~(page_size - 1)) + page_size;
		return iova;
	}
	if (rte_eal_iova_mode() == RTE_IOVA_VA || iova == RTE_BAD_IOVA)
		return iova; /* contiguous wherever the addresses are, or unknown and then never added to */
	for (uintptr_t page = (room & ~(page_size - 1)) + page_size; page != 0 && page <= last; page += page_size) {
		if (rte_mem_virt2iova((void *)page) != iova + (page - room)) {
			*next = page;
			break;
		}
	}
	return iova;
}

/* Cuts the zone into at most n rooms, each of them IOVA-contiguous with its lead; the zone need not be. */
static unsigned
slab_cut(const struct rte_memzone *zone, size_t lead, size_t room, size_t distance, unsigned n, struct room *rooms)
{
	uintptr_t at = zone->addr_64, end = at + zone->len, next;
	unsigned count = 0;

	while (count < n && end - at >= distance) {
		rte_iova_t iova = room_iova(zone, at, lead + room, &next);

		if (next != 0) {
			if (next >= end)
				break;
			at = next;
			continue;
		}
		rooms[count++] = (struct room){.addr = at + lead, .iova = iova == RTE_BAD_IOVA ? iova : iova + lead};
		at += distance;
	}
	return count;
}

static const struct rte_memzone *
zone_reserve(const char *name, size_t size, size_t align, size_t room, int socket_id)
{
	const struct rte_memzone *zone;

	/* Rooms beyond a page must be made of neighbouring pages: ask for that first, then hope for runs of them. */
	if (rte_eal_iova_mode() == RTE_IOVA_PA && room > RTE_PGSIZE_2M) {
		zone = rte_memzone_reserve_aligned(name, size, socket_id, RTE_MEMZONE_IOVA_CONTIG, (unsigned)align);
		if (zone != NULL)
			return zone;
	}
	return rte_memzone_reserve_aligned(name, size, socket_id, 0, (unsigned)align);
}

/* Bytes that n rooms are sure to fit in, none across a page's end. */
static size_t
slab_size(unsigned n, size_t distance)
{
	size_t pages;

	if (!rte_eal_has_hugepages() || RTE_PGSIZE_2M % distance == 0 || distance > RTE_PGSIZE_2M)
		return n * distance;
	/* That many whole pages, or, of few or small rooms: */
	pages = ((n - 1) / (RTE_PGSIZE_2M / distance) + 2) * RTE_PGSIZE_2M;
	/* At each page's end there may be less than a room, and the zone may begin and end inside a page. */
	return RTE_MIN(pages, (n + 1) * distance * RTE_PGSIZE_2M / (RTE_PGSIZE_2M - distance) + distance);
}

/* The pool's maker sets shinfo->free_cb. */
static void
pin(struct rte_mempool *pool, void *opaque, void *object, unsigned index)
{
	const struct room *room = (const struct room *)opaque + index;
	struct rte_mbuf *m = object;

	rte_pktmbuf_init(pool, NULL, m, index);
	m->shinfo = RTE_PTR_ADD(m, sizeof(*m) + m->priv_size);
	m->shinfo->fcb_opaque = m;
	rte_mbuf_ext_refcnt_set(m->shinfo, 1);
	m->ol_flags = RTE_MBUF_F_EXTERNAL;
	m->buf_addr = (void *)room->addr;
	rte_mbuf_iova_set(m, room->iova);
}

/*
 * The mempool ops for pools without a cache: last in, first out. So a buffer whose last packet a driver freed is used
 * again while it is in cache (packet/build of evpl-bench: 83 ns with a ring, 53 with this). They are lock-free,
 * because drivers free on any thread.
 */
static const char *
lifo_ops(void)
{
#if defined(RTE_ARCH_X86_64) || defined(RTE_ARCH_ARM64)
	if (!HOOK_READS_RINGS)
		return "lf_stack";
#endif
	return rte_mbuf_best_mempool_ops();
}

/* As rte_pktmbuf_pool_create_extbuf(), which does not let its caller choose the ops. NULL with rte_errno. */
static struct rte_mempool *
pool_create(const char *name, unsigned n, unsigned cache_size, uint16_t priv_size, uint16_t room, int socket_id,
	    struct room *rooms, bool lifo)
{
	struct rte_pktmbuf_pool_private config = {
		.mbuf_data_room_size = room, .mbuf_priv_size = priv_size, .flags = RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF};
	struct rte_mempool *pool;
	int rc = -EINVAL;

	pool = rte_mempool_create_empty(
		name, n, sizeof(struct rte_mbuf) + priv_size + (unsigned)sizeof(struct rte_mbuf_ext_shared_info),
		cache_size, sizeof(config), socket_id, 0);
	if (pool == NULL)
		return NULL;
	/*
	 * What the user asked EAL for comes first (--mbuf-pool-ops-name). A program may have been linked without other
	 * ops.
	 */
	if (lifo && rte_mbuf_user_mempool_ops() == NULL)
		rc = rte_mempool_set_ops_byname(pool, lifo_ops(), NULL);
	if (rc != 0) {
		rc = rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL);
		if (rc != 0)
			EVPL_LOG(ERR, "there are no mempool ops \"%s\"", rte_mbuf_best_mempool_ops());
	}
	if (rc == 0) {
		rte_pktmbuf_pool_init(pool, &config);
		rc = rte_mempool_populate_default(pool);
	}
	if (rc < 0) {
		rte_mempool_free(pool);
		rte_errno = -rc;
		return NULL;
	}
	rte_mempool_obj_iter(pool, pin, rooms);
	return pool;
}

struct evpl_slab *
evpl_slab_create(const char *name, size_t lead, size_t room, size_t distance, unsigned n, unsigned cache_size,
		 unsigned priv_size, int socket_id)
{
	/* The address of every room is a multiple of what divides the distance; a page is enough to ask EAL for. */
	size_t align = RTE_MIN(distance & (0 - distance), (size_t)RTE_PGSIZE_2M);
	char zone_name[RTE_MEMZONE_NAMESIZE];
	struct room *rooms = NULL;
	struct evpl_slab *slab;

	slab = calloc(1, sizeof(*slab));
	rooms = calloc(n, sizeof(*rooms));
	if (slab == NULL || rooms == NULL) {
		rte_errno = ENOMEM;
		goto fail;
	}
	snprintf(zone_name, sizeof(zone_name), "evpl_slab_%u", evpl_global.next_id++);
	slab->zone = zone_reserve(zone_name, slab_size(n, distance), align, room, socket_id);
	if (slab->zone == NULL)
		goto fail;
	slab->n = slab_cut(slab->zone, lead, room, distance, n, rooms);
	if (slab->n == 0) {
		rte_errno = ENOMEM;
		goto fail;
	}
	slab->pool = pool_create(name, slab->n, RTE_MIN(cache_size, slab->n * 2 / 3), (uint16_t)priv_size,
				 (uint16_t)RTE_MIN(room, (size_t)UINT16_MAX), socket_id, rooms, cache_size == 0);
	if (slab->pool == NULL)
		goto fail;
	/* Without huge pages EAL has one heap, and any node is as good as the one asked for. */
	slab->socket_id = rte_eal_has_hugepages() || socket_id < 0 ? slab->zone->socket_id : socket_id;
	free(rooms);
	return slab;

fail:
	if (slab != NULL)
		evpl_slab_destroy(slab);
	free(rooms);
	return NULL;
}

/* Keeps rte_errno. */
void
evpl_slab_destroy(struct evpl_slab *slab)
{
	int saved = rte_errno;

	rte_mempool_free(slab->pool);
	if (slab->zone != NULL)
		rte_memzone_free(slab->zone);
	free(slab);
	rte_errno = saved;
}

struct evpl_slab *
evpl_slab_next(uint32_t number)
{
	return number < evpl_global.slab_count ? evpl_global.slabs[number] : NULL;
}

uint32_t
evpl_slab_away(const struct evpl_slab *slab)
{
	return rte_mempool_in_use_count(slab->pool);
}

bool
evpl_slab_is_home(const struct evpl_slab *slab)
{
	return rte_mempool_avail_count(slab->pool) == slab->n;
}

struct evpl_slab *
evpl_slab_grow(struct evpl_class *class, int socket_id)
{
	struct evpl_global *g = &evpl_global;
	char name[RTE_MEMPOOL_NAMESIZE];
	unsigned n = (unsigned)(class->slab_size / class->size);
	struct evpl_slab *slab;

	if (g->slab_count >= g->max_slabs) {
		rte_errno = ENOMEM;
		return NULL;
	}
	snprintf(name, sizeof(name), "evpl_buffers_%u", g->next_id);
	/* No cache per lcore in the pool: a context's stash is the cache, and what it holds can be counted. */
	slab = evpl_slab_create(name, class->lead, class->size, class->lead + class->size, n, 0,
				sizeof(struct evpl_buffer), socket_id);
	if (slab == NULL)
		return NULL;
	slab->class = class;
	evpl_buffers_init(slab);
	slab->number = g->slab_count;
	g->slabs[g->slab_count] = slab;
	/* Pairs with the acquire in take_from(). */
	__atomic_store_n(&g->slab_count, g->slab_count + 1, __ATOMIC_RELEASE);
	EVPL_LOG(DEBUG, "slab %u: %u buffers of %u bytes on NUMA node %d", g->slab_count, slab->n, class->size,
		 slab->socket_id);
	return slab;
}

/* After a buffer was taken. */
static void
note_taken(struct evpl_context *ctx, struct evpl_slab *slab)
{
	__atomic_store_n(&ctx->buffers_taken, ctx->buffers_taken + 1, __ATOMIC_RELAXED);
	evpl_peak_note(&slab->away, rte_mempool_in_use_count(slab->pool));
}

/* A buffer from a class's slabs of one node, or of any; *seen is how many slabs there were. */
static struct rte_mbuf *
take_from(struct evpl_context *ctx, const struct evpl_class *class, int socket_id, unsigned *seen)
{
	unsigned *hint = &ctx->slab_hint[class->index];
	unsigned count = __atomic_load_n(&evpl_global.slab_count, __ATOMIC_ACQUIRE);
	void *mbuf;

	*seen = count;
	for (unsigned i = 0, at = *hint; i < count; i++, at++) {
		struct evpl_slab *slab;

		if (at >= count)
			at = 0;
		slab = evpl_global.slabs[at];
		if (slab->class != class || (socket_id != SOCKET_ID_ANY && slab->socket_id != socket_id))
			continue;
		if (rte_mempool_get(slab->pool, &mbuf) == 0) {
			*hint = at;
			note_taken(ctx, slab);
			return mbuf;
		}
	}
	return NULL;
}

/*
 * Makes one more slab, unless another thread has made one since `seen` slabs were looked at. False: no memory, or a
 * pause.
 */
static bool
grow_after(struct evpl_class *class, int socket_id, unsigned seen)
{
	struct evpl_global *g = &evpl_global;
	evpl_pause *pause = &class->no_growth[socket_id + 1];
	bool grown;

	if (seen >= g->max_slabs || !evpl_pause_is_over(pause))
		return false;
	pthread_mutex_lock(&g->lock);
	grown = g->slab_count != seen || evpl_slab_grow(class, socket_id) != NULL;
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

struct rte_mbuf *
evpl_slab_take(struct evpl_context *ctx, struct evpl_class *class, bool grow)
{
	int socket_ids[] = {ctx->socket_id, SOCKET_ID_ANY};
	struct rte_mbuf *mbuf = NULL;
	unsigned seen;

	for (unsigned i = 0; mbuf == NULL && i < (ctx->only_socket ? 1 : 2); i++) {
		do {
			mbuf = take_from(ctx, class, socket_ids[i], &seen);
		} while (mbuf == NULL && grow && grow_after(class, socket_ids[i], seen));
	}
	return mbuf;
}
