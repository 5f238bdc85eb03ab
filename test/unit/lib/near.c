/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Near packets, the counts that a thread has in stock, and packets that end on another thread (see src/attach.h,
 * src/tx_cache.c).
 *
 * What would break: a clone that ends after its packet could show bytes that belong to another holder by then. A buffer
 * could never come home, because an idle or ended thread has counts of it. A buffer could come home twice. DPDK could
 * take mbufs from the packet pool that are still as they were sent.
 */
#include <pthread.h>
#include <stdlib.h>

#include <rte_ethdev.h>

#include "support.h"

#define KIB (1u << 10)
#define MIB (1u << 20)

static const struct evpl_global_config large = {.slab_size = 4 * MIB, .packet_mbufs = 1023};
static const struct evpl_global_config one_slab = {
	.slab_size = MIB, .buffer_size = 64 * KIB, .max_slabs = 1, .packet_mbufs = 1023};
static const struct evpl_global_config tiny = {.slab_size = MIB, .buffer_size = 64 * KIB, .packet_mbufs = 12};

static struct rte_mbuf *
packet_of(struct evpl *evpl, unsigned length, unsigned flags, uint64_t seed)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;

	iovec_take(evpl, length, flags, &iovec, seed);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	assert_non_null(packet);
	return packet;
}

static void
packets_of_small_buffers_are_direct_and_of_large_ones_external(void **state)
{
	struct evpl *evpl = home_context(state);

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		struct rte_mbuf *small = packet_of(evpl, 1500, flags, 1), *big;
		struct evpl_iovec iovec;

		assert_int_equal(RTE_MBUF_DIRECT(small), !home_is_far());
		assert_int_equal(rte_pktmbuf_headroom(small), 0);
		assert_int_equal(rte_pktmbuf_tailroom(small), 0);
		mbuf_assert(small, 1500, 1);
		iovec_take(evpl, 1 * MIB, flags, &iovec, 2);
		big = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
		assert_non_null(big);
		assert_true(RTE_MBUF_HAS_EXTBUF(big));
		mbuf_assert(big, 1 * MIB, 2);
		rte_pktmbuf_free(big);
		rte_pktmbuf_free(small);
	}
	home_assert_held(0);
}

static void
neighbours_are_one_segment(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[4];
	struct rte_mbuf *packet;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		(void)home_fresh(*state);
		evpl = home_context(state);
		iovec_take(evpl, 54, flags, &iovec[0], 1);
		iovec_take(evpl, 1448, flags, &iovec[1], 2);
		packet = evpl_iovecs_to_mbuf(evpl, iovec, 2);
		assert_non_null(packet);
		assert_int_equal(packet->nb_segs, EVPL_IOVEC_TRACE ? 2 : 1);
		assert_int_equal(packet->pkt_len, 54 + 1448);
		rte_pktmbuf_free(packet);

		/* Not the other way round, nor with a byte between them, nor of two buffers. */
		iovec_take(evpl, 100, flags, &iovec[0], 3);
		iovec_take(evpl, 200, flags, &iovec[1], 4);
		evpl_iovec_move_segment(&iovec[2], &iovec[1], 1, 199);
		iovec_take(evpl, 60 * KIB, flags, &iovec[3], 5);
		iovec_take(evpl, 60 * KIB, flags, &iovec[1], 6);
		iovec_swap(&iovec[1], &iovec[2]);
		iovec_swap(&iovec[0], &iovec[3]);
		packet = evpl_iovecs_to_mbuf(evpl, iovec, 4);
		assert_non_null(packet);
		assert_int_equal(packet->nb_segs, 4);
		rte_pktmbuf_free(packet);
	}
}

/* A packet, a clone of it and a clone of that keep the bytes until the last of them ends, in any order. */
static void
clones_keep_the_bytes_whoever_ends_last(void **state)
{
	static const unsigned orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	struct evpl *evpl = home_context(state);
	struct rte_mempool *pool = plain_pool("clones", 63, 0);

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned i = 0; i < DIM(orders); i++) {
			struct rte_mbuf *m[3];

			m[0] = packet_of(evpl, 30000, flags, i);
			m[1] = rte_pktmbuf_clone(m[0], pool);
			assert_non_null(m[1]);
			m[2] = rte_pktmbuf_clone(m[1], pool);
			assert_non_null(m[2]);
			for (unsigned k = 0; k < 3; k++) {
				/* Others come and go, so that a buffer that is let go too early is written. */
				rte_pktmbuf_free(packet_of(evpl, 60000, flags, 99));
				mbuf_assert(m[orders[i][k]], 30000, i);
				rte_pktmbuf_free(m[orders[i][k]]);
			}
			home_assert_held(0);
		}
	}
	home_assert_pool(pool, 63);
	rte_mempool_free(pool);
}

