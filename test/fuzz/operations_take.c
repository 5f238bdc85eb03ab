/* SPDX-License-Identifier: BSD-3-Clause */
/* Operations that take iovecs: alloc, bulk, reserve, commit. */
#include <errno.h>

#include "hold.h"
#include "operations.h"

#define MOST 4u /* iovecs of one call */

/* What is asked for by any of these calls. */
struct request {
	struct context *c;
	uint32_t length;
	unsigned alignment;
};

/* Draws a request. False: there is no context, or no room for the most iovecs that it may give. */
static bool
draw_request(struct world *w, struct request *r, unsigned most)
{
	r->c = operations_context(w);
	r->length = operations_length_drawn(w);
	r->alignment = operations_alignment(w);
	return r->c != NULL && w->views.n + most <= VIEWS;
}

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

/* An alloc of up to `most` iovecs failed. A buffer need not be aligned to more than a cache line. */
static void
check_failed(struct world *w, const struct request *r, unsigned most, bool bulk)
{
	int error = rte_errno;

	if (error == ENOMEM)
		w->enomem++;
	if (r->alignment > RTE_CACHE_LINE_SIZE)
		expect(w, error == EINVAL || error == EMSGSIZE || error == ENOMEM, "error %d", error);
	else if (reference_needed(r->length, w->large) > most)
		expect(w, error == EMSGSIZE, "error %d for %u bytes in %u iovecs", error, r->length, most);
	else
		expect(w, error == ENOMEM, "error %d for %u bytes in %u iovecs", error, r->length, most);
	if (error == ENOMEM && !bulk && r->alignment <= RTE_CACHE_LINE_SIZE)
		check_is_spent(w, r->c, r->length);
}

static void
check_iovecs(struct world *w, const struct evpl_iovec *iovec, int n, const struct request *r, unsigned flags)
{
	uint32_t sum = 0;

	for (int i = 0; i < n; i++) {
		sum += iovec[i].length;
		expect(w, iovec[i].ref != NULL && iovec[i].length > 0, "iovec %d is empty", i);
		expect(w, r->alignment == 0 || (uintptr_t)iovec[i].data % r->alignment == 0, "%p is not aligned to %u",
		       iovec[i].data, r->alignment);
		expect(w, (iovec[i].flags & SHARED) == flags, "flags 0x%x instead of %u", iovec[i].flags, flags);
	}
	expect(w, sum == r->length, "%u bytes instead of %u", sum, r->length);
}

/* Makes a view of iovec r[i]. Returns its number. */
static unsigned
enter_one(struct world *w, const struct context *c, struct evpl_iovec *iovec, int i)
{
	unsigned number = view_number(w, hold_taken(w, c, iovec));

	say(w, "evpl_iovec_move(&v[%u], &r[%d]); /* %u bytes */", number, i, w->view[number].iovec.length);
	return number;
}

static void
enter(struct world *w, const struct context *c, struct evpl_iovec *iovec, int n)
{
	for (int i = 0; i < n; i++)
		enter_one(w, c, &iovec[i], i);
}

static void
alloc(struct world *w)
{
	struct evpl_iovec iovec[MOST];
	struct request r;
	unsigned how, flags, most;
	int n;

	if (!draw_request(w, &r, MOST))
		return;
	how = operations_draw(w, 256);
	flags = how & 1;
	most = how >> 1 & 64 ? 1 + how % MOST : 2;
	n = evpl_iovec_alloc(r.c->evpl, r.length, r.alignment, most, flags, iovec);
	say(w, "evpl_iovec_alloc(%s, %u, %u, %u, %u, r); /* %d */", world_name(w, r.c), r.length, r.alignment, most,
	    flags, n);
	if (n < 0) {
		check_failed(w, &r, most, false);
		return;
	}
	expect(w, n >= (int)reference_needed(r.length, w->large) && n <= (int)most, "%d iovecs of at most %u", n, most);
	check_iovecs(w, iovec, n, &r, flags);
	enter(w, r.c, iovec, n);
}

static void
bulk(struct world *w)
{
	struct evpl_iovec iovec[MOST];
	unsigned how, flags, number;
	struct request r;
	int n;

	if (!draw_request(w, &r, MOST))
		return;
	how = operations_draw(w, 256);
	flags = how & 1;
	number = 1 + how / 2 % MOST;
	n = evpl_iovecs_alloc(r.c->evpl, r.length, r.alignment, flags, iovec, number);
	say(w, "evpl_iovecs_alloc(%s, %u, %u, %u, r, %u); /* %d */", world_name(w, r.c), r.length, r.alignment, flags,
	    number, n);
	if (n < 0) {
		check_failed(w, &r, 1, true);
		return;
	}
	expect(w, n == (int)number, "%d iovecs instead of %u", n, number);
	for (int i = 0; i < n; i++)
		check_iovecs(w, &iovec[i], 1, &r, flags);
	enter(w, r.c, iovec, n);
}

static void
reserve(struct world *w)
{
	struct evpl_iovec iovec[RESERVED];
	struct request r;
	int n;

	if (!draw_request(w, &r, RESERVED))
		return;
	n = evpl_iovec_reserve(r.c->evpl, r.length, r.alignment, RESERVED, iovec);
	say(w, "evpl_iovec_reserve(%s, %u, %u, %u, r); /* %d */", world_name(w, r.c), r.length, r.alignment, RESERVED,
	    n);
	r.c->n_reserved = 0;
	if (n < 0) {
		check_failed(w, &r, RESERVED, false);
		return;
	}
	check_iovecs(w, iovec, n, &r, LOCAL);
	for (int i = 0; i < n; i++)
		r.c->reserved[r.c->n_reserved++] = (uint16_t)enter_one(w, r.c, &iovec[i], i);
}

/* With all iovecs that are still what was reserved, the last one shortened. */
static void
commit(struct world *w)
{
	struct context *c = operations_context(w);
	unsigned alignment = operations_draw(w, 2) ? 0 : 1u << operations_draw(w, 8), n = c != NULL ? c->n_reserved : 0;
	unsigned shorter = operations_draw(w, 65536);
	struct evpl_iovec iovec[RESERVED];

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

const struct operation operations_take[] = {{"alloc", alloc, OPERATIONS_TAKE_ARGUMENTS, 17},
					    {"alloc in bulk", bulk, 6, 6},
					    {"reserve", reserve, 5, 8},
					    {"commit", commit, 5, 8},
					    {0}};
