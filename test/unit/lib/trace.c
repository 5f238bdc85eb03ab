/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a tracing build reports about held iovecs, and what it must not report. The bugs that it has to find are in
 * misuse/zoo.
 *
 * What would break: a report is made while other threads take and release. So it reads records that change, and an age
 * is the difference of two clocks. Whether an mbuf is free is read from an lcore's cache, which may change meanwhile.
 */
#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <rte_lcore.h>

#include "support.h"

#define tracing_builds_only() skip_unless(EVPL_IOVEC_TRACE, "a plain build knows nothing of it")

struct told {
	uint64_t iovecs, bytes; /* of the first line */
	unsigned places;
	double youngest, oldest; /* of the places' ages */
	char text[4096];
};

static bool
report(struct told *told)
{
	FILE *out = fmemopen(told->text, sizeof(told->text), "w");
	const char *line;

	if (out == NULL)
		return false;
	evpl_leak_report(out);
	fclose(out);
	told->places = 0;
	told->youngest = 1e300;
	told->oldest = -1e300;
	if (sscanf(told->text, "evpl_leak_report: iovecs are held: %" SCNu64 " iovec%*[s,] %" SCNu64 " bytes",
		   &told->iovecs, &told->bytes) != 2)
		return false;
	for (line = strchr(told->text, '\n') + 1; *line != '\0'; line = strchr(line, '\n') + 1) {
		uint64_t iovecs, bytes;
		double age;

		if (sscanf(line, " %" SCNu64 " iovec%*[s,] %" SCNu64 " bytes, oldest %lf s, taken by evpl_", &iovecs,
			   &bytes, &age) != 3)
			return false;
		told->youngest = RTE_MIN(told->youngest, age);
		told->oldest = RTE_MAX(told->oldest, age);
		told->places++;
	}
	return true;
}

static void
report_counts_what_is_held_by_place(void **state)
{
	struct evpl *evpl = home_context(state);
	static struct evpl_iovec iovec[300], clone[10], moved;
	struct told told;

	tracing_builds_only();
	assert_true(report(&told));
	assert_int_equal(told.iovecs, 0);
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned i = 0; i < DIM(iovec); i++)
			assert_int_equal(evpl_iovec_alloc(evpl, 100, 0, 1, flags, &iovec[i]), 1);
		for (unsigned i = 0; i < DIM(clone); i++)
			evpl_iovec_clone_segment(&clone[i], &iovec[i], 0, 50);
		evpl_iovec_move(&moved, &iovec[299]);
		assert_true(report(&told));
		assert_int_equal(told.iovecs, 310);
		assert_int_equal(told.bytes, 30000 + 500);
		assert_int_equal(told.places, 3);
		assert_non_null(strstr(told.text, "  299 iovecs, 29900 bytes, "));
		assert_non_null(strstr(told.text, "  10 iovecs, 500 bytes, "));
		assert_non_null(strstr(told.text, "  1 iovec, 100 bytes, "));
		assert_non_null(strstr(told.text, "taken by evpl_iovec_clone_segment in report_counts_"));
		evpl_iovec_release(evpl, &moved);
		evpl_iovecs_release(evpl, iovec, 299);
		evpl_iovecs_release(evpl, clone, DIM(clone));
		assert_true(report(&told));
		assert_int_equal(told.iovecs, 0);
		assert_int_equal(told.bytes, 0);
		assert_int_equal(told.places, 0);
	}
}

static void
report_tells_the_age(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec;
	struct told told;

	tracing_builds_only();
	assert_int_equal(evpl_iovec_alloc(evpl, 100, 0, 1, LOCAL, &iovec), 1);
	assert_true(report(&told));
	assert_true(told.youngest >= 0 && told.oldest < 600);
	usleep(600000);
	assert_true(report(&told));
	assert_true(told.youngest >= 0.5 && told.oldest < 600);
	evpl_iovec_release(evpl, &iovec);
}

static void
take_or_report(unsigned index, void *arg)
{
	volatile bool *done = arg;
	struct evpl_iovec iovec[64];
	struct told told;
	struct evpl *evpl;

	if (index == 0) {
		for (unsigned i = 0; i < threads_rounds(2000) && !threads_failed(); i++) {
			threads_check(report(&told));
			threads_check(told.places == 0 || (told.youngest >= 0 && told.oldest < 600));
		}
		*done = true;
		return;
	}
	evpl = evpl_create(NULL);
	threads_check(evpl != NULL);
	while (!*done && !threads_failed()) {
		for (unsigned i = 0; i < DIM(iovec); i++)
			threads_check(evpl_iovec_alloc(evpl, 64, 8, 1, LOCAL, &iovec[i]) == 1);
		evpl_iovecs_release(evpl, iovec, DIM(iovec));
	}
	evpl_destroy(evpl);
}

static void
report_while_another_thread_takes_has_no_age_from_the_future(void **state)
{
	volatile bool done = false;

	(void)state;
	tracing_builds_only();
	two_lcores_only();
	threads_run(THREADS_LCORES, take_or_report, (void *)(uintptr_t)&done);
}

static void *
end_of_filling(void *arg)
{
	struct rte_mempool_cache *cache = arg;

	usleep(5000);
	__atomic_store_n(&cache->len, 0, __ATOMIC_RELEASE);
	return NULL;
}

static void
from_mbuf_while_another_lcore_fills_its_cache_is_no_bug(void **state)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create("cached", 255, 32, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	unsigned other = rte_get_next_lcore((unsigned)-1, 1, 0);
	struct rte_mempool_cache *cache;
	struct evpl_iovec iovec;
	struct rte_mbuf *mbuf;
	pthread_t thread;

	assert_non_null(pool);
	mbuf = filled_mbuf(pool, 100, 1);
	/*
	 * That lcore had the mbuf in its cache once, and is adding to it now: it has raised the length, and the place
	 * is still to be written. Done here by hand, and for some milliseconds instead of nanoseconds.
	 */
	cache = rte_mempool_default_cache(pool, other == RTE_MAX_LCORE ? rte_lcore_id() : other);
	assert_non_null(cache);
	if (other != RTE_MAX_LCORE) {
		cache->objs[0] = mbuf;
		__atomic_store_n(&cache->len, 1, __ATOMIC_RELEASE);
		assert_int_equal(pthread_create(&thread, NULL, end_of_filling, cache), 0);
	}
	assert_int_equal(evpl_iovecs_from_mbuf(home_context(state), mbuf, LOCAL, 1, &iovec), 1);
	iovec_assert(&iovec, 1, 0);
	if (other != RTE_MAX_LCORE)
		pthread_join(thread, NULL);
	evpl_iovec_release(home_context(state), &iovec);
	home_assert_pool(pool, 255);
	rte_mempool_free(pool);
}

/* What lies around the segment are the program's bytes, though they are as guards are. */
static void
a_segment_in_place_is_released_as_all_of_it_was_taken(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned offset = 0; offset <= 32; offset += 16) {
			assert_int_equal(evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec), 1);
			memset(evpl_iovec_data(&iovec), 0xFA, 64);
			evpl_iovec_move_segment(&iovec, &iovec, offset, 32);
			evpl_iovec_release(evpl, &iovec);
		}
	}
}

static const struct CMUnitTest cases[] = {
	home_case(report_counts_what_is_held_by_place, home_small),
	home_case(report_tells_the_age, home_small),
	home_case(report_while_another_thread_takes_has_no_age_from_the_future, home_small),
	home_case(from_mbuf_while_another_lcore_fills_its_cache_is_no_bug, home_small),
	home_case(a_segment_in_place_is_released_as_all_of_it_was_taken, home_small),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "trace", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
