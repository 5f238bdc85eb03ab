/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Buffers: where they come from, and where they go when their last reference ends.
 *
 *	free     refcnt 1, packets 1, in the slab (shelf.c) or in a context's stash
 *	held     refcnt = iovecs + references in a window's stock, packets = 1 + those in flight + a TX cache's stock
 *	lent     refcnt 1, packets one less: no iovec is left; the last packet's end brings it home
 */
#include "buffer.h"

#include "attach.h"
#include "class.h"
#include "context.h"
#include "global.h"
#include "overflow.h"
#include "packet.h"
#include "process.h"
#include "quota.h"
#include "ref.h"
#include "room.h"
#include "shelf.h"
#include "slab.h"
#include "stash.h"
#include "trace/hooks.h"
#include "tx_cache.h"

#include <string.h>

#include <rte_cycles.h>

static void give_back_remotely(struct rte_mbuf *buffer);
/*
 * DPDK calls this when the last packet that is attached to a lent buffer ends: on any thread, inside a PMD's
 * burst. It must not block, and only knows the pool.
 */
static void
buffer_ended(void *addr, void *opaque)
{
	struct rte_mbuf *buffer = opaque;

	RTE_SET_USED(addr);
	evpl_compat_ext_ended(buffer->shinfo);
	give_back_remotely(buffer);
}

void
evpl_buffer_counts_ended(struct evpl_buffer *buffer)
{
	give_back_remotely(buffer->mbuf);
}

/* The mbuf before a buffer. Only DPDK's clones use it, see attach.h. */
static struct rte_mbuf *
anchor_init(struct evpl_buffer *buffer)
{
	struct rte_mbuf *anchor = (struct rte_mbuf *)buffer->room - 1;

	memset(anchor, 0, sizeof(*anchor));
	anchor->pool = evpl_global.anchor_pool;
	anchor->buf_addr = (void *)buffer->room;
	rte_mbuf_iova_set(anchor, buffer->iova);
	anchor->buf_len = UINT16_MAX;
	anchor->nb_segs = 1;
	anchor->port = RTE_MBUF_PORT_INVALID;
	anchor->shinfo = (struct rte_mbuf_ext_shared_info *)((uintptr_t)buffer | EVPL_ON_BUFFER);
	rte_mbuf_refcnt_set(anchor, 1);
	return anchor;
}

/* It has no pool: drivers and other code of DPDK never see it. */
static void
mbuf_init(struct rte_mbuf *mbuf, const struct evpl_room *room, uint32_t size)
{
	mbuf->priv_size = sizeof(struct evpl_buffer);
	mbuf->buf_addr = (void *)room->addr;
	rte_mbuf_iova_set(mbuf, room->iova);
	mbuf->buf_len = (uint16_t)RTE_MIN(size, (uint32_t)UINT16_MAX);
	mbuf->nb_segs = 1;
	mbuf->port = RTE_MBUF_PORT_INVALID;
	mbuf->ol_flags = RTE_MBUF_F_EXTERNAL;
	rte_mbuf_refcnt_set(mbuf, 1);
	mbuf->shinfo = RTE_PTR_ADD(mbuf, sizeof(*mbuf) + sizeof(struct evpl_buffer));
	mbuf->shinfo->free_cb = buffer_ended;
	mbuf->shinfo->fcb_opaque = mbuf;
	rte_mbuf_ext_refcnt_set(mbuf->shinfo, 1);
}

static void
buffer_init(struct evpl_slab *slab, uint32_t number, const struct evpl_room *room)
{
	struct rte_mbuf *mbuf = evpl_slab_mbuf(slab, number);
	struct evpl_buffer *buffer = evpl_buffer(mbuf);

	mbuf_init(mbuf, room, slab->class->size);
	buffer->slab = slab;
	buffer->mbuf = mbuf;
	buffer->number = number;
	buffer->room = room->addr;
	buffer->iova = room->iova;
	if (slab->lead != 0) {
		buffer->packets = &anchor_init(buffer)->refcnt;
		buffer->shinfo = (uintptr_t)buffer | EVPL_ON_BUFFER;
	} else {
		buffer->packets = &mbuf->shinfo->refcnt;
		buffer->shinfo = (uintptr_t)mbuf->shinfo;
		buffer->ol_flags = RTE_MBUF_F_EXTERNAL;
	}
}

void
evpl_buffers_init(struct evpl_slab *slab, const struct evpl_room *rooms)
{
	for (uint32_t i = 0; i < slab->n; i++)
		buffer_init(slab, i, &rooms[i]);
}

/* The buffer under an mbuf that counts for no other, or NULL. */
static inline struct rte_mbuf *
buffer_under(const struct rte_mbuf *base)
{
	if (!RTE_MBUF_HAS_EXTBUF(base) || base->shinfo->free_cb != buffer_ended)
		return NULL;
	return base->shinfo->fcb_opaque;
}

