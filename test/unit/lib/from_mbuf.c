/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_iovecs_from_mbuf: the iovecs of every kind of mbuf, and the mbufs that are refused.
 *
 * What would break: iovecs could be LOCAL although DPDK changes the mbuf's count, too. A chain with false fields could
 * be read beyond its bytes, or leak its tail. A call that failed could have changed the mbuf. So every kind of mbuf
 * (direct, indirect, external, pinned, ours) goes in, malformed ones are compared byte for byte after the refusal, and
 * the mbufs' pools are drained at the end.
 */
#include "support.h"

#define POOL_SIZE 31

static struct rte_mempool *foreign;

static int
setup(void **state)
{
	foreign = plain_pool("foreign", POOL_SIZE, RTE_MBUF_DEFAULT_BUF_SIZE);
	return home_setup(state);
}

static int
teardown(void **state)
{
	home_assert_pool(foreign, POOL_SIZE);
	home_teardown(state);
	rte_mempool_free(foreign);
	return 0;
}

#define mbuf_case(function)                                                                                            \
	{                                                                                                              \
#function, function, setup, teardown, (void *)(uintptr_t)&home_small                                   \
	}

static void
from_direct_mbuf_is_shared_whatever_was_asked(void **state)
{
	struct evpl *evpl = home_context(state);

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		struct rte_mbuf *mbuf = filled_mbuf(foreign, 1000, 1);
		struct evpl_iovec iovec;

		assert_int_equal(evpl_iovecs_from_mbuf(evpl, mbuf, flags, 1, &iovec), 1);
		assert_int_equal(iovec.flags & SHARED, SHARED);
		assert_ptr_equal(evpl_iovec_data(&iovec), rte_pktmbuf_mtod(mbuf, void *));
		assert_int_equal(evpl_iovec_length(&iovec), 1000);
		iovec_assert(&iovec, 1, 0);
		assert_int_equal(rte_mempool_in_use_count(foreign), 1);
		evpl_iovec_release(evpl, &iovec);
		assert_int_equal(rte_mempool_in_use_count(foreign), 0);
	}
}

static void
from_rx_pool_mbuf_is_local_or_shared_as_asked(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mempool *pool = evpl_rx_pool_create("ours", 31, 0, SOCKET_ID_ANY);

	assert_non_null(pool);
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		struct evpl_iovec iovec, clone;

		assert_int_equal(evpl_iovecs_from_mbuf(evpl, filled_mbuf(pool, 1000, 1), flags, 1, &iovec), 1);
		assert_int_equal(iovec.flags & SHARED, flags);
		evpl_iovec_clone_segment(&clone, &iovec, 10, 10);
		evpl_iovec_release(evpl, &iovec);
		iovec_assert(&clone, 1, 10);
		evpl_iovec_release(NULL, &clone);
	}
	home_assert_pool(pool, 31);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
}

static void
from_rx_pool_mbuf_whose_flags_were_overwritten_is_put_right(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mempool *pool = evpl_rx_pool_create("ours", 31, 0, SOCKET_ID_ANY);
	struct rte_mbuf *mbuf;
	struct evpl_iovec iovec;

	/* Some PMDs assign ol_flags on reception, and RTE_MBUF_F_EXTERNAL is gone (before DPDK 25.11 for good). */
	assert_non_null(pool);
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		struct evpl_iovec clone;
		struct rte_mbuf *packet;

		mbuf = filled_mbuf(pool, 1000, 1);
		mbuf->ol_flags = RTE_MBUF_F_RX_RSS_HASH;
		assert_int_equal(evpl_iovecs_from_mbuf(evpl, mbuf, flags, 1, &iovec), 1);
		assert_int_equal(iovec.flags & SHARED, flags);
		evpl_iovec_clone(&clone, &iovec);
		packet = evpl_iovecs_to_mbuf(evpl, &clone, 1);
		assert_non_null(packet);
		evpl_iovec_release(evpl, &iovec);
		mbuf_assert(packet, 1000, 1);
		rte_pktmbuf_free(packet);
	}
	for (unsigned i = 0; i < 62; i++) {
		mbuf = rte_pktmbuf_alloc(pool);
		assert_non_null(mbuf);
		assert_true(RTE_MBUF_HAS_EXTBUF(mbuf));
		rte_pktmbuf_free(mbuf);
	}
	home_assert_pool(pool, 31);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
}

