/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_tx_burst, over net_ring (a port that delivers the very mbufs that it was sent) and net_null (which frees them at
 * once).
 *
 * What would break: packets could be lost or sent twice if the port takes fewer than it is offered. Iovecs that were
 * not sent could be consumed. Bursts could be longer than what the library handles in one go. So bursts have every
 * length around the library's powers of two, each packet's content has its number, and the port is filled until it
 * refuses.
 */
#include <rte_ethdev.h>

#include "burst_bench.h"

#define MIB (1u << 20)

static const struct evpl_global_config few_packets = {.slab_size = MIB, .buffer_size = 64 << 10, .packet_mbufs = 15};
static const struct evpl_global_config buffers_2m = {
	.slab_size = 8 * MIB, .buffer_size = 2 * MIB, .packet_mbufs = 1023};
static const struct evpl_global_config long_iovecs_few_packets = {
	.slab_size = 8 * MIB, .buffer_size = 2 * MIB, .packet_mbufs = 15};
static const struct evpl_global_config many_packets = {
	.slab_size = MIB, .buffer_size = 64 << 10, .packet_mbufs = 70000};

static void
tx_burst_of_every_length_sends_all_in_order(void **state)
{
	struct bench b = open_bench(state, false, 0);
	const uint16_t n[] = {1, 2, 31, 32, 33, 63, 64, 65, 127, 128, 129, 256, 500, 1000};
	struct evpl_iovec iovec[1000], got[1001];

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned k = 0; k < DIM(n); k++) {
			uint16_t received = 0;

			for (unsigned i = 0; i < n[k]; i++)
				iovec_take(b.evpl, 60 + i % 100, flags, &iovec[i], i);
			assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, iovec, n[k]), n[k]);
			assert_int_equal(rte_errno, 0);
			received = evpl_rx_burst(b.evpl, b.port, 0, got, DIM(got));
			assert_int_equal(received, n[k]);
			for (unsigned i = 0; i < n[k]; i++) {
				assert_int_equal(evpl_iovec_length(&got[i]), 60 + i % 100);
				iovec_assert(&got[i], i, 0);
			}
			evpl_iovecs_release(b.evpl, got, received);
		}
	}
	home_fresh(*state);
	home_assert_held(0);
	close_bench(&b);
}

static void
tx_burst_to_a_full_port_leaves_the_rest_untouched(void **state)
{
	struct bench b = open_bench(state, false, 0);
	const uint16_t before = 30; /* in the port already, so that it refuses in the middle of a run of packets */
	struct evpl_iovec iovec[1200], was[1200], got[1200];
	uint16_t sent, received;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		/* Of all three kinds: attached, with a clone, and received ones that go out as themselves. */
		for (unsigned i = 0; i < DIM(iovec); i++) {
			if (i % 3 == 0) {
				struct rte_mbuf *mbuf = filled_mbuf(b.pool, 64, i);

				assert_int_equal(evpl_iovecs_from_mbuf(b.evpl, mbuf, flags, 1, &iovec[i]), 1);
				if (i % 2 == 0)
					evpl_iovec_set_length(&iovec[i], 60);
			} else {
				iovec_take(b.evpl, 64, flags, &iovec[i], i);
			}
		}
		for (unsigned i = 0; i < before; i++)
			iovec_take(b.evpl, 64, flags, &got[i], 5000);
		assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, got, before), before);
		memcpy(was, iovec, sizeof(was));
		rte_errno = EIO;
		sent = evpl_tx_burst(b.evpl, b.port, 0, iovec, DIM(iovec));
		assert_int_equal(sent, PORT_LOOP_DEPTH - before);
		assert_int_equal(rte_errno, 0); /* full, no error */
		assert_memory_equal(&iovec[sent], &was[sent], (DIM(iovec) - sent) * sizeof(iovec[0]));
		for (unsigned i = sent; i < DIM(iovec); i++) {
			iovec_assert(&iovec[i], i, 0);
			if (i % 3 == 0)
				assert_int_equal(iovec[i].ref->data_len, 64); /* not shortened before it goes */
		}
		assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, &iovec[sent], 1), 0);

		/* Half out, and the rest can be sent. */
		assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, got, before), before);
		evpl_iovecs_release(b.evpl, got, before);
		received = evpl_rx_burst(b.evpl, b.port, 0, got, 600);
		assert_int_equal(received, 600);
		assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, &iovec[sent], (uint16_t)(DIM(iovec) - sent)),
				 DIM(iovec) - sent);
		received = (uint16_t)(received + evpl_rx_burst(b.evpl, b.port, 0, &got[600], 600));
		assert_int_equal(received, DIM(iovec));
		for (unsigned i = 0; i < DIM(iovec); i++) {
			iovec_assert(&got[i], i, 0);
			if (i % 3 == 0)
				assert_ptr_equal(got[i].ref, was[i].ref); /* the very mbuf */
		}
		evpl_iovecs_release(b.evpl, got, received);
		home_fresh(*state);
		b.evpl = ((struct home *)*state)->evpl;
		home_assert_held(0);
	}
	close_bench(&b);
}