struct rte_mbuf *
evpl_buffer_of(const struct rte_mbuf *ref)
{
	return buffer_under(evpl_overflow_root(ref));
}

static void
stash_set_count(struct evpl_stash *stash, uint32_t count)
{
	__atomic_store_n(&stash->count, count, __ATOMIC_RELAXED);
}

/*
 * The warmest buffer, or, where buffers wait before they are used again, the one that has waited longest. NULL: no more
 * than `waiting` are there.
 */
static inline struct rte_mbuf *
stash_take(struct evpl_context *ctx, const struct evpl_class *class, uint32_t waiting)
{
	struct evpl_stash *stash = &ctx->stash[class->index];
	struct rte_mbuf *buffer = NULL;
	uint32_t count;

	evpl_stash_enter(&ctx->stash_guard);
	count = stash->count;
	if (likely(count > waiting)) {
		buffer = stash->buffers[HOOK_BUFFERS_WAIT > 0 ? 0 : count - 1];
		stash_set_count(stash, count - 1);
		if (HOOK_BUFFERS_WAIT > 0)
			memmove(stash->buffers, stash->buffers + 1, (count - 1) * sizeof(stash->buffers[0]));
	}
	evpl_stash_leave(&ctx->stash_guard);
	return buffer;
}

bool
evpl_buffers_collect(void)
{
	bool reaped = evpl_tx_caches_reap();

	return evpl_processes_collect() || reaped;
}

/* A free buffer from wherever one is; NULL: there is none. */
static __rte_noinline struct rte_mbuf *
take_from_slabs(struct evpl_context *ctx, struct evpl_class *class)
{
	struct rte_mbuf *buffer = evpl_slab_take(ctx, class, false);

	if (unlikely(buffer == NULL) && evpl_buffers_collect())
		buffer = evpl_slab_take(ctx, class, false);
	if (unlikely(buffer == NULL) && HOOK_BUFFERS_WAIT > 0)
		buffer = stash_take(ctx, class, 0);
	if (unlikely(buffer == NULL))
		buffer = evpl_slab_take(ctx, class, true);
	if (unlikely(buffer == NULL) && evpl_stashes_take_back(ctx))
		buffer = evpl_slab_take(ctx, class, false);
	return buffer;
}

/*
 * To read the TSC takes as long as half of a take (23 ns of 57 in a virtual machine). So after two reads that are less
 * than clock_gap apart, the next 32 takes do without. A context that takes buffers seldom reads it each time.
 */
static inline uint64_t
take_clock(struct evpl_context *ctx)
{
	if (ctx->clock_left == 0) {
		uint64_t now = rte_rdtsc();

		ctx->clock_left = now - ctx->clock < ctx->clock_gap ? 32 : 0;
		ctx->clock = now;
		return now;
	}
	ctx->clock_left--;
	return ctx->clock;
}

struct rte_mbuf *
evpl_buffer_take(struct evpl_context *ctx, struct evpl_class *class)
{
	struct rte_mbuf *buffer;

	/* What a TX cache keeps, or another process has returned, counts until it is home. */
	if (unlikely(ctx->quota != NULL) && !evpl_quota_take(ctx->quota, class->size) &&
	    (!evpl_buffers_collect() || !evpl_quota_take(ctx->quota, class->size)))
		return NULL;
	buffer = stash_take(ctx, class, HOOK_BUFFERS_WAIT);
	if (unlikely(buffer == NULL))
		buffer = take_from_slabs(ctx, class);
	if (unlikely(buffer == NULL)) {
		if (ctx->quota != NULL)
			evpl_quota_give_back(ctx->quota, class->size);
		return NULL;
	}
	evpl_buffer(buffer)->quota = ctx->quota;
	evpl_count(&evpl_buffer(buffer)->takes, 1);
	__atomic_store_n(&evpl_buffer(buffer)->taker, ctx->number, __ATOMIC_RELAXED);
	__atomic_store_n(&evpl_buffer(buffer)->taken_at, take_clock(ctx), __ATOMIC_RELAXED);
	hook_buffer_taken(buffer);
	return buffer;
}

static void
to_slab(struct evpl_buffer *buffer)
{
	evpl_buffer_set_state(buffer, EVPL_BUFFER_FREE);
	evpl_shelf_put(buffer);
}

/*
 * Half of a full stash, the colder one, goes to the slabs. So a run of releases goes there once per half stash. A stash
 * that keeps nothing may be open again. False: it keeps nothing. Out of line, because evpl_buffer_give_back() needs
 * fewer registers without it.
 */
static __rte_noinline bool
stash_make_room(struct evpl_stash *stash)
{
	uint32_t keep = stash->size / 2;

	if (stash->size == 0)
		return evpl_stash_reopen(stash);
	for (uint32_t i = 0; i < stash->size - keep; i++)
		to_slab(evpl_buffer(stash->buffers[i]));
	memmove(stash->buffers, stash->buffers + stash->size - keep, keep * sizeof(stash->buffers[0]));
	stash_set_count(stash, keep);
	return true;
}