static void
from_chain_takes_every_segment_in_order(void **state)
{
	struct evpl *evpl = home_context(state);
	const uint16_t length[] = {100, 1, 2000, 7, 1};

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		struct evpl_iovec iovec[DIM(length)];
		uint64_t offset = 0;

		assert_int_equal(evpl_iovecs_from_mbuf(evpl, filled_chain(foreign, length, DIM(length), 3), flags,
						       DIM(length), iovec),
				 DIM(length));
		for (unsigned i = 0; i < DIM(length); i++) {
			assert_int_equal(evpl_iovec_length(&iovec[i]), length[i]);
			iovec_assert(&iovec[i], 3, offset);
			offset += length[i];
			assert_null(iovec[i].ref->next); /* the chain is undone: each lives by itself */
			assert_int_equal(iovec[i].ref->nb_segs, 1);
		}
		/* Released out of order, each comes home alone. */
		for (unsigned i = 0; i < DIM(length); i++) {
			evpl_iovec_release(evpl, &iovec[(i + 3) % DIM(length)]);
			assert_int_equal(rte_mempool_in_use_count(foreign), DIM(length) - 1 - i);
		}
	}
}

static void
from_chain_with_a_segment_without_bytes_takes_it_too(void **state)
{
	struct evpl *evpl = home_context(state);
	const uint16_t length[] = {100, 0, 50};
	struct evpl_iovec iovec[3];

	assert_int_equal(evpl_iovecs_from_mbuf(evpl, filled_chain(foreign, length, 3, 3), LOCAL, 3, iovec), 3);
	assert_int_equal(evpl_iovec_length(&iovec[1]), 0);
	iovec_assert(&iovec[2], 3, 100);
	evpl_iovecs_release(evpl, iovec, 3);
}

static void
from_clone_of_a_direct_mbuf_is_shared_and_keeps_the_original(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mbuf *mbuf = filled_mbuf(foreign, 1000, 1), *indirect;
	struct evpl_iovec iovec, clone;
	struct rte_mbuf *packet;

	indirect = rte_pktmbuf_clone(mbuf, foreign);
	assert_non_null(indirect);
	rte_pktmbuf_free(mbuf); /* only the indirect one keeps the bytes now */
	assert_int_equal(evpl_iovecs_from_mbuf(evpl, indirect, LOCAL, 1, &iovec), 1);
	assert_int_equal(iovec.flags & SHARED, SHARED);
	evpl_iovec_clone(&clone, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	assert_non_null(packet);
	iovec_assert(&clone, 1, 0);
	evpl_iovec_release(evpl, &clone);
	mbuf_assert(packet, 1000, 1);
	rte_pktmbuf_free(packet);
}

static void
from_original_while_a_clone_lives_is_shared_and_keeps_the_bytes(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mbuf *mbuf = filled_mbuf(foreign, 1000, 1), *indirect;
	struct evpl_iovec iovec;

	/* The indirect mbuf counts on the original: one that the library does not hold. */
	indirect = rte_pktmbuf_clone(mbuf, foreign);
	assert_non_null(indirect);
	assert_int_equal(evpl_iovecs_from_mbuf(evpl, mbuf, LOCAL, 1, &iovec), 1);
	assert_int_equal(iovec.flags & SHARED, SHARED);
	iovec_assert(&iovec, 1, 0);
	evpl_iovec_release(evpl, &iovec);
	mbuf_assert(indirect, 1000, 1);
	rte_pktmbuf_free(indirect);
}

static void
from_own_packet_round_trips(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mbuf *packet;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		struct evpl_iovec iovec[3], back[3];

		for (unsigned round = 0; round < 10; round++) {
			for (unsigned i = 0; i < 3; i++) {
				/* Neighbours would be one segment. */
				assert_int_equal(evpl_iovec_alloc(evpl, 1000, 64, 1, flags, &iovec[i]), 1);
				iovec_fill(&iovec[i], i);
			}
			packet = evpl_iovecs_to_mbuf(evpl, iovec, 3);
			assert_non_null(packet);
			/* There and back again, as it was: each segment is now its only reference. */
			for (unsigned trip = 0; trip < 3; trip++) {
				assert_int_equal(evpl_iovecs_from_mbuf(evpl, packet, flags, 3, back), 3);
				for (unsigned i = 0; i < 3; i++)
					iovec_assert(&back[i], i, 0);
				packet = evpl_iovecs_to_mbuf(evpl, back, 3);
				assert_non_null(packet);
			}
			assert_int_equal(evpl_iovecs_from_mbuf(evpl, packet, flags, 3, back), 3);
			evpl_iovecs_release(evpl, back, 3);
		}
	}
	home_fresh(*state);
	home_assert_held(0);
}

