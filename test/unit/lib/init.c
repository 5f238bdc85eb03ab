/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_init, evpl_cleanup, evpl_stats_get, evpl_buffer_size.
 *
 * What would break: sizes could wrap (a buffer size near 4 GiB would round up to 0). A failed init, or a cleanup, could
 * keep memory. A cleanup could free slabs that are in use. Two users of the library in one process could stop each
 * other. So EAL's heap is measured before and after everything, each holder is tried alone against cleanup, and the
 * same sizes are asked for again and again.
 */
#include <limits.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <rte_memzone.h>

#include "support.h"

#define KIB (1u << 10)
#define MIB (1u << 20)

static size_t heap;

static int
setup(void **state)
{
	(void)state;
	if (evpl_buffer_size() != 0)
		fail_msg("not run: an earlier case failed and left the library running");
	heap = home_heap();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	assert_int_equal(evpl_cleanup(), -EPERM); /* as often cleaned up as started */
	assert_int_equal(home_heap(), heap);
	return 0;
}

#define init_case(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

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
		assert_int_equal(home_heap(), heap);
	}
	assert_int_equal(evpl_buffer_size(), 0);
}

static void
init_with_odd_buffer_sizes_rounds_them_up(void **state)
{
	const struct {
		uint32_t asked, got;
	} size[] = {{1024, 1024}, {1025, 1088}, {99999, 100032}, {100000, 100032}, {65535, 65536}, {65537, 65600}};

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
	for (unsigned i = 0; i < DIM(size) && size[i] <= largest_buffer(); i++) {
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
		assert_int_equal(home_heap(), heap);
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
cleanup_without_init_is_eperm(void **state)
{
	(void)state;
	assert_int_equal(evpl_cleanup(), -EPERM);
	assert_int_equal(evpl_cleanup(), -EPERM);
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

/* cleanup refuses, says in one line which, and everything goes on. */
static void
assert_busy(const char *word)
{
	char *text = NULL;
	size_t size = 0;
	FILE *log = open_memstream(&text, &size);
	uint32_t level = rte_log_get_global_level();
	struct evpl_stats was, is;

	assert_non_null(log);
	rte_log_set_global_level(RTE_LOG_INFO);
	rte_openlog_stream(log);
	evpl_stats_get(&was);
	assert_int_equal(evpl_cleanup(), -EBUSY);
	rte_openlog_stream(NULL);
	rte_log_set_global_level(level);
	fclose(log);
	assert_non_null(text);
	if (strstr(text, word) == NULL || strchr(text, '\n') != text + strlen(text) - 1)
		fail_msg("not one line that has \"%s\": \"%s\"", word, text);
	free(text);
	evpl_stats_get(&is);
	assert_memory_equal(&is, &was, sizeof(is));
	assert_int_not_equal(evpl_buffer_size(), 0);
}

static void
cleanup_while_a_context_lives_is_ebusy(void **state)
{
	struct evpl *evpl;

	(void)state;
	assert_int_equal(evpl_init(&home_small), 0);
	evpl = evpl_create(NULL);
	assert_non_null(evpl);
	assert_busy("1 context");
	evpl_destroy(evpl);
	assert_int_equal(evpl_cleanup(), 0);
}

static void
cleanup_while_an_iovec_lives_is_ebusy(void **state)
{
	(void)state;
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		struct evpl_iovec iovec;
		struct evpl *evpl;

		assert_int_equal(evpl_init(&home_small), 0);
		evpl = evpl_create(NULL);
		assert_non_null(evpl);
		assert_int_equal(evpl_iovec_alloc(evpl, 1000, 0, 1, flags, &iovec), 1);
		iovec_fill(&iovec, 1);
		evpl_destroy(evpl);
		assert_busy("1 buffer");
		assert_busy("1 buffer"); /* may be repeated */
		iovec_assert(&iovec, 1, 0);
		evpl_iovec_release(NULL, &iovec);
		assert_int_equal(evpl_cleanup(), 0);
	}
}

static void
cleanup_while_a_packet_lives_is_ebusy(void **state)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;
	struct evpl *evpl;

	(void)state;
	assert_int_equal(evpl_init(&home_small), 0);
	evpl = evpl_create(NULL);
	assert_non_null(evpl);
	assert_int_equal(evpl_iovec_alloc(evpl, 1000, 0, 1, LOCAL, &iovec), 1);
	iovec_fill(&iovec, 1);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	assert_non_null(packet);
	evpl_destroy(evpl);
	assert_busy("1 packet");
	mbuf_assert(packet, 1000, 1);
	rte_pktmbuf_free(packet);
	home_assert();
	assert_int_equal(evpl_cleanup(), 0);
}

static void
cleanup_while_a_packet_of_a_foreign_mbuf_lives_is_ebusy(void **state)
{
	struct rte_mempool *foreign = plain_pool("foreign", 31, RTE_MBUF_DEFAULT_BUF_SIZE);
	struct evpl_iovec iovec, clone;
	struct rte_mbuf *packet;
	struct evpl *evpl;

	/* No buffer of ours is in use, only packet mbufs. */
	(void)state;
	assert_int_equal(evpl_init(&home_small), 0);
	evpl = evpl_create(NULL);
	assert_non_null(evpl);
	assert_int_equal(evpl_iovecs_from_mbuf(evpl, filled_mbuf(foreign, 100, 1), SHARED, 1, &iovec), 1);
	evpl_iovec_clone(&clone, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &clone, 1);
	assert_non_null(packet);
	evpl_iovec_release(evpl, &iovec);
	evpl_destroy(evpl);
	assert_busy(" 0 buffers");
	mbuf_assert(packet, 100, 1);
	rte_pktmbuf_free(packet);
	assert_int_equal(evpl_cleanup(), 0);
	home_assert_pool(foreign, 31);
	rte_mempool_free(foreign);
}

static void
cleanup_while_an_rx_mbuf_lives_is_ebusy(void **state)
{
	struct rte_mempool *pool;
	struct rte_mbuf *mbuf;
	struct evpl_iovec iovec;
	struct evpl *evpl;

	(void)state;
	assert_int_equal(evpl_init(&home_small), 0);
	pool = evpl_rx_pool_create("busy", 63, 0, SOCKET_ID_ANY);
	assert_non_null(pool);
	mbuf = filled_mbuf(pool, 100, 1);
	assert_busy("1 receive");
	mbuf_assert(mbuf, 100, 1);

	/* The same as an iovec. */
	evpl = evpl_create(NULL);
	assert_non_null(evpl);
	assert_int_equal(evpl_iovecs_from_mbuf(evpl, mbuf, LOCAL, 1, &iovec), 1);
	evpl_destroy(evpl);
	assert_busy("1 receive");
	iovec_assert(&iovec, 1, 0);
	evpl_iovec_release(NULL, &iovec);
	assert_int_equal(evpl_cleanup(), 0); /* and the pool is freed with the library */
	assert_null(rte_mempool_lookup("busy"));
}

static void
cleanup_of_one_of_two_callers_disturbs_nobody(void **state)
{
	struct evpl_iovec iovec;
	struct evpl *evpl;

	(void)state;
	assert_int_equal(evpl_init(&home_small), 0);
	assert_int_equal(evpl_init(NULL), 0);
	evpl = evpl_create(NULL);
	assert_non_null(evpl);
	assert_int_equal(evpl_iovec_alloc(evpl, 1000, 0, 1, LOCAL, &iovec), 1);
	iovec_fill(&iovec, 1);
	assert_int_equal(evpl_cleanup(), 0); /* the other one's things are not this one's business */
	iovec_assert(&iovec, 1, 0);
	assert_busy("1 context");
	evpl_iovec_release(evpl, &iovec);
	evpl_destroy(evpl);
	assert_int_equal(evpl_cleanup(), 0);
}

static void
count_zone(const struct rte_memzone *zone, void *arg)
{
	unsigned *n = arg;

	(void)zone;
	(*n)++;
}

static unsigned
zones(void)
{
	unsigned n = 0;

	rte_memzone_walk(count_zone, &n);
	return n;
}

static void
cycles_of_init_and_cleanup_lose_no_memory(void **state)
{
	const struct evpl_global_config config = {.slab_size = 256 * KIB, .packet_mbufs = 63};
	unsigned n = zones();

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		struct evpl_iovec iovec[6];
		struct rte_mbuf *packet;
		struct rte_mempool *pool;
		struct evpl *evpl;

		assert_int_equal(evpl_init(&config), 0);
		evpl = evpl_create(NULL);
		assert_non_null(evpl);
		pool = evpl_rx_pool_create("cycle", 7, 0, SOCKET_ID_ANY);
		assert_non_null(pool);
		for (unsigned k = 0; k < DIM(iovec); k++)
			assert_int_equal(evpl_iovec_alloc(evpl, 60000, 0, 1, k & 1, &iovec[k]), 1);
		packet = evpl_iovecs_to_mbuf(evpl, iovec, 3);
		assert_non_null(packet);
		rte_pktmbuf_free(packet);
		evpl_iovecs_release(evpl, &iovec[3], 3);
		evpl_destroy(evpl);
		assert_int_equal(evpl_cleanup(), 0);
		assert_int_equal(home_heap(), heap);
		assert_int_equal(zones(), n);
	}
}

