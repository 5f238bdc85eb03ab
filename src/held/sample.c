/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sampling, in plain builds. One of every so many allocations remembers its caller until the last iovec on its bytes is
 * released. So a running system can tell where the memory that it holds was taken.
 *
 *	buffer   |.....next--------in sight-------->end|-----hidden----->|
 *	                                               ^ the allocation that does not fit is the next sample
 *
 * The data path does not count allocations. The window shows only as many bytes of the buffer as period - 1 allocations
 * like the last sample need. The allocation that does not fit them is the next sample, and comes here.
 *
 * Most releases do not look for samples either. Each window has one "counted" sample. Its iovecs have
 * EVPL_PVT_IOVEC_COUNTED, and their releases add 1 to the upper half of the window's stock, as they add 1 to the lower
 * half. The upper half says how many of its iovecs are gone. While the counted sample is held, further samples of the
 * window are "listed": the flags of their iovecs name them, and the releases call evpl_sample_drop(). So do releases of
 * the counted sample's iovecs on other threads, or when the window is at another buffer. The buffer tells then which
 * sample it was.
 */
#include "held/sample.h"

#include "buffer.h"
#include "context.h"
#include "global.h"
#include "held/place.h"
#include "trace/hooks.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>

#define TICK 64u /* samples between two looks at the TSC */

struct evpl_samples *evpl_sample_blocks[EVPL_SAMPLE_BLOCKS]; /* with the lock held, but for those that a flag names */

void
evpl_samples_begin(struct evpl_context *ctx)
{
	for (unsigned i = 0; evpl_global.sample_period > 0 && i < EVPL_SAMPLE_BLOCKS; i++) {
		if (evpl_sample_blocks[i] == NULL) {
			evpl_sample_blocks[i] = calloc(1, sizeof(*evpl_sample_blocks[i]));
			if (evpl_sample_blocks[i] == NULL)
				return; /* a context without samples */
			evpl_sample_blocks[i]->block = i;
		}
		if (evpl_sample_blocks[i]->ctx == NULL) {
			evpl_sample_blocks[i]->ctx = ctx;
			ctx->hook.samples = evpl_sample_blocks[i];
			ctx->evpl.sampled = true;
			return;
		}
	}
}

void
evpl_samples_end(struct evpl_context *ctx)
{
	if (ctx->hook.samples != NULL)
		ctx->hook.samples->ctx = NULL;
}

void
evpl_samples_free(void)
{
	for (unsigned i = 0; i < EVPL_SAMPLE_BLOCKS; i++) {
		free(evpl_sample_blocks[i]);
		evpl_sample_blocks[i] = NULL;
	}
}

static struct evpl_sample *
sample_of(const struct evpl_iovec *iovec)
{
	uint32_t name = (iovec->flags & ~EVPL_PVT_IOVEC_SAMPLED) >> EVPL_PVT_IOVEC_SAMPLE_SHIFT;

	if (iovec->flags & EVPL_PVT_IOVEC_COUNTED)
		return evpl_buffer(evpl_buffer_of(iovec->ref))->hook.sample;
	return &evpl_sample_blocks[name / EVPL_SAMPLE_SLOTS]->slot[name % EVPL_SAMPLE_SLOTS];
}

void
evpl_pvt_sample_share(const struct evpl_iovec *iovec)
{
	__atomic_fetch_add(&sample_of(iovec)->held, 1, __ATOMIC_RELAXED);
}

void
evpl_sample_drop(const struct evpl_iovec *iovec)
{
	__atomic_fetch_sub(&sample_of(iovec)->held, 1, __ATOMIC_RELEASE); /* pairs with evpl_sample_iovecs() */
}

static inline uint32_t
window_counted(const struct evpl_pvt_window *w)
{
	return evpl_pvt_stock_counted(__atomic_load_n(&w->stock, __ATOMIC_RELAXED));
}

/*
 * The window counts releases no longer. What it has counted is subtracted from its counted sample, whose iovecs come
 * to evpl_sample_drop() from here on.
 */
