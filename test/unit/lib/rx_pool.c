/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_rx_pool_create and evpl_rx_pool_destroy.
 *
 * What would break: data rooms could overlap or end too early (with sizes that are not multiples of a cache line, and
 * with sizes near 64 KiB, where DPDK's own pool of external buffers makes wrong steps). A pool could be freed while a
 * port holds its mbufs. So every room of a pool is filled at once, and all rooms are read afterwards.
 */
#include <limits.h>

#include <rte_memory.h>

#include "port_lies.h"

static void
pool_of_every_size_has_rooms_of_its_own(void **state)
{
	const struct {
		unsigned n;
		uint16_t data_room, got;
	} shape[] = {
		{1, 0, RTE_MBUF_DEFAULT_BUF_SIZE},
		{2, 129, 129},
		{100, 0, RTE_MBUF_DEFAULT_BUF_SIZE},
		{255, 2048, 2048},
		{257, 1999, 1999},
		{1000, 200, 200},
		{33, 9216 + 128, 9216 + 128},
		{17, 65535, 65535},
		{17, 65472, 65472},
	};

	(void)state;
	for (unsigned i = 0; i < DIM(shape); i++) {
		struct rte_mempool *pool = evpl_rx_pool_create("shape", shape[i].n, shape[i].data_room, SOCKET_ID_ANY);
		struct rte_mbuf **mbuf = calloc(shape[i].n, sizeof(struct rte_mbuf *));
		uint16_t payload = (uint16_t)(shape[i].got - RTE_PKTMBUF_HEADROOM);
		struct evpl_stats stats;

		assert_non_null(pool);
		assert_non_null(mbuf);
		assert_int_equal(rte_pktmbuf_data_room_size(pool), shape[i].got);
		assert_int_equal(pool->size, shape[i].n);
		assert_int_equal(pool->cache_size, RTE_MIN(256u, shape[i].n * 2 / 3)); /* the most that DPDK allows */
		for (unsigned k = 0; k < shape[i].n; k++) {
			mbuf[k] = rte_pktmbuf_alloc(pool);
			assert_non_null(mbuf[k]);
			assert_true(RTE_MBUF_HAS_EXTBUF(mbuf[k]));
			assert_true(RTE_MBUF_HAS_PINNED_EXTBUF(mbuf[k]));
			assert_int_equal(rte_pktmbuf_headroom(mbuf[k]), RTE_PKTMBUF_HEADROOM);
			assert_int_equal(rte_pktmbuf_tailroom(mbuf[k]), payload);
			assert_int_equal(rte_mbuf_iova_get(mbuf[k]), rte_mem_virt2iova(mbuf[k]->buf_addr));
			bytes_fill(rte_pktmbuf_append(mbuf[k], payload), payload, k, 128);
			bytes_fill(rte_pktmbuf_prepend(mbuf[k], RTE_PKTMBUF_HEADROOM), RTE_PKTMBUF_HEADROOM, k, 0);
		}
		assert_null(rte_pktmbuf_alloc(pool));
		evpl_stats_get(&stats);
		assert_int_equal(stats.rx_buffers, shape[i].n);
		assert_int_equal(stats.rx_buffers_in_use, shape[i].n);
		for (unsigned k = 0; k < shape[i].n; k++)
			mbuf_assert(mbuf[k], shape[i].got, k);
		for (unsigned k = 0; k < shape[i].n; k++)
			rte_pktmbuf_free(mbuf[k]);
		home_assert_pool(pool, shape[i].n);
		assert_int_equal(evpl_rx_pool_destroy(pool), 0);
		assert_null(rte_mempool_lookup("shape"));
		free(mbuf);
	}
}

/* EAL has no huge pages here, but the pool is as large as if it had: rooms must not cross the end of one. */
static void
pool_on_huge_pages_has_all_its_mbufs(void **state)
{
	const unsigned n = 1000;
	struct rte_mempool *pool;

	(void)state;
	lies.huge_pages = true;
	pool = evpl_rx_pool_create("huge", n, 9216 + RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY);
	lies.huge_pages = false;
	assert_non_null(pool);
	assert_int_equal(pool->size, n);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
}

static void
pool_with_impossible_arguments_is_einval(void **state)
{
	size_t heap = home_heap();

	(void)state;
	assert_null_with(evpl_rx_pool_create(NULL, 63, 0, SOCKET_ID_ANY), EINVAL);
	assert_null_with(evpl_rx_pool_create("", 63, 0, SOCKET_ID_ANY), EINVAL);
	assert_null_with(evpl_rx_pool_create("abcdefghijklmnopqrstuvwxyz", 63, 0, SOCKET_ID_ANY), EINVAL); /* 26 */
	assert_null_with(evpl_rx_pool_create("evpl_packets_1", 63, 0, SOCKET_ID_ANY), EINVAL);		   /* ours */
	assert_null_with(evpl_rx_pool_create("bad", 0, 0, SOCKET_ID_ANY), EINVAL);
	assert_null_with(evpl_rx_pool_create("bad", 63, 1, SOCKET_ID_ANY), EINVAL);
	assert_null_with(evpl_rx_pool_create("bad", 63, RTE_PKTMBUF_HEADROOM, SOCKET_ID_ANY), EINVAL);
	assert_null_with(evpl_rx_pool_create("bad", 63, 0, -2), EINVAL);
	assert_null_with(evpl_rx_pool_create("bad", 63, 0, RTE_MAX_NUMA_NODES), EINVAL);
	assert_null_with(evpl_rx_pool_create("bad", 63, 0, INT_MAX), EINVAL);
	assert_int_equal(home_heap(), heap);
}

static void
pool_with_the_longest_name_works(void **state)
{
	struct rte_mempool *pool = evpl_rx_pool_create("abcdefghijklmnopqrstuvwxy", 63, 0, SOCKET_ID_ANY); /* 25 */

	(void)state;
	assert_non_null(pool);
	assert_ptr_equal(rte_mempool_lookup("abcdefghijklmnopqrstuvwxy"), pool);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
}

static void
pool_with_a_name_in_use_is_eexist(void **state)
{
	struct rte_mempool *pool = evpl_rx_pool_create("twice", 63, 0, SOCKET_ID_ANY);
	struct rte_mempool *plain = plain_pool("plain", 63, 0);
	const struct rte_memzone *zone = rte_memzone_reserve("MP_zone", 64, SOCKET_ID_ANY, 0); /* as a mempool's */
	size_t heap = home_heap();

	(void)state;
	assert_non_null(pool);
	assert_non_null(zone);
	assert_null_with(evpl_rx_pool_create("zone", 63, 0, SOCKET_ID_ANY), EEXIST);
	assert_null_with(evpl_rx_pool_create("twice", 63, 0, SOCKET_ID_ANY), EEXIST);
	assert_null_with(evpl_rx_pool_create("plain", 63, 0, SOCKET_ID_ANY), EEXIST);
	assert_int_equal(home_heap(), heap);
	rte_memzone_free(zone);
	rte_mempool_free(plain);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
	pool = evpl_rx_pool_create("twice", 63, 0, SOCKET_ID_ANY);
	assert_non_null(pool);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
}

static void
pool_beyond_memory_is_enomem_and_keeps_nothing(void **state)
{
	size_t heap = home_heap();

	(void)state;
	assert_null_with(evpl_rx_pool_create("large", 2000000, 65535, SOCKET_ID_ANY), ENOMEM);
	assert_null_with(evpl_rx_pool_create("large", UINT_MAX / 64, 65535, SOCKET_ID_ANY), ENOMEM);
	assert_int_equal(home_heap(), heap);
	assert_null(rte_mempool_lookup("large"));
}

static void
destroy_while_an_mbuf_is_held_is_ebusy(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mempool *pool = evpl_rx_pool_create("busy", 63, 0, SOCKET_ID_ANY);
	struct rte_mbuf *mbuf, *packet;
	struct evpl_iovec iovec, clone;

	assert_non_null(pool);
	mbuf = filled_mbuf(pool, 100, 1);
	assert_int_equal(evpl_rx_pool_destroy(pool), -EBUSY); /* by a packet */
	assert_int_equal(evpl_iovecs_from_mbuf(evpl, mbuf, LOCAL, 1, &iovec), 1);
	assert_int_equal(evpl_rx_pool_destroy(pool), -EBUSY); /* by an iovec */
	evpl_iovec_clone(&clone, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &clone, 1);
	assert_non_null(packet);
	evpl_iovec_release(evpl, &iovec);
	assert_int_equal(evpl_rx_pool_destroy(pool), -EBUSY); /* by a packet that is attached to its bytes */
	mbuf_assert(packet, 100, 1);
	rte_pktmbuf_free(packet);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
}

static void
destroy_of_what_is_not_an_rx_pool_is_einval(void **state)
{
	struct rte_mempool *plain = plain_pool("plain", 63, 0);

	(void)state;
	assert_int_equal(evpl_rx_pool_destroy(plain), -EINVAL);
	assert_int_equal(evpl_rx_pool_destroy(NULL), -EINVAL);
	rte_mempool_free(plain);
}

static void
pools_left_behind_are_freed_by_cleanup(void **state)
{
	/* home_teardown() looks at the heap after evpl_cleanup(). */
	(void)state;
	assert_non_null(evpl_rx_pool_create("left1", 63, 0, SOCKET_ID_ANY));
	assert_non_null(evpl_rx_pool_create("left2", 100, 1000, SOCKET_ID_ANY));
}

static rte_mempool_enqueue_t real_enqueue;
static unsigned enqueues;

static int
count_enqueue(struct rte_mempool *pool, void *const *mbufs, unsigned n)
{
	enqueues++;
	return real_enqueue(pool, mbufs, n);
}

#define RELEASED 32

/* On a thread that has no cache of the pool. */
static void
release_all(void *iovecs)
{
	evpl_iovecs_release(NULL, iovecs, RELEASED);
}

/* Otherwise each mbuf takes as long as many of them. */
static void
mbufs_that_are_released_together_come_home_in_one_call(void **state)
{
	struct evpl_iovec iovec[RELEASED];
	struct rte_mempool_ops *ops;
	struct rte_mempool *pool;

	plain_builds_only(); /* tracing looks at each iovec */
	pool = evpl_rx_pool_create("released", RELEASED, 0, SOCKET_ID_ANY);
	assert_non_null(pool);
	for (unsigned i = 0; i < RELEASED; i++)
		assert_int_equal(
			evpl_iovecs_from_mbuf(home_context(state), filled_mbuf(pool, 100, i), SHARED, 1, &iovec[i]), 1);
	ops = rte_mempool_get_ops(pool->ops_index);
	real_enqueue = ops->enqueue;
	ops->enqueue = count_enqueue;
	enqueues = 0;
	threads_run_elsewhere(release_all, iovec);
	ops->enqueue = real_enqueue;
	assert_int_equal(enqueues, 1);
	home_assert_pool(pool, RELEASED);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
}

static const struct CMUnitTest cases[] = {
	home_case(mbufs_that_are_released_together_come_home_in_one_call, home_small),
	home_case(pool_of_every_size_has_rooms_of_its_own, home_small),
	home_case(pool_on_huge_pages_has_all_its_mbufs, home_small),
	home_case(pool_with_impossible_arguments_is_einval, home_small),
	home_case(pool_with_the_longest_name_works, home_small),
	home_case(pool_with_a_name_in_use_is_eexist, home_small),
	home_case(pool_beyond_memory_is_enomem_and_keeps_nothing, home_small),
	home_case(destroy_while_an_mbuf_is_held_is_ebusy, home_small),
	home_case(destroy_of_what_is_not_an_rx_pool_is_einval, home_small),
	home_case(pools_left_behind_are_freed_by_cleanup, home_small),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "rx_pool", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
