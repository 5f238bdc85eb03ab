/* SPDX-License-Identifier: BSD-3-Clause */
#include "plugin/held.h"

#include "base.h"
#include "held/place.h"
#include "plugin/driver.h"
#include "plugin/option.h"
#include "plugin/report.h"
#include "plugin/telemetry.h"
#include "trace/stack.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

/*
 * The pools that this process made. DPDK's own list cannot be walked while another thread frees a pool: the walk takes
 * another lock than the free. Whoever asks what is held takes this lock, so that no pool is freed before the answer.
 */
static pthread_mutex_t asking = PTHREAD_MUTEX_INITIALIZER;
static struct listed {
	struct traced_pool *pool;
	struct listed *next;
} * ours;
static bool over;

void
held_add(struct traced_pool *pool)
{
	struct listed *one = malloc(sizeof(*one)), **last = &ours;

	if (one == NULL)
		return;
	*one = (struct listed){.pool = pool};
	pthread_mutex_lock(&asking);
	while (*last != NULL)
		last = &(*last)->next;
	*last = one;
	pthread_mutex_unlock(&asking);
}

void
held_remove(const struct traced_pool *pool)
{
	struct listed **at = &ours, *one;

	pthread_mutex_lock(&asking);
	while (*at != NULL && (*at)->pool != pool)
		at = &(*at)->next;
	one = *at;
	if (one != NULL)
		*at = one->next;
	pthread_mutex_unlock(&asking);
	free(one);
}

/* With the lock. Another process may have freed a pool. */
static void
walk(void (*each)(struct traced_pool *pool, void *arg), void *arg)
{
	for (struct listed *one = ours; one != NULL; one = one->next) {
		if (traced_pool_is_there(one->pool))
			each(one->pool, arg);
	}
}

void
held_walk(void (*each)(struct traced_pool *pool, void *arg), void *arg)
{
	pthread_mutex_lock(&asking);
	walk(each, arg);
	pthread_mutex_unlock(&asking);
}

struct walk_of_all {
	void (*each)(struct traced_pool *pool, void *arg);
	void *arg;
};

static void
walk_one(struct rte_mempool *mempool, void *arg)
{
	const struct walk_of_all *all = arg;
	struct traced_pool *pool = plugin_pool(mempool);

	if (pool != NULL && pool->process != plugin_process)
		all->each(pool, all->arg);
}

void
held_walk_others(void (*each)(struct traced_pool *pool, void *arg), void *arg)
{
	struct walk_of_all all = {each, arg};

	rte_mempool_walk(walk_one, &all);
}

#define WRONG_COUNT (1u << 31) /* with the process's number: a list has a line of its own for such mbufs */

/* Whether an mbuf that is not free has a refcnt that is 0 or wrapped. While an mbuf is freed it is 0 for a moment. */
static bool
is_wrong_count(const struct traced_pool *pool, uint32_t number)
{
	uint16_t count;

	if (!pool->of_mbufs || __atomic_load_n(&pool->objects[number].state, __ATOMIC_ACQUIRE) != OBJECT_TAKEN)
		return false;
	count = rte_mbuf_refcnt_read(pool->addresses[number]);
	return count == 0 || count > INT16_MAX;
}

struct place *
held_places(const struct traced_pool *pool, uint64_t *total)
{
	struct place *places = calloc(EVPL_PLACES, sizeof(*places));
	uint64_t now = rte_rdtsc();

	*total = 0;
	for (uint32_t i = 0; places != NULL && i < pool->count; i++) {
		const struct object *object = &pool->objects[i];
		bool here = report_knows(&object->taken);
		struct place one = {.where = here ? object->taken.place : 0,
				    .how = (here ? 0 : (unsigned)object->taken.process) |
					   (is_wrong_count(pool, i) ? WRONG_COUNT : 0),
				    .count = 1,
				    .bytes = 1,
				    .age = now > object->taken.tsc ? now - object->taken.tsc : 0};

		if (__atomic_load_n(&object->state, __ATOMIC_ACQUIRE) != OBJECT_TAKEN)
			continue;
		evpl_place_add(places, &one);
		++*total;
	}
	if (places != NULL && *total == 0) {
		free(places);
		return NULL;
	}
	if (places != NULL)
		evpl_places_sort(places);
	return places;
}

bool
held_has_wrong_count(const struct place *place)
{
	return (place->how & WRONG_COUNT) != 0;
}