static void
tx_burst_with_an_empty_iovec_sends_those_before_it(void **state)
{
	struct bench b = open_bench(state, false, 0);
	const struct evpl_iovec empty = {NULL, 0, 0, NULL};
	struct evpl_iovec iovec[70], got[70], moved = empty;

	for (unsigned bad = 0; bad < DIM(iovec); bad += 23) {
		for (unsigned i = 0; i < DIM(iovec); i++)
			iovec_take(b.evpl, 64, i & 1, &iovec[i], i);
		if (bad % 2 == 0) {
			evpl_iovec_move(&moved, &iovec[bad]);
			iovec[bad] = empty;
		} else {
			evpl_iovec_set_length(&iovec[bad], 0);
		}
		rte_errno = 0;
		assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, iovec, DIM(iovec)), bad);
		assert_int_equal(rte_errno, EINVAL);
		for (unsigned i = bad + 1; i < DIM(iovec); i++)
			iovec_assert(&iovec[i], i, 0);
		assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, got, DIM(got)), bad);
		for (unsigned i = 0; i < bad; i++)
			iovec_assert(&got[i], i, 0);
		evpl_iovecs_release(b.evpl, got, (int)bad);
		if (bad % 2 == 0)
			evpl_iovec_move(&iovec[bad], &moved);
		evpl_iovecs_release(b.evpl, &iovec[bad], (int)(DIM(iovec) - bad));
	}
	close_bench(&b);
}

/* It would go out as itself, if it had a byte. */
static void
tx_burst_of_a_received_packet_without_bytes_is_einval(void **state)
{
	struct bench b = open_bench(state, false, 0);
	struct evpl_iovec iovec;

	assert_int_equal(evpl_iovecs_from_mbuf(b.evpl, filled_mbuf(b.pool, 0, 1), LOCAL, 1, &iovec), 1);
	rte_errno = 0;
	assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, &iovec, 1), 0);
	assert_int_equal(rte_errno, EINVAL);
	evpl_iovec_release(b.evpl, &iovec);
	close_bench(&b);
}

static void
tx_burst_when_packet_mbufs_are_spent_sends_what_it_can(void **state)
{
	struct bench b = open_bench(state, false, 0);
	struct evpl_iovec iovec[40], was[40], got[40];
	uint16_t sent, more;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned i = 0; i < DIM(iovec); i++)
			iovec_take(b.evpl, 64, flags, &iovec[i], i);
		memcpy(was, iovec, sizeof(was));
		rte_errno = 0;
		sent = evpl_tx_burst(b.evpl, b.port, 0, iovec, DIM(iovec));
		assert_int_equal(rte_errno, ENOMEM);
		assert_in_range(sent, 1, 15);
		assert_memory_equal(&iovec[sent], &was[sent], (DIM(iovec) - sent) * sizeof(iovec[0]));
		/* "ENOMEM may pass": as soon as one is back, another goes out. */
		while (sent < DIM(iovec)) {
			assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, got, 1), 1);
			evpl_iovec_release(b.evpl, got);
			more = evpl_tx_burst(b.evpl, b.port, 0, &iovec[sent], (uint16_t)(DIM(iovec) - sent));
			assert_true(more >= 1);
			sent = (uint16_t)(sent + more);
		}
		more = evpl_rx_burst(b.evpl, b.port, 0, got, DIM(got));
		assert_true(more >= 1);
		iovec_assert(&got[more - 1], DIM(iovec) - 1, 0);
		evpl_iovecs_release(b.evpl, got, more);
	}
	close_bench(&b);
}

