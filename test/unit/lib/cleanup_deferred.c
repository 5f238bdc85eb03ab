/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_cleanup_deferred().
 *
 * What would break: memory that goes too early takes bytes with it that a packet still has. Memory that never goes is a
 * leak of everything. So each case holds one thing, reads it after the call, ends it on one thread or another, and
 * waits for the callback, however long that takes.
 */
#include <errno.h>
#include <stdatomic.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_log.h>
#include <rte_memzone.h>

#include "logged.h"
#include "stopped.h"

#define QUIET_NS 100000000u /* that all must have been home */

static atomic_uint calls;
static uint64_t ended_at; /* before `calls` counts */

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void
note(void *arg)
{
	assert_ptr_equal(arg, &calls);
	ended_at = now_ns();
	atomic_fetch_add(&calls, 1);
}

static void
wait_for_the_end(void)
{
	while (atomic_load(&calls) == 0)
		rte_delay_us_sleep(200);
	assert_int_equal(atomic_load(&calls), 1);
	assert_int_equal(evpl_buffer_size(), 0);
}

/* The library's calls come here first. One takes so long that the end would come meanwhile, if it did not wait. */
static atomic_bool is_slow;
static atomic_int calls_during; /* -1: none was slow */

int
rte_memzone_free(const struct rte_memzone *zone)
{
	int (*real)(const struct rte_memzone *);

	program_next(&real, sizeof(real), "rte_memzone_free");
	if (atomic_exchange(&is_slow, false)) {
		rte_delay_us_sleep(500000);
		atomic_store(&calls_during, (int)atomic_load(&calls));
	}
	return real(zone);
}

static struct evpl *
start(void)
{
	struct evpl *evpl;

	atomic_store(&calls, 0);
	assert_int_equal(evpl_init(&home_small), 0);
	evpl = evpl_create(NULL);
	assert_non_null(evpl);
	return evpl;
}

static int
on_slab(enum evpl_slab_event event, const struct evpl_slab_info *slab, void *arg)
{
	(void)event;
	(void)slab;
	(void)arg;
	return 0;
}

static void
on_pressure(enum evpl_pressure_event event, uint64_t used, void *arg)
{
	(void)event;
	(void)used;
	(void)arg;
}

/* Nothing new begins. */
static void
assert_refused(void)
{
	void *page = (void *)(uintptr_t)4096;

	assert_null_with(evpl_create(NULL), EPERM);
	assert_null_with(evpl_rx_pool_create("refused", 7, 0, SOCKET_ID_ANY), EPERM);
	assert_int_equal(evpl_slab_notify(on_slab, NULL), -EPERM);
	assert_int_equal(evpl_pressure_notify(1, 0, on_pressure, NULL), -EPERM);
	rte_log_set_global_level(RTE_LOG_CRIT);
	assert_int_equal(evpl_slab_add_external(page, 4096, 4096, NULL, EVPL_EXTERNAL(0), 0, NULL, NULL), -EPERM);
	if (!EVPL_IOVEC_TRACE)
		assert_null_with(evpl_process_create("refused", 0, 0), EPERM);
	rte_log_set_global_level(RTE_LOG_NOTICE);
}

/* What a program sees between the call and the end. */
static void
assert_ends_later(void)
{
	assert_int_equal(evpl_cleanup_deferred(note, &calls), 0);
	assert_int_equal(evpl_init(&home_small), -EBUSY);
	assert_refused();
	assert_int_equal(evpl_cleanup(), -EPERM);
	assert_int_equal(evpl_cleanup_deferred(note, &calls), -EPERM);
	rte_delay_us_sleep(5000);
	assert_int_equal(atomic_load(&calls), 0);
	assert_int_not_equal(evpl_buffer_size(), 0);
}

static void
nothing_held_ends_at_once(void **state)
{
	(void)state;
	evpl_destroy(start());
	assert_int_equal(evpl_cleanup_deferred(note, &calls), 0);
	assert_int_equal(atomic_load(&calls), 1);
	assert_int_equal(evpl_cleanup_deferred(NULL, NULL), -EPERM);
	assert_int_equal(evpl_init(&home_small), 0);
	assert_int_equal(evpl_cleanup_deferred(NULL, NULL), 0);
}

static void
last_iovec_ends_it(void **state)
{
	struct evpl_iovec iovec, clone;
	struct evpl *evpl = start();
	uint64_t released_at;

	(void)state;
	assert_int_equal(evpl_iovec_alloc(evpl, 1000, 0, 1, SHARED, &iovec), 1);
	iovec_fill(&iovec, 3);
	evpl_destroy(evpl);
	assert_ends_later();
	evpl_iovec_clone(&clone, &iovec);
	evpl_iovec_release(NULL, &iovec);
	rte_delay_us_sleep(5000);
	assert_int_equal(atomic_load(&calls), 0);
	iovec_assert(&clone, 3, 0);
	released_at = now_ns();
	evpl_iovec_release(NULL, &clone);
	wait_for_the_end();
	assert_true(ended_at - released_at >= QUIET_NS); /* it may be later, but not earlier */
}

