/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who wants to know how much memory is in use. The keeper asks the shelves' counts of buffers that are away.
 *
 * A callback may take long, and evpl_pressure_notify() has the library's lock. So the list has two locks of its own.
 * The first one guards the list, and is held for a moment only. The second one is held during callbacks. Whoever
 * removes takes both, and so waits for a callback that runs.
 */
#include "pressure.h"

#include "base.h"
#include "bank.h"
#include "class.h"
#include "global.h"
#include "keeper.h"
#include "shelf.h"

#include <evpl/evpl_pressure.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

struct pressure {
	uint64_t high, low;
	evpl_pressure_callback callback;
	void *arg;
	bool is_high; /* HIGH was the last that it was told */
	TAILQ_ENTRY(pressure) entry;
};
static TAILQ_HEAD(, pressure) pressures = TAILQ_HEAD_INITIALIZER(pressures);
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;    /* taken inside evpl_global.lock and inside `calling` */
static pthread_mutex_t calling = PTHREAD_MUTEX_INITIALIZER; /* held during callbacks */

/* Bytes of the buffers that are not free in a slab. */
static uint64_t
count_used(void)
{
	const struct evpl_global *g = &evpl_global;
	uint64_t used = 0;

	for (unsigned i = 0; i < g->class_count; i++) {
		const struct evpl_class *class = &g->classes[i];
		uint64_t banks = evpl_banks_nodes(__atomic_load_n(&class->banks, __ATOMIC_ACQUIRE));

		for (; banks != 0; banks &= banks - 1) {
			const struct evpl_shelf *shelf = class->shelves[__builtin_ctzll(banks)];

			used += (uint64_t)__atomic_load_n(&shelf->away, __ATOMIC_RELAXED) * class->size;
		}
	}
	return used;
}

/* The next one in the list; of NULL the first. The caller has the lock of calling, so that none goes. */
static struct pressure *
after(const struct pressure *p)
{
	struct pressure *next;

	pthread_mutex_lock(&lock);
	next = p == NULL ? TAILQ_FIRST(&pressures) : TAILQ_NEXT(p, entry);
	pthread_mutex_unlock(&lock);
	return next;
}

void
evpl_pressure_look(void)
{
	struct pressure *p;
	uint64_t used;

	pthread_mutex_lock(&calling);
	p = after(NULL);
	used = p == NULL ? 0 : count_used();
	for (; p != NULL; p = after(p)) {
		if (p->is_high ? used > p->low : used < p->high)
			continue;
		p->is_high = !p->is_high;
		p->callback(p->is_high ? EVPL_PRESSURE_HIGH : EVPL_PRESSURE_LOW, used, p->arg);
	}
	pthread_mutex_unlock(&calling);
}

/* With the list's lock held. */
static struct pressure *
find(evpl_pressure_callback callback, const void *arg)
{
	struct pressure *p;

	TAILQ_FOREACH (p, &pressures, entry) {
		if (p->callback == callback && p->arg == arg)
			return p;
	}
	return NULL;
}

/* With the library's lock held. */
static int
add(const struct pressure *wanted)
{
	struct pressure *p;
	int rc = -ENOMEM;

	pthread_mutex_lock(&lock);
	if (find(wanted->callback, wanted->arg) != NULL) {
		rc = -EEXIST;
	} else {
		p = malloc(sizeof(*p));
		if (p != NULL) {
			*p = *wanted;
			TAILQ_INSERT_TAIL(&pressures, p, entry);
			rc = 0;
		}
	}
	pthread_mutex_unlock(&lock);
	return rc;
}

/* False: it is not in the list. */
static bool
take_out(evpl_pressure_callback callback, void *arg)
{
	struct pressure *p;

	pthread_mutex_lock(&lock);
	p = find(callback, arg);
	if (p != NULL)
		TAILQ_REMOVE(&pressures, p, entry);
	pthread_mutex_unlock(&lock);
	free(p);
	return p != NULL;
}

int
evpl_pressure_notify(uint64_t high, uint64_t low, evpl_pressure_callback callback, void *arg)
{
	const struct pressure wanted = {.high = high, .low = low, .callback = callback, .arg = arg};
	struct evpl_global *g = &evpl_global;
	int rc;

	if (callback == NULL) {
		EVPL_LOG(ERR, "evpl_pressure_notify: callback is NULL");
		return -EINVAL;
	}
	if (low >= high) {
		EVPL_LOG(ERR, "evpl_pressure_notify: low is %" PRIu64 ", but must be less than high (%" PRIu64 ")", low,
			 high);
		return -EINVAL;
	}
	pthread_mutex_lock(&g->lock);
	if (g->users == 0 || g->ending)
		rc = -EPERM;
	else
		rc = add(&wanted);
	/* Last, so that a failure leaves no thread behind. */
	if (rc == 0 && !evpl_keeper_start()) {
		take_out(callback, arg); /* there is no keeper, so nobody calls it */
		rc = -ENOMEM;
	}
	pthread_mutex_unlock(&g->lock);
	return rc;
}

int
evpl_pressure_notify_end(evpl_pressure_callback callback, void *arg)
{
	bool found;

	pthread_mutex_lock(&calling);
	found = take_out(callback, arg);
	pthread_mutex_unlock(&calling);
	return found ? 0 : -ENOENT;
}

void
evpl_pressure_free(void)
{
	struct pressure *p;

	pthread_mutex_lock(&calling);
	pthread_mutex_lock(&lock);
	while ((p = TAILQ_FIRST(&pressures)) != NULL) {
		TAILQ_REMOVE(&pressures, p, entry);
		free(p);
	}
	pthread_mutex_unlock(&lock);
	pthread_mutex_unlock(&calling);
}
