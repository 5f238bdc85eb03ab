/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory that comes and goes: RX pools, slabs that are given back, slabs that the program brings. */
#include <errno.h>

#include "hold.h"
#include "operations.h"
#include "printed.h"

/* These operations take a lock and memory. So they do something in one of 16 draws only. */
static bool
is_rare(struct world *w)
{
	return operations_draw(w, 256) % 16 == 1;
}

static void
rx_pool_create(struct world *w)
{
	bool rare = is_rare(w);
	struct pool *pool = &w->pool[operations_draw(w, POOLS)];
	unsigned n = 4 + operations_draw(w, 60), room = 64 + operations_draw(w, 2048);
	char name[24];

	if (!rare || pool->pool != NULL)
		return;
	snprintf(name, sizeof(name), "rx%u", w->names++);
	pool->pool = evpl_rx_pool_create(name, n, (uint16_t)(room + RTE_PKTMBUF_HEADROOM), SOCKET_ID_ANY);
	expect(w, pool->pool != NULL, "no RX pool: error %d", rte_errno);
	pool->n = n;
	pool->room = room;
	say(w, "%s = evpl_rx_pool_create(\"%s\", %u, %u, SOCKET_ID_ANY);", printed_pool(w, pool), name, n,
	    room + RTE_PKTMBUF_HEADROOM);
}

static void
rx_pool_destroy(struct world *w)
{
	bool rare = is_rare(w);
	struct pool *pool = &w->pool[operations_draw(w, POOLS)];
	uint64_t bytes;
	unsigned held;
	int rc;

	if (!rare || pool->pool == NULL)
		return;
	held = reference_owned(&w->reference, pool->pool, &bytes);
	rc = evpl_rx_pool_destroy(pool->pool);
	say(w, "evpl_rx_pool_destroy(%s); /* %d */", printed_pool(w, pool), rc);
	expect(w, rc == (held > 0 ? -EBUSY : 0), "evpl_rx_pool_destroy() says %d, and %u mbufs are held", rc, held);
	if (rc == 0)
		pool->pool = NULL;
}

static void
trim(struct world *w)
{
	struct evpl_stats before, after;
	uint64_t bytes;

	if (!is_rare(w))
		return;
	evpl_stats_get(&before);
	bytes = evpl_trim();
	evpl_stats_get(&after);
	say(w, "evpl_trim(); /* %llu */", (unsigned long long)bytes);
	expect(w, after.slab_bytes + bytes == before.slab_bytes, "%llu bytes went, and the slabs have %llu less",
	       (unsigned long long)bytes, (unsigned long long)(before.slab_bytes - after.slab_bytes));
	expect(w, after.buffers_in_use == before.buffers_in_use, "%u buffers are in use instead of %u",
	       after.buffers_in_use, before.buffers_in_use);
}

/* ---------------------------------------------------------------------------------------------------------------- */

static void
external_ended(void *addr, uint64_t length, void *arg)
{
	struct external *external = arg;

	if (length == EXTERNAL_BYTES && addr != NULL)
		external->is_there = false;
}

static void
external_add(struct world *w)
{
	bool rare = is_rare(w);
	unsigned i = operations_draw(w, EXTERNALS), how = operations_draw(w, 256);
	struct external *external = &w->external[i];
	uint8_t *addr = world_external + i * EXTERNAL_BYTES;
	struct evpl_stats stats;
	unsigned flags = EVPL_EXTERNAL_NO_IOVA | (how & 1 ? EVPL_EXTERNAL_LARGE : 0);
	int rc, want = 0;

	if (!rare)
		return;
	evpl_stats_get(&stats);
	if (external->is_there)
		want = -EEXIST;
	else if (stats.slabs == w->most_slabs)
		want = -ENOMEM;
	rc = evpl_slab_add_external(addr, EXTERNAL_BYTES, 4096, NULL, EVPL_EXTERNAL((int)i), flags, external_ended,
				    external);
	say(w, "evpl_slab_add_external(memory + %u, %u, 4096, NULL, EVPL_EXTERNAL(%u), %u, ended, NULL); /* %d */",
	    i * EXTERNAL_BYTES, EXTERNAL_BYTES, i, flags, rc);
	expect(w, rc == want, "evpl_slab_add_external() says %d instead of %d", rc, want);
	if (rc == 0)
		external->is_there = true;
}