static void
mbufs_that_dpdk_takes_of_the_packet_pool_are_ordinary(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mbuf *packet = packet_of(evpl, 200, LOCAL, 1), *copy, *clone;

	for (unsigned i = 0; i < 3; i++) {
		copy = rte_pktmbuf_copy(packet, packet->pool, 0, UINT32_MAX);
		assert_non_null(copy);
		assert_ptr_equal(copy->buf_addr, (char *)(copy + 1) + copy->priv_size);
		mbuf_assert(copy, 200, 1);
		clone = rte_pktmbuf_clone(packet, packet->pool);
		assert_non_null(clone);
		rte_pktmbuf_free(copy);
		mbuf_assert(clone, 200, 1);
		rte_pktmbuf_free(clone);
	}
	rte_pktmbuf_free(packet);
	home_assert_held(0);
}

static void
find_anchors(struct rte_mempool *pool, void *found)
{
	if (strncmp(pool->name, "evpl_anchors", 12) == 0)
		*(struct rte_mempool **)found = pool;
}

/* Some mbufs are there, and fewer than are asked for. Those go back. */
static void
bulk_that_the_packet_pool_cannot_serve_takes_nothing(void **state)
{
	struct rte_mbuf *packet = packet_of(home_context(state), 200, LOCAL, 1), *mbufs[13];
	struct rte_mempool *pool = packet->pool, *anchors = NULL;

	rte_pktmbuf_free(packet);
	skip_unless(!home_is_far(), "the pool of far packets is an ordinary one");
	for (unsigned i = 0; i < 3; i++) {
		assert_int_not_equal(rte_pktmbuf_alloc_bulk(pool, mbufs, 13), 0);
		assert_int_equal(rte_mempool_avail_count(pool), 12);
	}
	assert_int_equal(rte_pktmbuf_alloc_bulk(pool, mbufs, 12), 0);
	rte_pktmbuf_free_bulk(mbufs, 12);
	/* A pool whose mbufs are never taken, only given back, is full. */
	rte_mempool_walk(find_anchors, &anchors);
	assert_non_null(anchors);
	assert_int_equal(rte_mempool_in_use_count(anchors), 0);
}

static void
free_packets(void *arg)
{
	struct rte_mbuf **packet = arg;

	for (unsigned i = 0; packet[i] != NULL; i++)
		rte_pktmbuf_free(packet[i]);
}

/* A thread finds a buffer that nothing but its own stock still refers to before it takes a new slab. */
static void
buffers_of_packets_that_end_elsewhere_are_found(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mbuf *packet[17] = {NULL};
	struct evpl_stats stats;

	for (unsigned round = 0; round < 3; round++) {
		for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
			for (unsigned i = 0; i < 16; i++)
				packet[i] = packet_of(evpl, 60000, flags, i);
			threads_run_elsewhere(free_packets, packet);
			home_assert_held(0);
		}
	}
	evpl_stats_get(&stats);
	assert_int_equal(stats.packet_mbufs_in_use, 0);
	assert_in_range(stats.slabs, 1, 3); /* of 16 buffers; one more for what the windows hold */
}

static void
send_and_end(void *arg)
{
	struct rte_mbuf **packet = arg;
	struct evpl *evpl = evpl_create(NULL);

	threads_check(evpl != NULL);
	for (unsigned i = 0; i < 16; i++) {
		struct evpl_iovec iovec;

		if (!threads_check(evpl_iovec_alloc(evpl, 60000, 0, 1, i & 1, &iovec) == 1))
			return;
		iovec_fill(&iovec, i);
		packet[i] = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
		threads_check(packet[i] != NULL);
	}
	evpl_destroy(evpl);
}

static void
packets_outlive_the_thread_that_made_them(void **state)
{
	struct rte_mbuf *packet[17] = {NULL};

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		threads_run_elsewhere(send_and_end, packet);
		for (unsigned i = 0; i < 16; i++)
			mbuf_assert(packet[i], 60000, i);
		free_packets(packet);
		home_assert_held(0);
	}
}

struct idle {
	pthread_barrier_t barrier;
	struct evpl_iovec iovec;
};

/* Sends once, and lives on without a call. */
static void *
send_and_idle(void *arg)
{
	struct idle *idle = arg;
	struct evpl *evpl = evpl_create(NULL);
	struct rte_mbuf *packet = evpl != NULL ? evpl_iovecs_to_mbuf(evpl, &idle->iovec, 1) : NULL;

	rte_pktmbuf_free(packet);
	pthread_barrier_wait(&idle->barrier);
	pthread_barrier_wait(&idle->barrier);
	evpl_destroy(evpl);
	return packet;
}