static void
stats_say_what_is_held(void **state)
{
	struct evpl_stats stats;
	struct evpl_iovec iovec[3], clone;
	struct rte_mempool *pool;
	struct rte_mbuf *packet, *mbuf;
	struct evpl *evpl, *other;

	(void)state;
	assert_int_equal(evpl_init(&home_small), 0);
	evpl = evpl_create(NULL);
	other = evpl_create(NULL);
	assert_non_null(evpl);
	assert_non_null(other);
	evpl_stats_get(&stats);
	assert_int_equal(stats.contexts, 2);
	assert_int_equal(stats.buffers, 0);
	assert_int_equal(stats.packet_mbufs, home_small.packet_mbufs);

	assert_int_equal(evpl_iovec_alloc(evpl, 100, 0, 1, LOCAL, &iovec[0]), 1);
	assert_int_equal(evpl_iovec_alloc(evpl, 100, 0, 1, SHARED, &iovec[1]), 1);
	assert_int_equal(evpl_iovec_alloc(other, evpl_buffer_size(), 0, 1, LOCAL, &iovec[2]), 1);
	evpl_iovec_clone_segment(&clone, &iovec[2], 0, 100);
	evpl_stats_get(&stats);
	assert_int_equal(stats.slabs, 1);
	assert_int_equal(stats.buffers, 16);
	assert_int_equal(stats.buffers_in_use, 3);
	assert_in_range(stats.buffers_current, 2, 3);

	packet = evpl_iovecs_to_mbuf(other, &clone, 1);
	assert_non_null(packet);
	evpl_stats_get(&stats);
	assert_true(stats.packet_mbufs_in_use >= 1);
	evpl_iovec_release(other, &iovec[2]);
	evpl_destroy(other);
	evpl_stats_get(&stats);
	assert_int_equal(stats.contexts, 1);
	assert_int_equal(stats.buffers_in_use, 3); /* the packet holds it still */
	assert_int_equal(stats.buffers_current, 2);
	assert_int_equal(stats.packet_mbufs_in_use, 1);
	rte_pktmbuf_free(packet);
	evpl_stats_get(&stats);
	assert_int_equal(stats.buffers_in_use, 2);
	assert_int_equal(stats.packet_mbufs_in_use, 0);

	pool = evpl_rx_pool_create("stats", 63, 0, SOCKET_ID_ANY);
	assert_non_null(pool);
	mbuf = rte_pktmbuf_alloc(pool);
	assert_non_null(mbuf);
	evpl_stats_get(&stats);
	assert_int_equal(stats.slabs, 1);
	assert_int_equal(stats.rx_buffers, 63);
	assert_int_equal(stats.rx_buffers_in_use, 1);
	rte_pktmbuf_free(mbuf);
	evpl_stats_get(&stats);
	assert_int_equal(stats.rx_buffers_in_use, 0);

	evpl_iovecs_release(evpl, iovec, 2);
	evpl_destroy(evpl);
	home_assert();
	assert_int_equal(evpl_cleanup(), 0);
}