static void
free_packet(void *arg)
{
	rte_pktmbuf_free(arg);
}

static void
last_packet_ends_it_on_another_thread(void **state)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;
	struct evpl *evpl = start();

	(void)state;
	assert_int_equal(evpl_iovec_alloc(evpl, 1000, 0, 1, LOCAL, &iovec), 1);
	iovec_fill(&iovec, 4);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	assert_non_null(packet);
	evpl_destroy(evpl);
	assert_ends_later();
	mbuf_assert(packet, 1000, 4);
	threads_run_elsewhere(free_packet, packet);
	wait_for_the_end();
}

static void
last_receive_buffer_ends_it(void **state)
{
	struct evpl *evpl = start();
	struct rte_mempool *pool = evpl_rx_pool_create("deferred", 63, 2048, SOCKET_ID_ANY);
	struct rte_mbuf *mbuf;

	(void)state;
	assert_non_null(pool);
	mbuf = rte_pktmbuf_alloc(pool);
	assert_non_null(mbuf);
	evpl_destroy(evpl);
	assert_ends_later();
	rte_pktmbuf_free(mbuf);
	wait_for_the_end();
}

static void
contexts_are_refused(void **state)
{
	struct evpl_iovec iovec;
	struct evpl *evpl = start();
	char *said;

	(void)state;
	assert_int_equal(evpl_iovec_alloc(evpl, 1, 0, 1, LOCAL, &iovec), 1);
	log_begin();
	assert_int_equal(evpl_cleanup_deferred(note, &calls), -EBUSY);
	said = log_end();
	assert_non_null(strstr(said, "cleanup: still held: 1 contexts, 1 buffers"));
	assert_null(strstr(said, "owe evpl_cleanup()"));
	free(said);
	evpl_iovec_release(evpl, &iovec);
	evpl_destroy(evpl);
	assert_int_equal(evpl_init(NULL), 0);
	log_begin();
	assert_int_equal(evpl_cleanup_deferred(note, &calls), -EBUSY);
	assert_logged("evpl_cleanup_deferred: 1 more callers of evpl_init() owe evpl_cleanup()");
	assert_int_equal(evpl_cleanup(), 0);
	assert_int_equal(evpl_cleanup_deferred(note, &calls), 0);
	assert_int_equal(atomic_load(&calls), 1);
}

/* The callback starts the library again. */
static void
begin_again(void *arg)
{
	atomic_int *rc = arg;

	atomic_store(rc, 1000 + evpl_init(&home_small));
}

static void
library_may_start_again_in_the_callback(void **state)
{
	struct evpl_iovec iovec;
	struct evpl *evpl = start();
	static atomic_int rc;

	(void)state;
	assert_int_equal(evpl_iovec_alloc(evpl, 1, 0, 1, SHARED, &iovec), 1);
	evpl_destroy(evpl);
	assert_int_equal(evpl_cleanup_deferred(begin_again, &rc), 0);
	evpl_iovec_release(NULL, &iovec);
	while (atomic_load(&rc) == 0)
		rte_delay_us_sleep(200);
	assert_int_equal(atomic_load(&rc), 1000);
	assert_int_equal(evpl_cleanup(), 0);
}

/* evpl_trim() has a slab in hand, which is no longer one of the library's. */
static void
end_waits_for_a_slab_that_is_given_back(void **state)
{
	struct evpl *evpl = start();
	struct evpl_iovec iovec;

	(void)state;
	assert_int_equal(evpl_iovec_alloc(evpl, 1000, 0, 1, SHARED, &iovec), 1);
	evpl_destroy(evpl);
	assert_ends_later();
	evpl_iovec_release(NULL, &iovec);
	atomic_store(&calls_during, -1);
	atomic_store(&is_slow, true);
	assert_true(evpl_trim() > 0);
	assert_int_equal(atomic_load(&calls_during), 0);
	wait_for_the_end();
}

static const struct CMUnitTest cases[] = {
	stopped_case(nothing_held_ends_at_once),
	stopped_case(last_iovec_ends_it),
	stopped_case(last_packet_ends_it_on_another_thread),
	stopped_case(last_receive_buffer_ends_it),
	stopped_case(end_waits_for_a_slab_that_is_given_back),
	stopped_case(contexts_are_refused),
	stopped_case(library_may_start_again_in_the_callback),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "cleanup_deferred", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
