/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_packets_alloc: packets that are mbufs from the start.
 *
 * What would break: a packet that is not sent as its own mbuf costs what this call should save. A packet that is longer
 * than its room, or that has no headroom, writes over a neighbour when somebody prepends. The call takes mbufs in
 * bulks, and must give all of them back if the last bulk fails. So the pools have a known size, are emptied to the last
 * mbuf, and are counted afterwards; every byte of the room is written.
 */
#include <limits.h>

#include "support.h"

#define N_MBUFS 255
#define ROOM (RTE_MBUF_DEFAULT_BUF_SIZE - RTE_PKTMBUF_HEADROOM)

/* Both kinds: data rooms in a slab of the library, and inside the mbufs. */
enum kind { RX, DIRECT, KINDS };

static struct rte_mempool *
open_pool(enum kind kind, uint16_t data_room)
{
	struct rte_mempool *pool;

	if (kind == DIRECT)
		return plain_pool("packets", N_MBUFS, data_room);
	pool = evpl_rx_pool_create("packets", N_MBUFS, data_room, SOCKET_ID_ANY);
	assert_non_null(pool);
	return pool;
}

static void
close_pool(enum kind kind, struct rte_mempool *pool)
{
	home_assert_pool(pool, N_MBUFS);
	if (kind == RX)
		assert_int_equal(evpl_rx_pool_destroy(pool), 0);
	else
		rte_mempool_free(pool);
}

static void
packets_with_impossible_arguments_fail(void **state)
{
	struct evpl *evpl = home_context(state);

	for (enum kind kind = RX; kind < KINDS; kind++) {
		struct rte_mempool *pool = open_pool(kind, RTE_MBUF_DEFAULT_BUF_SIZE);
		struct evpl_iovec iovec[2];

		assert_fails(evpl_packets_alloc(NULL, pool, 100, LOCAL, iovec, 1), EINVAL);
		assert_fails(evpl_packets_alloc(evpl, NULL, 100, LOCAL, iovec, 1), EINVAL);
		assert_fails(evpl_packets_alloc(evpl, pool, 100, LOCAL, NULL, 1), EINVAL);
		assert_fails(evpl_packets_alloc(evpl, pool, 100, LOCAL, iovec, 0), EINVAL);
		assert_fails(evpl_packets_alloc(evpl, pool, 0, LOCAL, iovec, 1), EINVAL);
		assert_fails(evpl_packets_alloc(evpl, pool, 100, 2, iovec, 1), EINVAL);
		assert_fails(evpl_packets_alloc(evpl, pool, 100, SHARED | 4, iovec, 1), EINVAL);
		assert_fails(evpl_packets_alloc(evpl, pool, 100, UINT_MAX, iovec, 1), EINVAL);
		assert_fails(evpl_packets_alloc(evpl, pool, ROOM + 1, LOCAL, iovec, 1), EMSGSIZE);
		assert_fails(evpl_packets_alloc(evpl, pool, UINT16_MAX + 1, LOCAL, iovec, 1), EMSGSIZE);
		assert_fails(evpl_packets_alloc(evpl, pool, UINT_MAX, LOCAL, iovec, 1), EMSGSIZE); /* sums that wrap */
		assert_fails(evpl_packets_alloc(evpl, pool, UINT_MAX - RTE_PKTMBUF_HEADROOM + 1, LOCAL, iovec, 1),
			     EMSGSIZE);
		close_pool(kind, pool);
	}
}

static void
packets_of_a_pool_without_room_are_emsgsize(void **state)
{
	struct evpl_iovec iovec;

	for (uint16_t room = 0; room <= RTE_PKTMBUF_HEADROOM; room += RTE_PKTMBUF_HEADROOM) {
		struct rte_mempool *pool = open_pool(DIRECT, room);

		assert_fails(evpl_packets_alloc(home_context(state), pool, 1, LOCAL, &iovec, 1), EMSGSIZE);
		close_pool(DIRECT, pool);
	}
}