static void
init_before_eal_is_enodev(void **state)
{
	(void)state;
	child_assert_ends("before_eal");
}

static void
before_eal(void)
{
	if (evpl_init(NULL) != -ENODEV || evpl_create(NULL) != NULL || evpl_cleanup() != -EPERM)
		abort();
}

/* KiB of this process that are in memory. */
static long
resident(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%*d %ld", &pages), 1);
	fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / (long)KIB);
}

/*
 * EAL writes zeros over what it is given back. In a container with a memory limit only what was used may come to be
 * touched, and small slabs are the way to that. Runs in a process of its own: pages that other cases touched stay.
 */
static void
small_slabs_child(void)
{
	const struct evpl_global_config config = {.slab_size = 2 * MIB, .packet_mbufs = 255};
	struct evpl_iovec iovec[40];
	long before;
	struct evpl *evpl;

	if (evpl_init(&config) != 0 || (evpl = evpl_create(NULL)) == NULL)
		_exit(97);
	for (unsigned i = 0; i < DIM(iovec); i++) {
		if (evpl_iovec_alloc(evpl, 64 * KIB - 64, 0, 1, LOCAL, &iovec[i]) != 1)
			_exit(98);
		memset(evpl_iovec_data(&iovec[i]), 1, iovec[i].length);
	}
	before = resident();
	evpl_iovecs_release(evpl, iovec, DIM(iovec));
	evpl_destroy(evpl);
	if (evpl_cleanup() != 0)
		_exit(99);
	/* Of the last slab at most 2 MiB were not used, and a page for odds and ends. */
	if (resident() - before > 3 * (long)KIB) {
		fprintf(stderr, "cleanup touched %ld KiB\n", resident() - before);
		_exit(100);
	}
}