static void
external_remove(struct world *w)
{
	bool rare = is_rare(w);
	unsigned i = operations_draw(w, EXTERNALS);
	struct external *external = &w->external[i];
	uint8_t *addr = world_external + i * EXTERNAL_BYTES;
	bool was = external->is_there, held;
	int rc;

	if (!rare)
		return;
	held = reference_is_held(&w->reference, (uintptr_t)addr, EXTERNAL_BYTES);
	rc = evpl_slab_remove_external(addr);
	say(w, "evpl_slab_remove_external(memory + %u); /* %d */", i * EXTERNAL_BYTES, rc);
	expect(w, rc == (was ? rc : -ENOENT), "%d for a slab that is not there", rc);
	expect(w, !was || rc == -EBUSY || (rc == 0 && !held), "%d for a slab of which bytes are %sheld", rc,
	       held ? "" : "not ");
	expect(w, external->is_there == (was && rc != 0), "%d, and the callback was%s called", rc,
	       was && !external->is_there ? "" : " not");
}

/* ---------------------------------------------------------------------------------------------------------------- */

static int
told(enum evpl_slab_event event, const struct evpl_slab_info *slab, void *arg)
{
	int *slabs = arg;

	*slabs += event == EVPL_SLAB_ADDED ? 1 : -1;
	return slab->length > 0 ? 0 : EINVAL;
}

static void
notify(struct world *w)
{
	int rc;

	if (!is_rare(w))
		return;
	rc = evpl_slab_notify(told, &w->slabs_told);
	say(w, "evpl_slab_notify(told, &slabs); /* %d */", rc);
	expect(w, rc == (w->notified ? -EEXIST : 0), "evpl_slab_notify() says %d", rc);
	w->notified = true;
}

static void
notify_end(struct world *w)
{
	int rc;

	if (!is_rare(w))
		return;
	rc = evpl_slab_notify_end(told, &w->slabs_told);
	say(w, "evpl_slab_notify_end(told, &slabs); /* %d */", rc);
	expect(w, rc == (w->notified ? 0 : -ENOENT), "evpl_slab_notify_end() says %d", rc);
	expect(w, w->slabs_told == 0, "the callback was told of %d slabs too many", w->slabs_told);
	w->notified = false;
}

/* The library counts its users. */
static void
init_again(struct world *w)
{
	if (!is_rare(w))
		return;
	say(w, "evpl_init(NULL); evpl_cleanup();");
	expect(w, evpl_init(NULL) == 0, "a second evpl_init() fails");
	expect(w, evpl_cleanup() == 0, "the end of the second fails");
}

/* So many references to one mbuf that some count on another one. */
static void
flood(struct world *w)
{
	static struct evpl_iovec many[EVPL_REF_LIMIT + 64];
	unsigned rare = operations_draw(w, 256);
	struct view *v = hold_draw_view(w);
	struct context *c = operations_any_context(w);

	if (EVPL_IOVEC_TRACE || rare % 64 != 1 || v == NULL)
		return;
	say(w, "for (unsigned i = 0; i < DIM(many); i++) evpl_iovec_clone(&many[i], &v[%u]);", view_number(w, v));
	for (unsigned i = 0; i < DIM(many); i++)
		evpl_iovec_clone(&many[i], &v->iovec);
	hold_check_view(w, v);
	say(w, "evpl_iovecs_release(%s, many, DIM(many));", world_name(w, c));
	if (rare & 128) {
		evpl_iovecs_release(c != NULL ? c->evpl : NULL, many, DIM(many));
		return;
	}
	for (unsigned i = 0; i < DIM(many); i++)
		evpl_iovec_release(c != NULL ? c->evpl : NULL, &many[i]);
}

const struct operation operations_memory[] = {
	{"rx_pool_create", rx_pool_create, 5, 2},
	{"rx_pool_destroy", rx_pool_destroy, 2, 2},
	{"trim", trim, 1, 1},
	{"add_external", external_add, 3, 1},
	{"remove_external", external_remove, 2, 1},
	{"slab_notify", notify, 1, 1},
	{"slab_notify_end", notify_end, 1, 1},
	{"init", init_again, 1, 1},
	{"many clones", flood, 3, 1},
	{0},
};
