/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pools of mbufs (apps/common/pool.c). What would break: a pool of the wrong kind, which the library frees a second
 * time or nobody frees; and a program that does not say why it has no pool.
 */
#include "capture.h"
#include "pool.h"
#include "support.h"

#define ROOM RTE_MBUF_DEFAULT_BUF_SIZE

static uint32_t
rx_buffers(void)
{
	struct evpl_stats stats;

	evpl_stats_get(&stats);
	return stats.rx_buffers;
}

static void
pool_in_slabs_is_the_librarys(void **state)
{
	struct rte_mempool *pool = pool_create("in_slabs", 63, ROOM, SOCKET_ID_ANY, true);

	(void)state;
	assert_non_null(pool);
	assert_string_equal(pool->name, "in_slabs");
	assert_int_equal(rx_buffers(), 63);
	assert_int_equal(rte_pktmbuf_data_room_size(pool), ROOM);
	home_assert_pool(pool, 63);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
}

static void
pool_of_its_own_mbufs_is_the_callers(void **state)
{
	static const struct {
		uint32_t mbufs, cache;
	} rows[] = {{1, 0}, {63, 42}, {374, 249}, {375, 250}, {1023, 250}};

	(void)state;
	for (unsigned i = 0; i < DIM(rows); i++) {
		struct rte_mempool *pool = pool_create("own", rows[i].mbufs, ROOM, SOCKET_ID_ANY, false);

		assert_non_null(pool);
		assert_int_equal(rx_buffers(), 0);
		assert_int_equal(pool->cache_size, rows[i].cache);
		assert_int_equal(rte_pktmbuf_data_room_size(pool), ROOM);
		home_assert_pool(pool, rows[i].mbufs);
		rte_mempool_free(pool);
	}
}

static void
pool_that_cannot_be_made_has_an_error_line(void **state)
{
	struct rte_mempool *pool = plain_pool("taken", 31, ROOM), *second;
	const char *said;

	(void)state;
	for (unsigned in_slabs = 0; in_slabs < 2; in_slabs++) {
		capture_begin(stderr);
		second = pool_create("taken", 31, ROOM, SOCKET_ID_ANY, in_slabs);
		said = capture_end();
		assert_null(second);
		assert_non_null(strstr(said, "no pool of 31 mbufs of 2176 bytes"));
		assert_non_null(strstr(said, rte_strerror(EEXIST)));
		assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
	}
	rte_mempool_free(pool);
}

static const struct CMUnitTest cases[] = {
	home_case(pool_in_slabs_is_the_librarys, home_small),
	home_case(pool_of_its_own_mbufs_is_the_callers, home_small),
	home_case(pool_that_cannot_be_made_has_an_error_line, home_small),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "pool", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
