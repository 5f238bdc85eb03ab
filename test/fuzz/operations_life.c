/* SPDX-License-Identifier: BSD-3-Clause */
/* Contexts that come and go, whose turn it is, and rings. */
#include <errno.h>

#include "hold.h"
#include "operations.h"

struct context *
operations_create(struct world *w, const struct evpl_thread_config *config)
{
	for (unsigned i = 0; i < CONTEXTS; i++) {
		struct context *c = &w->context[w->turn][i];

		if (c->evpl != NULL)
			continue;
		say(w,
		    "%s = evpl_create(&(struct evpl_thread_config){.socket_id = %d, .rx_flags = %u, "
		    ".stash_buffers = %u, .quota = %llu});",
		    world_name(w, c), config->socket_id, config->rx_flags, config->stash_buffers,
		    (unsigned long long)config->quota);
		*c = (struct context){
			.evpl = evpl_create(config),
			.quota = config->quota,
			.owner = (const void *)++w->contexts_made,
			.group = config->socket_id >= EVPL_EXTERNAL(0) ? config->socket_id - EVPL_EXTERNAL(0) : -1,
			.rx_shared = config->rx_flags != 0,
		};
		expect(w, c->evpl != NULL, "no context: error %d", rte_errno);
		w->contexts++;
		return c;
	}
	return NULL;
}

struct context *
operations_any_context(struct world *w)
{
	unsigned first = operations_draw(w, CONTEXTS + 1);

	for (unsigned i = 0; i < CONTEXTS && first < CONTEXTS; i++) {
		struct context *c = &w->context[w->turn][(first + i) % CONTEXTS];

		if (c->evpl != NULL)
			return c;
	}
	return NULL;
}

struct context *
operations_context(struct world *w)
{
	unsigned first = operations_draw(w, CONTEXTS);

	for (unsigned i = 0; i < CONTEXTS; i++) {
		struct context *c = &w->context[w->turn][(first + i) % CONTEXTS];

		if (c->evpl != NULL)
			return c;
	}
	return operations_create(
		w, &(struct evpl_thread_config){.quota = w->contexts_made % 4 == 3 ? 3 * (uint64_t)w->large : 0});
}

static void
create(struct world *w)
{
	unsigned how = operations_draw(w, 256), more = operations_draw(w, 256);
	struct evpl_thread_config config = {
		.rx_flags = how & 1,
		.stash_buffers = how >> 1 & 3 ? 1 + how / 8 % 4 : how / 8,
		.quota = more & 3 ? 0 : (uint64_t)w->large * (3 + more / 4 % 4),
	};

	if ((more >> 2 & 7) == 7)
		config.socket_id = EVPL_EXTERNAL((int)(how / 8 % EXTERNALS));
	(void)operations_create(w, &config);
}

static void
destroy(struct world *w)
{
	struct context *c = operations_any_context(w);

	if (c == NULL)
		return;
	for (unsigned i = 0; i < WAITS; i++) {
		if (w->wait[i].context == c) /* it ends without its callback */
			w->wait[i].context = NULL;
	}
	say(w, "evpl_destroy(%s);", world_name(w, c));
	evpl_destroy(c->evpl);
	*c = (struct context){0};
	w->contexts--;
}

/* The other player goes on, on its thread. */
static void
take_turns(struct world *w)
{
	w->turn = !w->turn;
}

/* ---------------------------------------------------------------------------------------------------------------- */

static struct ring *
draw_ring(struct world *w)
{
	return &w->ring[operations_draw(w, 2) ? 0 : 1 + w->turn];
}

static void
ring_create(struct world *w)
{
	struct ring *ring = draw_ring(w);
	unsigned capacity = 1 + operations_draw(w, RING_MOST);
	char name[24];

	if (ring->ring != NULL)
		return;
	snprintf(name, sizeof(name), "ring%u", w->names++);
	ring->ring = evpl_ring_create(name, capacity, SOCKET_ID_ANY, 0);
	expect(w, ring->ring != NULL, "no ring: error %d", rte_errno);
	ring->capacity = capacity;
	ring->n = 0;
	say(w, "ring[%u] = evpl_ring_create(\"%s\", %u, SOCKET_ID_ANY, 0);", (unsigned)(ring - w->ring), name,
	    capacity);
}