static void
packets_are_local_where_the_pool_lets_them(void **state)
{
	struct evpl *evpl = home_context(state);

	for (enum kind kind = RX; kind < KINDS; kind++) {
		struct rte_mempool *pool = open_pool(kind, RTE_MBUF_DEFAULT_BUF_SIZE);
		struct evpl_iovec iovec[2];

		assert_int_equal(evpl_packets_alloc(evpl, pool, 64, LOCAL, &iovec[0], 1), 1);
		assert_int_equal(evpl_packets_alloc(evpl, pool, 64, SHARED, &iovec[1], 1), 1);
		assert_int_equal(iovec_flags(&iovec[0]), EVPL_IOVEC_FLAG_PACKET | (kind == RX ? LOCAL : SHARED));
		assert_int_equal(iovec_flags(&iovec[1]), EVPL_IOVEC_FLAG_PACKET | SHARED);
		evpl_iovecs_release(evpl, iovec, 2);
		close_pool(kind, pool);
	}
}

static void
packets_of_every_size_have_that_room_and_headroom(void **state)
{
	struct evpl *evpl = home_context(state);
	const struct {
		uint16_t data_room;
		unsigned length;
	} shape[] = {
		{RTE_MBUF_DEFAULT_BUF_SIZE, 1},
		{RTE_MBUF_DEFAULT_BUF_SIZE, 60},
		{RTE_MBUF_DEFAULT_BUF_SIZE, ROOM},
		{RTE_PKTMBUF_HEADROOM + 1, 1},
		{UINT16_MAX, UINT16_MAX - RTE_PKTMBUF_HEADROOM},
	};
	static struct evpl_iovec iovec[N_MBUFS];

	for (unsigned k = 0; k < KINDS * DIM(shape); k++) {
		enum kind kind = k % KINDS;
		unsigned length = shape[k / KINDS].length;
		struct rte_mempool *pool = open_pool(kind, shape[k / KINDS].data_room);

		/* All there are, written to the last byte, headroom too, before any is read. */
		assert_int_equal(evpl_packets_alloc(evpl, pool, length, LOCAL, iovec, N_MBUFS), N_MBUFS);
		for (unsigned i = 0; i < N_MBUFS; i++) {
			assert_int_equal(evpl_iovec_length(&iovec[i]), length);
			assert_ptr_equal(evpl_iovec_data(&iovec[i]), rte_pktmbuf_mtod(iovec[i].ref, void *));
			assert_int_equal(rte_pktmbuf_headroom(iovec[i].ref), RTE_PKTMBUF_HEADROOM);
			iovec_fill(&iovec[i], i);
			bytes_fill((char *)evpl_iovec_data(&iovec[i]) - RTE_PKTMBUF_HEADROOM, RTE_PKTMBUF_HEADROOM,
				   1000 + i, 0);
		}
		for (unsigned i = 0; i < N_MBUFS; i++) {
			iovec_assert(&iovec[i], i, 0);
			assert_int_equal(bytes_right((char *)evpl_iovec_data(&iovec[i]) - RTE_PKTMBUF_HEADROOM,
						     RTE_PKTMBUF_HEADROOM, 1000 + i, 0),
					 RTE_PKTMBUF_HEADROOM);
		}
		evpl_iovecs_release(evpl, iovec, N_MBUFS);
		close_pool(kind, pool);
	}
}

static void
packets_beyond_the_pool_are_enomem_and_take_none(void **state)
{
	static struct evpl_iovec iovec[N_MBUFS + 1], rest[N_MBUFS];
	struct evpl *evpl = home_context(state);

	for (enum kind kind = RX; kind < KINDS; kind++) {
		struct rte_mempool *pool = open_pool(kind, RTE_MBUF_DEFAULT_BUF_SIZE);
		const unsigned n[] = {1, 63, 64, 65, 127, 128, 129, 192, 200, N_MBUFS};

		assert_fails(evpl_packets_alloc(evpl, pool, 100, LOCAL, iovec, N_MBUFS + 1), ENOMEM);
		home_assert_pool(pool, N_MBUFS);
		for (unsigned i = 0; i < DIM(n); i++) {
			unsigned left = N_MBUFS - n[i];

			assert_int_equal(evpl_packets_alloc(evpl, pool, 100, LOCAL, iovec, n[i]), n[i]);
			assert_fails(evpl_packets_alloc(evpl, pool, 100, LOCAL, rest, left + 1), ENOMEM);
			/* What is left is still to be had. */
			if (left > 0)
				assert_int_equal(evpl_packets_alloc(evpl, pool, 100, LOCAL, rest, left), left);
			evpl_iovecs_release(evpl, rest, (int)left);
			evpl_iovecs_release(evpl, iovec, (int)n[i]);
			home_assert_pool(pool, N_MBUFS);
		}
		close_pool(kind, pool);
	}
}

