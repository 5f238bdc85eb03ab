/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Telemetry is asked for all it knows, while two threads move buffers through all their states.
 *
 * What would break: a census reads what the threads write. A field that is written plainly is a race (the thread
 * sanitizer says so). A buffer that changes its state while it is looked at could give figures that no program can
 * have: more packets than there are mbufs, a fill above 100 %, a whole stock of references as iovecs. A slab may go
 * back to EAL between two looks. So the threads alloc, clone, send, release each other's iovecs, go through contexts
 * and give all slabs back, and a third one asks the process's own telemetry socket.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support.h"
#include "telemetry.h"

#define ROUNDS 20000u
#define MAPS 5000u
#define SOME 16u
#define IOVECS_MAX 1000u /* more than there ever are, and less than a window's stock of references */

static const struct evpl_global_config config = {
	.slab_size = 1 << 20, .buffer_size = 16 << 10, .max_slabs = 4, .packet_mbufs = 1023};

static struct evpl_iovec given[2][SOME]; /* by each thread, for the other one to release */
static atomic_uint answers;		 /* so far */
static atomic_bool more, done;		 /* rounds; of the threads */

/* The largest number in the array of that name; 0 without one. */
static unsigned long
largest(const char *said, const char *name)
{
	const char *at = strstr(said, name);
	unsigned long most = 0;

	for (at = at != NULL ? strchr(at, '[') : NULL; at != NULL && *at != ']'; at = strpbrk(at + 1, ",]"))
		most = RTE_MAX(most, strtoul(at + 1, NULL, 10));
	return most;
}

static void *
ask_all(void *arg)
{
	static const char *const commands[] = {"/evpl/stats", "/evpl/contexts", "/evpl/slabs", "/evpl/map,0",
					       "/evpl/map,1", "/evpl/held",	"/evpl/pools"};
	int fd = *(int *)arg;

	while (!atomic_load(&done)) {
		for (unsigned i = 0; i < DIM(commands); i++) {
			char *said = telemetry_ask(fd, commands[i]);

			if (!threads_check(said != NULL))
				return NULL;
			threads_check(largest(said, "\"fill\":") <= 100);
			threads_check(largest(said, "\"packets\":") <= config.packet_mbufs);
			threads_check(largest(said, "\"iovecs\":") <= IOVECS_MAX);
			free(said);
		}
		atomic_fetch_add(&answers, 1);
	}
	return NULL;
}

/* One of each way to come home: released here, by the other thread, by a packet, with a context that ends. */
static bool
move_buffers(struct evpl *evpl, unsigned index, unsigned round)
{
	struct evpl_iovec own[SOME], clone, whole;
	struct rte_mbuf *packet;
	unsigned n = 0;

	for (; n < SOME && evpl_iovec_alloc(evpl, 700 + 100 * n, 0, 1, LOCAL, &own[n]) == 1; n++)
		;
	if (n > 0 && round % 4 == 0) {
		evpl_iovec_clone(&clone, &own[0]);
		packet = evpl_iovecs_to_mbuf(evpl, &clone, 1);
		if (packet == NULL)
			evpl_iovec_release(evpl, &clone);
		evpl_iovecs_release(evpl, own, (int)n);
		rte_pktmbuf_free(packet);
	} else {
		evpl_iovecs_release(evpl, own, (int)n);
	}
	if (evpl_iovec_alloc(evpl, 16 << 10, 0, 1, SHARED, &whole) == 1)
		evpl_iovec_release(round % 2 == 0 ? evpl : NULL, &whole);
	return threads_check(evpl_iovecs_alloc(evpl, 1000, 0, SHARED, given[index], SOME) == (int)SOME);
}

/* The thread's next context. In between everything is home, and every slab goes. */
static struct evpl *
begin_anew(struct evpl *evpl, unsigned index)
{
	evpl_destroy(evpl);
	if (!threads_meet() || (index == 0 && !threads_check(evpl_trim() > 0)) || !threads_meet())
		return NULL;
	evpl = evpl_create(NULL);
	threads_check(evpl != NULL);
	return evpl;
}

