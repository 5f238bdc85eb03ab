/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Samples: every so many allocations remember their callers.
 */
#ifndef EVPL_SRC_HELD_SAMPLE_H
#define EVPL_SRC_HELD_SAMPLE_H

#include "base.h"
#include "context.h"
#include "global.h"

#define EVPL_SAMPLE_SLOTS 512u	/* samples of one context that can be held at once */
#define EVPL_SAMPLE_BLOCKS 256u /* contexts that take samples at once */
struct evpl_sample {
	uintptr_t where; /* in the program's text */
	uint64_t when;	 /* TSC */
	uint32_t bytes;
	union {
		struct {
			uint32_t held; /* iovecs; if it is counted, more by what its window has counted */
			uint32_t kind; /* 1 + that window; 0: it is not counted */
		};
		uint64_t held_and_kind; /* for those who must not see one without the other */
	};
};
struct evpl_samples {
	const struct evpl_context *ctx; /* NULL: free, though those of a context that is gone may still be held */
	unsigned block;
	unsigned at; /* the slot used last */
	struct evpl_sample slot[EVPL_SAMPLE_SLOTS];
};
extern struct evpl_samples *evpl_sample_blocks[EVPL_SAMPLE_BLOCKS];

void evpl_samples_begin(struct evpl_context *ctx); /* with the lock held */
void evpl_samples_end(struct evpl_context *ctx);
void evpl_samples_free(void);
void evpl_samples_stop_counting(struct evpl_context *ctx, unsigned kind); /* the window is about to have another ref */

void evpl_sample_drop(const struct evpl_iovec *iovec);				    /* one less */
void evpl_samples_committed(struct evpl *evpl, uintptr_t from, unsigned alignment); /* of the LOCAL window */

/*
 * Around a take, in a context that takes samples. The first shows the whole window to the take and returns the bytes
 * until the next sample. The second notes the n iovecs if they are the sample, and hides the end of the window again.
 */
uint64_t evpl_sample_take_begin(struct evpl_context *ctx, unsigned flags);
void evpl_sample_take_end(struct evpl_context *ctx, unsigned flags, unsigned length, unsigned alignment, uint64_t until,
			  struct evpl_iovec *r_iovec, int n);

/* Iovecs that hold a sample; counted: what its window has counted, or 0. */
static inline uint32_t
evpl_sample_iovecs(const struct evpl_sample *s, uint32_t counted)
{
	return __atomic_load_n(&s->held, __ATOMIC_ACQUIRE) - counted;
}

static inline void
evpl_sample_note(struct evpl_sample *s, uintptr_t where, uint32_t bytes, uint32_t held)
{
	__atomic_store_n(&s->where, where, __ATOMIC_RELAXED);
	__atomic_store_n(&s->bytes, bytes, __ATOMIC_RELAXED);
	__atomic_store_n(&s->held, held, __ATOMIC_RELEASE); /* pairs with count_holders() */
}

/*
 * Bytes from one allocation to the next one like it. The padding of the alignment counts, too, though the first one in
 * a buffer needs none. So exactly period - 1 allocations of one size and alignment fit before the next sample.
 */
static __rte_always_inline uint64_t
evpl_sample_distance(unsigned length, unsigned alignment)
{
	uint64_t mask = alignment > 1 ? alignment - 1 : 0;

	return (length + mask) & ~mask;
}

/*
 * Bytes until the next sample, after a sample of `used` bytes that began `early` bytes before its turn. Those bytes
 * count for the next one: otherwise, of allocations of two sizes that take turns, the smaller ones would never be a
 * sample. A random distance would do as well, but the CPU predicts one that is always the same: with a period of 128
 * it costs 2 % of alloc and release instead of 7 %.
 */
static inline uint64_t
evpl_sample_gap(uint64_t used, uint64_t early)
{
	uint64_t even = (evpl_global.sample_period - 1) * used;

	return even + RTE_MIN(early, even);
}

/*
 * The usual sample, at once. The end of the window is the place of the next sample, and the sample that the window
 * counted last is free again. So an allocation that does not fit the window is the sample. False:
 * evpl_sample_take_begin() must look at it. This is short and calls nothing: with a period of 128, 6 ns here are 3 %
 * of alloc and release.
 */
static __rte_always_inline bool
evpl_sample_take_ready(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs, unsigned flags,
		       struct evpl_iovec *r_iovec, uintptr_t caller)
{
	struct evpl_context *ctx = evpl_context(evpl);

	if (likely(evpl_pvt_iovec_may_carve(evpl, length, alignment, max_iovecs, flags, r_iovec))) {
		struct sample_gate *gate = &ctx->hook.gate[flags];
		struct evpl_sample *s = gate->ready;
		struct evpl_pvt_window *w = &evpl->window[flags];
		uint64_t stock = w->stock;
		uintptr_t next = w->next;
		uint64_t used = ((0 - next) & evpl_pvt_align_mask(alignment)) + length;

		if (likely(s != NULL && evpl_sample_iovecs(s, evpl_pvt_stock_counted(stock)) == 0 &&
			   evpl_pvt_stock_prepaid(stock) > 1 && used <= gate->end - next && --ctx->hook.ticks != 0)) {
			uint64_t room = gate->end - next - used,
				 until = evpl_sample_gap(evpl_sample_distance(length, alignment), w->end - next);

			w->end = next + used + until;
			if (unlikely(until > room)) {
				w->end = gate->end;
				gate->left = until - room;
				gate->ready = NULL;
			}
			evpl_count(&ctx->counters.allocs, evpl_global.sample_period);
			evpl_sample_note(s, caller, length, evpl_pvt_stock_counted(stock) + 1);
			evpl_pvt_window_carve(w, stock, used - length, length, flags | EVPL_PVT_IOVEC_COUNTED, r_iovec);
			return true;
		}
	}
	return false;
}

#endif /* EVPL_SRC_HELD_SAMPLE_H */