static void
tx_burst_of_a_long_iovec_sends_a_chain(void **state)
{
	struct bench b = open_bench(state, false, 0);
	struct evpl_iovec iovec[3], back[17];
	struct rte_mbuf *packet[3];

	iovec_take(b.evpl, 100, LOCAL, &iovec[0], 1);
	iovec_take(b.evpl, MIB, LOCAL, &iovec[1], 2);
	iovec_take(b.evpl, 100, SHARED, &iovec[2], 3);
	assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, iovec, 3), 3);
	assert_int_equal(rte_eth_rx_burst(b.port, 0, packet, 3), 3);
	mbuf_assert(packet[0], 100, 1);
	mbuf_assert(packet[1], MIB, 2);
	mbuf_assert(packet[2], 100, 3);
	assert_int_equal(packet[1]->nb_segs, 17);
	assert_int_equal(evpl_iovecs_from_mbuf(b.evpl, packet[1], LOCAL, 17, back), 17);
	evpl_iovecs_release(b.evpl, back, 17);
	rte_pktmbuf_free(packet[0]);
	rte_pktmbuf_free(packet[2]);
	close_bench(&b);
}

static void
tx_burst_while_clones_live_leaves_them_readable(void **state)
{
	struct bench b = open_bench(state, true, 64);
	struct evpl_iovec iovec[64], clone[64];

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned i = 0; i < DIM(iovec); i++) {
			iovec_take(b.evpl, 1000, flags, &iovec[i], i);
			evpl_iovec_clone(&clone[i], &iovec[i]);
		}
		assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, iovec, DIM(iovec)), DIM(iovec));
		for (unsigned i = 0; i < DIM(clone); i++)
			iovec_assert(&clone[i], i, 0);
		assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, clone, DIM(clone)), DIM(clone));
		home_fresh(*state);
		b.evpl = ((struct home *)*state)->evpl;
		home_assert_held(0);
	}
	close_bench(&b);
}

/* Bursts that are forwarded are looked at as if all went out as they came. */
static void
tx_burst_with_one_odd_iovec_in_any_place_sends_all_and_asks_for_no_offload(void **state)
{
	enum { N = 5 };
	struct bench b = open_bench(state, false, 0);
	struct evpl_iovec iovec[N], clone;
	struct rte_mbuf *mbuf[N];

	for (unsigned at = 0; at < 6 * N; at++) {
		unsigned place = at / 6, length = 500, skipped = 0;

		for (unsigned i = 0; i < N; i++)
			mbuf[i] = filled_mbuf(b.pool, 500, i);
		assert_int_equal(rte_eth_tx_burst(b.port, 0, mbuf, N), N);
		assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, iovec, N), N);
		switch (at % 6) {
		case 0: /* left by whoever had it before */
			iovec[place].ref->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM | RTE_MBUF_F_TX_IPV4;
			break;
		case 1:
			evpl_iovec_clone(&clone, &iovec[place]);
			break;
		case 2:
			evpl_iovec_set_length(&iovec[place], length = 499);
			break;
		case 3:
			evpl_iovec_release(b.evpl, &iovec[place]);
			iovec_take(b.evpl, 500, LOCAL, &iovec[place], place);
			break;
		case 4:
			evpl_iovec_clone_segment(&clone, &iovec[place], skipped = 100, length = 400);
			evpl_iovec_release(b.evpl, &iovec[place]);
			evpl_iovec_move(&iovec[place], &clone);
			break;
		case 5: /* none any more */
			evpl_iovec_clone(&clone, &iovec[place]);
			evpl_iovec_release(b.evpl, &clone);
			break;
		}
		assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, iovec, N), N);
		assert_int_equal(rte_eth_rx_burst(b.port, 0, mbuf, N), N);
		for (unsigned i = 0; i < N; i++) {
			assert_int_equal(mbuf[i]->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK, 0);
			assert_int_equal(mbuf[i]->nb_segs, 1);
			assert_int_equal(mbuf[i]->data_len, i == place ? length : 500);
			assert_int_equal(bytes_right(rte_pktmbuf_mtod(mbuf[i], void *), mbuf[i]->data_len, i,
						     i == place ? skipped : 0),
					 mbuf[i]->data_len);
		}
		if (at % 6 == 1)
			assert_ptr_not_equal(mbuf[place], clone.ref); /* whose owner might write around its data */
		rte_pktmbuf_free_bulk(mbuf, N);
		if (at % 6 == 1)
			evpl_iovec_release(b.evpl, &clone);
		home_assert_pool(b.pool, BENCH_MBUFS);
	}
	close_bench(&b);
}

