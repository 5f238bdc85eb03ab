/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_stats_get. What would break: a buffer or mbuf could be counted twice, or not at all, when it passes from one
 * holder to another. So each holder takes one in turn, and all figures are read in between.
 */
#include "stopped.h"

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

/* A buffer is used up by taking all of it. */
static void
take_all(struct evpl *evpl, struct evpl_iovec *iovec)
{
	assert_int_equal(evpl_iovec_alloc(evpl, evpl_buffer_size(), 0, 1, SHARED, iovec), 1);
}

static void
stats_count_what_buffers_do(void **state)
{
	struct evpl_global_config one_slab = home_small;
	struct evpl_iovec iovec[18], other_iovec;
	struct evpl_stats stats, zero = {0};
	struct evpl *evpl, *other;
	unsigned n;

	(void)state;
	one_slab.max_slabs = 1;
	assert_int_equal(evpl_init(&one_slab), 0);
	evpl = evpl_create(NULL);
	other = evpl_create(NULL);
	assert_non_null(evpl);
	assert_non_null(other);
	evpl_stats_get(&stats);
	assert_int_equal(stats.refills + stats.rewinds + stats.remote_returns + stats.alloc_enomem, 0);

	take_all(evpl, &iovec[0]);
	take_all(evpl, &iovec[1]);
	evpl_stats_get(&stats);
	assert_int_equal(stats.refills, 2);
	evpl_iovec_release(evpl, &iovec[1]);
	take_all(evpl, &iovec[1]); /* of the same buffer, unless its bytes are watched */
	evpl_stats_get(&stats);
	assert_int_equal(stats.refills + stats.rewinds, 3);
	assert_true(EVPL_IOVEC_TRACE || stats.rewinds == 1);

	take_all(other, &other_iovec);
	evpl_destroy(other);
	evpl_stats_get(&stats);
	assert_int_equal(stats.refills + stats.rewinds, 4); /* it is not forgotten with its context */
	assert_int_equal(stats.remote_returns, 0);
	evpl_iovec_release(evpl, &other_iovec);
	evpl_iovec_release(NULL, &iovec[0]);
	evpl_stats_get(&stats);
	assert_int_equal(stats.remote_returns, 2);

	evpl_iovec_move(&iovec[0], &iovec[1]);
	for (n = 1; evpl_iovec_alloc(evpl, evpl_buffer_size(), 0, 1, SHARED, &iovec[n]) == 1; n++)
		assert_in_range(n, 1, DIM(iovec) - 2); /* a slab has 16 */
	evpl_stats_get(&stats);
	assert_int_equal(stats.alloc_enomem, 1);
	/* A short one, for which tracing tries twice: with guards, and without. */
	assert_int_equal(evpl_iovec_alloc(evpl, 64, 0, 1, SHARED, &iovec[n]), -1);
	assert_int_equal(rte_errno, ENOMEM);
	evpl_stats_get(&stats);
	assert_int_equal(stats.alloc_enomem, 2);
	evpl_iovecs_release(evpl, iovec, (int)n);
	evpl_destroy(evpl);
	home_assert();
	assert_int_equal(evpl_cleanup(), 0);
	evpl_stats_get(&stats);
	assert_memory_equal(&stats, &zero, sizeof(stats));
}

/*
 * Tracing takes guards around the bytes, and makes an alloc that fails again without them. What fails the first time
 * only is no failure.
 */
static void
only_the_last_try_of_an_alloc_counts(void **state)
{
	struct evpl_global_config one_slab = home_small;
	struct evpl_iovec iovec[17], none;
	struct evpl_stats stats;
	struct evpl *evpl;

	(void)state;
	one_slab.max_slabs = 1;
	assert_int_equal(evpl_init(&one_slab), 0);
	evpl = evpl_create(NULL);
	assert_non_null(evpl);
	for (unsigned i = 0; i < 15; i++)
		take_all(evpl, &iovec[i]);
	assert_int_equal(evpl_iovec_alloc(evpl, evpl_buffer_size() - 100 - 2 * GUARDS, 0, 1, SHARED, &iovec[15]), 1);
	/* Too long for guards. */
	assert_int_equal(evpl_iovec_alloc(evpl, 100 + GUARDS / 2, 0, 1, SHARED, &iovec[16]), 1);
	evpl_stats_get(&stats);
	assert_int_equal(stats.alloc_enomem, 0);
	assert_int_equal(evpl_iovec_alloc(evpl, 64, 0, 1, SHARED, &none), -1);
	assert_int_equal(evpl_iovec_reserve(evpl, 64, 0, 1, &none), -1);
	evpl_stats_get(&stats);
	assert_int_equal(stats.alloc_enomem, 2);
	evpl_iovecs_release(evpl, iovec, DIM(iovec));
	evpl_destroy(evpl);
	home_assert();
	assert_int_equal(evpl_cleanup(), 0);
}

static const struct CMUnitTest cases[] = {
	stopped_case(stats_say_what_is_held),
	stopped_case(stats_count_what_buffers_do),
	stopped_case(only_the_last_try_of_an_alloc_counts),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "stats", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
