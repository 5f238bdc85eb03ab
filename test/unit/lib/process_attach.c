/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_attach() at the same time as something else: the primary frees the ledger or asks who is there, another thread
 * or process attaches. The library's calls of fcntl() and of some functions of DPDK come here first. So each case stops
 * a process between two steps of the library, and lets the other process do its part.
 *
 * What would break: a process could attach to memory that the primary has freed. A dead process could look alive, and a
 * living one dead.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>

#include <rte_cycles.h>
#include <rte_malloc.h>
#include <rte_mempool.h>
#include <rte_memzone.h>

#include "pool_ops.h"
#include "process_there.h"

/* Called before and after each lock on a file of this process. */
static void (*hook)(int command, bool after);
static short lock_type; /* of that lock */

/* With 64 bits for offsets, as the library has it, this is fcntl64(). */
int
fcntl(int file, int command, ...)
{
	static int (*real)(int file, int command, ...);
	void *argument;
	va_list args;
	int rc;

	va_start(args, command);
	argument = va_arg(args, void *);
	va_end(args);
	if (real == NULL)
		program_next(&real, sizeof(real), "fcntl64");
	if (command != F_OFD_GETLK && command != F_OFD_SETLK)
		return real(file, command, argument);
	lock_type = ((const struct flock *)argument)->l_type;
	if (hook != NULL)
		hook(command, false);
	rc = real(file, command, argument);
	if (hook != NULL)
		hook(command, true);
	return rc;
}

/* The memzones of the two names: made after the child, which does not see them by itself (EAL's --no-shconf). */
static struct rte_memzone *late_zones;
#define NAMES 2u
static const char *const names[NAMES] = {"worker", "other"};
static bool is_late_child;

void
rte_memzone_walk(void (*function)(const struct rte_memzone *, void *), void *arg)
{
	static void (*real)(void (*)(const struct rte_memzone *, void *), void *);

	if (is_late_child) {
		for (unsigned i = 0; i < NAMES; i++)
			function(&late_zones[i], arg);
		return;
	}
	if (real == NULL)
		program_next(&real, sizeof(real), "rte_memzone_walk");
	real(function, arg);
}

static bool is_full;	       /* DPDK's table of mempool operations */
static atomic_uint registered; /* how often the library's operations were, in this process */
static atomic_bool other_may_go;

int
rte_mempool_register_ops(const struct rte_mempool_ops *ops)
{
	static int (*real)(const struct rte_mempool_ops *);

	if (real == NULL)
		program_next(&real, sizeof(real), "rte_mempool_register_ops");
	if (is_full)
		return -ENOSPC;
	if (strcmp(ops->name, "evpl_packet") == 0 && atomic_fetch_add(&registered, 1) == 0 && is_late_child) {
		atomic_store(&other_may_go, true);
		rte_delay_us_sleep(100000); /* the other thread comes here, if it can */
	}
	return real(ops);
}

static void *
attach_other(void *arg)
{
	while (!atomic_load(&other_may_go))
		rte_delay_us_sleep(100);
	*(struct evpl_process **)arg = evpl_attach(names[1]);
	return NULL;
}

static void
plays_two_threads(struct evpl_process *none)
{
	struct evpl_process *process, *other = none;
	pthread_t thread;

	is_late_child = true;
	there_check(pthread_create(&thread, NULL, attach_other, &other) == 0);
	process = evpl_attach(names[0]);
	atomic_store(&other_may_go, true);
	there_check(pthread_join(thread, NULL) == 0);
	there_check(atomic_load(&registered) == 1);
	there_check(process != NULL && other != NULL);
	there_check(evpl_detach(process) == 0 && evpl_detach(other) == 0);
}

/* Packets are far, and evpl_init() registers no mempool operations. So this case is the first. */
static void
create_without_room_for_operations_is_enotsup(void **state)
{
	(void)state;
	plain_builds_only();
	if (atomic_load(&registered) != 0) {
		program_skips(__func__, "another case ran before");
		return;
	}
	is_full = true;
	assert_null(evpl_process_create("worker", 0, 0));
	assert_int_equal(rte_errno, ENOTSUP);
	is_full = false;
}

