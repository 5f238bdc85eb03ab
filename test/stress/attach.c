/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two threads make packets of the same SHARED bytes at the same moment.
 *
 * What would break: DPDK's rte_mbuf_ext_refcnt_update uses a plain store instead of an atomic when it reads 1. It reads
 * 1 when two holders attach to bytes of which no packet is in flight. Then one update is lost, and the bytes are freed
 * while they are held (DESIGN section 3: in 145 of 200,000 rounds). So each round starts with no packet in flight and
 * both threads at the barrier. The result is not a wrong count (the last free resets it), but a buffer that is in its
 * pool and in use at the same time. That shows in the statistics while it happens, and as an address that comes out
 * twice when the pools are drained at the end.
 */
#include "support.h"

#define ROUNDS 200000u

static const struct evpl_global_config config = {.slab_size = 1 << 20, .buffer_size = 16 << 10, .packet_mbufs = 8191};

static const enum threads_kind kinds[] = {THREADS_LCORES, THREADS_MIXED};

struct attach {
	struct evpl_iovec source;
	struct rte_mbuf *packet[2];
	unsigned rounds;
	bool swap; /* each frees the other's packet */
	const struct rte_mempool *pool;
};

static bool
is_whole(const struct rte_mbuf *packet, uint64_t seed)
{
	return bytes_right(rte_pktmbuf_mtod(packet, void *), packet->data_len, seed, 0) == packet->data_len;
}

/* The source's buffer, and only that, is in use (what the threads' contexts have as current ones is not). */
static bool
still_held(const struct attach *a)
{
	struct evpl_stats stats;

	if (a->pool != NULL)
		return rte_mempool_in_use_count(a->pool) >= 1;
	evpl_stats_get(&stats);
	return stats.buffers_in_use - stats.buffers_current == 1;
}

static void
attach_at_once(unsigned index, void *arg)
{
	struct attach *a = arg;
	struct evpl *evpl = evpl_create(NULL);

	threads_check(evpl != NULL);
	for (unsigned round = 0; round < a->rounds; round++) {
		struct evpl_iovec clone;

		evpl_iovec_clone(&clone, &a->source);
		if (!threads_meet())
			break;
		a->packet[index] = evpl_iovecs_to_mbuf(evpl, &clone, 1);
		if (!threads_check(a->packet[index] != NULL))
			break;
		if (a->swap && !threads_meet())
			break;
		if (round % 64 == 0)
			threads_check(is_whole(a->packet[a->swap ? !index : index], 42));
		rte_pktmbuf_free(a->packet[a->swap ? !index : index]);
		if (round % 1000 == 999) {
			if (!threads_meet())
				break;
			if (index == 0)
				threads_check(still_held(a));
			if (!threads_meet()) /* statistics are exact when all are quiet */
				break;
		}
	}
	evpl_destroy(evpl);
}

static void
run(struct attach *a)
{
	iovec_fill(&a->source, 42);
	for (unsigned i = 0; i < DIM(kinds); i++) {
		for (unsigned swap = 0; swap <= 1; swap++) {
			a->swap = swap;
			a->rounds = threads_rounds(swap ? ROUNDS / 4 : ROUNDS);
			threads_run(kinds[i], attach_at_once, a);
			iovec_assert(&a->source, 42, 0);
		}
	}
	assert_true(still_held(a));
}

static void
packets_of_a_buffer_made_by_both_at_once_lose_no_count(void **state)
{
	struct home *home = *state;
	struct attach a = {0};

	assert_int_equal(evpl_iovec_alloc(home->evpl, 64, 0, 1, SHARED, &a.source), 1);
	home_fresh(home); /* the buffer is nobody's current one */
	run(&a);
	evpl_iovec_release(NULL, &a.source);
	home_assert_held(0);
}

static void
packets_of_a_received_mbuf_made_by_both_at_once_lose_no_count(void **state)
{
	struct home *home = *state;
	struct rte_mempool *pool = evpl_rx_pool_create("received", 255, 0, SOCKET_ID_ANY);
	struct attach a = {.pool = pool};

	assert_non_null(pool);
	assert_int_equal(evpl_iovecs_from_mbuf(home->evpl, filled_mbuf(pool, 64, 42), SHARED, 1, &a.source), 1);
	run(&a);
	evpl_iovec_release(NULL, &a.source);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
}

static void
packets_of_a_foreign_mbuf_made_by_both_at_once_lose_no_count(void **state)
{
	struct home *home = *state;
	struct rte_mempool *pool = plain_pool("foreign", 255, RTE_MBUF_DEFAULT_BUF_SIZE);
	struct attach a = {.pool = pool};

	assert_int_equal(evpl_iovecs_from_mbuf(home->evpl, filled_mbuf(pool, 64, 42), SHARED, 1, &a.source), 1);
	run(&a);
	evpl_iovec_release(NULL, &a.source);
	home_assert_pool(pool, 255);
	rte_mempool_free(pool);
}

static const struct CMUnitTest cases[] = {
	home_case(packets_of_a_buffer_made_by_both_at_once_lose_no_count, config),
	home_case(packets_of_a_received_mbuf_made_by_both_at_once_lose_no_count, config),
	home_case(packets_of_a_foreign_mbuf_made_by_both_at_once_lose_no_count, config),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "attach", .cases = cases, .n_cases = DIM(cases), .min_cores = 2};

	return program_main(&program, argc, argv);
}
