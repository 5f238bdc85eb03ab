/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sampling, in builds that do not trace: every so many allocations remember their caller until the last iovec on their bytes
 * is released, so that a live system can tell where what it holds comes from.
 *
 *	buffer   |.....next--------in sight-------->end|-----hidden----->|
 *	                                               ^ the allocation that does not fit is the next sample
 *
 * The data path does not count: of the current buffer only as many bytes are in sight as period - 1 allocations like the last
 * sample need, and the one that finds no room comes here. The upper bits of its iovec's flags name the sample, clones
 * copy them, and a release that sees them set takes the cold way.
 */
#include "internal.h"

#include <dlfcn.h>
#include <inttypes.h>
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
			evpl_sample_blocks[i]->name = i * EVPL_SAMPLE_SLOTS + 1;
		}
		if (!evpl_sample_blocks[i]->used) {
			evpl_sample_blocks[i]->used = true;
			ctx->samples = evpl_sample_blocks[i];
			return;
		}
	}
}

void
evpl_samples_end(struct evpl_context *ctx)
{
	if (ctx->samples != NULL)
		ctx->samples->used = false;
}

void
evpl_samples_free(void)
{
	for (unsigned i = 0; i < EVPL_SAMPLE_BLOCKS; i++) {
		free(evpl_sample_blocks[i]);
		evpl_sample_blocks[i] = NULL;
	}
}

void
evpl_sample_share(uint32_t flags)
{
	__atomic_fetch_add(&evpl_sample_of(flags)->count, 1, __ATOMIC_RELAXED);
}

static inline void
note_in(struct evpl_samples *samples, struct evpl_sample *s, unsigned n, uint32_t bytes)
{
	s->where = samples->caller;
	s->when = samples->now;
	s->bytes = bytes;
	__atomic_store_n(&s->count, n, __ATOMIC_RELEASE); /* pairs with find_sites() */
}

/* Notes a sample of n iovecs, unless the next few slots are all in use. */
static void
note(struct evpl_samples *samples, struct evpl_iovec *iovecs, unsigned n, uint32_t bytes)
{
	for (unsigned i = 0; i < 8; i++) {
		struct evpl_sample *s =
			&samples->slot[samples->at]; /* the last one, warm in cache, if it is free again */

		if (__atomic_load_n(&s->count, __ATOMIC_ACQUIRE) != 0) {
			samples->at = (samples->at + 1) % EVPL_SAMPLE_SLOTS;
			samples->name = samples->block * EVPL_SAMPLE_SLOTS + samples->at + 1;
			continue;
		}
		if (samples->ticks-- == 0) {
			samples->ticks = TICK - 1;
			samples->now = rte_rdtsc();
		}
		note_in(samples, s, n, bytes);
		for (unsigned k = 0; k < n; k++)
			iovecs[k].flags |= samples->name << EVPL_IOVEC_SAMPLE_SHIFT;
		return;
	}
}

/* Puts no more of the window in sight than is left until the next sample. */
static inline void
hide(struct evpl_window *w, uint64_t *left, uintptr_t end, uint64_t until)
{
	uintptr_t visible = RTE_MIN(end - w->next, until);

	w->end = w->next + visible;
	w->hidden = (uint32_t)(end - w->end);
	*left = until - visible;
}

static inline uint64_t
count(struct evpl_context *ctx, struct evpl_iovec *iovecs, unsigned n, uint32_t bytes, uint64_t used, uint64_t until)
{
	if (until >= used)
		return until - used;
	note(ctx->samples, iovecs, n, bytes);
	return (uint64_t)(evpl_global.sample_period - 1) * used;
}

static __rte_noinline int
take(struct evpl_context *ctx, unsigned length, unsigned alignment, unsigned max_iovecs, unsigned flags, bool reserve,
     struct evpl_iovec *r_iovec)
{
	unsigned kind = flags & EVPL_IOVEC_FLAG_SHARED;
	struct evpl_window *w = &ctx->evpl.window[kind];
	uint64_t until = ctx->sample_left[kind] + (w->end - w->next);
	int n;

	w->end += w->hidden;
	w->hidden = 0;
	n = evpl_iovec_take(&ctx->evpl, length, alignment, max_iovecs, flags, reserve, r_iovec);
	if (n > 0)
		until = count(ctx, r_iovec, (unsigned)n, length, length, until);
	hide(w, &ctx->sample_left[kind], w->end, until);
	return n;
}

/*
 * Most samples end here: all that was left until this one was in sight, so that it did not fit says that it is the one,
 * and the slot of the last one is free again. No call, few instructions: with N = 128 a sample that costs 7 ns makes
 * alloc and release 3 % slower.
 */
int
evpl_iovec_alloc_slow(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs, unsigned flags,
		      struct evpl_iovec *r_iovec)
{
	struct evpl_context *ctx = evpl_context(evpl);
	struct evpl_samples *samples = ctx != NULL ? ctx->samples : NULL;
	struct evpl_sample *s;
	struct evpl_window *w;
	uintptr_t next, visible, end;