static void
tx_burst_of_a_long_iovec_without_mbufs_for_it_leaves_it(void **state)
{
	struct bench b = open_bench(state, false, 0);
	struct evpl_iovec iovec[3], got[3];

	/* 15 packet mbufs: enough for the first, not for the 17 segments of the second. */
	iovec_take(b.evpl, 100, LOCAL, &iovec[0], 1);
	iovec_take(b.evpl, MIB, LOCAL, &iovec[1], 2);
	iovec_take(b.evpl, 100, LOCAL, &iovec[2], 3);
	rte_errno = 0;
	assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, iovec, 3), 1);
	assert_int_equal(rte_errno, ENOMEM);
	iovec_assert(&iovec[1], 2, 0);
	iovec_assert(&iovec[2], 3, 0);
	assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, got, 3), 1);
	iovec_assert(&got[0], 1, 0);
	evpl_iovec_release(b.evpl, got);
	evpl_iovecs_release(b.evpl, &iovec[1], 2);
	close_bench(&b);
}

static void
tx_burst_of_a_buffer_in_too_many_packets_is_eoverflow(void **state)
{
	struct bench b;
	struct rte_mbuf **packet;
	struct evpl_iovec iovec, clone[3], got[3];
	unsigned n = 0;

	memory_only(128);
	b = open_bench(state, false, 0);
	packet = calloc(70000, sizeof(struct rte_mbuf *));
	assert_non_null(packet);
	iovec_take(b.evpl, 100, SHARED, &iovec, 1);
	for (;; n++) {
		evpl_iovec_clone(&clone[1], &iovec);
		packet[n] = evpl_iovecs_to_mbuf(b.evpl, &clone[1], 1);
		if (packet[n] == NULL)
			break;
		assert_in_range(n, 0, 65535);
	}
	home_fresh(*state);
	b.evpl = ((struct home *)*state)->evpl;
	iovec_take(b.evpl, 100, SHARED, &clone[0], 2); /* of another buffer */
	iovec_take(b.evpl, 100, SHARED, &clone[2], 3);
	assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, clone, 3), 1);
	assert_int_equal(rte_errno, EOVERFLOW);
	iovec_assert(&clone[1], 1, 0);
	iovec_assert(&clone[2], 3, 0);
	rte_pktmbuf_free(packet[--n]);
	assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, &clone[1], 2), 2);
	assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, got, 3), 3);
	iovec_assert(&got[1], 1, 0);
	evpl_iovecs_release(b.evpl, got, 3);
	evpl_iovec_release(b.evpl, &iovec);
	rte_pktmbuf_free_bulk(packet, n);
	free(packet);
	close_bench(&b);
}

static void
bursts_with_null_are_einval_and_of_none_are_none(void **state)
{
	struct bench b = open_bench(state, false, 0);
	struct evpl_iovec iovec;

	iovec_take(b.evpl, 100, LOCAL, &iovec, 1);
	rte_errno = 0;
	assert_int_equal(evpl_tx_burst(NULL, b.port, 0, &iovec, 1), 0);
	assert_int_equal(rte_errno, EINVAL);
	rte_errno = 0;
	assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, NULL, 1), 0);
	assert_int_equal(rte_errno, EINVAL);
	rte_errno = 0;
	assert_int_equal(evpl_rx_burst(NULL, b.port, 0, &iovec, 1), 0);
	assert_int_equal(rte_errno, EINVAL);
	rte_errno = 0;
	assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, NULL, 1), 0);
	assert_int_equal(rte_errno, EINVAL);
	assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, &iovec, 0), 0);
	assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, &iovec, 0), 0);
	iovec_assert(&iovec, 1, 0);
	evpl_iovec_release(b.evpl, &iovec);
	close_bench(&b);
}

static const struct CMUnitTest cases[] = {
	home_case(tx_burst_of_every_length_sends_all_in_order, bench_plenty),
	home_case(tx_burst_to_a_full_port_leaves_the_rest_untouched, bench_plenty),
	home_case(tx_burst_with_an_empty_iovec_sends_those_before_it, bench_plenty),
	home_case(tx_burst_of_a_received_packet_without_bytes_is_einval, bench_plenty),
	home_case(tx_burst_when_packet_mbufs_are_spent_sends_what_it_can, few_packets),
	home_case(tx_burst_of_a_long_iovec_sends_a_chain, buffers_2m),
	home_case(tx_burst_while_clones_live_leaves_them_readable, bench_plenty),
	home_case(tx_burst_with_one_odd_iovec_in_any_place_sends_all_and_asks_for_no_offload, bench_plenty),
	home_case(tx_burst_of_a_long_iovec_without_mbufs_for_it_leaves_it, long_iovecs_few_packets),
	home_case(tx_burst_of_a_buffer_in_too_many_packets_is_eoverflow, many_packets),
	home_case(bursts_with_null_are_einval_and_of_none_are_none, bench_plenty),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "tx_burst", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
