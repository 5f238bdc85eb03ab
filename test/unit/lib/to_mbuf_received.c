/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_iovecs_to_mbuf of received mbufs, which are sent as themselves if nobody else holds them; and failures.
 *
 * What would break: a received mbuf could be sent twice, or as itself while a clone of it lives. A call that failed
 * could consume references. So each case runs with mbufs of an RX pool and of a plain pool, which carry their data in
 * different ways, and both pools must be whole at its end.
 */
#include "support.h"

static const struct evpl_global_config few_packets = {
	.slab_size = 1 << 20, .buffer_size = 64 << 10, .packet_mbufs = 15};

/* The cases of received mbufs, for pools whose mbufs carry their data in different ways. */
struct reception {
	struct rte_mempool *pool;
	unsigned n;
	bool foreign;
};

static void
receive(struct evpl *evpl, const struct reception *rx, uint16_t length, unsigned flags, struct evpl_iovec *iovec,
	uint64_t seed)
{
	assert_int_equal(evpl_iovecs_from_mbuf(evpl, filled_mbuf(rx->pool, length, seed), flags, 1, iovec), 1);
}

static void
for_each_reception(void **state, void (*test)(struct evpl *evpl, const struct reception *rx, unsigned flags))
{
	struct reception ours = {evpl_rx_pool_create("ours", 7, 0, SOCKET_ID_ANY), 7, false};
	struct reception foreign = {plain_pool("foreign", 7, RTE_MBUF_DEFAULT_BUF_SIZE), 7, true};

	assert_non_null(ours.pool);
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		test(home_context(state), &ours, flags);
		home_assert_pool(ours.pool, ours.n);
		test(home_context(state), &foreign, flags);
		home_assert_pool(foreign.pool, foreign.n);
	}
	assert_int_equal(evpl_rx_pool_destroy(ours.pool), 0);
	rte_mempool_free(foreign.pool);
}

static void
sole_reference(struct evpl *evpl, const struct reception *rx, unsigned flags)
{
	struct rte_mbuf *mbuf = filled_mbuf(rx->pool, 1000, 1), *packet;
	struct evpl_stats was, is;
	struct evpl_iovec iovec;

	evpl_stats_get(&was);
	assert_int_equal(evpl_iovecs_from_mbuf(evpl, mbuf, flags, 1, &iovec), 1);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	assert_ptr_equal(packet, mbuf);
	mbuf_assert(packet, 1000, 1);
	evpl_stats_get(&is);
	assert_int_equal(is.packet_mbufs_in_use, was.packet_mbufs_in_use);
	rte_pktmbuf_free(packet);
}

static void
to_mbuf_of_the_only_reference_to_a_received_mbuf_is_that_mbuf(void **state)
{
	for_each_reception(state, sole_reference);
}

static void
sole_reference_again(struct evpl *evpl, const struct reception *rx, unsigned flags)
{
	struct rte_mbuf *mbuf = filled_mbuf(rx->pool, 1000, 1), *packet;
	struct evpl_iovec iovec, clone, moved;

	/* A clone that came and went, and a move, change nothing. */
	assert_int_equal(evpl_iovecs_from_mbuf(evpl, mbuf, flags, 1, &iovec), 1);
	evpl_iovec_clone(&clone, &iovec);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_move(&moved, &clone);
	packet = evpl_iovecs_to_mbuf(evpl, &moved, 1);
	assert_ptr_equal(packet, mbuf);
	mbuf_assert(packet, 1000, 1);
	rte_pktmbuf_free(packet);
}

static void
to_mbuf_after_clones_are_gone_is_the_received_mbuf(void **state)
{
	for_each_reception(state, sole_reference_again);
}