static void
cleanup_with_small_slabs_touches_what_was_used(void **state)
{
	(void)state;
	child_assert_ends("small_slabs");
}

static const struct child children[] = {{.name = "before_eal", .run = before_eal, .without_eal = true},
					{.name = "small_slabs", .run = small_slabs_child}};

static const struct CMUnitTest cases[] = {
	init_case(init_with_null_takes_the_defaults),
	init_case(init_with_sizes_out_of_range_is_einval),
	init_case(init_with_odd_buffer_sizes_rounds_them_up),
	init_case(init_with_slab_of_one_buffer_works),
	init_case(init_with_one_size_fits_the_other_to_it),
	init_case(init_with_preallocation_beyond_memory_is_enomem_and_keeps_nothing),
	init_case(init_twice_counts_its_callers),
	init_case(init_with_another_configuration_is_ealready_and_uncounted),
	init_case(init_again_with_zeros_is_whatever_it_is),
	init_case(init_before_eal_is_enodev),
	init_case(cleanup_without_init_is_eperm),
	init_case(calls_without_init_fail),
	init_case(cleanup_while_a_context_lives_is_ebusy),
	init_case(cleanup_while_an_iovec_lives_is_ebusy),
	init_case(cleanup_while_a_packet_lives_is_ebusy),
	init_case(cleanup_while_a_packet_of_a_foreign_mbuf_lives_is_ebusy),
	init_case(cleanup_while_an_rx_mbuf_lives_is_ebusy),
	init_case(cleanup_of_one_of_two_callers_disturbs_nobody),
	init_case(cleanup_with_small_slabs_touches_what_was_used),
	init_case(cycles_of_init_and_cleanup_lose_no_memory),
	init_case(stats_say_what_is_held),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "init",
					.cases = cases,
					.n_cases = DIM(cases),
					.children = children,
					.n_children = DIM(children)};

	return program_main(&program, argc, argv);
}
