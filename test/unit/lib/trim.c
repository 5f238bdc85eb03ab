/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Slabs that go: evpl_trim() and the keeper; slabs that the keeper makes ahead of need; and thousands of slabs.
 *
 * What would break: a slab that goes while something of it is held takes bytes with it. A slab that the library still
 * knows after it went is memory of others. So each case holds something (an iovec, a packet, a stash, a clone), and
 * reads it after the trim. The keeper's cases wait until the thing has happened, however long that takes.
 */
#include <errno.h>
#include <inttypes.h>

#include <rte_cycles.h>
#include <rte_log.h>

#include "logged.h"
#include "support.h"

#define KIB (1u << 10)
#define MIB (1u << 20)
#define SLABS 1500u /* each takes one of EAL's 2,560 memzones */

/* Four buffers in a slab. */
static const struct evpl_global_config small = {
	.slab_size = 64 * KIB, .buffer_size = 16 * KIB, .large_buffer_size = 64 * KIB, .packet_mbufs = 63};
static const struct evpl_global_config preallocated = {.slab_size = 64 * KIB,
						       .buffer_size = 16 * KIB,
						       .large_buffer_size = 64 * KIB,
						       .packet_mbufs = 63,
						       .preallocate_slabs = 3};
static const struct evpl_global_config watermark = {.slab_size = 64 * KIB,
						    .buffer_size = 16 * KIB,
						    .large_buffer_size = 64 * KIB,
						    .packet_mbufs = 63,
						    .high_watermark = 130 * KIB};
static const struct evpl_global_config ahead = {.slab_size = 64 * KIB,
						.buffer_size = 16 * KIB,
						.large_buffer_size = 64 * KIB,
						.packet_mbufs = 63,
						.low_watermark = 200 * KIB};
static const struct evpl_global_config idle = {.slab_size = 64 * KIB,
					       .buffer_size = 16 * KIB,
					       .large_buffer_size = 64 * KIB,
					       .packet_mbufs = 63,
					       .preallocate_slabs = 1,
					       .idle_trim_ms = 1};
static const struct evpl_global_config slowly = {
	.slab_size = 64 * KIB, .buffer_size = 16 * KIB, .packet_mbufs = 63, .idle_trim_ms = 400};
static const struct evpl_global_config many = {
	.slab_size = 1 * KIB, .buffer_size = 1 * KIB, .large_buffer_size = 1 * KIB, .packet_mbufs = 63};
static const struct evpl_global_config three_slabs = {
	.slab_size = 64 * KIB, .buffer_size = 16 * KIB, .max_slabs = 3, .packet_mbufs = 63};

static uint32_t
slabs(void)
{
	struct evpl_stats now;

	evpl_stats_get(&now);
	return now.slabs;
}

static uint64_t
slab_bytes(void)
{
	struct evpl_stats now;

	evpl_stats_get(&now);
	return now.slab_bytes;
}

/* Whole buffers; their bytes depend on their place. */
static void
take(struct evpl *evpl, struct evpl_iovec *iovecs, unsigned n, unsigned flags)
{
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(evpl_iovec_alloc(evpl, evpl_buffer_size(), 0, 1, flags, &iovecs[i]), 1);
		iovec_fill(&iovecs[i], i);
	}
}

static void
release(struct evpl *evpl, struct evpl_iovec *iovecs, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		iovec_assert(&iovecs[i], i, 0);
	evpl_iovecs_release(evpl, iovecs, (int)n);
}

/* So that nothing is in a stash or current. */
static void
end_context(void **state)
{
	struct home *home = *state;

	evpl_destroy(home->evpl);
	home->evpl = NULL;
}

static void
trim_without_init_is_0(void **state)
{
	(void)state;
	assert_int_equal(evpl_trim(), 0);
}

static void
trim_gives_back_the_bytes_of_idle_slabs(void **state)
{
	struct evpl_iovec iovec[20];
	uint64_t bytes;

	take(home_context(state), iovec, DIM(iovec), LOCAL);
	assert_true(slabs() >= 5);
	assert_int_equal(evpl_trim(), 0); /* all is held */
	release(home_context(state), iovec, DIM(iovec));
	end_context(state);
	bytes = slab_bytes();
	assert_true(bytes >= 5 * 64 * KIB);
	assert_int_equal(evpl_trim(), bytes);
	assert_int_equal(slabs(), 0);
	assert_int_equal(slab_bytes(), 0);
	assert_int_equal(evpl_trim(), 0);
}