static void
packets_become_the_mbufs_that_they_are(void **state)
{
	struct evpl *evpl = home_context(state);

	for (unsigned k = 0; k < 2 * KINDS; k++) {
		enum kind kind = k % KINDS;
		struct rte_mempool *pool = open_pool(kind, RTE_MBUF_DEFAULT_BUF_SIZE);
		struct evpl_iovec iovec[100];
		struct evpl_stats stats;

		assert_int_equal(evpl_packets_alloc(evpl, pool, 100, k / KINDS, iovec, DIM(iovec)), DIM(iovec));
		for (unsigned i = 0; i < DIM(iovec); i++) {
			struct rte_mbuf *packet, *self = iovec[i].ref;

			iovec_fill(&iovec[i], i);
			evpl_iovec_set_length(&iovec[i], 100 - i);
			packet = evpl_iovecs_to_mbuf(evpl, &iovec[i], 1);
			assert_ptr_equal(packet, self);
			assert_int_equal(rte_mbuf_refcnt_read(packet), 1);
			mbuf_assert(packet, 100 - i, i);
			assert_non_null(rte_pktmbuf_prepend(packet, RTE_PKTMBUF_HEADROOM));
			rte_pktmbuf_free(packet);
		}
		evpl_stats_get(&stats);
		assert_int_equal(stats.packet_mbufs_in_use, 0); /* none was needed */
		close_pool(kind, pool);
	}
}

static void
packets_that_are_shared_keep_their_bytes(void **state)
{
	struct evpl *evpl = home_context(state);

	for (unsigned k = 0; k < 2 * KINDS; k++) {
		enum kind kind = k % KINDS;
		struct rte_mempool *pool = open_pool(kind, RTE_MBUF_DEFAULT_BUF_SIZE);
		struct evpl_iovec iovec, clone, segment, header[2];
		struct rte_mbuf *packet, *self;

		assert_int_equal(evpl_packets_alloc(evpl, pool, 1000, k / KINDS, &iovec, 1), 1);
		self = iovec.ref;
		iovec_fill(&iovec, 1);
		evpl_iovec_clone(&clone, &iovec);
		evpl_iovec_clone_segment(&segment, &iovec, 500, 500);
		packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
		assert_ptr_not_equal(packet, self);
		mbuf_assert(packet, 1000, 1);
		rte_pktmbuf_free(packet);
		iovec_assert(&segment, 1, 500);
		evpl_iovec_release(evpl, &segment);
		/* Alone again, and behind a header. */
		assert_int_equal(evpl_iovec_alloc(evpl, 14, 0, 1, k / KINDS, &header[0]), 1);
		iovec_fill(&header[0], 1);
		evpl_iovec_move_segment(&header[1], &clone, 14, 986);
		packet = evpl_iovecs_to_mbuf(evpl, header, 2);
		assert_non_null(packet);
		mbuf_assert(packet, 1000, 1);
		rte_pktmbuf_free(packet);
		close_pool(kind, pool);
	}
}

static void
packets_go_over_a_port_as_themselves(void **state)
{
	struct evpl *evpl = home_context(state);

	for (enum kind kind = RX; kind < KINDS; kind++) {
		struct rte_mempool *pool = open_pool(kind, RTE_MBUF_DEFAULT_BUF_SIZE);
		uint16_t port = port_loop(pool);
		struct evpl_iovec iovec[200], got[201];
		struct rte_mbuf *self[200];
		struct evpl_stats stats;

		for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
			assert_int_equal(evpl_packets_alloc(evpl, pool, 300, flags, iovec, DIM(iovec)), DIM(iovec));
			for (unsigned i = 0; i < DIM(iovec); i++) {
				iovec_fill(&iovec[i], i);
				self[i] = iovec[i].ref;
			}
			assert_int_equal(evpl_tx_burst(evpl, port, 0, iovec, DIM(iovec)), DIM(iovec));
			assert_int_equal(evpl_rx_burst(evpl, port, 0, got, DIM(got)), DIM(iovec));
			for (unsigned i = 0; i < DIM(iovec); i++) {
				assert_ptr_equal(got[i].ref, self[i]);
				assert_int_equal(evpl_iovec_length(&got[i]), 300);
				iovec_assert(&got[i], i, 0);
			}
			evpl_iovecs_release(evpl, got, DIM(iovec));
		}
		evpl_stats_get(&stats);
		assert_int_equal(stats.packet_mbufs_in_use, 0);
		port_close(port);
		close_pool(kind, pool);
	}
}