static void
with_clone(struct evpl *evpl, const struct reception *rx, unsigned flags)
{
	struct rte_mbuf *mbuf = filled_mbuf(rx->pool, 1000, 1), *packet;
	struct evpl_iovec iovec, clone;

	assert_int_equal(evpl_iovecs_from_mbuf(evpl, mbuf, flags, 1, &iovec), 1);
	evpl_iovec_clone(&clone, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	assert_non_null(packet);
	assert_ptr_not_equal(packet, mbuf);
	assert_int_equal(rte_pktmbuf_headroom(packet), 0);
	assert_int_equal(rte_pktmbuf_tailroom(packet), 0);
	mbuf_assert(packet, 1000, 1);
	evpl_iovec_release(evpl, &clone); /* now the packet alone keeps the bytes */
	mbuf_assert(packet, 1000, 1);
	rte_pktmbuf_free(packet);

	/* The other way round. */
	receive(evpl, rx, 1000, flags, &iovec, 2);
	evpl_iovec_clone(&clone, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	assert_non_null(packet);
	rte_pktmbuf_free(packet);
	iovec_assert(&clone, 2, 0);
	evpl_iovec_release(evpl, &clone);
}

static void
to_mbuf_while_a_clone_lives_is_attached(void **state)
{
	for_each_reception(state, with_clone);
}

/* Two packets on one received mbuf: the second is made of the first one, which came back. */
static void
came_back(struct evpl *evpl, const struct reception *rx, unsigned flags)
{
	bool near = !home_is_far();
	struct evpl_iovec iovec, clones[2];
	struct rte_mbuf *packets[2];
	struct evpl_stats stats;

	receive(evpl, rx, 1000, flags, &iovec, 1);
	evpl_iovec_clone(&clones[0], &iovec);
	packets[0] = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	assert_non_null(packets[0]);
	assert_int_equal(evpl_iovecs_from_mbuf(evpl, packets[0], flags, 1, &iovec), 1);
	evpl_iovec_clone_segment(&clones[1], &iovec, 100, 800);
	packets[1] = evpl_iovecs_to_mbuf(evpl, &clones[1], 1);
	assert_non_null(packets[1]);
	assert_ptr_not_equal(packets[1], packets[0]);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_release(evpl, &clones[0]);
	/* It counts on the received mbuf itself, and does not keep the mbuf of the first packet. */
	evpl_stats_get(&stats);
	if (near)
		assert_int_equal(stats.packet_mbufs_in_use, 1);
	assert_int_equal(rte_pktmbuf_pkt_len(packets[1]), 800);
	assert_int_equal(bytes_right(rte_pktmbuf_mtod(packets[1], void *), 800, 1, 100), 800);
	rte_pktmbuf_free(packets[1]);
}

static void
to_mbuf_of_a_packet_that_came_back_is_attached_to_what_was_received(void **state)
{
	for_each_reception(state, came_back);
}

static void
trimmed(struct evpl *evpl, const struct reception *rx, unsigned flags)
{
	struct rte_mbuf *mbuf = filled_mbuf(rx->pool, 1000, 1), *packet;
	struct evpl_iovec iovec, moved;

	assert_int_equal(evpl_iovecs_from_mbuf(evpl, mbuf, flags, 1, &iovec), 1);
	evpl_iovec_move_segment(&moved, &iovec, 100, 500);
	packet = evpl_iovecs_to_mbuf(evpl, &moved, 1);
	assert_ptr_equal(packet, mbuf);
	assert_int_equal(rte_pktmbuf_pkt_len(packet), 500);
	assert_int_equal(rte_pktmbuf_data_len(packet), 500);
	assert_int_equal(bytes_right(rte_pktmbuf_mtod(packet, void *), 500, 1, 100), 500);
	assert_int_equal(rte_mbuf_check(packet, 1, &(const char *){NULL}), 0);
	rte_pktmbuf_free(packet);
}

static void
to_mbuf_of_a_trimmed_received_mbuf_shows_the_view(void **state)
{
	for_each_reception(state, trimmed);
}

static void
trimmed_beside_a_packet(struct evpl *evpl, const struct reception *rx, unsigned flags)
{
	struct evpl_iovec iovec, tail, head;
	struct rte_mbuf *first, *second;

	/*
	 * The tail is in flight, attached, when the head of the same bytes is sent and is by then the only reference:
	 * as itself its window would reach over the tail, and an append would overwrite a packet in flight.
	 */
	receive(evpl, rx, 1000, flags, &iovec, 1);
	evpl_iovec_clone_segment(&tail, &iovec, 500, 500);
	evpl_iovec_move_segment(&head, &iovec, 0, 500);
	first = evpl_iovecs_to_mbuf(evpl, &tail, 1);
	second = evpl_iovecs_to_mbuf(evpl, &head, 1);
	assert_non_null(first);
	assert_non_null(second);
	for (struct rte_mbuf *m = second; m != NULL; m = m->next) {
		char *more = rte_pktmbuf_append(m, 1);

		if (more != NULL)
			*more = (char)~*more;
	}
	assert_int_equal(rte_pktmbuf_pkt_len(first), 500);
	assert_int_equal(bytes_right(rte_pktmbuf_mtod(first, void *), 500, 1, 500), 500);
	rte_pktmbuf_free(second);
	rte_pktmbuf_free(first);
}

static void
to_mbuf_of_a_part_beside_one_in_flight_cannot_write_over_it(void **state)
{
	for_each_reception(state, trimmed_beside_a_packet);
}

static void
mixed_chain(struct evpl *evpl, const struct reception *rx, unsigned flags)
{
	struct evpl_iovec iovec[4];
	struct rte_mbuf *packet, *mbuf[2];
	uint64_t bytes;

	/* Attached and received segments in one packet, the received ones as themselves. */
	iovec_take(evpl, 42, LOCAL, &iovec[0], 0);
	receive(evpl, rx, 500, flags, &iovec[1], 0);
	iovec_take(evpl, 1000, SHARED, &iovec[2], 0);
	receive(evpl, rx, 60, flags, &iovec[3], 0);
	mbuf[0] = iovec[1].ref;
	mbuf[1] = iovec[3].ref;
	bytes = iovecs_fill(iovec, 4, 7);
	packet = evpl_iovecs_to_mbuf(evpl, iovec, 4);
	assert_non_null(packet);
	assert_int_equal(packet->nb_segs, 4);
	assert_ptr_equal(packet->next, mbuf[0]);
	assert_ptr_equal(packet->next->next->next, mbuf[1]);
	mbuf_assert(packet, bytes, 7);
	rte_pktmbuf_free(packet);

	/* A received one first: its nb_segs and pkt_len become the packet's, and are reset when it is home. */
	receive(evpl, rx, 500, flags, &iovec[0], 0);
	iovec_take(evpl, 1000, SHARED, &iovec[1], 0);
	bytes = iovecs_fill(iovec, 2, 8);
	packet = evpl_iovecs_to_mbuf(evpl, iovec, 2);
	assert_non_null(packet);
	mbuf_assert(packet, bytes, 8);
	rte_pktmbuf_free(packet);
}

static void
to_mbuf_of_received_and_own_iovecs_chains_both(void **state)
{
	for_each_reception(state, mixed_chain);
}

static void
failed_chain(struct evpl *evpl, const struct reception *rx, unsigned flags)
{
	struct evpl_iovec iovec[20], was[20];
	struct rte_mbuf *packet;
	uint16_t refs;

	/* 19 segments to attach out of 15 mbufs, and a received one among them. */
	iovec_take(evpl, 100, flags, &iovec[0], 1);
	for (unsigned i = 1; i < DIM(iovec); i++)
		evpl_iovec_clone(&iovec[i], &iovec[0]);
	evpl_iovec_release(evpl, &iovec[10]);
	receive(evpl, rx, 500, flags, &iovec[10], 2);
	memcpy(was, iovec, sizeof(was));
	refs = rte_mbuf_refcnt_read(iovec[0].ref);
	for (unsigned i = 0; i < 3; i++)
		assert_null_with(evpl_iovecs_to_mbuf(evpl, iovec, DIM(iovec)), ENOMEM);
	assert_memory_equal(iovec, was, sizeof(was));
	assert_int_equal(rte_mbuf_refcnt_read(iovec[0].ref), refs);
	assert_int_equal(rte_mbuf_refcnt_read(iovec[10].ref), 1);
	assert_null(iovec[10].ref->next);
	assert_int_equal(iovec[10].ref->nb_segs, 1);
	iovec_assert(&iovec[0], 1, 0);
	iovec_assert(&iovec[10], 2, 0);

	/* The received one still goes out by itself, as itself; fewer of the others do together. */
	packet = evpl_iovecs_to_mbuf(evpl, &iovec[10], 1);
	assert_ptr_equal(packet, was[10].ref);
	mbuf_assert(packet, 500, 2);
	rte_pktmbuf_free(packet);
	packet = evpl_iovecs_to_mbuf(evpl, iovec, 10);
	assert_non_null(packet);
	rte_pktmbuf_free(packet);
	evpl_iovecs_release(evpl, &iovec[11], 9);
}

static void
to_mbuf_that_fails_leaves_all_as_it_was(void **state)
{
	for_each_reception(state, failed_chain);
}

static const struct CMUnitTest cases[] = {
	home_case(to_mbuf_of_the_only_reference_to_a_received_mbuf_is_that_mbuf, home_small),
	home_case(to_mbuf_after_clones_are_gone_is_the_received_mbuf, home_small),
	home_case(to_mbuf_while_a_clone_lives_is_attached, home_small),
	home_case(to_mbuf_of_a_packet_that_came_back_is_attached_to_what_was_received, home_small),
	home_case(to_mbuf_of_a_trimmed_received_mbuf_shows_the_view, home_small),
	home_case(to_mbuf_of_a_part_beside_one_in_flight_cannot_write_over_it, home_small),
	home_case(to_mbuf_of_received_and_own_iovecs_chains_both, home_small),
	home_case(to_mbuf_that_fails_leaves_all_as_it_was, few_packets),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "to_mbuf_received", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