static void
trim_logs_how_many_slabs_have_gone(void **state)
{
	uint32_t level = rte_log_get_global_level();
	struct evpl_iovec iovec[12];
	char line[80], *text;
	uint64_t bytes;
	unsigned n;

	take(home_context(state), iovec, DIM(iovec), LOCAL);
	release(home_context(state), iovec, DIM(iovec));
	end_context(state);
	n = slabs();
	rte_log_set_global_level(RTE_LOG_DEBUG);
	assert_true(rte_log_set_level_pattern("lib.evpl", RTE_LOG_DEBUG) >= 0);
	log_begin();
	bytes = evpl_trim();
	text = log_end();
	assert_true(rte_log_set_level_pattern("lib.evpl", RTE_LOG_NOTICE) >= 0);
	rte_log_set_global_level(level);
	snprintf(line, sizeof(line), "EVPL: %u slabs given back, %" PRIu64 " bytes\n", n, bytes);
	if (strstr(text, line) == NULL)
		fail_msg("no line \"%s\" in \"%s\"", line, text);
	free(text);
}

static void
trimmed_memory_comes_again(void **state)
{
	struct home *home = *state;
	struct evpl_iovec iovec[12], large;

	for (unsigned round = 0; round < 5; round++) {
		struct evpl *evpl = home_fresh(home);

		take(evpl, iovec, DIM(iovec), round & SHARED);
		assert_int_equal(evpl_iovec_alloc(evpl, 64 * KIB - 2 * GUARDS, 0, 1, LOCAL, &large), 1);
		iovec_fill(&large, 99);
		release(evpl, iovec, DIM(iovec));
		iovec_assert(&large, 99, 0);
		evpl_iovec_release(evpl, &large);
		end_context(state);
		assert_true(evpl_trim() > 0);
		assert_int_equal(slabs(), 0);
		home->evpl = evpl_create(NULL);
		assert_non_null(home->evpl);
	}
}

static void
slab_of_a_held_iovec_stays(void **state)
{
	struct evpl_iovec iovec[12];

	for (unsigned at = 0; at < DIM(iovec); at += 5) {
		struct evpl *evpl = home_fresh(*state);

		take(evpl, iovec, DIM(iovec), SHARED);
		for (unsigned i = 0; i < DIM(iovec); i++) {
			if (i != at)
				evpl_iovec_release(evpl, &iovec[i]);
		}
		end_context(state);
		assert_true(evpl_trim() > 0);
		assert_int_equal(slabs(), 1);
		iovec_assert(&iovec[at], at, 0);
		evpl_iovec_release(NULL, &iovec[at]);
		assert_true(evpl_trim() > 0);
		assert_int_equal(slabs(), 0);
		((struct home *)*state)->evpl = evpl_create(NULL);
	}
}

/* Of two segments, and a clone by DPDK that is freed after it. */
static void
slab_of_a_packet_in_flight_stays(void **state)
{
	struct rte_mempool *pool = plain_pool("clones", 7, 0);
	struct rte_mbuf *packet, *clone;
	struct evpl_iovec iovec[2];

	assert_int_equal(evpl_iovec_alloc(home_context(state), 1000, 0, 1, LOCAL, &iovec[0]), 1);
	assert_int_equal(evpl_iovec_alloc(home_context(state), 1000, 0, 1, SHARED, &iovec[1]), 1);
	iovecs_fill(iovec, 2, 7);
	packet = evpl_iovecs_to_mbuf(home_context(state), iovec, 2);
	assert_non_null(packet);
	clone = rte_pktmbuf_clone(packet, pool);
	assert_non_null(clone);
	end_context(state);
	assert_int_equal(evpl_trim(), 0);
	rte_pktmbuf_free(packet);
	assert_int_equal(evpl_trim(), 0);
	assert_int_equal(slabs(), 1);
	mbuf_assert(clone, 2000, 7);
	rte_pktmbuf_free(clone);
	assert_true(evpl_trim() > 0);
	assert_int_equal(slabs(), 0);
	rte_mempool_free(pool);
}

/* A thread that sent from a buffer keeps counts of it for future packets. */
static void
slab_that_only_a_tx_cache_keeps_goes(void **state)
{
	struct evpl_iovec iovec, clone;
	struct rte_mbuf *packet;

	assert_int_equal(evpl_iovec_alloc(home_context(state), 1000, 0, 1, SHARED, &iovec), 1);
	evpl_iovec_clone(&clone, &iovec);
	packet = evpl_iovecs_to_mbuf(home_context(state), &clone, 1);
	assert_non_null(packet);
	rte_pktmbuf_free(packet);
	evpl_iovec_release(NULL, &iovec);
	end_context(state);
	assert_true(evpl_trim() > 0);
	assert_int_equal(slabs(), 0);
}

