/* SPDX-License-Identifier: BSD-3-Clause */
#include "plugin/held.h"

#include "base.h"
#include "held/place.h"
#include "plugin/driver.h"
#include "plugin/option.h"
#include "plugin/report.h"
#include "trace/stack.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_telemetry.h>

/*
 * The pools that this process made. DPDK's own list cannot be walked while another thread frees a pool: the two have
 * different locks. Whoever asks what is held has this lock, for the pools must be there until the answer is given.
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

/* A table of places, those with the most objects first. NULL: nothing is held, or no memory. The caller frees it. */
static struct place *
find_places(const struct traced_pool *pool, uint64_t *total)
{
	struct place *places = calloc(EVPL_PLACES, sizeof(*places));
	uint64_t now = rte_rdtsc();

	*total = 0;
	for (uint32_t i = 0; places != NULL && i < pool->count; i++) {
		const struct object *object = &pool->objects[i];
		bool here = object->taken.process == plugin_process;
		struct place one = {.where = here ? object->taken.place : 0,
				    .how = here ? 0 : (unsigned)object->taken.process,
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

/* As report_event(), of many objects. */
static void
say_place(FILE *out, const char *kind, const struct place *place, uint64_t now)
{
	const struct object_event event = {.place = place->where,
					   .tsc = now - place->age,
					   .process = place->how == 0 ? plugin_process : (int32_t)place->how};
	char text[60];

	snprintf(text, sizeof(text), "%" PRIu64 " %s%s, %s", place->count, kind, place->count == 1 ? "" : "s",
		 place->count == 1 ? "taken" : "the oldest taken");
	report_event(out, text, &event);
}

static bool
list(struct traced_pool *pool, FILE *out, const char *when)
{
	const char *kind = pool->of_mbufs ? "mbuf" : "object";
	uint64_t total;
	struct place *places = find_places(pool, &total);
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

static bool
is_wrong_count(const struct traced_pool *pool, uint32_t number)
{
	uint16_t count;

	if (__atomic_load_n(&pool->objects[number].state, __ATOMIC_ACQUIRE) != OBJECT_TAKEN)
		return false;
	count = rte_mbuf_refcnt_read(pool->addresses[number]);
	return count == 0 || count > INT16_MAX;
}

/*
 * A count that wrapped, or is 0, while nobody returned the mbuf. Other threads may go on at a program's end, and one
 * that returns an mbuf has a count of 0 for a moment. So it is given time.
 */
static void
check_counts(struct traced_pool *pool)
{
	const struct object_event here = {.tsc = rte_rdtsc(), .process = plugin_process};
	unsigned waits = 100;

	for (uint32_t i = 0; pool->of_mbufs && i < pool->count; i++) {
		while (waits > 0 && is_wrong_count(pool, i)) {
			rte_delay_us_sleep(1000);
			waits--;
		}
		if (is_wrong_count(pool, i))
			report_count(pool, i, &here);
	}
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

/* Walks over all pools, unless EAL has ended or is about to. */
static void
walk_safely(void (*each)(struct traced_pool *pool, void *arg), void *arg)
{
	pthread_mutex_lock(&asking);
	if (!over)
		walk(each, arg);
	pthread_mutex_unlock(&asking);
}

void
held_list(FILE *out)
{
	walk_safely(list_one, out);
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

struct pools {
	struct rte_tel_data *data;
	unsigned told;
};

/* A pool's name as telemetry wants it: it takes letters, digits, '_' and '/'. With a number, if it is not the same. */
static void
make_key(char *key, size_t size, const char *name, unsigned number)
{
	size_t n = 0;

	for (; name[n] != '\0' && n < size - 1; n++)
		key[n] = (char)(isalnum((unsigned char)name[n]) || name[n] == '/' ? name[n] : '_');
	key[n] = '\0';
	if (strcmp(key, name) != 0)
		snprintf(key + n, size - n, "_%u", number);
}

static void
add_pool(struct traced_pool *pool, void *arg)
{
	struct pools *pools = arg;
	struct rte_tel_data *one = rte_tel_data_alloc();
	unsigned free_now = traced_pool_free_count(pool);
	char key[RTE_MEMPOOL_NAMESIZE + 16];

	if (one == NULL)
		return;
	make_key(key, sizeof(key), pool->mempool->name, pools->told++);
	rte_tel_data_start_dict(one);
	rte_tel_data_add_dict_string(one, "name", pool->mempool->name);
	evpl_compat_tel_add_uint(one, "objects", pool->count);
	evpl_compat_tel_add_uint(one, "free", free_now);
	evpl_compat_tel_add_uint(one, "held", pool->count > free_now ? pool->count - free_now : 0);
	evpl_compat_tel_add_uint(one, "of_mbufs", pool->of_mbufs);
	evpl_compat_tel_add_uint(one, "records_bytes", pool->memory->len);
	if (rte_tel_data_add_dict_container(pools->data, key, one, 0) != 0)
		rte_tel_data_free(one); /* there are too many pools */
}

static int
tell_pools(const char *command, const char *parameters, struct rte_tel_data *data)
{
	struct pools pools = {.data = data};

	(void)command;
	(void)parameters;
	rte_tel_data_start_dict(data);
	evpl_compat_tel_add_uint(data, "bugs", report_bugs());
	walk_safely(add_pool, &pools);
	return 0;
}

struct question {
	const char *pool; /* NULL: all */
	struct rte_tel_data *data;
	unsigned told; /* places */
};

#define MOST_TOLD 16u /* of them are sure to fit into an answer */

/* A place in one line of what telemetry can hold. DPDK 22.11 has no dictionaries in arrays. */
static void
add_place(const struct question *question, const struct traced_pool *pool, const struct place *place)
{
	struct rte_tel_data *one = rte_tel_data_alloc();
	char where[RTE_TEL_MAX_STRING_LEN] = "", thread[64] = "", name[32];
	FILE *text = fmemopen(where, sizeof(where), "w");

	flockfile(plugin_options.out);
	if (text != NULL && place->where != 0)
		report_frames(text, place->where, " < ");
	report_line_commands(NULL);
	funlockfile(plugin_options.out);
	if (text != NULL)
		fclose(text);
	text = place->where != 0 ? fmemopen(thread, sizeof(thread), "w") : NULL;
	if (text != NULL) {
		trace_say_thread(text, place->where);
		fclose(text);
	}
	if (one == NULL)
		return;
	rte_tel_data_start_dict(one);
	rte_tel_data_add_dict_string(one, "pool", pool->mempool->name);
	evpl_compat_tel_add_uint(one, "count", place->count);
	evpl_compat_tel_add_uint(one, "oldest_ms", (uint64_t)(evpl_place_age_s(place) * 1e3));
	rte_tel_data_add_dict_string(one, "thread", thread);
	rte_tel_data_add_dict_string(one, "where", where);
	snprintf(name, sizeof(name), "place_%u", question->told);
	rte_tel_data_add_dict_container(question->data, name, one, 0);
}

static void
add_held(struct traced_pool *pool, void *arg)
{
	struct question *question = arg;
	struct place *places;
	uint64_t total;

	if (question->pool != NULL && strcmp(question->pool, pool->mempool->name) != 0)
		return;
	places = find_places(pool, &total);
	for (unsigned i = 0; places != NULL && question->told < MOST_TOLD && i < EVPL_PLACES && places[i].count > 0;
	     i++) {
		add_place(question, pool, &places[i]);
		question->told++;
	}
	free(places);
}

static int
tell_held(const char *command, const char *parameters, struct rte_tel_data *data)
{
	struct question question = {.pool = parameters != NULL && *parameters != '\0' ? parameters : NULL,
				    .data = data};

	(void)command;
	rte_tel_data_start_dict(data);
	walk_safely(add_held, &question);
	return 0;
}

void
held_begin(void)
{
	static bool begun;

	if (begun)
		return;
	begun = true;
	watch_signal();
	rte_telemetry_register_cmd("/evpl_trace/pools", tell_pools, "Traced pools and the bugs so far. No parameters");
	rte_telemetry_register_cmd(
		"/evpl_trace/held", tell_held,
		"Where the objects that are not free were taken. Parameter: a pool's name, or none for all");
}