/* The child has not registered the mempool operations before. So this case is the second, and packets are far. */
static void
two_threads_register_the_operations_once(void **state)
{
	struct evpl_process *processes[NAMES];
	const struct rte_memzone *zone;
	const char *skips = NULL;
	struct there there;
	char name[32];

	(void)state;
	there_only();
#ifdef TEST_THREAD_SANITIZER
	skips = "the thread sanitizer allows no threads in a child of fork()";
#endif
	if (atomic_load(&registered) != 0)
		skips = "another case ran before";
	if (skips != NULL) {
		program_skips(__func__, skips);
		return;
	}
	late_zones = rte_zmalloc(NULL, NAMES * sizeof(*late_zones), 0);
	assert_non_null(late_zones);
	there_begin(&there, NULL, plays_two_threads);
	for (unsigned i = 0; i < NAMES; i++) {
		processes[i] = evpl_process_create(names[i], 0, 0);
		assert_non_null(processes[i]);
		snprintf(name, sizeof(name), "evpl_process_%s", names[i]);
		zone = rte_memzone_lookup(name);
		assert_non_null(zone);
		late_zones[i] = *zone;
	}
	there_end(&there);
	for (unsigned i = 0; i < NAMES; i++)
		assert_int_equal(evpl_process_free(processes[i]), 0);
	rte_free(late_zones);
}

/* In the child: where it stops, so that the primary does its part. */
static int stop_command;
static bool stop_after;

static void
stop_at_hook(int command, bool after)
{
	if (command != stop_command || after != stop_after)
		return;
	hook = NULL;
	there_wait();
}

static void
plays_late(struct evpl_process *process)
{
	(void)process;
	hook = stop_at_hook;
	there_check(evpl_attach("worker") == NULL);
	there_check(rte_errno == ENOENT);
}

static void
place_that_is_freed_meanwhile_is_enoent(void **state)
{
	static const struct {
		int command;
		bool after;
	} stops[] = {{F_OFD_GETLK, false}, {F_OFD_GETLK, true}, {F_OFD_SETLK, false}};
	struct evpl_process *process;
	struct there there;

	(void)state;
	there_only();
	for (unsigned i = 0; i < DIM(stops); i++) {
		stop_command = stops[i].command;
		stop_after = stops[i].after;
		process = process_create(0, 0);
		there_begin(&there, NULL, plays_late);
		there_go(&there);
		there_waits(&there);
		assert_int_equal(evpl_process_free(process), 0);
		there_end(&there);
	}
}

static void
plays_in_time(struct evpl_process *process)
{
	hook = stop_at_hook;
	process = evpl_attach("worker");
	there_check(process != NULL);
	there_check(evpl_detach(process) == 0);
}

/* It has the lock, and no more. */
static void
place_of_a_process_that_attaches_is_not_freed(void **state)
{
	struct evpl_process *process;
	struct there there;

	(void)state;
	there_only();
	stop_command = F_OFD_SETLK;
	stop_after = true;
	process = process_create(0, 0);
	there_begin(&there, NULL, plays_in_time);
	there_go(&there);
	there_waits(&there);
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
	assert_int_equal(evpl_process_free(process), -EBUSY);
	assert_int_equal(evpl_reclaim(process, 0), -EBUSY);
	there_end(&there);
	assert_int_equal(evpl_process_free(process), 0);
}

static void
plays_nothing(struct evpl_process *process)
{
	(void)process;
}

static unsigned locks;

static void
count_locks(int command, bool after)
{
	locks += command == F_OFD_SETLK && lock_type == F_WRLCK && !after;
}

static void
plays_after_a_death(struct evpl_process *process)
{
	(void)process;
	hook = count_locks;
	there_check(evpl_attach("worker") == NULL);
	there_check(rte_errno == EOWNERDEAD);
	/* Whoever has the lock looks alive to the primary. */
	there_check(locks == 0);
}

static void
dead_process_stays_dead_while_another_one_attaches(void **state)
{
	struct evpl_process *process;
	struct there there;

	(void)state;
	there_only();
	process = process_create(0, 0);
	there_begin(&there, "worker", plays_nothing);
	there_kill(&there);
	there_begin(&there, NULL, plays_after_a_death);
	there_end(&there);
	process_assert_lent(process, EVPL_PROCESS_DEAD, 0, 0);
	assert_int_equal(evpl_reclaim(process, 0), 0);
	assert_int_equal(evpl_process_free(process), 0);
}

