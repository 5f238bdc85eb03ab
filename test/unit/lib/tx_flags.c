/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A packet whose mbuf was an iovec asks nothing of the port that sends it.
 *
 * What would break: net_ring delivers the sender's mbuf with all flags, and some drivers leave flags on received mbufs.
 * A port that obeys such flags writes a checksum or a tag into bytes that are something else by then. So the cases go
 * every way from a received mbuf to a sent one, with the view moved and not moved.
 */
#include <rte_ethdev.h>

#include "support.h"

#define MBUFS 255
#define LENGTH 200
#define SEED 7
#define ASKED                                                                                                          \
	(RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM | RTE_MBUF_F_TX_TCP_SEG |               \
	 RTE_MBUF_F_TX_VLAN)

static const struct evpl_global_config plenty = {.slab_size = 4 << 20, .buffer_size = 64 << 10, .packet_mbufs = 1023};

struct bench {
	struct evpl *evpl;
	struct rte_mempool *pool[2]; /* mbufs pinned to a slab, and mbufs with their own data */
	uint16_t port;
};

static struct bench
open_bench(void **state)
{
	struct home *home = *state;
	struct bench b = {.evpl = home->evpl};

	b.pool[0] = evpl_rx_pool_create("tx_flags", MBUFS, 0, SOCKET_ID_ANY);
	assert_non_null(b.pool[0]);
	b.pool[1] = plain_pool("tx_flags_plain", MBUFS, RTE_MBUF_DEFAULT_BUF_SIZE);
	b.port = port_loop(b.pool[0]);
	return b;
}

static void
close_bench(struct bench *b)
{
	port_close(b->port);
	home_assert_pool(b->pool[0], MBUFS);
	home_assert_pool(b->pool[1], MBUFS);
	assert_int_equal(evpl_rx_pool_destroy(b->pool[0]), 0);
	rte_mempool_free(b->pool[1]);
}

static struct rte_mbuf *
asking_mbuf(struct rte_mempool *pool)
{
	struct rte_mbuf *m = filled_mbuf(pool, LENGTH, SEED);

	m->ol_flags |= ASKED | RTE_MBUF_F_RX_RSS_HASH;
	m->l2_len = 14;
	m->l3_len = 20;
	m->l4_len = 20;
	return m;
}

/* Receives such a packet, and moves the view. */
static void
receive(struct bench *b, struct rte_mempool *pool, unsigned offset, struct evpl_iovec *iovec)
{
	struct rte_mbuf *m = asking_mbuf(pool);

	assert_int_equal(rte_eth_tx_burst(b->port, 0, &m, 1), 1);
	assert_int_equal(evpl_rx_burst(b->evpl, b->port, 0, iovec, 1), 1);
	evpl_iovec_move_segment(iovec, iovec, offset, LENGTH - offset);
}

/* The packet asks for nothing, has the bytes from there on, and is freed. A received mbuf keeps what came with it. */
static void
assert_asks_nothing(struct rte_mbuf *m, unsigned offset, bool was_received)
{
	assert_non_null(m);
	for (const struct rte_mbuf *segment = m; segment != NULL; segment = segment->next)
		assert_int_equal(segment->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK, 0);
	assert_int_equal((m->ol_flags & RTE_MBUF_F_RX_RSS_HASH) != 0, was_received);
	assert_int_equal(bytes_right(rte_pktmbuf_mtod(m, void *), m->data_len, SEED, offset), m->data_len);
	rte_pktmbuf_free(m);
}

static void
sent_in_a_burst_asks_for_nothing(void **state)
{
	struct bench b = open_bench(state);
	struct evpl_iovec iovec;
	struct rte_mbuf *m;

	for (unsigned i = 0; i < 4; i++) {
		unsigned offset = i / 2 * 50;

		receive(&b, b.pool[i % 2], offset, &iovec);
		assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, &iovec, 1), 1);
		assert_int_equal(rte_eth_rx_burst(b.port, 0, &m, 1), 1);
		assert_asks_nothing(m, offset, true);
	}
	close_bench(&b);
}

static void
made_of_an_iovec_asks_for_nothing(void **state)
{
	struct bench b = open_bench(state);
	struct evpl_iovec iovec;

	for (unsigned i = 0; i < 4; i++) {
		unsigned offset = i / 2 * 50;

		receive(&b, b.pool[i % 2], offset, &iovec);
		assert_asks_nothing(evpl_iovecs_to_mbuf(b.evpl, &iovec, 1), offset, true);
	}
	close_bench(&b);
}

static void
made_of_a_clone_asks_for_nothing(void **state)
{
	struct bench b = open_bench(state);
	struct evpl_iovec iovec, clone;

	for (unsigned i = 0; i < 2; i++) {
		receive(&b, b.pool[i], 0, &iovec);
		evpl_iovec_clone(&clone, &iovec);
		assert_asks_nothing(evpl_iovecs_to_mbuf(b.evpl, &clone, 1), 0, false);
		assert_asks_nothing(evpl_iovecs_to_mbuf(b.evpl, &iovec, 1), 0, true);
	}
	close_bench(&b);
}

/* Two holders of one mbuf, as after a broadcast: it was not to be changed when it was taken. */
static void
taken_while_others_held_it_asks_for_nothing(void **state)
{
	struct bench b = open_bench(state);
	struct evpl_iovec iovec;

	for (unsigned i = 0; i < 2; i++) {
		struct rte_mbuf *m = asking_mbuf(b.pool[i]);

		rte_mbuf_refcnt_update(m, 1);
		assert_int_equal(evpl_iovecs_from_mbuf(b.evpl, m, 0, 1, &iovec), 1);
		assert_int_equal(m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK, ASKED);
		rte_pktmbuf_free(m);
		assert_asks_nothing(evpl_iovecs_to_mbuf(b.evpl, &iovec, 1), 0, true);
	}
	close_bench(&b);
}

static void
made_of_many_segments_asks_for_nothing(void **state)
{
	struct bench b = open_bench(state);
	struct evpl_iovec iovec[2];
	struct rte_mbuf *m = asking_mbuf(b.pool[0]), *tail = asking_mbuf(b.pool[1]);

	assert_int_equal(rte_pktmbuf_chain(m, tail), 0);
	assert_int_equal(evpl_iovecs_from_mbuf(b.evpl, m, 0, 2, iovec), 2);
	assert_asks_nothing(evpl_iovecs_to_mbuf(b.evpl, iovec, 2), 0, true);
	close_bench(&b);
}

static void
asked_for_on_the_packet_stays(void **state)
{
	struct bench b = open_bench(state);
	struct evpl_iovec iovec;
	struct rte_mbuf *m, *got;

	receive(&b, b.pool[0], 0, &iovec);
	m = evpl_iovecs_to_mbuf(b.evpl, &iovec, 1);
	assert_non_null(m);
	m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	assert_int_equal(rte_eth_tx_burst(b.port, 0, &m, 1), 1);
	assert_int_equal(rte_eth_rx_burst(b.port, 0, &got, 1), 1);
	assert_int_equal(got->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK, RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM);
	rte_pktmbuf_free(got);
	close_bench(&b);
}

static const struct CMUnitTest cases[] = {
	home_case(sent_in_a_burst_asks_for_nothing, plenty),
	home_case(made_of_an_iovec_asks_for_nothing, plenty),
	home_case(made_of_a_clone_asks_for_nothing, plenty),
	home_case(taken_while_others_held_it_asks_for_nothing, plenty),
	home_case(made_of_many_segments_asks_for_nothing, plenty),
	home_case(asked_for_on_the_packet_stays, plenty),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "tx_flags", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