static void
set_length_of_a_received_iovec_grows_back_to_what_came(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mbuf *mbuf = filled_mbuf(foreign, 1000, 1);
	struct evpl_iovec iovec;

	/* That it grows no further is in misuse.c. */
	assert_int_equal(evpl_iovecs_from_mbuf(evpl, mbuf, SHARED, 1, &iovec), 1);
	evpl_iovec_set_length(&iovec, 10);
	evpl_iovec_set_length(&iovec, 1000);
	iovec_assert(&iovec, 1, 0);
	mbuf = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	assert_non_null(mbuf);
	mbuf_assert(mbuf, 1000, 1);
	rte_pktmbuf_free(mbuf);
}

/*
 * A call that failed must not have made the mbuf shorter: a clone of what was cut off could be in flight when the mbuf
 * goes out as itself, with that in its tailroom.
 */
static void
to_mbuf_that_fails_does_not_shorten_a_received_mbuf(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mbuf *mbuf = filled_mbuf(foreign, 1000, 1), *packet, *other;
	struct evpl_iovec iovec[2] = {{0}}, clone;
	uint16_t offset = mbuf->data_off;

	assert_int_equal(evpl_iovecs_from_mbuf(evpl, mbuf, SHARED, 1, &iovec[0]), 1);
	evpl_iovec_set_length(&iovec[0], 40);
	assert_null_with(evpl_iovecs_to_mbuf(evpl, iovec, 2), EINVAL); /* the second is empty */
	assert_int_equal(mbuf->data_off, offset);
	assert_int_equal(mbuf->data_len, 1000);
	assert_int_equal(mbuf->pkt_len, 1000);

	evpl_iovec_set_length(&iovec[0], 1000);
	evpl_iovec_clone(&clone, &iovec[0]);
	other = evpl_iovecs_to_mbuf(evpl, &clone, 1);
	assert_non_null(other);
	evpl_iovec_set_length(&iovec[0], 40);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec[0], 1);
	assert_non_null(packet);
	if (rte_pktmbuf_tailroom(packet) >= 20)
		memset(rte_pktmbuf_append(packet, 20), 0, 20);
	mbuf_assert(other, 1000, 1);
	rte_pktmbuf_free(packet);
	rte_pktmbuf_free(other);
}

/* The call is refused, and no byte of the chain's mbufs changes. */
static void
assert_refused(struct evpl *evpl, struct rte_mbuf *mbuf, unsigned flags, unsigned max, struct evpl_iovec *iovec,
	       int error)
{
	struct rte_mbuf *segment[8];
	struct rte_mbuf was[8];
	unsigned n = 0;

	for (struct rte_mbuf *m = mbuf; m != NULL && n < DIM(was); m = m->next) {
		segment[n] = m;
		memcpy(&was[n++], m, sizeof(*m));
	}
	assert_fails(evpl_iovecs_from_mbuf(evpl, mbuf, flags, max, iovec), error);
	for (unsigned i = 0; i < n; i++)
		assert_memory_equal(segment[i], &was[i], sizeof(was[i]));
}

static void
from_mbuf_with_impossible_arguments_is_refused(void **state)
{
	struct evpl *evpl = home_context(state);
	const uint16_t length[] = {100, 100, 100};
	struct rte_mbuf *mbuf = filled_chain(foreign, length, 3, 1);
	struct evpl_iovec iovec[3], was[3];

	memset(iovec, 0x33, sizeof(iovec));
	memcpy(was, iovec, sizeof(was));
	assert_refused(NULL, mbuf, LOCAL, 3, iovec, EINVAL);
	assert_refused(evpl, mbuf, LOCAL, 3, NULL, EINVAL);
	assert_refused(evpl, NULL, LOCAL, 3, iovec, EINVAL);
	assert_refused(evpl, mbuf, 2, 3, iovec, EINVAL);
	assert_refused(evpl, mbuf, 4, 3, iovec, EINVAL);
	assert_refused(evpl, mbuf, 0x80000000u, 3, iovec, EINVAL);
	assert_refused(evpl, mbuf, LOCAL, 0, iovec, EINVAL);
	assert_refused(evpl, mbuf, LOCAL, 1, iovec, EMSGSIZE);
	assert_refused(evpl, mbuf, LOCAL, 2, iovec, EMSGSIZE);
	assert_memory_equal(iovec, was, sizeof(was));
	mbuf_assert(mbuf, 300, 1);
	rte_pktmbuf_free(mbuf);
}

