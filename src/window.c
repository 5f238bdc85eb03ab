/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A context's current buffers: bought with a stock of references, carved, rewound when all of it is home, given up.
 */
#include "window.h"

#include "buffer.h"
#include "class.h"
#include "context.h"
#include "overflow.h"
#include "ref.h"
#include "trace/hooks.h"
#include "tx_cache.h"

/* Takes n references of w->ref out of the stock; true when they were the last. */
static bool
stock_return(struct evpl_pvt_window *w, unsigned kind, uint32_t n)
{
	evpl_pvt_window_set_stock(w, w->stock - n);
	return evpl_pvt_ref_sub(w->ref, kind, (uint16_t)n) == 0;
}

void
evpl_window_halve_stock(struct evpl_pvt_window *w, unsigned kind)
{
	(void)stock_return(w, kind, EVPL_PVT_PREPAID_STEP); /* the other half stays, so never the last */
}

/* The references of a current buffer that are not in stock. */
static uint32_t
window_iovecs(const struct evpl_pvt_window *w, const struct rte_mbuf *mbuf)
{
	return rte_mbuf_refcnt_read(mbuf) - (w->ref == mbuf ? evpl_pvt_window_prepaid(w) : 0);
}

/* Counts the bytes that were carved, which it returns. */
static inline uintptr_t
count_carved(struct evpl_context *ctx, unsigned kind)
{
	uintptr_t carved = ctx->evpl.window[kind].next - (uintptr_t)ctx->current[kind]->buf_addr;

	evpl_count(&ctx->counters.bytes_taken, carved);
	return carved;
}

void
evpl_window_close(struct evpl_context *ctx, unsigned kind)
{
	struct evpl_pvt_window *w = &ctx->evpl.window[kind];
	struct rte_mbuf *mbuf = ctx->current[kind];

	hook_window_leaves(ctx, kind);
	if (mbuf != NULL) {
		/* First: without the stock, another thread may bring it home. */
		evpl_buffer_note_held(evpl_buffer(mbuf), count_carved(ctx, kind), window_iovecs(w, mbuf));
		if (stock_return(w, kind, evpl_pvt_window_prepaid(w)))
			evpl_ref_end(ctx, w->ref);
	}
	__atomic_store_n(&ctx->current[kind], NULL, __ATOMIC_RELAXED);
	evpl_pvt_window_set_next(w, 0);
	w->end = 0;
	w->ref = (struct rte_mbuf *)ctx; /* a sentinel: no iovec has it, not even an empty one, whose ref is NULL */
	if (kind == 0)
		ctx->evpl.reserved_end = 0;
}

void
evpl_window_install(struct evpl_context *ctx, unsigned kind, struct rte_mbuf *buffer)
{
	struct evpl_pvt_window *w = &ctx->evpl.window[kind];

	evpl_window_close(ctx, kind);
	__atomic_store_n(&ctx->current[kind], buffer, __ATOMIC_RELAXED);
	evpl_buffer_set_state(evpl_buffer(buffer), EVPL_BUFFER_CURRENT);
	evpl_count(&ctx->counters.refills, 1);
	evpl_pvt_window_set_next(w, (uintptr_t)buffer->buf_addr);
	w->end = w->next + evpl_buffer_class(buffer)->size;
	w->ref = buffer;
	/* Nobody else knows the buffer yet: set, not added. */
	rte_mbuf_refcnt_set(buffer, EVPL_PVT_PREPAID_STEP);
	evpl_pvt_window_set_stock(w, w->stock + EVPL_PVT_PREPAID_STEP);
}

/*
 * Whether every reference is in stock and no packet is attached. The order of the two loads matters: when no iovec is
 * left, none can attach one more packet.
 */
bool
evpl_window_is_home(const struct evpl_context *ctx, unsigned kind)
{
	const struct evpl_pvt_window *w = &ctx->evpl.window[kind];
	struct rte_mbuf *mbuf = ctx->current[kind];
	const struct evpl_buffer *buffer;

	if (mbuf == NULL || w->ref != mbuf || evpl_compat_ref_load(mbuf) != evpl_pvt_window_prepaid(w))
		return false;
	buffer = evpl_buffer(mbuf);
	return evpl_compat_count_load(buffer->packets) ==
	       1 + (evpl_buffer_is_claimed(buffer, evpl_tx_cache) ? buffer->stock : 0);
}

void
evpl_windows_close_idle(struct evpl_context *ctx)
{
	for (unsigned kind = 0; kind < RTE_DIM(ctx->current); kind++) {
		if (evpl_window_is_home(ctx, kind))
			evpl_window_close(ctx, kind);
	}
}

/* Out of line: evpl_window_rewind() fails as often, and needs no registers for this. */
static __rte_noinline bool
restart_buffer(struct evpl_context *ctx, unsigned kind)
{
	(void)count_carved(ctx, kind);
	evpl_count(&ctx->counters.rewinds, 1);
	evpl_count(&evpl_buffer(ctx->current[kind])->rewinds, 1);
	evpl_pvt_window_set_next(&ctx->evpl.window[kind], (uintptr_t)ctx->current[kind]->buf_addr);
	if (kind == 0)
		ctx->evpl.reserved_end = 0;
	return true;
}

/*
 * If everything is home, the same buffer starts again, if it is of that class: its bytes are in cache, and no way to
 * the stash or pool is needed. A large buffer is not in cache, so it does not start again for what fits a small one.
 */
bool
evpl_window_rewind(struct evpl_context *ctx, unsigned kind, const struct evpl_class *class)
{
	if (HOOK_BUFFERS_WAIT > 0 || !evpl_window_is_home(ctx, kind) || evpl_buffer_class(ctx->current[kind]) != class)
		return false;
	return restart_buffer(ctx, kind);
}

/* So many live iovecs in one buffer that its 16 bits are spent: go on carving it on another mbuf's. */
static __rte_noinline bool
spill_stock(struct evpl_context *ctx, unsigned kind)
{
	struct evpl_pvt_window *w = &ctx->evpl.window[kind];
	struct rte_mbuf *other = evpl_overflow_new(w->ref);

	if (other == NULL)
		return false;
	hook_window_leaves(ctx, kind);
	(void)stock_return(w, kind, evpl_pvt_window_prepaid(w)); /* not the last: the other mbuf holds one */
	w->ref = other;
	evpl_count(&ctx->counters.spills, 1);
	rte_mbuf_refcnt_set(other, EVPL_PVT_PREPAID_STEP);
	evpl_pvt_window_set_stock(w, w->stock + EVPL_PVT_PREPAID_STEP);
	return true;
}

/* The stock must not end: the last reference keeps the buffer under the window. */
bool
evpl_window_ensure_stock(struct evpl_context *ctx, unsigned kind)
{
	struct evpl_pvt_window *w = &ctx->evpl.window[kind];

	if (likely(evpl_pvt_window_prepaid(w) > 1))
		return true;
	if (evpl_compat_ref_load(w->ref) + EVPL_PVT_PREPAID_STEP > EVPL_REF_LIMIT)
		return spill_stock(ctx, kind);
	(void)evpl_pvt_ref_add(w->ref, kind, EVPL_PVT_PREPAID_STEP);
	evpl_pvt_window_set_stock(w, w->stock + EVPL_PVT_PREPAID_STEP);
	return true;
}
