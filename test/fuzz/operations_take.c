/* SPDX-License-Identifier: BSD-3-Clause */
/* Operations that take iovecs: alloc, bulk, reserve, commit. */
#include <errno.h>

#include "hold.h"
#include "operations.h"

#define MOST 4u /* iovecs of one call */

/*
 * A context that is alone gets ENOMEM only when all is taken, or its quota. (With others, their stashes are looked into
 * once in 10 ms.)
 */
static void
check_is_spent(struct world *w, const struct context *c, uint32_t length)
{
	struct evpl_stats stats;
	uint64_t bytes, buffers = reference_owned(&w->reference, c->owner, &bytes) + reference_needed(length, w->large);

	/* Two more buffers may be current. */
	if (w->contexts != 1 || c->group >= 0 || (c->quota != 0 && (buffers + 2) * w->large > c->quota))
		return;
	for (unsigned i = 0; i < EXTERNALS; i++) {
		if (w->external[i].is_there)
			return;
	}
	for (unsigned i = 0; i < WAITS; i++) { /* what is free belongs to the waits */
		if (w->wait[i].context != NULL)
			return;
	}
	evpl_stats_get(&stats);
	expect(w, stats.slabs == w->most_slabs, "no memory, with %u of %u slabs", stats.slabs, w->most_slabs);
	expect(w, stats.large_buffers == stats.large_buffers_in_use || length > w->large,
	       "no memory, with %u of %u large buffers in use", stats.large_buffers_in_use, stats.large_buffers);
	if (length <= w->small)
		expect(w, stats.buffers == stats.buffers_in_use, "no memory, with %u of %u buffers in use",
		       stats.buffers_in_use, stats.buffers);
}

/* An alloc failed: whether it may, and so. Buffers are not always aligned to more than a cache line. */
static void
check_failed(struct world *w, const struct context *c, uint32_t length, unsigned alignment, unsigned most, bool bulk)
{
	int error = rte_errno;

	if (error == ENOMEM)
		w->enomem++;
	if (alignment > RTE_CACHE_LINE_SIZE)
		expect(w, error == EINVAL || error == EMSGSIZE || error == ENOMEM, "error %d", error);
	else if (reference_needed(length, w->large) > most)
		expect(w, error == EMSGSIZE, "error %d for %u bytes in %u iovecs", error, length, most);
	else
		expect(w, error == ENOMEM, "error %d for %u bytes in %u iovecs", error, length, most);
	if (error == ENOMEM && !bulk && alignment <= RTE_CACHE_LINE_SIZE)
		check_is_spent(w, c, length);
}

static void
check_iovecs(struct world *w, const struct evpl_iovec *iovec, int n, uint32_t length, unsigned alignment,
	     unsigned flags)
{
	uint32_t sum = 0;

	for (int i = 0; i < n; i++) {
		sum += iovec[i].length;
		expect(w, iovec[i].ref != NULL && iovec[i].length > 0, "iovec %d is empty", i);
		expect(w, alignment == 0 || (uintptr_t)iovec[i].data % alignment == 0, "%p is not aligned to %u",
		       iovec[i].data, alignment);
		expect(w, (iovec[i].flags & SHARED) == flags, "flags 0x%x instead of %u", iovec[i].flags, flags);
	}
	expect(w, sum == length, "%u bytes instead of %u", sum, length);
}

static void
enter(struct world *w, const struct context *c, struct evpl_iovec *iovec, int n)
{
	for (int i = 0; i < n; i++) {
		unsigned number = view_number(w, hold_taken(w, c, &iovec[i]));

		say(w, "evpl_iovec_move(&v[%u], &r[%d]); /* %u bytes */", number, i, w->view[number].iovec.length);
	}
}

static void
alloc(struct world *w)
{
	struct context *c = operations_context(w);
	uint32_t length = operations_length_drawn(w);
	unsigned alignment = operations_alignment(w), how = operations_draw(w, 256);
	unsigned flags = how & 1, most = how >> 1 & 64 ? 1 + how % MOST : 2;
	struct evpl_iovec iovec[MOST];
	int n;

	if (c == NULL || w->views.n + MOST > VIEWS)
		return;
	n = evpl_iovec_alloc(c->evpl, length, alignment, most, flags, iovec);
	say(w, "evpl_iovec_alloc(%s, %u, %u, %u, %u, r); /* %d */", world_name(w, c), length, alignment, most, flags,
	    n);
	if (n < 0) {
		check_failed(w, c, length, alignment, most, false);
		return;
	}
	expect(w, n >= (int)reference_needed(length, w->large) && n <= (int)most, "%d iovecs of at most %u", n, most);
	check_iovecs(w, iovec, n, length, alignment, flags);
	enter(w, c, iovec, n);
}