/* All 16 buffers of the only slab can be had while a thread that sent from one of them is idle. */
static void
buffers_that_an_idle_thread_sent_from_are_found(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec, held[16];
	struct evpl_stats stats;
	struct idle idle;
	pthread_t thread;
	void *packet;

	assert_int_equal(pthread_barrier_init(&idle.barrier, NULL, 2), 0);
	for (unsigned round = 0; round < 3; round++) {
		iovec_take(evpl, 60000, SHARED, &iovec, round);
		evpl_iovec_clone(&idle.iovec, &iovec);
		assert_int_equal(pthread_create(&thread, NULL, send_and_idle, &idle), 0);
		pthread_barrier_wait(&idle.barrier);
		evpl_iovec_release(evpl, &iovec);
		for (unsigned i = 0; i < DIM(held); i++)
			iovec_take(evpl, 60000, SHARED, &held[i], i);
		for (unsigned i = 0; i < DIM(held); i++)
			iovec_assert(&held[i], i, 0);
		evpl_iovecs_release(evpl, held, DIM(held));
		rte_pktmbuf_free(packet_of(evpl, 100, SHARED, 1)); /* now two threads have a TX cache */
		evpl_stats_get(&stats);
		assert_in_range(stats.buffers_in_use, stats.buffers_current, 16);
		pthread_barrier_wait(&idle.barrier);
		assert_int_equal(pthread_join(thread, &packet), 0);
		assert_non_null(packet);
	}
	pthread_barrier_destroy(&idle.barrier);
}

/* A view of a direct mbuf, sent, and a clone of the packet kept for longer than it, again and again. */
static void
packets_on_a_received_mbuf_are_had_while_clones_of_others_live(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mempool *foreign = plain_pool("foreign", 15, RTE_MBUF_DEFAULT_BUF_SIZE);
	struct rte_mempool *pool = plain_pool("kept", 127, 0);
	struct evpl_iovec iovec, view;
	struct rte_mbuf *kept[100];

	assert_int_equal(evpl_iovecs_from_mbuf(evpl, filled_mbuf(foreign, 1000, 1), SHARED, 1, &iovec), 1);
	for (unsigned i = 0; i < DIM(kept); i++) {
		struct rte_mbuf *packet;

		evpl_iovec_clone(&view, &iovec);
		packet = evpl_iovecs_to_mbuf(evpl, &view, 1);
		assert_non_null(packet);
		kept[i] = rte_pktmbuf_clone(packet, pool);
		assert_non_null(kept[i]);
		rte_pktmbuf_free(packet);
	}
	evpl_iovec_release(evpl, &iovec);
	for (unsigned i = 0; i < DIM(kept); i++) {
		mbuf_assert(kept[i], 1000, 1);
		rte_pktmbuf_free(kept[i]);
	}
	home_assert_pool(foreign, 15);
	home_assert_pool(pool, 127);
	rte_mempool_free(foreign);
	rte_mempool_free(pool);
}

/* What DPDK leaves when two holders let go of an mbuf at the same moment: its count is 0, and the clone ends it. */
static void
rx_mbuf_of_two_holders_comes_home_with_a_count_of_one(void **state)
{
	struct rte_mempool *rx = evpl_rx_pool_create("two", 15, 0, SOCKET_ID_ANY), *pool = plain_pool("clone", 15, 0);
	struct rte_mbuf *m, *clone;

	(void)state;
	assert_non_null(rx);
	m = rte_pktmbuf_alloc(rx);
	assert_non_null(m);
	clone = m != NULL ? rte_pktmbuf_clone(m, pool) : NULL;
	assert_non_null(clone);
	if (m == NULL || clone == NULL)
		abort(); /* not reached; the compiler does not know that the line above jumps */
	rte_mbuf_refcnt_set(m, 0);
	rte_mbuf_ext_refcnt_set(m->shinfo, 1);
	rte_pktmbuf_free(clone);
	assert_int_equal(rte_mbuf_refcnt_read(m), 1);
	home_assert_pool(rx, 15);
	rte_mempool_free(pool);
	assert_int_equal(evpl_rx_pool_destroy(rx), 0);
}