/* Another process that attaches, and that is killed there. */
static struct there another;

static void
plays_short_life(struct evpl_process *process)
{
	there_check(evpl_attach("worker") != NULL);
	(void)process;
	there_wait();
	there_wait();
}

static void
another_lives_and_dies(void)
{
	there_go(&another);
	there_waits(&another);
	there_kill(&another);
}

static void
plays_after_a_life(struct evpl_process *process)
{
	(void)process;
	hook = stop_at_hook;
	there_check(evpl_attach("worker") == NULL);
	there_check(rte_errno == EOWNERDEAD);
}

/* It has asked, and nobody was there. */
static void
process_that_lives_and_dies_before_the_lock_is_found(void **state)
{
	struct evpl_process *process;
	struct there there;

	(void)state;
	there_only();
	stop_command = F_OFD_SETLK;
	stop_after = false;
	process = process_create(0, 0);
	there_begin(&another, NULL, plays_short_life);
	there_begin(&there, NULL, plays_after_a_life);
	there_go(&there);
	there_waits(&there);
	another_lives_and_dies();
	there_end(&there);
	process_assert_lent(process, EVPL_PROCESS_DEAD, 0, 0);
	assert_int_equal(evpl_reclaim(process, 0), 0);
	assert_int_equal(evpl_process_free(process), 0);
}

static void
life_before_the_lock(int command, bool after)
{
	if (command != F_OFD_SETLK || after)
		return;
	hook = NULL;
	another_lives_and_dies();
}

/* The primary has seen that nobody is there, and is about to lock the file. */
static void
place_is_not_freed_with_what_a_dead_process_left(void **state)
{
	struct evpl_process *process;
	struct there there;

	(void)state;
	there_only();
	process = process_create(0, 0);
	there_begin(&another, NULL, plays_short_life);
	hook = life_before_the_lock;
	assert_int_equal(evpl_process_free(process), -EBUSY);
	assert_null(hook);
	process_assert_lent(process, EVPL_PROCESS_DEAD, 0, 0);
	there_begin(&there, NULL, plays_after_a_death); /* the primary has unlocked the file */
	there_end(&there);
	assert_int_equal(evpl_reclaim(process, 0), 0);
	assert_int_equal(evpl_process_free(process), 0);
}

static struct there again;

/* While the primary asks: before, the process leaves; afterwards it is there again. */
static void
turn(int command, bool after)
{
	if (command != F_OFD_GETLK)
		return;
	if (after)
		hook = NULL;
	there_go(&again);
	there_waits(&again);
}

static void
plays_again(struct evpl_process *process)
{
	there_check(evpl_detach(process) == 0);
	there_wait();
	process = evpl_attach("worker");
	there_check(process != NULL);
	there_wait();
	there_check(evpl_detach(process) == 0);
}

static void
process_that_attaches_again_is_not_dead(void **state)
{
	struct evpl_process *process;

	(void)state;
	there_only();
	process = process_create(0, 0);
	there_begin(&again, "worker", plays_again);
	hook = turn;
	process_assert_lent(process, EVPL_PROCESS_ATTACHED, 0, 0);
	there_end(&again);
	assert_int_equal(evpl_process_free(process), 0);
}

int
main(int argc, char **argv)
{
	static const struct evpl_global_config far = {
		.slab_size = 1 << 20, .buffer_size = 64 << 10, .packet_mbufs = 63, .far_packets = true};
	static const struct CMUnitTest cases[] = {
		home_case(create_without_room_for_operations_is_enotsup, far),
		home_case(two_threads_register_the_operations_once, far),
		home_case(place_that_is_freed_meanwhile_is_enoent, home_small),
		home_case(place_of_a_process_that_attaches_is_not_freed, home_small),
		home_case(dead_process_stays_dead_while_another_one_attaches, home_small),
		home_case(process_that_lives_and_dies_before_the_lock_is_found, home_small),
		home_case(place_is_not_freed_with_what_a_dead_process_left, home_small),
		home_case(process_that_attaches_again_is_not_dead, home_small),
	};
	static const struct program program = {.name = "process_attach", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
