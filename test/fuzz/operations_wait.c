/* SPDX-License-Identifier: BSD-3-Clause */
/* Waits for memory. */
#include <errno.h>

#include "hold.h"
#include "operations.h"

#define MOST 160u /* iovecs of an alloc in a callback: it may be split over small buffers */

static void called_back(struct evpl *evpl, struct evpl_wait *wait, void *arg);

static int
begin(struct world *w, struct wait *wait, struct context *c)
{
	int rc = evpl_alloc_wait(c->evpl, &wait->wait, wait->length, called_back, wait);

	say(w, "evpl_alloc_wait(%s, &wait[%u], %u, called_back, NULL); /* %d */", world_name(w, c),
	    (unsigned)(wait - w->wait), wait->length, rc);
	if (rc == 0)
		wait->context = c;
	return rc;
}

/* What it waited for is there. */
static void
called_back(struct evpl *evpl, struct evpl_wait *evpl_wait, void *arg)
{
	struct wait *wait = arg;
	struct world *w = wait->world;
	struct context *c = wait->context;
	struct evpl_iovec iovec[MOST];
	int n;

	expect(w, c != NULL && evpl == c->evpl && evpl_wait == &wait->wait, "a wait that is over was called back");
	wait->context = NULL;
	w->called_back++;
	if (wait->takes && w->views.n + MOST <= VIEWS) {
		n = evpl_iovec_alloc(evpl, wait->length, 0, MOST, SHARED, iovec);
		w->enomem += n < 0 && rte_errno == ENOMEM;
		expect(w, n > 0 || TEST_TRACE_BYTES, "%u bytes were promised: error %d", wait->length, rte_errno);
		say(w, "/* called back */ evpl_iovec_alloc(%s, %u, 0, %u, SHARED, r); /* %d */", world_name(w, c),
		    wait->length, MOST, n);
		for (int i = 0; i < n; i++) {
			unsigned number = view_number(w, hold_taken(w, c, &iovec[i]));

			say(w, "evpl_iovec_move(&v[%u], &r[%d]);", number, i);
		}
	}
	if (wait->again)
		expect(w, begin(w, wait, c) == 0, "a wait cannot begin again");
}

static void
wait_begin(struct world *w)
{
	struct wait *wait = &w->wait[operations_draw(w, WAITS)];
	struct context *c = operations_context(w);
	unsigned length = operations_length_drawn(w), how = operations_draw(w, 8);
	uint64_t bytes, size = length > w->small ? w->large : w->small;
	int want = 0, rc;

	if (c == NULL)
		return;
	if (wait->context != NULL) { /* of any player */
		rc = evpl_alloc_wait(c->evpl, &wait->wait, length, called_back, wait);
		say(w, "evpl_alloc_wait(%s, &wait[%u], %u, called_back, NULL); /* %d */", world_name(w, c),
		    (unsigned)(wait - w->wait), length, rc);
		expect(w, rc == -EALREADY, "a wait that waits: %d", rc);
		return;
	}
	bytes = (reference_needed(length, (uint32_t)size) + 2) * size;
	if (c->quota != 0 && bytes > c->quota)
		want = -EMSGSIZE;
	*wait = (struct wait){.world = w, .length = length, .takes = how & 1, .again = how == 7};
	rc = begin(w, wait, c);
	/* Tracing takes more bytes than it was asked for. */
	expect(w, rc == want || (TEST_TRACE_BYTES && rc == -EMSGSIZE), "evpl_alloc_wait() says %d instead of %d", rc,
	       want);
}

static void
wait_cancel(struct world *w)
{
	struct wait *wait = &w->wait[operations_draw(w, WAITS)];
	struct context *c = operations_context(w);
	int rc, want = wait->context == c ? 0 : -ENOENT;

	if (c == NULL)
		return;
	if (wait->world == NULL)
		want = -ENOENT;
	rc = evpl_alloc_wait_cancel(c->evpl, &wait->wait);
	say(w, "evpl_alloc_wait_cancel(%s, &wait[%u]); /* %d */", world_name(w, c), (unsigned)(wait - w->wait), rc);
	expect(w, rc == want, "evpl_alloc_wait_cancel() says %d instead of %d", rc, want);
	if (rc == 0)
		wait->context = NULL;
}

static void
wait_poll(struct world *w)
{
	struct context *c = operations_context(w);
	unsigned n;

	if (c == NULL)
		return;
	w->called_back = 0;
	say(w, "evpl_alloc_wait_poll(%s);", world_name(w, c));
	n = evpl_alloc_wait_poll(c->evpl);
	expect(w, n == w->called_back, "%u callbacks, and evpl_alloc_wait_poll() says %u", w->called_back, n);
}

const struct operation operations_wait[] = {
	{"alloc_wait", wait_begin, 6, 3},
	{"alloc_wait_cancel", wait_cancel, 2, 2},
	{"alloc_wait_poll", wait_poll, 1, 4},
	{0},
};