static void
slabs_of_a_stash_and_current_buffers_stay(void **state)
{
	struct evpl_iovec iovec[3];

	take(home_context(state), iovec, DIM(iovec), LOCAL);
	release(home_context(state), iovec, DIM(iovec));
	assert_int_equal(evpl_trim(), 0);
	assert_int_equal(slabs(), 1);
	take(home_context(state), iovec, DIM(iovec), LOCAL);
	release(home_context(state), iovec, DIM(iovec));
}

static void
preallocated_slabs_stay(void **state)
{
	const struct evpl_global_config more = {.preallocate_slabs = 4};
	struct evpl_iovec iovec[24];

	assert_int_equal(slabs(), 3);
	end_context(state);
	assert_int_equal(evpl_trim(), 0);
	((struct home *)*state)->evpl = evpl_create(NULL);
	take(home_context(state), iovec, DIM(iovec), LOCAL);
	release(home_context(state), iovec, DIM(iovec));
	assert_int_equal(evpl_init(&more), 0); /* another caller wants one more to stay */
	end_context(state);
	assert_true(evpl_trim() > 0);
	assert_int_equal(slabs(), 4);
	assert_int_equal(evpl_trim(), 0);
	assert_int_equal(evpl_cleanup(), 0);
}

/* 130 KiB: three slabs of 64 KiB. */
static void
as_much_as_the_high_watermark_stays(void **state)
{
	struct evpl_iovec iovec[24];

	take(home_context(state), iovec, DIM(iovec), LOCAL);
	assert_true(slabs() >= 6);
	release(home_context(state), iovec, DIM(iovec));
	end_context(state);
	assert_true(evpl_trim() > 0);
	assert_int_equal(slabs(), 3);
}

static void
slabs_below_the_limit_come_again_after_a_trim(void **state)
{
	struct evpl_iovec iovec[12], more;

	for (unsigned round = 0; round < 3; round++) {
		struct evpl *evpl = home_fresh(*state);

		take(evpl, iovec, DIM(iovec), SHARED);
		assert_int_equal(slabs(), 3);
		assert_fails(evpl_iovec_alloc(evpl, 16 * KIB, 0, 1, LOCAL, &more), ENOMEM);
		release(evpl, iovec, DIM(iovec));
		end_context(state);
		assert_true(evpl_trim() > 0);
		assert_int_equal(slabs(), 0);
		((struct home *)*state)->evpl = evpl_create(NULL);
	}
}

/* Returns when there are so many slabs, or fails after two minutes. */
static void
wait_for_slabs(uint32_t least, uint32_t most)
{
	for (unsigned ms = 0; ms < 120000; ms++) {
		if (slabs() >= least && slabs() <= most)
			return;
		rte_delay_us_sleep(1000);
	}
	fail_msg("there are %u slabs, not %u to %u", slabs(), least, most);
}

/* 200 KiB: 13 buffers, so four slabs. */
static void
keeper_makes_slabs_before_they_are_needed(void **state)
{
	const struct home *home = *state;
	struct evpl_iovec iovec[4];

	wait_for_slabs(4, 4);
	take(home_context(state), iovec, DIM(iovec), LOCAL);
	wait_for_slabs(5, 5);
	release(home_context(state), iovec, DIM(iovec));
	assert_true(home_heap() - home->heap >= slab_bytes()); /* none is memory of others */
	assert_int_equal(evpl_trim(), 0);		       /* what the low watermark asks for stays */
}

static void
keeper_makes_large_slabs_after_the_first_large_alloc(void **state)
{
	struct evpl_stats now = {0};
	struct evpl_iovec large;

	assert_int_equal(evpl_iovec_alloc(home_context(state), 64 * KIB - 2 * GUARDS, 0, 1, LOCAL, &large), 1);
	for (unsigned ms = 0; ms < 120000 && now.large_buffers < 5; ms++) {
		rte_delay_us_sleep(1000);
		evpl_stats_get(&now);
	}
	assert_int_equal(now.large_buffers, 5);
	evpl_iovec_release(home_context(state), &large);
}

/* From before the alloc, because the keeper may look at the slab before it comes home. */
static void
keeper_leaves_slabs_until_they_were_idle_for_that_long(void **state)
{
	uint64_t ms = rte_get_tsc_hz() / 1000, began = rte_get_tsc_cycles();
	struct evpl_iovec iovec[9];
	uint32_t most;

	take(home_context(state), iovec, DIM(iovec), LOCAL);
	most = slabs();
	assert_true(most >= 2);
	release(home_context(state), iovec, DIM(iovec));
	end_context(state);
	while (slabs() == most)
		rte_delay_us_sleep(1000);
	assert_true(rte_get_tsc_cycles() - began >= slowly.idle_trim_ms * ms);
	wait_for_slabs(0, 0);
}

