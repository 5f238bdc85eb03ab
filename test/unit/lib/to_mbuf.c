/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_iovecs_to_mbuf: chains, windows, long iovecs, received mbufs that are sent as themselves, and failures.
 *
 * What would break: a segment could show a byte too many (DPDK's append, prepend and linearize test only the window,
 * and would write over a neighbour). An IO address could belong to other bytes. Lengths beyond 16 bits could be cut. A
 * received mbuf could be sent twice. A call that failed could consume references. So packets are read through DPDK's
 * own calls, with neighbours on both sides that must not change.
 */
#include <rte_memory.h>

#include "support.h"

#define KIB (1u << 10)
#define MIB (1u << 20)

static const struct evpl_global_config buffers_2m = {
	.slab_size = 8 * MIB, .buffer_size = 2 * MIB, .packet_mbufs = 1023};
static const struct evpl_global_config few_packets = {.slab_size = MIB, .buffer_size = 64 * KIB, .packet_mbufs = 15};

/* What DPDK says of a packet, and what this library promises of its windows. */
static void
assert_sound(struct rte_mbuf *packet, unsigned segments)
{
	const char *reason = "";

	if (rte_mbuf_check(packet, 1, &reason) != 0)
		fail_msg("rte_mbuf_check: %s", reason);
	assert_int_equal(packet->nb_segs, segments);
	assert_int_equal(packet->ol_flags & ~RTE_MBUF_F_EXTERNAL, 0);
	for (struct rte_mbuf *m = packet; m != NULL; m = m->next) {
		assert_int_equal(rte_mbuf_refcnt_read(m), 1);
		assert_int_equal(rte_mbuf_iova_get(m) + m->data_off, rte_mem_virt2iova(rte_pktmbuf_mtod(m, void *)));
	}
}

static void
to_mbuf_of_one_iovec_shows_exactly_its_bytes(void **state)
{
	struct evpl *evpl = home_context(state);
	const unsigned length[] = {1, 2, 60, 64, 1500, 9000, 65535};

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned i = 0; i < DIM(length); i++) {
			struct evpl_iovec before, iovec, after;
			struct rte_mbuf *packet;
			void *data;

			iovec_take(evpl, 100, flags, &before, 1);
			iovec_take(evpl, length[i], flags, &iovec, 2);
			iovec_take(evpl, 100, flags, &after, 3);
			data = evpl_iovec_data(&iovec);
			packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
			assert_non_null(packet);
			assert_sound(packet, 1);
			assert_ptr_equal(rte_pktmbuf_mtod(packet, void *), data);
			assert_int_equal(rte_pktmbuf_data_len(packet), length[i]);
			assert_int_equal(rte_pktmbuf_headroom(packet), 0);
			assert_int_equal(rte_pktmbuf_tailroom(packet), 0);
			assert_int_equal(packet->buf_len, length[i]);
			assert_ptr_equal(packet->buf_addr, data);
			mbuf_assert(packet, length[i], 2);
			iovec_assert(&before, 1, 0);
			iovec_assert(&after, 3, 0);
			evpl_iovec_release(evpl, &before);
			evpl_iovec_release(evpl, &after);
			mbuf_assert(packet, length[i], 2);
			rte_pktmbuf_free(packet);
		}
	}
}

static void
to_mbuf_of_many_iovecs_chains_them_in_order(void **state)
{
	struct evpl *evpl = home_context(state);
	const unsigned length[] = {14, 1, 1000, 65535, 3, 0, 500, 0, 20000};
	struct evpl_iovec iovec[DIM(length)];
	struct rte_mbuf *packet, *m;
	uint64_t bytes;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		unsigned i = 0;

		for (i = 0; i < DIM(length); i++) {
			iovec_take(evpl, length[i] ? length[i] : 1, (flags + i) & 1, &iovec[i], 0);
			evpl_iovec_set_length(&iovec[i], length[i]);
		}
		bytes = iovecs_fill(iovec, DIM(iovec), 5);
		packet = evpl_iovecs_to_mbuf(evpl, iovec, DIM(iovec));
		assert_non_null(packet);
		assert_sound(packet, 7); /* those without bytes are no segments, and are consumed all the same */
		assert_int_equal(rte_pktmbuf_pkt_len(packet), bytes);
		for (m = packet, i = 0; m != NULL; m = m->next, i++) {
			while (length[i] == 0)
				i++;
			assert_int_equal(m->data_len, length[i]);
		}
		mbuf_assert(packet, bytes, 5);
		rte_pktmbuf_free(packet);
		assert_non_null(home_fresh(*state));
		evpl = home_context(state);
		home_assert_held(0);
	}
}

