/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_iovecs_to_mbuf of bytes in slabs: chains, windows, long iovecs, and arguments that are refused.
 *
 * What would break: a segment could show a byte too many (DPDK's append, prepend and linearize test only the window,
 * and would write over a neighbour). An IO address could belong to other bytes. Lengths beyond 16 bits could be cut. So
 * packets are read through DPDK's own calls, with neighbours on both sides that must not change.
 */
#include <rte_memory.h>

#include "support.h"

#define MIB (1u << 20)

static const struct evpl_global_config buffers_2m = {
	.slab_size = 8 * MIB, .buffer_size = 2 * MIB, .packet_mbufs = 1023};

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

/* One byte each. Some of the last count on another mbuf (src/overflow.c), so there is more than one segment. */
static void
to_mbuf_of_more_than_65535_neighbours_is_few_segments(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec *iovec, whole;
	struct rte_mbuf *packet;

	unwatched_bytes_only();
	iovec = calloc(65536, sizeof(*iovec));
	assert_non_null(iovec);
	iovec_take(evpl, 65536, SHARED, &whole, 1);
	for (unsigned i = 0; i < 65536; i++)
		evpl_iovec_clone_segment(&iovec[i], &whole, i, 1);
	packet = evpl_iovecs_to_mbuf(evpl, iovec, 65536);
	assert_non_null(packet);
	assert_in_range(packet->nb_segs, 2, 4);
	evpl_iovec_release(evpl, &whole);
	mbuf_assert(packet, 65536, 1);
	rte_pktmbuf_free(packet);
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
	home_case(to_mbuf_of_more_than_65535_neighbours_is_few_segments, home_small),
	home_case(to_mbuf_of_more_than_4_gib_is_emsgsize, buffers_2m),
	home_case(windows_of_a_packet_let_dpdk_write_nothing_but_its_bytes, home_small),
	home_case(packet_freed_segment_by_segment_in_any_order_comes_home, home_small),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "to_mbuf", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