/* 12 packet mbufs: as many as there are go out, and what is behind the first that does not is as it was. */
static void
tx_burst_sends_as_many_as_there_are_mbufs_for(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mempool *rx = evpl_rx_pool_create("rx", 63, 0, SOCKET_ID_ANY);
	uint16_t port = port_loop(rx);
	struct evpl_iovec iovec[16];
	struct rte_mbuf *got[16], *held[3];

	for (unsigned i = 0; i < DIM(held); i++)
		held[i] = packet_of(evpl, 64, LOCAL, i);
	for (unsigned i = 0; i < 15; i++)
		iovec_take(evpl, 64, LOCAL, &iovec[i], i);
	assert_int_equal(evpl_packets_alloc(evpl, rx, 100, 0, &iovec[15], 1), 1);
	iovec_fill(&iovec[15], 15);
	evpl_iovec_set_length(&iovec[15], 50);
	assert_int_equal(evpl_tx_burst(evpl, port, 0, iovec, DIM(iovec)), 9);
	assert_int_equal(rte_errno, ENOMEM);
	evpl_iovec_set_length(&iovec[15], 100);
	iovec_assert(&iovec[15], 15, 0);
	assert_int_equal(rte_eth_rx_burst(port, 0, got, 16), 9);
	for (unsigned i = 0; i < 9; i++) {
		mbuf_assert(got[i], 64, i);
		rte_pktmbuf_free(got[i]);
	}
	for (unsigned i = 9; i < DIM(iovec); i++)
		iovec_assert(&iovec[i], i, 0);
	assert_int_equal(evpl_tx_burst(evpl, port, 0, iovec + 9, 7), 7);
	assert_int_equal(rte_eth_rx_burst(port, 0, got, 16), 7);
	rte_pktmbuf_free_bulk(got, 7);
	rte_pktmbuf_free_bulk(held, DIM(held));
	port_close(port);
	assert_int_equal(evpl_rx_pool_destroy(rx), 0);
}

/* A near packet has 16 bits for the way from the received mbuf to its own bytes. */
static void
packets_at_the_end_of_the_largest_mbufs_are_had(void **state)
{
	const uint32_t priv = 64, reach = UINT16_MAX, first = reach - priv - RTE_PKTMBUF_HEADROOM;
	struct rte_mempool *pool = rte_pktmbuf_pool_create("deep", 1, 0, priv, UINT16_MAX, SOCKET_ID_ANY);
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec, view;
	struct rte_mbuf *packet;

	assert_non_null(pool);
	assert_int_equal(
		evpl_iovecs_from_mbuf(evpl, filled_mbuf(pool, UINT16_MAX - RTE_PKTMBUF_HEADROOM, 1), SHARED, 1, &iovec),
		1);
	for (uint32_t offset = first - 1; offset <= first + 1; offset++) {
		evpl_iovec_clone_segment(&view, &iovec, offset, 10);
		packet = evpl_iovecs_to_mbuf(evpl, &view, 1);
		if (offset <= first || getenv("EVPL_TEST_FAR") != NULL) {
			assert_non_null(packet);
			assert_int_equal(bytes_right(rte_pktmbuf_mtod(packet, void *), 10, 1, offset), 10);
			rte_pktmbuf_free(packet);
		} else {
			assert_null(packet);
			assert_int_equal(rte_errno, ENOMEM);
			evpl_iovec_release(evpl, &view);
		}
	}
	evpl_iovec_release(evpl, &iovec);
	home_assert_pool(pool, 1);
	rte_mempool_free(pool);
}

/* The mempool operation is one of DPDK's contract: builds that check stop the program if it fails. */
static void
last_packet_of_a_buffer_comes_home_without_a_failure(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec current, iovec;
	struct rte_mbuf *packet;
	void *mbuf;

	iovec_take(evpl, 1, SHARED, &current, 1); /* so that the next buffer is the iovec's alone */
	iovec_take(evpl, evpl_buffer_size(), SHARED, &iovec, 1);
	evpl_iovec_set_length(&iovec, 100);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	assert_non_null(packet);
	mbuf = rte_pktmbuf_prefree_seg(packet);
	assert_ptr_equal(mbuf, packet);
	assert_int_equal(rte_mempool_ops_enqueue_bulk(packet->pool, &mbuf, 1), 0);
	evpl_iovec_release(evpl, &current);
}

static const struct CMUnitTest cases[] = {
	home_case(packets_of_small_buffers_are_direct_and_of_large_ones_external, large),
	home_case(neighbours_are_one_segment, home_small),
	home_case(clones_keep_the_bytes_whoever_ends_last, home_small),
	home_case(mbufs_that_dpdk_takes_of_the_packet_pool_are_ordinary, home_small),
	home_case(bulk_that_the_packet_pool_cannot_serve_takes_nothing, tiny),
	home_case(buffers_of_packets_that_end_elsewhere_are_found, home_small),
	home_case(packets_outlive_the_thread_that_made_them, home_small),
	home_case(buffers_that_an_idle_thread_sent_from_are_found, one_slab),
	home_case(packets_on_a_received_mbuf_are_had_while_clones_of_others_live, home_small),
	home_case(rx_mbuf_of_two_holders_comes_home_with_a_count_of_one, home_small),
	home_case(tx_burst_sends_as_many_as_there_are_mbufs_for, tiny),
	home_case(packets_at_the_end_of_the_largest_mbufs_are_had, home_small),
	home_case(last_packet_of_a_buffer_comes_home_without_a_failure, home_small),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "near", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
