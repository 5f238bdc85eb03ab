/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_init, evpl_buffer_size.
 *
 * What would break: sizes could wrap (a buffer size near 4 GiB would round up to 0). An init that fails could keep
 * memory. Two users of the library in one process could get sizes that they did not ask for. So EAL's heap is measured
 * before and after everything, and the same sizes are asked for again and again.
 */
#include <limits.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_log.h>

#include "stopped.h"
#include "zone_lies.h"

#define KIB (1u << 10)
#define MIB (1u << 20)

static void
init_with_null_takes_the_defaults(void **state)
{
	struct evpl_stats stats;
	struct evpl_iovec iovec;
	struct evpl *evpl;

	(void)state;
	assert_int_equal(evpl_init(NULL), 0);
	assert_int_equal(evpl_buffer_size(), EVPL_DEFAULT_BUFFER_SIZE);
	evpl_stats_get(&stats);
	assert_int_equal(stats.slabs, 0);
	evpl = evpl_create(NULL);
	assert_non_null(evpl);
	assert_int_equal(evpl_iovec_alloc(evpl, 1, 0, 1, LOCAL, &iovec), 1);
	evpl_stats_get(&stats);
	assert_int_equal(stats.contexts, 1);
	assert_int_equal(stats.slabs, 1);
	assert_true(stats.slab_bytes >= EVPL_DEFAULT_SLAB_SIZE);
	assert_int_equal(stats.buffers, EVPL_DEFAULT_SLAB_SIZE / EVPL_DEFAULT_BUFFER_SIZE);
	assert_int_equal(stats.packet_mbufs, EVPL_DEFAULT_PACKET_MBUFS);
	evpl_iovec_release(evpl, &iovec);
	evpl_destroy(evpl);
	home_assert();
	assert_int_equal(evpl_cleanup(), 0);
}

static void
init_with_sizes_out_of_range_is_einval(void **state)
{
	const struct evpl_global_config bad[] = {
		{.buffer_size = 1},
		{.buffer_size = 64},
		{.buffer_size = EVPL_MIN_BUFFER_SIZE - 1},
		{.slab_size = 1},
		{.slab_size = EVPL_MIN_BUFFER_SIZE - 1},
		{.slab_size = MIB, .buffer_size = MIB + 1},
		{.slab_size = 64 * KIB, .buffer_size = 2 * MIB},
		{.slab_size = (UINT64_C(64) << 30) + 1},
		{.slab_size = UINT64_MAX},
		{.slab_size = UINT64_MAX, .buffer_size = UINT32_MAX},
		{.slab_size = UINT64_C(64) << 30, .buffer_size = UINT32_MAX}, /* rounds up to 4 GiB: no 32-bit number */
		{.max_slabs = EVPL_MAX_SLABS + 1},
		{.max_slabs = UINT_MAX},
		{.preallocate_slabs = EVPL_MAX_SLABS + 1},
		{.preallocate_slabs = 3, .max_slabs = 2},
		{.preallocate_slabs = UINT_MAX},
		{.packet_mbufs = UINT_MAX},
	};

	(void)state;
	for (unsigned i = 0; i < DIM(bad); i++) {
		int rc = evpl_init(&bad[i]);

		if (rc != -EINVAL)
			fail_msg("configuration %u: %d", i, rc);
		assert_int_equal(home_heap(), stopped_heap);
	}
	assert_int_equal(evpl_buffer_size(), 0);
}

/* What depends on the size of a cache line: 64 bytes, or 128 on arm64. */
#define LINES(of_64, of_128) (RTE_CACHE_LINE_SIZE == 64 ? (of_64) : (of_128))