/*
 * It is used between any two looks of the keeper. A round in which this thread had no CPU for 100 ms does not count.
 * The case is skipped if too few rounds count in half a minute.
 */
static void
keeper_leaves_a_slab_that_is_used(void **state)
{
	uint64_t ms = rte_get_tsc_hz() / 1000, began = rte_get_tsc_cycles(), last = began, now, lasted = 0;
	struct evpl_iovec iovec;
	uint32_t n;

	take(home_context(state), &iovec, 1, LOCAL);
	for (; lasted < 4 * slowly.idle_trim_ms * ms && last - began < 30000 * ms; last = now) {
		release(home_context(state), &iovec, 1);
		end_context(state);
		rte_delay_us_sleep(1000);
		n = slabs();
		now = rte_get_tsc_cycles();
		if (now - last <= slowly.idle_trim_ms / 4 * ms) {
			assert_int_equal(n, 1);
			lasted += now - last;
		}
		((struct home *)*state)->evpl = evpl_create(NULL);
		assert_non_null(home_context(state));
		take(home_context(state), &iovec, 1, LOCAL);
	}
	release(home_context(state), &iovec, 1);
	skip_unless(lasted >= 4 * slowly.idle_trim_ms * ms, "the machine is too busy");
}

static void
keeper_gives_idle_slabs_back(void **state)
{
	struct evpl_iovec iovec[20];

	take(home_context(state), iovec, DIM(iovec), LOCAL);
	assert_true(slabs() >= 5);
	release(home_context(state), iovec, DIM(iovec));
	end_context(state);
	wait_for_slabs(1, 1);
}

static void
cleanup_that_is_refused_leaves_the_keeper_running(void **state)
{
	struct evpl_iovec iovec[4];

	take(home_context(state), iovec, DIM(iovec), LOCAL);
	assert_int_equal(evpl_cleanup(), -EBUSY);
	wait_for_slabs(5, 5);
	release(home_context(state), iovec, DIM(iovec));
}

static void
thousands_of_slabs_work_as_one(void **state)
{
	static struct evpl_iovec iovec[SLABS];
	const struct evpl_thread_config one = {.stash_buffers = 1};
	struct home *home = *state;
	struct evpl_stats now;

	evpl_destroy(home->evpl);
	home->evpl = evpl_create(&one);
	take(home->evpl, iovec, SLABS, SHARED);
	evpl_stats_get(&now);
	assert_true(now.slabs >= SLABS);
	assert_int_equal(now.buffers, now.slabs);
	assert_int_equal(now.buffers_in_use - now.buffers_current, SLABS - 1); /* the last one is current */
	/* The only free buffer, wherever it is. */
	for (unsigned i = 0; i < SLABS; i += 97) {
		void *data = iovec[i].data;

		iovec_assert(&iovec[i], i, 0);
		evpl_iovec_release(NULL, &iovec[i]);
		assert_int_equal(evpl_iovec_alloc(home->evpl, 1 * KIB, 0, 1, SHARED, &iovec[i]), 1);
		if (now.slabs == SLABS)
			assert_ptr_equal(iovec[i].data, data);
		iovec_fill(&iovec[i], i);
	}
	assert_int_equal(slabs(), now.slabs);
	release(home->evpl, iovec, SLABS);
	end_context(state);
	assert_int_equal(evpl_trim(), now.slab_bytes);
	assert_int_equal(slabs(), 0);
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test(trim_without_init_is_0),
	home_case(trim_gives_back_the_bytes_of_idle_slabs, small),
	home_case(trim_logs_how_many_slabs_have_gone, small),
	home_case(trimmed_memory_comes_again, small),
	home_case(slab_of_a_held_iovec_stays, small),
	home_case(slab_of_a_packet_in_flight_stays, small),
	home_case(slab_that_only_a_tx_cache_keeps_goes, small),
	home_case(slabs_of_a_stash_and_current_buffers_stay, small),
	home_case(preallocated_slabs_stay, preallocated),
	home_case(as_much_as_the_high_watermark_stays, watermark),
	home_case(slabs_below_the_limit_come_again_after_a_trim, three_slabs),
	home_case(keeper_makes_slabs_before_they_are_needed, ahead),
	home_case(keeper_makes_large_slabs_after_the_first_large_alloc, ahead),
	home_case(keeper_gives_idle_slabs_back, idle),
	home_case(keeper_leaves_slabs_until_they_were_idle_for_that_long, slowly),
	home_case(keeper_leaves_a_slab_that_is_used, slowly),
	home_case(cleanup_that_is_refused_leaves_the_keeper_running, ahead),
	home_case(thousands_of_slabs_work_as_one, many),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "trim", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