	if (samples == NULL || flags > EVPL_IOVEC_FLAG_SHARED)
		return evpl_iovec_take(evpl, length, alignment, max_iovecs, flags, false, r_iovec);
	samples->caller = (uintptr_t)__builtin_return_address(0);
	s = &samples->slot[samples->at];
	w = &evpl->window[flags];
	if (unlikely(w->hidden == 0 || ctx->sample_left[flags] != 0 || samples->ticks == 0 ||
		     __atomic_load_n(&s->count, __ATOMIC_ACQUIRE) != 0))
		return take(ctx, length, alignment, max_iovecs, flags, false, r_iovec);
	next = w->next;
	visible = w->end;
	end = visible + w->hidden;
	w->end = end;
	if (unlikely(!evpl_iovec_carve(evpl, length, alignment, max_iovecs, flags,
				       samples->name << EVPL_IOVEC_SAMPLE_SHIFT, r_iovec))) {
		w->end = visible;
		return take(ctx, length, alignment, max_iovecs, flags, false, r_iovec);
	}
	samples->ticks--;
	note_in(samples, s, 1, length);
	hide(w, &ctx->sample_left[flags], end, (uint64_t)(evpl_global.sample_period - 1) * (w->next - next));
	return 1;
}

int
evpl_iovec_reserve_slow(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_vec,
			struct evpl_iovec *r_iovec)
{
	struct evpl_context *ctx = evpl_context(evpl);

	if (ctx == NULL || ctx->samples == NULL)
		return evpl_iovec_take(evpl, length, alignment, max_vec, 0, true, r_iovec);
	ctx->samples->caller = (uintptr_t)__builtin_return_address(0);
	return take(ctx, length, alignment, max_vec, 0, true, r_iovec);
}

struct site {
	uintptr_t where;
	uint64_t count, bytes, oldest;
};

static int
by_bytes(const void *a, const void *b)
{
	const struct site *x = a, *y = b;

	return x->bytes < y->bytes ? 1 : x->bytes > y->bytes ? -1 : 0;
}

/* With the lock held. */
static unsigned
find_sites(struct site *sites, unsigned n)
{
	unsigned found = 0;

	for (unsigned b = 0; b < EVPL_SAMPLE_BLOCKS; b++) {
		for (unsigned i = 0; evpl_sample_blocks[b] != NULL && i < EVPL_SAMPLE_SLOTS; i++) {
			const struct evpl_sample *s = &evpl_sample_blocks[b]->slot[i];
			uint32_t count = __atomic_load_n(&s->count, __ATOMIC_ACQUIRE);
			unsigned k = 0;

			if (count == 0)
				continue;
			while (k < found && sites[k].where != s->where)
				k++;
			if (k == n)
				continue;
			if (k == found)
				sites[found++] = (struct site){.where = s->where, .oldest = s->when};
			sites[k].count += count;
			sites[k].bytes += s->bytes;
			sites[k].oldest = RTE_MIN(sites[k].oldest, s->when);
		}
	}
	qsort(sites, found, sizeof(*sites), by_bytes);
	return found;
}

#define SITES 256u

unsigned
evpl_held_get(struct evpl_held *held, unsigned n)
{
	struct site sites[SITES];
	Dl_info info;

	pthread_mutex_lock(&evpl_global.lock);
	n = find_sites(sites, RTE_MIN(n, SITES));
	pthread_mutex_unlock(&evpl_global.lock);
	for (unsigned i = 0; i < n; i++) {
		held[i].count = sites[i].count;
		held[i].bytes = sites[i].bytes;
		held[i].age_s = (double)(rte_rdtsc() - sites[i].oldest) / (double)rte_get_tsc_hz();
		if (dladdr((void *)sites[i].where, &info) != 0 && info.dli_fname != NULL)
			snprintf(held[i].where, sizeof(held[i].where), "%s (%s+0x%" PRIxPTR ")",
				 info.dli_sname != NULL ? info.dli_sname : "?", info.dli_fname,
				 sites[i].where - (uintptr_t)info.dli_fbase);
		else
			snprintf(held[i].where, sizeof(held[i].where), "? (0x%" PRIxPTR ")", sites[i].where);
	}
	return n;
}

void
evpl_leak_report(FILE *out)
{
	unsigned period = __atomic_load_n(&evpl_global.sample_period, __ATOMIC_RELAXED), n;
	struct evpl_held *held = calloc(SITES, sizeof(*held));

	if (period == 0 || held == NULL) {
		fprintf(out, "evpl_leak_report: nothing is sampled (see evpl_global_config.sample_period)\n");
		free(held);
		return;
	}
	n = evpl_held_get(held, SITES);
	fprintf(out, "evpl_leak_report: held samples, one of %u allocations\n", period);
	for (unsigned i = 0; i < n; i++)
		fprintf(out, "  %" PRIu64 " iovec%s, %" PRIu64 " bytes, oldest %.1f s, taken in %s\n", held[i].count,
			held[i].count == 1 ? "" : "s", held[i].bytes, held[i].age_s, held[i].where);
	fflush(out);
	free(held);
}