void
evpl_samples_stop_counting(struct evpl_context *ctx, unsigned kind)
{
	struct sample_gate *gate = &ctx->hook.gate[kind];
	struct evpl_sample *s = gate->counted, was, is;

	gate->end = 0;
	if (s == NULL)
		return;
	gate->ready = NULL;
	gate->counted = NULL;
	was.held_and_kind = __atomic_load_n(&s->held_and_kind, __ATOMIC_RELAXED);
	do {
		is.held = was.held - window_counted(&ctx->evpl.window[kind]);
		is.kind = 0;
	} while (!__atomic_compare_exchange_n(&s->held_and_kind, &was.held_and_kind, is.held_and_kind, false,
					      __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

/* A slot that nothing holds, among the next few; NULL. */
static struct evpl_sample *
free_slot(const struct evpl_context *ctx)
{
	struct evpl_samples *samples = ctx->hook.samples;

	for (unsigned i = 0; i < 8; i++) {
		struct evpl_sample *s = &samples->slot[samples->at];

		/* The one used last is warm in cache, if it is free again. */
		if (s != ctx->hook.gate[0].counted && s != ctx->hook.gate[1].counted && evpl_sample_iovecs(s, 0) == 0)
			return s;
		samples->at = (samples->at + 1) % EVPL_SAMPLE_SLOTS;
	}
	return NULL;
}

/* The window's counted sample, if it is free; NULL. */
static struct evpl_sample *
free_counted(struct evpl_context *ctx, unsigned kind)
{
	struct sample_gate *gate = &ctx->hook.gate[kind];
	struct evpl_sample *s = gate->counted, none = {.kind = 1 + kind};

	none.held = window_counted(&ctx->evpl.window[kind]);
	if (s != NULL)
		return evpl_sample_iovecs(s, none.held) == 0 ? s : NULL;
	/*
	 * When the window has gone on to another mbuf, the sample that it counted before may still be held, and is the
	 * buffer's.
	 */
	if (ctx->evpl.window[kind].ref != ctx->current[kind])
		return NULL;
	s = free_slot(ctx);
	if (s == NULL)
		return NULL;
	evpl_buffer(ctx->current[kind])->hook.sample = s;
	__atomic_store_n(&s->held_and_kind, none.held_and_kind, __ATOMIC_RELEASE);
	gate->counted = s;
	return s;
}

/* Notes a sample of n iovecs, if there is a slot. */
static void
note_sample_of_iovecs(struct evpl_context *ctx, unsigned kind, struct evpl_iovec *iovecs, unsigned n, uint32_t bytes)
{
	const struct evpl_pvt_window *w = &ctx->evpl.window[kind];
	struct evpl_sample *s = n == 1 && iovecs[0].ref == w->ref ? free_counted(ctx, kind) : NULL;
	uint32_t bits = EVPL_PVT_IOVEC_COUNTED, held = window_counted(w) + n;

	if (s == NULL) {
		s = free_slot(ctx);
		if (s == NULL)
			return;
		bits = (ctx->hook.samples->block * EVPL_SAMPLE_SLOTS + ctx->hook.samples->at)
			       << EVPL_PVT_IOVEC_SAMPLE_SHIFT |
		       EVPL_PVT_IOVEC_LISTED;
		held = n;
	}
	__atomic_store_n(&s->when, rte_rdtsc(), __ATOMIC_RELAXED);
	ctx->hook.ticks = TICK;
	evpl_sample_note(s, ctx->hook.caller, bytes, held);
	for (unsigned i = 0; i < n; i++)
		iovecs[i].flags |= bits;
}

/* Puts no more of the window in sight than is left until the next sample. */
static void
hide_window_end(struct evpl_context *ctx, unsigned kind, uint64_t until)
{
	struct sample_gate *gate = &ctx->hook.gate[kind];
	struct evpl_pvt_window *w = &ctx->evpl.window[kind];
	uintptr_t visible = RTE_MIN(w->end - w->next, until);

	gate->end = w->end;
	w->end = w->next + visible;
	gate->left = until - visible;
	gate->ready = gate->left == 0 ? gate->counted : NULL;
}

uint64_t
evpl_sample_take_begin(struct evpl_context *ctx, unsigned flags)
{
	unsigned kind = flags & EVPL_IOVEC_FLAG_SHARED;
	struct evpl_pvt_window *w = &ctx->evpl.window[kind];
	struct sample_gate *gate = &ctx->hook.gate[kind];
	uint64_t until = gate->left + (w->end - w->next);

	if (kind == 0 && w->next == ctx->hook.committed)
		until += ctx->hook.padding; /* the next one counts it */
	ctx->hook.committed = 0;
	if (gate->end != 0)
		w->end = gate->end;
	return until;
}

void
evpl_sample_take_end(struct evpl_context *ctx, unsigned flags, unsigned length, unsigned alignment, uint64_t until,
		     struct evpl_iovec *r_iovec, int n)
{
	unsigned kind = flags & EVPL_IOVEC_FLAG_SHARED;
	uint64_t bytes = evpl_sample_distance(length, alignment);

	if (n > 0 && until < bytes) {
		evpl_count(&ctx->counters.allocs, (uint64_t)evpl_global.sample_period * (unsigned)n);
		note_sample_of_iovecs(ctx, kind, r_iovec, (unsigned)n, length);
		until = evpl_sample_gap(bytes, until);
	} else if (n > 0) {
		until -= bytes;
	}
	hide_window_end(ctx, kind, until);
}

/*
 * A commit gave back the tail of a reservation, which ended at `from`. The whole reservation counts, and so does the
 * padding that would have followed it. So only as many bytes stay in sight as there were behind that padding.
 */
void
evpl_samples_committed(struct evpl *evpl, uintptr_t from, unsigned alignment)
{
	struct evpl_context *ctx = evpl_context(evpl);
	struct evpl_pvt_window *w = &evpl->window[0];
	uintptr_t sight = w->end - from, padding = RTE_MIN((0 - from) & evpl_pvt_align_mask(alignment), sight);

	w->end = w->next + sight - padding;
	ctx->hook.committed = w->next;
	ctx->hook.padding = padding;
}

/*
 * The iovecs that hold a sample, read from another thread. An iovec that comes or goes meanwhile may be missing, or
 * one too many.
 */
static uint32_t
count_holders(const struct evpl_samples *samples, const struct evpl_sample *s)
{
	struct evpl_sample now = {.held_and_kind = __atomic_load_n(&s->held_and_kind, __ATOMIC_ACQUIRE)};

	if (now.kind != 0 && samples->ctx != NULL)
		now.held -= window_counted(&samples->ctx->evpl.window[now.kind - 1]);
	return now.held > INT32_MAX ? 0 : now.held; /* the window went on to count another one */
}

/* With the lock held. */
static void
find_places(struct place *places)
{
	uint64_t now = rte_rdtsc();

	for (unsigned b = 0; b < EVPL_SAMPLE_BLOCKS; b++) {
		for (unsigned i = 0; evpl_sample_blocks[b] != NULL && i < EVPL_SAMPLE_SLOTS; i++) {
			const struct evpl_sample *s = &evpl_sample_blocks[b]->slot[i];
			struct place one = {.count = count_holders(evpl_sample_blocks[b], s)};
			uint64_t when = __atomic_load_n(&s->when, __ATOMIC_RELAXED);

			if (one.count == 0)
				continue;
			one.where = __atomic_load_n(&s->where, __ATOMIC_RELAXED);
			one.bytes = __atomic_load_n(&s->bytes, __ATOMIC_RELAXED);
			one.age = now > when ? now - when : 0;
			evpl_place_add(places, &one);
		}
	}
	evpl_places_sort(places);
}

static void
say_where(FILE *out, uint64_t where)
{
	evpl_place_say_address(out, (uintptr_t)where);
}

int
hook_held_get(struct hook_held *held, unsigned n)
{
	struct place *places = calloc(EVPL_PLACES, sizeof(*places));

	if (places == NULL)
		return -ENOMEM;
	pthread_mutex_lock(&evpl_global.lock);
	find_places(places);
	pthread_mutex_unlock(&evpl_global.lock);
	n = evpl_places_held(places, held, n, say_where);
	free(places);
	return (int)n;
}

unsigned
hook_held_period(void)
{
	unsigned period = __atomic_load_n(&evpl_global.sample_period, __ATOMIC_RELAXED);

	return RTE_MAX(period, 1u);
}

#define REPORTED 256u /* places that evpl_leak_report() tells of */

void
evpl_leak_report(FILE *out)
{
	unsigned period = __atomic_load_n(&evpl_global.sample_period, __ATOMIC_RELAXED);
	struct hook_held *held;
	int n;

	if (period == 0) {
		fprintf(out, "evpl_leak_report: nothing is sampled (see evpl_global_config.sample_period)\n");
		return;
	}
	held = calloc(REPORTED, sizeof(*held));
	n = held != NULL ? hook_held_get(held, REPORTED) : -ENOMEM;
	if (n < 0) {
		fprintf(out, "evpl_leak_report: no memory for the report\n");
		free(held);
		return;
	}
	fprintf(out, "evpl_leak_report: held samples, one of %u allocations%s\n", period, n == 0 ? ": none" : "");
	for (int i = 0; i < n; i++) {
		fprintf(out, "  %" PRIu64 " iovec%s, %" PRIu64 " bytes, oldest %.1f s, taken in %s", held[i].count,
			held[i].count == 1 ? "" : "s", held[i].bytes, held[i].age_s, held[i].where);
		if (period > 1)
			fprintf(out, ": an estimated %" PRIu64 " iovecs, %" PRIu64 " bytes", held[i].count * period,
				held[i].bytes * period);
		fputc('\n', out);
	}
	fflush(out);
	free(held);
}
