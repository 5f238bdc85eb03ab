/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls of a control thread: what a port cannot do, callbacks of memory pressure, an end that is refused. */
#include <errno.h>
#include <string.h>

#include "hold.h"
#include "operations.h"

static void
port_check(struct world *w)
{
	struct evpl_port_limit limit[EVPL_PORT_LIMITS];
	int n;

	n = evpl_port_check(world_port, limit, EVPL_PORT_LIMITS);
	say(w, "evpl_port_check(port, limit, EVPL_PORT_LIMITS); /* %d */", n);
	expect(w, n >= 0 && n == evpl_port_check(world_port, NULL, 0), "%d limits, or another number", n);
	for (int i = 0; i < n; i++) {
		expect(w, i == 0 || limit[i - 1].kind < limit[i].kind, "limit %d is not in order", i);
		expect(w, limit[i].text[0] != '\0' && limit[i].remedy != NULL, "limit %d has no text", i);
		expect(w, !limit[i].is_error, "the port cannot send: it %s", limit[i].text);
	}
	expect(w, evpl_port_check(RTE_MAX_ETHPORTS, limit, 1) == -ENODEV, "there is no such port");
	expect(w, evpl_port_check(world_port, NULL, 1) == -EINVAL, "there is no room for a limit");
	expect(w, strncmp(evpl_version(), "evpl-dpdk ", 10) == 0, "the version is %s", evpl_version());
}

/* ---------------------------------------------------------------------------------------------------------------- */

/* On the keeper's thread. HIGH and LOW alternate, and HIGH is the first. */
static void
pressed(enum evpl_pressure_event event, uint64_t used, void *arg)
{
	struct pressed *p = arg;

	if (p->events % 2 == 0)
		p->wrong |= event != EVPL_PRESSURE_HIGH || used < p->high;
	else
		p->wrong |= event != EVPL_PRESSURE_LOW || used >= p->high;
	__atomic_store_n(&p->events, p->events + 1, __ATOMIC_RELEASE);
}

/*
 * The keeper is a thread. So this is not for programs with another process, which is a child of fork(). If so much is
 * in use, it stays so meanwhile, and the first event must come.
 */
static void
pressure_notify(struct world *w)
{
	uint64_t high = (uint64_t)w->small * (1 + operations_draw(w, 6));
	struct evpl_stats stats;
	int rc;

	if (w->lent != NULL)
		return;
	if (!w->pressed.there)
		w->pressed = (struct pressed){.high = high};
	rc = evpl_pressure_notify(high, high - 1, pressed, &w->pressed);
	say(w, "evpl_pressure_notify(%llu, %llu, pressed, NULL); /* %d */", (unsigned long long)high,
	    (unsigned long long)high - 1, rc);
	expect(w, rc == (w->pressed.there ? -EEXIST : 0), "evpl_pressure_notify() says %d", rc);
	w->pressed.there = true;
	expect(w, evpl_pressure_notify(1, 1, pressed, w) == -EINVAL, "the thresholds are equal");
	evpl_stats_get(&stats);
	if (w->external[0].is_there || w->external[1].is_there || stats.buffers_in_use * w->small < w->pressed.high)
		return;
	expect(w, world_comes(&w->pressed.events), "buffers are in use, and the callback was not called");
}

static void
pressure_notify_end(struct world *w)
{
	int rc = evpl_pressure_notify_end(pressed, &w->pressed);

	say(w, "evpl_pressure_notify_end(pressed, NULL); /* %d */", rc);
	expect(w, rc == (w->pressed.there ? 0 : -ENOENT), "evpl_pressure_notify_end() says %d", rc);
	expect(w, !w->pressed.wrong, "of %u events one was not the next, or not of what is used", w->pressed.events);
	w->pressed.there = false;
}

/* ---------------------------------------------------------------------------------------------------------------- */

static void
ended_too_early(void *arg)
{
	world_fail(arg, "evpl_cleanup_deferred() is refused", "the library ends, and contexts are there");
}

/* For a context, or for another caller of evpl_init(). Nothing changes. */
static void
cleanup_deferred(struct world *w, bool again)
{
	int rc;

	if (w->contexts == 0 && !again)
		return;
	if (again)
		expect(w, evpl_init(NULL) == 0, "a second evpl_init() fails");
	rc = evpl_cleanup_deferred(ended_too_early, w);
	say(w, "evpl_cleanup_deferred(NULL, NULL); /* %d */", rc);
	expect(w, rc == -EBUSY, "evpl_cleanup_deferred() says %d", rc);
	if (again)
		expect(w, evpl_cleanup() == 0, "the end of the second fails");
}

/* These take a lock, start a thread or ask a driver. So most draws do nothing. */
static void
control(struct world *w)
{
	unsigned which = operations_draw(w, 256);

	if (which < 16)
		port_check(w);
	else if (which < 18)
		pressure_notify(w);
	else if (which < 34)
		pressure_notify_end(w);
	else if (which < 50)
		cleanup_deferred(w, which % 2 == 1);
}

const struct operation operations_control[] = {{"a control thread's call", control, 2, 2}, {0}};