static void
init_with_odd_buffer_sizes_rounds_them_up(void **state)
{
	const struct {
		uint32_t asked, got;
	} size[] = {{1024, 1024},
		    {1025, LINES(1088, 1152)},
		    {99999, LINES(100032, 100096)},
		    {100000, LINES(100032, 100096)},
		    {65535, 65536},
		    {65537, LINES(65600, 65664)}};

	(void)state;
	for (unsigned i = 0; i < DIM(size); i++) {
		const struct evpl_global_config config = {
			.slab_size = MIB, .buffer_size = size[i].asked, .preallocate_slabs = 1, .packet_mbufs = 63};
		struct evpl_stats stats;

		assert_int_equal(evpl_init(&config), 0);
		assert_int_equal(evpl_buffer_size(), size[i].got);
		evpl_stats_get(&stats);
		assert_int_equal(stats.buffers, (MIB + size[i].got - 1) / size[i].got); /* a whole number, rounded up */
		assert_true(stats.slab_bytes >= (uint64_t)stats.buffers * size[i].got);
		home_assert();
		assert_int_equal(evpl_cleanup(), 0);
	}
}

/* A buffer must be contiguous for a device: where addresses are physical, no more than a huge page is sure to be. */
static uint32_t
largest_buffer(void)
{
	return rte_eal_iova_mode() == RTE_IOVA_PA ? 2 * MIB : UINT32_MAX;
}

static void
init_with_slab_of_one_buffer_works(void **state)
{
	const uint32_t size[] = {KIB, 64 * KIB, 100000, 2 * MIB, 32 * MIB};

	(void)state;
	for (unsigned i = 0; i < DIM(size) && size[i] <= largest_buffer() && size[i] <= rte_eal_get_physmem_size() / 8;
	     i++) {
		const struct evpl_global_config config = {
			.slab_size = size[i], .buffer_size = size[i], .preallocate_slabs = 2, .packet_mbufs = 63};
		struct evpl_stats stats;

		assert_int_equal(evpl_init(&config), 0);
		evpl_stats_get(&stats);
		assert_int_equal(stats.slabs, 2);
		assert_int_equal(stats.buffers, 2);
		home_assert();
		assert_int_equal(evpl_cleanup(), 0);
	}
}

static void
init_with_one_size_fits_the_other_to_it(void **state)
{
	const struct evpl_global_config large_buffer = {.buffer_size = 32 * MIB, .packet_mbufs = 63};
	const struct evpl_global_config small_slab = {
		.slab_size = 16 * KIB, .preallocate_slabs = 1, .packet_mbufs = 63};

	/* The default of one is no reason to refuse the other. */
	(void)state;
	assert_int_equal(evpl_init(&large_buffer), 0);
	assert_int_equal(evpl_buffer_size(), 32 * MIB);
	assert_int_equal(evpl_cleanup(), 0);

	assert_int_equal(evpl_init(&small_slab), 0);
	assert_int_equal(evpl_buffer_size(), 16 * KIB);
	home_assert();
	assert_int_equal(evpl_cleanup(), 0);
}

static void
init_with_preallocation_beyond_memory_is_enomem_and_keeps_nothing(void **state)
{
	const struct evpl_global_config config = {.slab_size = 64 * MIB, .preallocate_slabs = 100};
	uint32_t level = rte_log_get_global_level();

	(void)state;
	rte_log_set_global_level(RTE_LOG_CRIT); /* it says so in the log */
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(evpl_init(&config), -ENOMEM);
		assert_int_equal(evpl_buffer_size(), 0);
		assert_int_equal(home_heap(), stopped_heap);
	}
	rte_log_set_global_level(level);
}

static void
init_twice_counts_its_callers(void **state)
{
	const struct evpl_global_config config = {.slab_size = MIB, .buffer_size = 16 * KIB, .packet_mbufs = 100};
	const struct evpl_global_config partly = {.buffer_size = 16 * KIB};
	const struct evpl_global_config all = {
		.slab_size = MIB, .buffer_size = 16 * KIB, .packet_mbufs = 100, .max_slabs = EVPL_MAX_SLABS};

	(void)state;
	assert_int_equal(evpl_init(&config), 0);
	assert_int_equal(evpl_init(&config), 0);
	assert_int_equal(evpl_init(NULL), 0);
	assert_int_equal(evpl_init(&partly), 0);
	assert_int_equal(evpl_init(&all), 0);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(evpl_buffer_size(), 16 * KIB);
		assert_int_equal(evpl_cleanup(), 0);
	}
	assert_int_equal(evpl_buffer_size(), 0);
}