static inline void
mark_home(struct evpl_buffer *buffer)
{
	evpl_compat_count_store(buffer->packets, 1);
	__atomic_store_n(&buffer->ended, false, __ATOMIC_RELAXED);
	if (unlikely(buffer->quota != NULL))
		evpl_quota_give_back(buffer->quota, buffer->slab->class->size);
	hook_buffer_home(buffer->mbuf);
}

/* It comes home on any thread, not through a context. */
static __rte_noinline void
give_back_remotely(struct rte_mbuf *buffer)
{
	mark_home(evpl_buffer(buffer));
	evpl_count(&evpl_buffer(buffer)->remote_returns, 1);
	if (likely(evpl_tx_cache != &evpl_no_tx_cache))
		evpl_count(&evpl_tx_cache->returns, 1);
	else /* such threads share a counter */
		__atomic_fetch_add(&evpl_global.remote_returns, 1, __ATOMIC_RELAXED);
	to_slab(evpl_buffer(buffer));
}

void
evpl_buffer_give_back(struct evpl_context *ctx, struct rte_mbuf *buffer)
{
	struct evpl_stash *stash;
	uint32_t count;

	if (ctx == NULL) {
		give_back_remotely(buffer);
		return;
	}
	mark_home(evpl_buffer(buffer));
	if (unlikely(evpl_buffer(buffer)->taker != ctx->number)) {
		evpl_count(&evpl_buffer(buffer)->remote_returns, 1);
		evpl_count(&ctx->counters.remote_returns, 1);
	}
	if (unlikely(evpl_buffer(buffer)->slab->bank != ctx->bank)) {
		to_slab(evpl_buffer(buffer));
		return;
	}
	stash = &ctx->stash[evpl_buffer_class(buffer)->index];
	evpl_stash_enter(&ctx->stash_guard);
	if (unlikely(stash->count == stash->size) && !stash_make_room(stash)) {
		to_slab(evpl_buffer(buffer));
	} else {
		evpl_buffer_set_state(evpl_buffer(buffer), EVPL_BUFFER_STASH);
		count = stash->count;
		stash->buffers[count] = buffer;
		stash_set_count(stash, count + 1);
	}
	evpl_stash_leave(&ctx->stash_guard);
}

void
evpl_stash_flush(struct evpl_context *ctx)
{
	for (unsigned class = 0; class < EVPL_CLASSES; class ++) {
		struct evpl_stash *stash = &ctx->stash[class];

		while (stash->count > 0) {
			stash_set_count(stash, stash->count - 1);
			to_slab(evpl_buffer(stash->buffers[stash->count]));
		}
	}
}

/* The last reference of a buffer: no iovec can attach a packet any more. */
static void
reference_last(struct evpl_context *ctx, struct evpl_buffer *buffer)
{
	uint32_t cache = __atomic_load_n(&buffer->cache, __ATOMIC_RELAXED);

	/*
	 * The TX cache has stock, so the count of the references is not the last one. Whoever brings the buffer home
	 * must check. As soon as this count is given up, too, any thread may take the buffer off the TX cache.
	 * census.c reads it of every buffer.
	 */
	__atomic_store_n(&buffer->ended, true, __ATOMIC_RELEASE);
	if (cache == evpl_tx_cache->number) {
		if (!evpl_buffer_give_up_count(buffer))
			return;
	} else if (evpl_compat_count_load(buffer->packets) != 1 && evpl_compat_count_sub(buffer->packets, 1) != 0) {
		return;
	}
	evpl_buffer_give_back(ctx, buffer->mbuf);
}

void
evpl_ref_end(struct evpl_context *ctx, struct rte_mbuf *ref)
{
	struct rte_mbuf *base;

	while (unlikely(evpl_overflow_end(ref, &base))) {
		if (base == NULL || !evpl_ref_give_back(base, EVPL_IOVEC_FLAG_SHARED, 1))
			return;
		ref = base;
	}
	if (rte_mbuf_refcnt_read(ref) != 1)
		rte_mbuf_refcnt_set(ref, 1); /* as DPDK keeps free mbufs */
	if (likely(buffer_under(ref) == ref)) {
		reference_last(ctx, evpl_buffer(ref));
	} else if (!evpl_is_pinned(ref)) {
		rte_pktmbuf_free_seg(ref); /* a packet of a port */
	} else if (evpl_compat_ext_load(ref->shinfo) == 1 || evpl_compat_ext_sub(ref->shinfo, 1) == 0) {
		/* No iovec can attach a packet any more. Whoever reads 1, or decrements to 0, is the last holder. */
		rte_mbuf_ext_refcnt_set(ref->shinfo, 1);
		rte_pktmbuf_free_seg(ref); /* it reads a count of 1, which it need not acquire */
	}
}
