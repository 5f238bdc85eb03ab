/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_cleanup.
 *
 * What would break: a cleanup could keep memory. It could free slabs that are in use. Two users of the library in one
 * process could stop each other. So EAL's heap is measured before and after everything, and each holder is tried alone
 * against cleanup.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_log.h>
#include <rte_memzone.h>

#include "stopped.h"

#define KIB (1u << 10)
#define MIB (1u << 20)

/* The first line says how many, and each line begins with what failed. */
static void
assert_says(const char *text, const char *word)
{
	const char *end = strchr(text, '\n'), *found = strstr(text, word);

	if (end == NULL || found == NULL || found > end)
		fail_msg("the first line has no \"%s\": \"%s\"", word, text);
	for (; *text != '\0'; text = end + 1) {
		end = strchr(text, '\n');
		if (end == NULL || strncmp(text, "EVPL: cleanup: ", 15) != 0)
			fail_msg("not a line of cleanup: \"%s\"", text);
	}
}

/* cleanup refuses, says which, and everything goes on. */
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
	assert_says(text, word);
	free(text);
	evpl_stats_get(&is);
	assert_memory_equal(&is, &was, sizeof(is));
	assert_int_not_equal(evpl_buffer_size(), 0);
}

static void
cleanup_without_init_is_eperm(void **state)
{
	(void)state;
	assert_int_equal(evpl_cleanup(), -EPERM);
	assert_int_equal(evpl_cleanup(), -EPERM);
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

static atomic_bool may_end;

static void *
wait_to_end(void *arg)
{
	while (!atomic_load(&may_end))
		rte_delay_us_sleep(200);
	return arg;
}

/* A thread of the program may have the handle that the keeper had. */
static void
cleanup_without_a_keeper_waits_for_no_thread(void **state)
{
	const struct evpl_global_config with_keeper = {.slab_size = 64 * KIB, .packet_mbufs = 63, .idle_trim_ms = 1000};
	pthread_t thread[8];

	(void)state;
	assert_int_equal(evpl_init(&with_keeper), 0);
	assert_int_equal(evpl_cleanup(), 0);
	atomic_store(&may_end, false);
	for (unsigned i = 0; i < DIM(thread); i++)
		assert_int_equal(pthread_create(&thread[i], NULL, wait_to_end, &may_end), 0);
	assert_int_equal(evpl_init(&home_small), 0);
	assert_int_equal(evpl_cleanup(), 0); /* it would never come back */
	atomic_store(&may_end, true);
	for (unsigned i = 0; i < DIM(thread); i++) {
		void *result = NULL;

		assert_int_equal(pthread_join(thread[i], &result), 0);
		assert_ptr_equal(result, &may_end);
	}
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
		assert_int_equal(home_heap(), stopped_heap);
		assert_int_equal(zones(), n);
	}
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

static const struct child child = {.name = "small_slabs", .run = small_slabs_child};

static const struct CMUnitTest cases[] = {
	stopped_case(cleanup_without_init_is_eperm),
	stopped_case(cleanup_while_a_context_lives_is_ebusy),
	stopped_case(cleanup_while_an_iovec_lives_is_ebusy),
	stopped_case(cleanup_while_a_packet_lives_is_ebusy),
	stopped_case(cleanup_while_a_packet_of_a_foreign_mbuf_lives_is_ebusy),
	stopped_case(cleanup_while_an_rx_mbuf_lives_is_ebusy),
	stopped_case(cleanup_of_one_of_two_callers_disturbs_nobody),
	stopped_case(cleanup_with_small_slabs_touches_what_was_used),
	stopped_case(cleanup_without_a_keeper_waits_for_no_thread),
	stopped_case(cycles_of_init_and_cleanup_lose_no_memory),
};

int
main(int argc, char **argv)
{
	const struct program program = {
		.name = "cleanup", .cases = cases, .n_cases = DIM(cases), .children = &child, .n_children = 1};

	return program_main(&program, argc, argv);
}