static void
ring_free(struct world *w)
{
	struct ring *ring = draw_ring(w);
	struct context *c = operations_any_context(w);

	if (ring->ring == NULL)
		return;
	for (unsigned i = 0; i < ring->n; i++)
		reference_let_go(&w->reference, ring->view[i].take);
	say(w, "evpl_ring_free(%s, ring[%u]);", world_name(w, c), (unsigned)(ring - w->ring));
	evpl_ring_free(c != NULL ? c->evpl : NULL, ring->ring);
	*ring = (struct ring){0};
}

/* Ring 0 takes SHARED iovecs only. */
static void
ring_enqueue(struct world *w)
{
	struct ring *ring = draw_ring(w);
	unsigned n = 1 + operations_draw(w, 4), taken = 0, done, left;
	struct view was[4];
	struct evpl_iovec iovec[4];

	for (; ring->ring != NULL && taken < n; taken++) {
		struct view *v = hold_draw_view(w);

		if (v == NULL || (ring == &w->ring[0] && !(v->iovec.flags & SHARED)))
			break;
		was[taken] = (struct view){.take = v->take, .offset = v->offset, .most = v->most};
		was[taken].iovec.length = v->iovec.length;
		was[taken].iovec.ref = v->iovec.ref; /* for lent_settle() */
		say(w, "evpl_iovec_move(&r[%u], &v[%u]);", taken, view_number(w, v));
		reference_hold(&w->reference, v->take); /* the ring's */
		hold_drop_view(w, v, &iovec[taken], NULL);
	}
	if (taken == 0)
		return;
	done = evpl_ring_enqueue_burst(ring->ring, iovec, taken, &left);
	say(w, "evpl_ring_enqueue_burst(ring[%u], r, %u, NULL); /* %u */", (unsigned)(ring - w->ring), taken, done);
	expect(w, done == RTE_MIN(taken, ring->capacity - ring->n), "%u of %u went into a ring with %u of %u", done,
	       taken, ring->n, ring->capacity);
	for (unsigned i = 0; i < taken; i++) {
		struct piece piece = {was[i].take, was[i].offset, was[i].iovec.length};

		if (i < done) {
			expect(w, iovec[i].ref == NULL && iovec[i].data == NULL, "the source of a move is not empty");
			ring->view[ring->n++] = was[i];
			continue;
		}
		hold_enter_again(w, &iovec[i], &piece, was[i].most, i);
	}
	expect(w, left == ring->capacity - ring->n, "room for %u instead of %u", left, ring->capacity - ring->n);
	expect(w, evpl_ring_count(ring->ring) == ring->n, "a ring has %u instead of %u", evpl_ring_count(ring->ring),
	       ring->n);
}

static void
ring_dequeue(struct world *w)
{
	struct ring *ring = draw_ring(w);
	unsigned n = 1 + operations_draw(w, 4), done, left;
	struct evpl_iovec iovec[4];

	if (ring->ring == NULL || w->views.n + n > VIEWS)
		return;
	done = evpl_ring_dequeue_burst(ring->ring, iovec, n, &left);
	say(w, "evpl_ring_dequeue_burst(ring[%u], r, %u, NULL); /* %u */", (unsigned)(ring - w->ring), n, done);
	expect(w, done == RTE_MIN(n, ring->n) && left == ring->n - done, "%u of %u came out, %u are left, of %u", done,
	       n, left, ring->n);
	for (unsigned i = 0; i < done; i++) {
		struct piece piece = {ring->view[i].take, ring->view[i].offset, ring->view[i].iovec.length};

		expect(w, iovec[i].length == piece.length, "%u bytes instead of %u", iovec[i].length, piece.length);
		hold_enter_again(w, &iovec[i], &piece, ring->view[i].most, i);
	}
	ring->n -= done;
	memmove(ring->view, ring->view + done, ring->n * sizeof(ring->view[0]));
}

const struct operation operations_life[] = {
	{"create", create, 2, 2},
	{"destroy", destroy, 1, 2},
	{"the other thread", take_turns, 0, 6},
	{"ring_create", ring_create, 2, 1},
	{"ring_free", ring_free, 2, 1},
	{"ring_enqueue", ring_enqueue, 6, 4},
	{"ring_dequeue", ring_dequeue, 2, 4},
	{0},
};