static void
from_chain_that_lies_is_refused(void **state)
{
	struct evpl *evpl = home_context(state);
	const uint16_t length[] = {100, 200, 50};
	struct rte_mbuf *mbuf = filled_chain(foreign, length, 3, 1), *last;
	struct evpl_iovec iovec[8];
	uint16_t saved;

	/* More and fewer segments than there are. */
	mbuf->nb_segs = 2;
	assert_refused(evpl, mbuf, LOCAL, 8, iovec, EINVAL);
	mbuf->nb_segs = 4;
	assert_refused(evpl, mbuf, LOCAL, 8, iovec, EINVAL);
	mbuf->nb_segs = 0;
	assert_refused(evpl, mbuf, LOCAL, 8, iovec, EINVAL);
	mbuf->nb_segs = 1;
	assert_refused(evpl, mbuf, LOCAL, 8, iovec, EINVAL);
	mbuf->nb_segs = 3;

	/* More and fewer bytes. */
	mbuf->pkt_len = 351;
	assert_refused(evpl, mbuf, LOCAL, 8, iovec, EINVAL);
	mbuf->pkt_len = 349;
	assert_refused(evpl, mbuf, LOCAL, 8, iovec, EINVAL);
	mbuf->pkt_len = 350 + 65536;
	assert_refused(evpl, mbuf, LOCAL, 8, iovec, EINVAL);
	mbuf->pkt_len = 350;

	/* A segment that ends, or begins, beyond its room. */
	last = mbuf->next->next;
	saved = last->data_off;
	last->data_off = (uint16_t)(last->buf_len - 49);
	assert_refused(evpl, mbuf, LOCAL, 8, iovec, EINVAL);
	last->data_off = UINT16_MAX;
	assert_refused(evpl, mbuf, LOCAL, 8, iovec, EINVAL);
	last->data_off = saved;

	/* A loop. */
	last->next = mbuf;
	assert_fails(evpl_iovecs_from_mbuf(evpl, mbuf, LOCAL, 8, iovec), EINVAL);
	last->next = NULL;

	mbuf_assert(mbuf, 350, 1);
	assert_int_equal(evpl_iovecs_from_mbuf(evpl, mbuf, LOCAL, 3, iovec), 3);
	evpl_iovecs_release(evpl, iovec, 3);
}

static void
from_chain_that_others_hold_is_refused(void **state)
{
	struct evpl *evpl = home_context(state);
	const uint16_t length[] = {100, 200, 50};
	struct rte_mbuf *mbuf = filled_chain(foreign, length, 3, 1);
	struct evpl_iovec iovec[3];

	/* Undoing the chain would undo it for the other holder. */
	rte_pktmbuf_refcnt_update(mbuf, 1);
	assert_refused(evpl, mbuf, LOCAL, 3, iovec, EINVAL);
	assert_refused(evpl, mbuf, SHARED, 3, iovec, EINVAL);
	rte_pktmbuf_refcnt_update(mbuf, -1);
	rte_mbuf_refcnt_update(mbuf->next, 1);
	assert_refused(evpl, mbuf, SHARED, 3, iovec, EINVAL);
	rte_mbuf_refcnt_update(mbuf->next, -1);
	rte_pktmbuf_free(mbuf);
}

static const struct CMUnitTest cases[] = {
	mbuf_case(from_direct_mbuf_is_shared_whatever_was_asked),
	mbuf_case(from_rx_pool_mbuf_is_local_or_shared_as_asked),
	mbuf_case(from_rx_pool_mbuf_whose_flags_were_overwritten_is_put_right),
	mbuf_case(from_chain_takes_every_segment_in_order),
	mbuf_case(from_chain_with_a_segment_without_bytes_takes_it_too),
	mbuf_case(from_clone_of_a_direct_mbuf_is_shared_and_keeps_the_original),
	mbuf_case(from_original_while_a_clone_lives_is_shared_and_keeps_the_bytes),
	mbuf_case(from_own_packet_round_trips),
	mbuf_case(set_length_of_a_received_iovec_grows_back_to_what_came),
	mbuf_case(to_mbuf_that_fails_does_not_shorten_a_received_mbuf),
	mbuf_case(from_mbuf_with_impossible_arguments_is_refused),
	mbuf_case(from_chain_that_lies_is_refused),
	mbuf_case(from_chain_that_others_hold_is_refused),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "from_mbuf", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
