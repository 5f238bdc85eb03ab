/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A census of buffers, out of what their own mbufs and private areas say. So allocs and releases count nothing for it.
 */
#include "census.h"

#include "buffer.h"
#include "class.h"
#include "context.h"
#include "global.h"
#include "process.h"
#include "slab.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <rte_cycles.h>

/* A buffer at one moment. */
struct look {
	enum evpl_buffer_state state;
	bool ended; /* no iovec is left */
	uint32_t taker, size, carved, iovecs, packets;
	uint64_t live, age_ms;
};

static uint64_t
load(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* The window that a buffer is current in, and *kind; NULL: it has left it meanwhile. */
static const struct evpl_pvt_window *
window_of(const struct rte_mbuf *mbuf, uint32_t taker)
{
	const struct evpl_context *ctx;

	TAILQ_FOREACH (ctx, &evpl_global.contexts, entry) {
		for (unsigned kind = 0; ctx->number == taker && kind < RTE_DIM(ctx->current); kind++) {
			if (__atomic_load_n(&ctx->current[kind], __ATOMIC_RELAXED) == mbuf)
				return &ctx->evpl.window[kind];
		}
	}
	return NULL;
}

/*
 * Of a current buffer: what its window has carved, and which references are no iovecs. False: the window takes the
 * buffer, or leaves it, at this moment.
 */
static bool
look_current(struct look *l, const struct rte_mbuf *mbuf)
{
	const struct evpl_pvt_window *w = window_of(mbuf, l->taker);
	uint32_t references = l->iovecs, stock;
	uintptr_t next;

	l->iovecs = 0;
	if (w == NULL)
		return false;
	next = __atomic_load_n(&w->next, __ATOMIC_RELAXED);
	if (next - (uintptr_t)mbuf->buf_addr <= l->size)
		l->carved = (uint32_t)(next - (uintptr_t)mbuf->buf_addr);
	stock = evpl_pvt_stock_prepaid(__atomic_load_n(&w->stock, __ATOMIC_RELAXED));
	if (stock == 0 || window_of(mbuf, l->taker) != w) /* without a stock it is not current yet, or not any more */
		return false;
	l->iovecs = references - RTE_MIN(references, stock);
	return true;
}

/* Of one that has left its window. False: at this moment. Its stock may still count, so what was noted is taken. */
static bool
look_held(struct look *l, const struct rte_mbuf *mbuf, const struct evpl_buffer *buffer)
{
	uint32_t left = __atomic_load_n(&buffer->iovecs_left, __ATOMIC_RELAXED);

	l->carved = __atomic_load_n(&buffer->carved, __ATOMIC_RELAXED);
	if (l->iovecs <= left) /* so it is, unless clones were made */
		return true;
	l->iovecs = left;
	if (window_of(mbuf, l->taker) != NULL)
		return false;
	l->iovecs = rte_mbuf_refcnt_read(mbuf);
	return __atomic_load_n(&buffer->state, __ATOMIC_RELAXED) == EVPL_BUFFER_HELD;
}

/*
 * How many of the carved bytes are live cannot be known without a count of bytes in each release. So the iovecs of a
 * buffer, and the packets, are taken to be of one size.
 */
static uint64_t
estimate_live(const struct look *l, const struct evpl_buffer *buffer)
{
	uint64_t left = (uint64_t)l->iovecs + l->packets, were = left;

	if (l->state == EVPL_BUFFER_HELD)
		were = RTE_MAX(were, (uint64_t)__atomic_load_n(&buffer->iovecs_left, __ATOMIC_RELAXED));
	return were == 0 ? 0 : l->carved * left / were;
}

/* False: what was seen may be of two moments. */
static bool
look_once(struct look *l, struct rte_mbuf *mbuf)
{
	struct evpl_buffer *buffer = evpl_buffer(mbuf);
	uint32_t packets, others;
	uint64_t now = rte_rdtsc(), taken_at = load(&buffer->taken_at);
	bool sure;

	memset(l, 0, sizeof(*l));
	l->state = __atomic_load_n(&buffer->state, __ATOMIC_RELAXED);
	l->taker = __atomic_load_n(&buffer->taker, __ATOMIC_RELAXED);
	l->size = buffer->slab->class->size;
	if (l->state == EVPL_BUFFER_FREE || l->state == EVPL_BUFFER_STASH)
		return true;
	l->ended = __atomic_load_n(&buffer->ended, __ATOMIC_RELAXED);
	l->age_ms = now > taken_at ? (uint64_t)((double)(now - taken_at) * 1000 / (double)rte_get_tsc_hz()) : 0;
	l->iovecs = l->ended ? 0 : rte_mbuf_refcnt_read(mbuf);
	packets = evpl_compat_count_load(buffer->packets);
	others = evpl_buffer_stock(buffer) + (l->ended ? 0 : 1); /* counts that are no packets */
	l->packets = packets > others ? packets - others : 0;
	sure = l->state == EVPL_BUFFER_CURRENT ? look_current(l, mbuf) : look_held(l, mbuf, buffer);
	l->live = estimate_live(l, buffer);
	return sure;
}

/* Its thread may stop between two steps, so there is an end to this. */
static void
look_at(struct look *l, struct rte_mbuf *mbuf)
{
	for (unsigned i = 0; i < 4 && !look_once(l, mbuf); i++)
		;
}

static void
holding_add(struct evpl_holding *sum, const struct look *l)
{
	if (l->state == EVPL_BUFFER_FREE || l->state == EVPL_BUFFER_STASH)
		return;
	sum->buffers++;
	sum->iovecs += l->iovecs;
	sum->packets += l->packets;
	sum->bytes_pinned += l->size;
	sum->bytes_carved += l->carved;
	sum->bytes_live += l->live;
	sum->oldest_ms = RTE_MAX(sum->oldest_ms, l->age_ms);
}

/* number: of the buffer, from 0 on. */
static void
each_buffer(const struct evpl_slab *slab, void (*function)(struct rte_mbuf *mbuf, uint32_t number, void *opaque),
	    void *opaque)
{
	for (uint32_t i = 0; i < slab->n; i++)
		function(evpl_slab_mbuf(slab, i), i, opaque);
}

static void
count_buffer(struct rte_mbuf *mbuf, uint32_t number, void *opaque)
{
	struct evpl_slab_census *census = opaque;
	const struct evpl_buffer *buffer = evpl_buffer(mbuf);
	struct look l;

	RTE_SET_USED(number);
	look_at(&l, mbuf);
	census->free += l.state == EVPL_BUFFER_FREE;
	census->stashed += l.state == EVPL_BUFFER_STASH;
	census->current += l.state == EVPL_BUFFER_CURRENT;
	census->held += l.state == EVPL_BUFFER_HELD && !l.ended;
	census->lent += l.state == EVPL_BUFFER_HELD && l.ended;
	census->takes += load(&buffer->takes);
	census->rewinds += load(&buffer->rewinds);
	census->remote_returns += load(&buffer->remote_returns);
	holding_add(&census->holding, &l);
}

void
evpl_slab_count(const struct evpl_slab *slab, struct evpl_slab_census *census)
{
	memset(census, 0, sizeof(*census));
	each_buffer(slab, count_buffer, census);
}

struct views {
	struct evpl_buffer_view *view;
	unsigned first, n;
};

static void
view_buffer(struct rte_mbuf *mbuf, uint32_t number, void *opaque)
{
	static const char *const states[] = {"free", "stash", "current", "held", "lent"};
	const struct views *views = opaque;
	struct evpl_buffer_view *view;
	struct look l;

	if (number < views->first || number - views->first >= views->n)
		return;
	look_at(&l, mbuf);
	view = &views->view[number - views->first];
	*view = (struct evpl_buffer_view){.state = states[l.state + (l.state == EVPL_BUFFER_HELD && l.ended)],
					  .fill = (uint32_t)(((uint64_t)l.carved * 100 + l.size - 1) / l.size),
					  .iovecs = l.iovecs,
					  .packets = l.packets,
					  .age_ms = l.age_ms,
					  .context = l.taker};
}

unsigned
evpl_slab_view(const struct evpl_slab *slab, unsigned first, struct evpl_buffer_view *views, unsigned n)
{
	struct views some = {.view = views, .first = first, .n = RTE_MIN(n, slab->n - RTE_MIN(first, slab->n))};

	each_buffer(slab, view_buffer, &some);
	return some.n;
}

/* The contexts are listed by number. False: no memory. */
static bool
list_holders(struct evpl_census *census)
{
	struct evpl_global *g = &evpl_global;
	const struct evpl_context *ctx;
	bool listed;

	pthread_mutex_lock(&g->lock);
	if (g->users > 0)
		census->holders = calloc(g->context_count + 1, sizeof(*census->holders));
	if (census->holders != NULL) {
		TAILQ_FOREACH (ctx, &g->contexts, entry)
			census->holders[census->n++].number = ctx->number;
	}
	listed = census->holders != NULL || g->users == 0;
	pthread_mutex_unlock(&g->lock);
	return listed;
}

struct evpl_holder *
evpl_holder_find(const struct evpl_census *census, unsigned number)
{
	unsigned low = 0, high = census->n;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (census->holders[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < census->n && census->holders[low].number == number ? &census->holders[low] : NULL;
}

static void
credit_buffer(struct rte_mbuf *mbuf, uint32_t number, void *opaque)
{
	struct evpl_census *census = opaque;
	struct evpl_holder *holder;
	struct look l;

	RTE_SET_USED(number);
	look_at(&l, mbuf);
	holder = evpl_holder_find(census, l.taker);
	holding_add(&census->all, &l);
	holding_add(holder != NULL ? &holder->holding : &census->orphans, &l);
}

bool
evpl_census(struct evpl_census *census)
{
	struct evpl_global *g = &evpl_global;
	uint32_t number = 0;
	bool more, listed;

	/* What other processes have returned is held by nobody. */
	(void)evpl_processes_collect();
	memset(census, 0, sizeof(*census));
	listed = list_holders(census);
	do {
		const struct evpl_slab *slab;

		pthread_mutex_lock(&g->lock);
		slab = g->users > 0 ? evpl_slab_next(number) : NULL;
		more = slab != NULL;
		if (more) {
			each_buffer(slab, credit_buffer, census);
			number = slab->number + 1;
		}
		pthread_mutex_unlock(&g->lock);
	} while (more);
	if (!listed) /* all of it would be there */
		census->orphans = (struct evpl_holding){0};
	return listed;
}