/* One place of the list: how many objects it took, then its calls as in a report. */
static void
say_place(FILE *out, const char *kind, const struct place *place, uint64_t now)
{
	int32_t process = (int32_t)(place->how & ~WRONG_COUNT);
	const struct object_event event = {
		.place = place->where, .tsc = now - place->age, .process = process == 0 ? plugin_process : process};
	char text[100];

	if (place->others) {
		fprintf(out, "  %" PRIu64 " %s%s, taken in other places\n", place->count, kind,
			place->count == 1 ? "" : "s");
		return;
	}
	snprintf(text, sizeof(text), "%" PRIu64 " %s%s%s, %s", place->count, kind, place->count == 1 ? "" : "s",
		 held_has_wrong_count(place) ? " with a refcnt that is 0 or wrapped" : "",
		 place->count == 1 ? "taken" : "the oldest taken");
	report_event(out, text, &event);
}

static bool
list(struct traced_pool *pool, FILE *out, const char *when)
{
	const char *kind = pool->of_mbufs ? "mbuf" : "object";
	uint64_t total;
	struct place *places = held_places(pool, &total);
	uint64_t now;

	if (places == NULL)
		return false;
	flockfile(out);
	now = report_time();
	fprintf(out, "evpl_trace: pool %s: %" PRIu64 " of %" PRIu32 " %ss are not free%s\n", pool->mempool->name, total,
		pool->count, kind, when);
	for (unsigned i = 0; i < EVPL_PLACES && places[i].count > 0; i++)
		say_place(out, kind, &places[i], now);
	report_line_commands(out);
	report_flush();
	funlockfile(out);
	free(places);
	return true;
}

/*
 * Reports mbufs that are not free although their refcnt is 0 or wrapped. Other threads may go on at a program's end. An
 * mbuf that one of them frees has a refcnt of 0 for a moment, so it is given time.
 */
static void
check_counts(struct traced_pool *pool)
{
	const struct object_event here = {.tsc = rte_rdtsc(), .process = plugin_process};
	unsigned waits = 100;

	for (uint32_t i = 0; i < pool->count; i++) {
		while (waits > 0 && is_wrong_count(pool, i)) {
			rte_delay_us_sleep(1000);
			waits--;
		}
		if (is_wrong_count(pool, i))
			report_count(pool, i, &here);
	}
}

void
held_forked(void)
{
	pthread_mutex_init(&asking, NULL);
}

static void
list_one(struct traced_pool *pool, void *arg)
{
	if (!pool->ending) /* its end lists it */
		list(pool, arg, "");
}

void
held_over(void)
{
	pthread_mutex_lock(&asking);
	over = true;
	pthread_mutex_unlock(&asking);
}

void
held_walk_safely(void (*each)(struct traced_pool *pool, void *arg), void *arg)
{
	pthread_mutex_lock(&asking);
	if (!over)
		walk(each, arg);
	pthread_mutex_unlock(&asking);
}

void
held_list(FILE *out)
{
	held_walk_safely(list_one, out);
}

void
held_end(struct traced_pool *pool)
{
	check_counts(pool);
	if (plugin_options.leaks == LEAKS_NO)
		return;
	if (list(pool, plugin_options.out, " at its end") && plugin_options.leaks == LEAKS_STOP)
		report_stop();
}

static sem_t asked;

static void
on_signal(int number)
{
	int saved = errno;

	(void)number;
	sem_post(&asked);
	errno = saved;
}

static void *
answer(void *arg)
{
	(void)arg;
	for (;;) {
		while (sem_wait(&asked) != 0)
			;
		held_list(plugin_options.out);
	}
	return NULL;
}

/* SIGUSR1 lists what is held, if the program has no use of its own for it. */
static void
watch_signal(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, was;
	sigset_t all, before;
	pthread_t thread;

	if (sigaction(SIGUSR1, NULL, &was) != 0 || was.sa_handler != SIG_DFL || sem_init(&asked, 0, 0) != 0)
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before); /* the program's signals are for its own threads */
	if (pthread_create(&thread, NULL, answer, NULL) == 0) {
		pthread_setname_np(thread, "evpl_trace");
		pthread_detach(thread);
		sigaction(SIGUSR1, &action, NULL);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void
held_begin(void)
{
	static bool begun;

	if (begun)
		return;
	begun = true;
	watch_signal();
	plugin_telemetry_begin();
}