static void
bulk(struct world *w)
{
	struct context *c = operations_context(w);
	uint32_t length = operations_length_drawn(w);
	unsigned alignment = operations_alignment(w), how = operations_draw(w, 256), flags = how & 1;
	unsigned number = 1 + how / 2 % MOST;
	struct evpl_iovec iovec[MOST];
	int n;

	if (c == NULL || w->views.n + MOST > VIEWS)
		return;
	n = evpl_iovecs_alloc(c->evpl, length, alignment, flags, iovec, number);
	say(w, "evpl_iovecs_alloc(%s, %u, %u, %u, r, %u); /* %d */", world_name(w, c), length, alignment, flags, number,
	    n);
	if (n < 0) {
		check_failed(w, c, length, alignment, 1, true);
		return;
	}
	expect(w, n == (int)number, "%d iovecs instead of %u", n, number);
	for (int i = 0; i < n; i++)
		check_iovecs(w, &iovec[i], 1, length, alignment, flags);
	enter(w, c, iovec, n);
}

static void
reserve(struct world *w)
{
	struct context *c = operations_context(w);
	uint32_t length = operations_length_drawn(w);
	unsigned alignment = operations_alignment(w), most = DIM(c->reserved);
	struct evpl_iovec iovec[DIM(c->reserved)];
	int n;

	if (c == NULL || w->views.n + most > VIEWS)
		return;
	n = evpl_iovec_reserve(c->evpl, length, alignment, most, iovec);
	say(w, "evpl_iovec_reserve(%s, %u, %u, %u, r); /* %d */", world_name(w, c), length, alignment, most, n);
	c->n_reserved = 0;
	if (n < 0) {
		check_failed(w, c, length, alignment, most, false);
		return;
	}
	check_iovecs(w, iovec, n, length, alignment, LOCAL);
	for (int i = 0; i < n; i++) {
		unsigned number = view_number(w, hold_taken(w, c, &iovec[i]));

		say(w, "evpl_iovec_move(&v[%u], &r[%d]); /* %u bytes */", number, i, w->view[number].iovec.length);
		c->reserved[c->n_reserved++] = (uint16_t)number;
	}
}

/* With all iovecs that are still what was reserved, the last one shortened. */
static void
commit(struct world *w)
{
	struct context *c = operations_context(w);
	unsigned alignment = operations_draw(w, 2) ? 0 : 1u << operations_draw(w, 8), n = c != NULL ? c->n_reserved : 0;
	unsigned shorter = operations_draw(w, 65536);
	struct evpl_iovec iovec[DIM(c->reserved)];

	for (unsigned i = 0; i < n; i++) {
		struct view *v = &w->view[c->reserved[i]];

		if (i == n - 1)
			evpl_iovec_set_length(&v->iovec, shorter % (v->iovec.length + 1));
		say(w, "evpl_iovec_set_length(&v[%u], %u); evpl_iovec_move(&r[%u], &v[%u]);", view_number(w, v),
		    v->iovec.length, i, view_number(w, v));
		evpl_iovec_move(&iovec[i], &v->iovec);
	}
	if (n == 0)
		return;
	say(w, "evpl_iovec_commit(%s, %u, r, %u);", world_name(w, c), alignment, n);
	evpl_iovec_commit(c->evpl, alignment, iovec, (int)n);
	for (unsigned i = 0; i < n; i++) {
		struct view *v = &w->view[c->reserved[i]];

		evpl_iovec_move(&v->iovec, &iovec[i]);
		say(w, "evpl_iovec_move(&v[%u], &r[%u]);", view_number(w, v), i);
		v->most = v->iovec.length;
		reference_shorten(&w->reference, v->take, v->offset + v->iovec.length);
		hold_check_view(w, v);
	}
	c->n_reserved = 0;
}

const struct operation operations_take[] = {{"alloc", alloc, 6, 34},
					    {"alloc in bulk", bulk, 6, 6},
					    {"reserve", reserve, 5, 8},
					    {"commit", commit, 5, 8},
					    {0}};
