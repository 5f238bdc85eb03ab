/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <sched.h>

#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pause.h>

#include "pool_ops.h"
#include "support.h"

#define TWO 2
#define SPINS_BEFORE_YIELD 100000 /* on a loaded machine the other thread may not be running */

static unsigned n_threads; /* that run */
static atomic_uint arrived, departed;
static atomic_bool failed;
static char failure[512];

struct thread {
	pthread_t id;
	unsigned index;
	cpu_set_t cores;
	threads_function function;
	void *arg;
};

bool
threads_failed(void)
{
	return atomic_load_explicit(&failed, memory_order_relaxed);
}

bool
threads_note(bool held, const char *expression, const char *file, int line)
{
	static atomic_flag first = ATOMIC_FLAG_INIT;

	if (held)
		return true;
	if (!atomic_flag_test_and_set(&first))
		snprintf(failure, sizeof(failure), "%s:%d: %s", file, line, expression);
	atomic_store(&failed, true);
	return false;
}

bool
threads_meet(void)
{
	/* The quotient distinguishes the rounds, so the barrier needs no reset. */
	unsigned round = atomic_fetch_add(&arrived, 1) / n_threads;
	unsigned spins = 0;

	while (atomic_load(&arrived) < (round + 1) * n_threads) {
		if (threads_failed())
			return false;
		if (++spins > SPINS_BEFORE_YIELD || n_threads > TWO)
			sched_yield();
		rte_pause();
	}
	return !threads_failed();
}

static void *
run_pinned(void *arg)
{
	struct thread *thread = arg;

	threads_check(pthread_setaffinity_np(pthread_self(), sizeof(thread->cores), &thread->cores) == 0);
	thread->function(thread->index, thread->arg);
	atomic_fetch_add(&departed, 1);
	return NULL;
}

static int
run_on_lcore(void *arg)
{
	struct thread *thread = arg;

	thread->function(thread->index, thread->arg);
	/* The sanitizer does not see how EAL hands over at the end of an lcore's function. It sees this addition. */
	atomic_fetch_add(&departed, 1);
	return 0;
}

static void
start_plain(struct thread *thread)
{
	assert_int_equal(pthread_create(&thread->id, NULL, run_pinned, thread), 0);
}

static cpu_set_t
core_of(unsigned lcore)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((unsigned)rte_lcore_to_cpu_id((int)lcore), &set);
	return set;
}

static void
begin(unsigned n)
{
	n_threads = n;
	atomic_store(&arrived, 0);
	atomic_store(&departed, 0);
}

/* Waits until all have departed, which is what the sanitizer sees of it. */
static void
end(void)
{
	while (atomic_load(&departed) < n_threads)
		rte_pause();
	if (threads_failed())
		fail_msg("%s", failure);
}

void
threads_run(enum threads_kind kind, threads_function function, void *arg)
{
	unsigned other = rte_get_next_lcore((unsigned)-1, 1, 0);
	struct thread thread[TWO];

	assert_int_not_equal(other, RTE_MAX_LCORE);
	begin(TWO);
	for (unsigned i = 0; i < TWO; i++)
		thread[i] = (struct thread){.index = i, .function = function, .arg = arg};
	thread[0].cores = core_of(rte_get_main_lcore());
	thread[1].cores = core_of(other);

	switch (kind) {
	case THREADS_LCORES:
		assert_int_equal(rte_eal_remote_launch(run_on_lcore, &thread[1], other), 0);
		run_on_lcore(&thread[0]);
		rte_eal_wait_lcore(other);
		break;
	case THREADS_PLAIN:
		start_plain(&thread[0]);
		start_plain(&thread[1]);
		pthread_join(thread[0].id, NULL);
		pthread_join(thread[1].id, NULL);
		break;
	case THREADS_MIXED:
		thread[1].cores = thread[0].cores;
		assert_int_equal(rte_eal_remote_launch(run_on_lcore, &thread[0], other), 0);
		start_plain(&thread[1]);
		/*
		 * Join the plain thread first, because joining sleeps. Waiting for an lcore spins, on the core that the
		 * other needs.
		 */
		pthread_join(thread[1].id, NULL);
		rte_eal_wait_lcore(other);
		break;
	}
	end();
}

void
threads_run_many(unsigned n, bool pinned, threads_function function, void *arg)
{
	unsigned other = rte_get_next_lcore((unsigned)-1, 1, 0);
	cpu_set_t cores[TWO] = {core_of(rte_get_main_lcore()), core_of(other)}, both;
	struct thread threads[THREADS_MANY];

	assert_int_not_equal(other, RTE_MAX_LCORE);
	assert_in_range(n, 1, THREADS_MANY);
	CPU_OR(&both, &cores[0], &cores[1]);
	begin(n);
	for (unsigned i = 0; i < n; i++)
		threads[i] = (struct thread){
			.index = i, .cores = pinned ? cores[i % TWO] : both, .function = function, .arg = arg};
	for (unsigned i = 0; i < n; i++)
		start_plain(&threads[i]);
	for (unsigned i = 0; i < n; i++)
		pthread_join(threads[i].id, NULL);
	end();
}

unsigned
threads_rounds(unsigned n)
{
#ifdef TEST_THREAD_SANITIZER
	return n / 10;
#else
	return n;
#endif
}

struct elsewhere {
	void (*function)(void *arg);
	void *arg;
};

static void
run_elsewhere(unsigned index, void *arg)
{
	struct elsewhere *elsewhere = arg;

	(void)index;
	elsewhere->function(elsewhere->arg);
}

void
threads_run_elsewhere(void (*function)(void *arg), void *arg)
{
	struct elsewhere elsewhere = {function, arg};
	unsigned other = rte_get_next_lcore((unsigned)-1, 1, 0);
	cpu_set_t core = core_of(other == RTE_MAX_LCORE ? rte_get_main_lcore() : other);
	struct thread thread = {.cores = core, .function = run_elsewhere, .arg = &elsewhere};

	start_plain(&thread);
	pthread_join(thread.id, NULL);
	if (threads_failed())
		fail_msg("%s", failure);
}