static void
init_with_another_configuration_is_ealready_and_uncounted(void **state)
{
	const struct evpl_global_config config = {.slab_size = MIB, .buffer_size = 16 * KIB, .packet_mbufs = 100};
	const struct evpl_global_config other[] = {{.slab_size = 2 * MIB},
						   {.buffer_size = 64 * KIB},
						   {.packet_mbufs = 101},
						   {.max_slabs = 7},
						   {.slab_size = MIB, .buffer_size = 32 * KIB}};
	const struct evpl_global_config impossible = {.buffer_size = 1};

	(void)state;
	assert_int_equal(evpl_init(&config), 0);
	for (unsigned i = 0; i < DIM(other); i++)
		assert_int_equal(evpl_init(&other[i]), -EALREADY);
	assert_int_equal(evpl_init(&impossible), -EINVAL);
	assert_int_equal(evpl_buffer_size(), 16 * KIB);
	assert_int_equal(evpl_cleanup(), 0);
	assert_int_equal(evpl_buffer_size(), 0);
}

static void
init_again_with_zeros_is_whatever_it_is(void **state)
{
	/* Sizes that do not divide each other: rounding the wish with the defaults would give another slab. */
	const struct evpl_global_config config = {.slab_size = 4 * MIB, .buffer_size = 100 * KIB};
	const struct evpl_global_config slab = {.slab_size = 4 * MIB}, buffer = {.buffer_size = 100 * KIB};

	(void)state;
	assert_int_equal(evpl_init(&config), 0);
	assert_int_equal(evpl_init(&slab), 0);
	assert_int_equal(evpl_init(&buffer), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(evpl_cleanup(), 0);
}

static void
init_before_eal_is_enodev(void **state)
{
	(void)state;
	child_assert_ends("before_eal");
}

static void
calls_without_init_fail(void **state)
{
	const struct evpl_stats zero = {0};
	struct evpl_stats stats;

	(void)state;
	assert_null_with(evpl_create(NULL), EPERM);
	assert_null_with(evpl_rx_pool_create("none", 63, 0, SOCKET_ID_ANY), EPERM);
	assert_int_equal(evpl_buffer_size(), 0);
	memset(&stats, 0xFF, sizeof(stats));
	evpl_stats_get(&stats);
	assert_memory_equal(&stats, &zero, sizeof(stats));
}

static void
before_eal(void)
{
	if (evpl_init(NULL) != -ENODEV || evpl_create(NULL) != NULL || evpl_cleanup() != -EPERM)
		abort();
}

static const struct child child = {.name = "before_eal", .run = before_eal, .without_eal = true};

/* The oldest slabs of small buffers, whatever was made before them. */
static void
slabs_that_a_later_init_keeps_are_of_small_buffers(void **state)
{
	struct evpl_global_config config = {
		.slab_size = MIB, .buffer_size = 64 * KIB, .large_buffer_size = 512 * KIB, .packet_mbufs = 63};
	struct evpl_iovec large, small;
	struct evpl_stats stats;
	struct evpl *evpl;

	(void)state;
	assert_int_equal(evpl_init(&config), 0);
	evpl = evpl_create(NULL);
	assert_non_null(evpl);
	assert_int_equal(evpl_iovec_alloc(evpl, 512 * KIB, 0, 1, LOCAL, &large), 1);
	assert_int_equal(evpl_iovec_alloc(evpl, 100, 0, 1, LOCAL, &small), 1);
	evpl_stats_get(&stats);
	assert_int_equal(stats.slabs, 2);
	config.preallocate_slabs = 1;
	assert_int_equal(evpl_init(&config), 0);
	evpl_iovec_release(evpl, &large);
	evpl_iovec_release(evpl, &small);
	evpl_destroy(evpl);
	assert_true(evpl_trim() > 0);
	evpl_stats_get(&stats);
	assert_int_equal(stats.slabs, 1);
	assert_int_equal(stats.buffers, MIB / (64 * KIB)); /* a slab of large buffers has two */
	assert_int_equal(evpl_cleanup(), 0);
	assert_int_equal(evpl_cleanup(), 0);
}

/* So that they have room for one buffer. */
static void
slabs_are_as_large_as_large_buffers(void **state)
{
	const struct evpl_global_config config = {
		.large_buffer_size = 32 * MIB, .preallocate_slabs = 1, .packet_mbufs = 63};
	struct evpl_stats stats;

	(void)state;
	assert_int_equal(evpl_init(&config), 0);
	evpl_stats_get(&stats);
	assert_int_equal(stats.slabs, 1);
	assert_true(stats.slab_bytes >= 32 * MIB);
	assert_int_equal(evpl_cleanup(), 0);
}

/* With one class of buffers, a page before each costs little only if a buffer has 16 pages. */
static void
buffers_of_less_than_16_pages_have_no_page_before_them(void **state)
{
	const struct evpl_global_config config = {.slab_size = 600 * KIB,
						  .buffer_size = 60 * KIB,
						  .large_buffer_size = 60 * KIB,
						  .preallocate_slabs = 1,
						  .packet_mbufs = 63};
	struct evpl_stats stats;

	(void)state;
	skip_unless(!rte_eal_has_hugepages(), "slabs on huge pages are whole pages");
	assert_int_equal(evpl_init(&config), 0);
	evpl_stats_get(&stats);
	assert_int_equal(stats.buffers, 10);
	assert_in_range(stats.slab_bytes, 600 * KIB, 601 * KIB);
	assert_int_equal(evpl_cleanup(), 0);
}

/* evpl_init() asks for the lcore after one for which it has made a helper. It waits here for what the helper does. */
static bool init_waits;

unsigned
rte_get_next_lcore(unsigned lcore, int skip_main, int wrap)
{
	unsigned (*real)(unsigned, int, int);

	program_next(&real, sizeof(real), "rte_get_next_lcore");
	if (init_waits && lcore < RTE_MAX_LCORE && lcore != rte_lcore_id() &&
	    rte_lcore_to_socket_id(lcore) == rte_socket_id()) {
		for (unsigned ms = 0; atomic_load(&zone_lies.others) == 0 && ms < 60000; ms++)
			rte_delay_us_sleep(1000);
	}
	return real(lcore, skip_main, wrap);
}

/* Helpers are on the caller's node. */
static bool
has_another_lcore(void)
{
	for (unsigned lcore = 0; lcore < RTE_MAX_LCORE; lcore++) {
		if (rte_lcore_is_enabled(lcore) && lcore != rte_lcore_id() &&
		    rte_lcore_to_socket_id(lcore) == rte_socket_id())
			return true;
	}
	return false;
}

static void
helpers_reserve_slabs(void **state)
{
	const struct evpl_global_config config = {
		.slab_size = MIB, .buffer_size = 64 * KIB, .preallocate_slabs = 8, .packet_mbufs = 63};

	(void)state;
	skip_unless(has_another_lcore(), "there is one lcore on this node");
	zone_lies_begin();
	init_waits = true;
	assert_int_equal(evpl_init(&config), 0);
	init_waits = false;
	assert_in_range(atomic_load(&zone_lies.others), 1, 8);
	home_assert();
	assert_int_equal(evpl_cleanup(), 0);
}

static const struct CMUnitTest cases[] = {
	stopped_case(slabs_that_a_later_init_keeps_are_of_small_buffers),
	stopped_case(init_with_null_takes_the_defaults),
	stopped_case(init_with_sizes_out_of_range_is_einval),
	stopped_case(init_with_odd_buffer_sizes_rounds_them_up),
	stopped_case(init_with_slab_of_one_buffer_works),
	stopped_case(buffers_of_less_than_16_pages_have_no_page_before_them),
	stopped_case(slabs_are_as_large_as_large_buffers),
	stopped_case(helpers_reserve_slabs),
	stopped_case(init_with_one_size_fits_the_other_to_it),
	stopped_case(init_with_preallocation_beyond_memory_is_enomem_and_keeps_nothing),
	stopped_case(init_twice_counts_its_callers),
	stopped_case(init_with_another_configuration_is_ealready_and_uncounted),
	stopped_case(init_again_with_zeros_is_whatever_it_is),
	stopped_case(init_before_eal_is_enodev),
	stopped_case(calls_without_init_fail),
};

int
main(int argc, char **argv)
{
	const struct program program = {
		.name = "init", .cases = cases, .n_cases = DIM(cases), .children = &child, .n_children = 1};

	return program_main(&program, argc, argv);
}