static void
move(unsigned index, void *arg)
{
	struct evpl *evpl = evpl_create(NULL);
	unsigned rounds = *(unsigned *)arg;

	threads_check(evpl != NULL);
	for (unsigned round = 0; atomic_load(&more); round++) {
		if (!move_buffers(evpl, index, round) || !threads_meet())
			break;
		evpl_iovecs_release(evpl, given[!index], SOME);
		/* Telemetry answers at least twice meanwhile. */
		if (index == 0)
			atomic_store(&more, round < rounds || atomic_load(&answers) < 2);
		if (!threads_meet())
			break;
		if (round % 256 == 255) {
			evpl = begin_anew(evpl, index);
			if (evpl == NULL)
				return;
		}
	}
	evpl_destroy(evpl);
}

/* A thread that asks by telemetry. */
struct asker {
	pthread_t thread;
	int fd;
};

/* False: the case named `name` is skipped. */
static bool
asker_begin(struct asker *asker, const char *name, void *(*ask)(void *fd))
{
	if (strstr(getenv("EVPL_TEST_EAL"), "--no-telemetry") != NULL) {
		program_skips(name, "EVPL_TEST_EAL switches telemetry off");
		return false;
	}
	assert_int_equal(evpl_init(&config), 0);
	asker->fd = telemetry_connect();
	assert_true(asker->fd >= 0);
	atomic_store(&more, true);
	assert_int_equal(pthread_create(&asker->thread, NULL, ask, &asker->fd), 0);
	return true;
}

static void
asker_end(struct asker *asker)
{
	pthread_join(asker->thread, NULL);
	close(asker->fd);
}

static void
census_while_buffers_move(void **state)
{
	unsigned rounds = threads_rounds(ROUNDS);
	struct asker asker;

	(void)state;
	if (!asker_begin(&asker, __func__, ask_all))
		return;
	threads_run(THREADS_LCORES, move, &rounds);
	atomic_store(&done, true);
	asker_end(&asker);
	assert_true(atomic_load(&answers) >= 2);
	home_assert();
	assert_int_equal(evpl_cleanup(), 0);
}

/* Each iovec leaves little of a buffer, so the current buffer changes all the time. */
static void
change_buffers(unsigned index, void *arg)
{
	struct evpl *evpl = evpl_create(NULL);
	struct evpl_iovec held, next;

	RTE_SET_USED(index);
	RTE_SET_USED(arg);
	if (!threads_check(evpl != NULL) || !threads_check(evpl_iovec_alloc(evpl, 15 << 10, 0, 1, SHARED, &held) == 1))
		return;
	while (atomic_load(&more)) {
		if (!threads_check(evpl_iovec_alloc(evpl, 15 << 10, 0, 1, SHARED, &next) == 1))
			break;
		evpl_iovec_release(NULL, &held); /* the buffer would start again if it came home before */
		evpl_iovec_move(&held, &next);
	}
	evpl_iovec_release(NULL, &held);
	evpl_destroy(evpl);
}

static void *
ask_maps(void *arg)
{
	int fd = *(int *)arg;

	for (unsigned i = threads_rounds(MAPS); i > 0; i--) {
		char *said = telemetry_ask(fd, "/evpl/map,0");

		if (!threads_check(said != NULL))
			break;
		threads_check(largest(said, "\"iovecs\":") <= IOVECS_MAX);
		free(said);
	}
	atomic_store(&more, false);
	return NULL;
}

/* A window's stock of references is bought and given back meanwhile. None of it is an iovec. */
static void
stock_of_a_changing_buffer_is_no_iovecs(void **state)
{
	struct asker asker;

	(void)state;
	if (!asker_begin(&asker, __func__, ask_maps))
		return;
	threads_run(THREADS_LCORES, change_buffers, NULL);
	asker_end(&asker);
	home_assert();
	assert_int_equal(evpl_cleanup(), 0);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(census_while_buffers_move),
		cmocka_unit_test(stock_of_a_changing_buffer_is_no_iovecs),
	};
	static const struct program program = {.name = "census", .cases = cases, .n_cases = DIM(cases), .min_cores = 2};

	if (!telemetry_begin("census"))
		return 1;
	return program_main(&program, argc, argv);
}