static void
to_mbuf_of_more_than_65535_bytes_splits_the_iovec(void **state)
{
	struct evpl *evpl = home_context(state);
	const unsigned length[] = {65535, 65536, 65537, 131070, 131071, MIB, 2 * MIB};

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned i = 0; i < DIM(length); i++) {
			struct evpl_iovec iovec;
			struct rte_mbuf *packet;

			iovec_take(evpl, length[i], flags, &iovec, i);
			packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
			assert_non_null(packet);
			assert_sound(packet, (length[i] + 65534) / 65535);
			mbuf_assert(packet, length[i], i);
			rte_pktmbuf_free(packet);
		}
	}
	assert_non_null(home_fresh(*state));
	home_assert_held(0);
}

static void
to_mbuf_leaves_other_references_usable(void **state)
{
	struct evpl *evpl = home_context(state);

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		struct evpl_iovec iovec, clone, again;
		struct rte_mbuf *first, *second;

		iovec_take(evpl, 1000, flags, &iovec, 1);
		evpl_iovec_clone(&clone, &iovec);
		evpl_iovec_clone_segment(&again, &iovec, 100, 10);
		first = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
		second = evpl_iovecs_to_mbuf(evpl, &again, 1);
		assert_non_null(first);
		assert_non_null(second);
		rte_pktmbuf_free(first);
		iovec_assert(&clone, 1, 0);
		assert_int_equal(bytes_right(rte_pktmbuf_mtod(second, void *), 10, 1, 100), 10);
		evpl_iovec_release(evpl, &clone);
		home_fresh(*state);
		evpl = home_context(state);
		home_assert_held(1); /* by the packet alone */
		rte_pktmbuf_free(second);
		home_assert_held(0);
	}
}

static void
packets_in_flight_keep_their_bytes_when_their_buffer_runs_out(void **state)
{
	struct evpl *evpl = home_context(state);

	/* Every iovec of the buffer is gone, only packets hold it: it must not be started again from its first byte. */
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		struct evpl_iovec iovec;
		struct rte_mbuf *packet[40];

		for (unsigned i = 0; i < DIM(packet); i++) {
			iovec_take(evpl, 5000, flags, &iovec, i);
			packet[i] = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
			assert_non_null(packet[i]);
		}
		for (unsigned i = 0; i < DIM(packet); i++) {
			mbuf_assert(packet[i], 5000, i);
			rte_pktmbuf_free(packet[i]);
		}
	}
}

static void
to_mbuf_with_impossible_arguments_is_einval(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[3], was[3], empty = {NULL, 0, 0, NULL};

	iovec_take(evpl, 100, LOCAL, &iovec[0], 1);
	iovec_take(evpl, 100, SHARED, &iovec[1], 2);
	iovec_take(evpl, 1, SHARED, &iovec[2], 3);
	memcpy(was, iovec, sizeof(was));
	assert_null_with(evpl_iovecs_to_mbuf(NULL, iovec, 1), EINVAL);
	assert_null_with(evpl_iovecs_to_mbuf(evpl, NULL, 1), EINVAL);
	assert_null_with(evpl_iovecs_to_mbuf(evpl, iovec, 0), EINVAL);
	assert_null_with(evpl_iovecs_to_mbuf(evpl, iovec, -1), EINVAL);
	assert_null_with(evpl_iovecs_to_mbuf(evpl, &empty, 1), EINVAL);
	assert_memory_equal(iovec, was, sizeof(was));

	/* An empty one in the middle: the ones before it are not consumed. */
	evpl_iovec_move(&was[1], &iovec[1]);
	iovec[1] = empty;
	assert_null_with(evpl_iovecs_to_mbuf(evpl, iovec, 3), EINVAL);
	evpl_iovec_move(&iovec[1], &was[1]);
	iovec_assert(&iovec[0], 1, 0);

	/* No bytes at all. */
	evpl_iovec_set_length(&iovec[2], 0);
	assert_null_with(evpl_iovecs_to_mbuf(evpl, &iovec[2], 1), EINVAL);
	evpl_iovecs_release(evpl, iovec, 3);
}

static void
to_mbuf_of_more_than_65535_segments_is_emsgsize(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec *iovec = calloc(65536, sizeof(*iovec));

	/* nb_segs is 16 bits: 65,536 would be 0. It is decided before 1,023 packet mbufs are spent. */
	assert_non_null(iovec);
	iovec_take(evpl, 1, SHARED, &iovec[0], 1);
	for (unsigned i = 1; i < 65536; i++)
		evpl_iovec_clone(&iovec[i], &iovec[0]);
	assert_null_with(evpl_iovecs_to_mbuf(evpl, iovec, 65536), EMSGSIZE);
	assert_null_with(evpl_iovecs_to_mbuf(evpl, iovec, 65535), ENOMEM);
	iovec_assert(&iovec[65535], 1, 0);
	evpl_iovecs_release(evpl, iovec, 65536);
	free(iovec);
}