static void
rx_pool_with_packets_held_is_ebusy(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mempool *pool = open_pool(RX, 0);
	struct evpl_iovec iovec[70];

	assert_int_equal(evpl_packets_alloc(evpl, pool, 60, LOCAL, iovec, DIM(iovec)), DIM(iovec));
	assert_int_equal(evpl_rx_pool_destroy(pool), -EBUSY);
	evpl_iovecs_release(evpl, iovec, DIM(iovec));
	close_pool(RX, pool);
}

static void
take_and_send(void *arg)
{
	struct rte_mempool *pool = arg;
	struct evpl *evpl = evpl_create(NULL);
	struct evpl_iovec iovec[N_MBUFS];

	threads_check(evpl != NULL);
	threads_check(evpl_packets_alloc(evpl, pool, 60, LOCAL, iovec, N_MBUFS) == N_MBUFS);
	for (unsigned i = 0; i < N_MBUFS && !threads_failed(); i++)
		rte_pktmbuf_free(evpl_iovecs_to_mbuf(evpl, &iovec[i], 1));
	evpl_destroy(evpl);
}

static void
packets_of_a_thread_without_lcore_come_home(void **state)
{
	(void)state;
	for (enum kind kind = RX; kind < KINDS; kind++) {
		struct rte_mempool *pool = open_pool(kind, RTE_MBUF_DEFAULT_BUF_SIZE);

		threads_run_elsewhere(take_and_send, pool);
		close_pool(kind, pool);
	}
}

/* Drivers that overwrite ol_flags of received mbufs lose the flag. DPDK's calls then free those to their pool. */
static void
packets_of_pinned_mbufs_without_the_flag_have_it_again(void **state)
{
	struct rte_mempool *pool = open_pool(RX, RTE_MBUF_DEFAULT_BUF_SIZE);
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[N_MBUFS];
	struct rte_mbuf *mbuf[N_MBUFS];

	assert_int_equal(rte_pktmbuf_alloc_bulk(pool, mbuf, N_MBUFS), 0);
	for (unsigned i = 0; i < N_MBUFS; i++)
		mbuf[i]->ol_flags = 0;
	rte_pktmbuf_free_bulk(mbuf, N_MBUFS);
	assert_int_equal(evpl_packets_alloc(evpl, pool, 100, LOCAL, iovec, N_MBUFS), N_MBUFS);
	for (unsigned i = 0; i < N_MBUFS; i++)
		assert_int_not_equal(iovec[i].ref->ol_flags & RTE_MBUF_F_EXTERNAL, 0);
	evpl_iovecs_release(evpl, iovec, N_MBUFS);
	close_pool(RX, pool);
}

static const struct CMUnitTest cases[] = {
	home_case(packets_with_impossible_arguments_fail, home_small),
	home_case(packets_of_a_pool_without_room_are_emsgsize, home_small),
	home_case(packets_are_local_where_the_pool_lets_them, home_small),
	home_case(packets_of_pinned_mbufs_without_the_flag_have_it_again, home_small),
	home_case(packets_of_every_size_have_that_room_and_headroom, home_small),
	home_case(packets_beyond_the_pool_are_enomem_and_take_none, home_small),
	home_case(packets_become_the_mbufs_that_they_are, home_small),
	home_case(packets_that_are_shared_keep_their_bytes, home_small),
	home_case(packets_go_over_a_port_as_themselves, home_small),
	home_case(rx_pool_with_packets_held_is_ebusy, home_small),
	home_case(packets_of_a_thread_without_lcore_come_home, home_small),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "packets", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