static void
to_mbuf_of_more_than_4_gib_is_emsgsize(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec *iovec = calloc(2049, sizeof(*iovec));

	/* 2,049 views of 2 MiB are more bytes than pkt_len has, and 67,617 segments. */
	assert_non_null(iovec);
	assert_int_equal(evpl_iovec_alloc(evpl, 2 * MIB, 0, 1, LOCAL, &iovec[0]), 1);
	for (unsigned i = 1; i < 2049; i++)
		evpl_iovec_clone(&iovec[i], &iovec[0]);
	assert_null_with(evpl_iovecs_to_mbuf(evpl, iovec, 2049), EMSGSIZE);
	evpl_iovecs_release(evpl, iovec, 2049);
	free(iovec);
}

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

static void
windows_of_a_packet_let_dpdk_write_nothing_but_its_bytes(void **state)
{
	struct evpl *evpl = home_context(state);

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		struct evpl_iovec piece[5], sent[2];
		struct rte_mbuf *packet;

		/* Neighbours in one buffer; 1 and 3 are sent as one packet. */
		for (unsigned i = 0; i < DIM(piece); i++)
			iovec_take(evpl, 64, flags, &piece[i], i);
		evpl_iovec_move(&sent[0], &piece[1]);
		evpl_iovec_move(&sent[1], &piece[3]);
		packet = evpl_iovecs_to_mbuf(evpl, sent, 2);
		assert_non_null(packet);
		assert_null(rte_pktmbuf_append(packet, 1));
		assert_null(rte_pktmbuf_prepend(packet, 1));
		assert_int_not_equal(rte_pktmbuf_linearize(packet), 0);

		/* What was cut off may be appended again, and not a byte more. */
		assert_int_equal(rte_pktmbuf_trim(packet, 10), 0);
		assert_null(rte_pktmbuf_append(packet, 11));
		memset(rte_pktmbuf_append(packet, 10), 0xEE, 10);
		assert_null(rte_pktmbuf_append(packet, 1));
		assert_non_null(rte_pktmbuf_adj(packet, 10));
		assert_null(rte_pktmbuf_prepend(packet, 11));
		memset(rte_pktmbuf_prepend(packet, 10), 0xEE, 10);
		assert_null(rte_pktmbuf_prepend(packet, 1));

		iovec_assert(&piece[0], 0, 0);
		iovec_assert(&piece[2], 2, 0);
		iovec_assert(&piece[4], 4, 0);
		rte_pktmbuf_free(packet);
		evpl_iovec_release(evpl, &piece[0]);
		evpl_iovec_release(evpl, &piece[2]);
		evpl_iovec_release(evpl, &piece[4]);
	}
}

static void
packet_freed_segment_by_segment_in_any_order_comes_home(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[10];
	struct rte_mbuf *segment[10], *packet;
	struct dice dice;

	dice_init(&dice, 3);
	for (unsigned round = 0; round < 20; round++) {
		unsigned n = 0;

		for (unsigned i = 0; i < DIM(iovec); i++)
			iovec_take(evpl, 1 + dice_below(&dice, 20000), i & 1, &iovec[i], i);
		packet = evpl_iovecs_to_mbuf(evpl, iovec, DIM(iovec));
		assert_non_null(packet);
		for (struct rte_mbuf *m = packet; m != NULL; m = m->next)
			segment[n++] = m;
		while (n > 0) {
			unsigned i = dice_below(&dice, n);

			rte_pktmbuf_free_seg(segment[i]);
			segment[i] = segment[--n];
		}
	}
	home_fresh(*state);
	home_assert_held(0);
}

static const struct CMUnitTest cases[] = {
	home_case(to_mbuf_of_one_iovec_shows_exactly_its_bytes, home_small),
	home_case(to_mbuf_of_many_iovecs_chains_them_in_order, home_small),
	home_case(to_mbuf_of_more_than_65535_bytes_splits_the_iovec, buffers_2m),
	home_case(to_mbuf_leaves_other_references_usable, home_small),
	home_case(packets_in_flight_keep_their_bytes_when_their_buffer_runs_out, home_small),
	home_case(to_mbuf_with_impossible_arguments_is_einval, home_small),
	home_case(to_mbuf_of_more_than_65535_segments_is_emsgsize, home_small),
	home_case(to_mbuf_of_more_than_4_gib_is_emsgsize, buffers_2m),
	home_case(to_mbuf_of_the_only_reference_to_a_received_mbuf_is_that_mbuf, home_small),
	home_case(to_mbuf_after_clones_are_gone_is_the_received_mbuf, home_small),
	home_case(to_mbuf_while_a_clone_lives_is_attached, home_small),
	home_case(to_mbuf_of_a_trimmed_received_mbuf_shows_the_view, home_small),
	home_case(to_mbuf_of_a_part_beside_one_in_flight_cannot_write_over_it, home_small),
	home_case(to_mbuf_of_received_and_own_iovecs_chains_both, home_small),
	home_case(to_mbuf_that_fails_leaves_all_as_it_was, few_packets),
	home_case(windows_of_a_packet_let_dpdk_write_nothing_but_its_bytes, home_small),
	home_case(packet_freed_segment_by_segment_in_any_order_comes_home, home_small),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "to_mbuf", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
