/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_iovecs_alloc, and evpl_iovecs_release of neighbours that count on the same mbuf.
 *
 * What would break: all iovecs of a call are counted and carved at once. So a count or a distance that is wrong by one
 * shows as a buffer that never comes home, or as two iovecs on the same bytes. If one buffer has no room for all
 * iovecs, the call goes on in the next buffer. If no buffer is left, it must give back what it took.
 */
#include <rte_errno.h>
#include <rte_mbuf_pool_ops.h>

#include "support.h"

#define MANY 500u

static void
fill_all(struct evpl_iovec *iovecs, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		iovec_fill(&iovecs[i], i);
}

static void
assert_all(const struct evpl_iovec *iovecs, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		iovec_assert(&iovecs[i], i, 0);
}

static void
alloc_gives_iovecs_of_their_own(void **state)
{
	static const unsigned lengths[] = {1, 63, 64, 65, 1500, 9000, 65536}, alignments[] = {0, 1, 64, 4096};
	static struct evpl_iovec iovecs[MANY];
	struct evpl *evpl = home_context(state);
	struct evpl_iovec next;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned l = 0; l < DIM(lengths); l++) {
			for (unsigned a = 0; a < DIM(alignments); a++) {
				unsigned n = RTE_MIN(MANY, (1u << 20) / lengths[l]), alignment = alignments[a];

				if (lengths[l] == 65536 && alignment > 1)
					continue;
				assert_int_equal(evpl_iovecs_alloc(evpl, lengths[l], alignment, flags, iovecs, n), n);
				for (unsigned i = 0; i < n; i++) {
					assert_int_equal(iovecs[i].length, lengths[l]);
					assert_int_equal(iovec_flags(&iovecs[i]), flags);
					assert_int_equal((uintptr_t)iovecs[i].data % RTE_MAX(alignment, 1u), 0);
				}
				assert_int_equal(evpl_iovec_alloc(evpl, 8, 0, 1, flags, &next), 1);
				fill_all(iovecs, n);
				iovec_fill(&next, n);
				assert_all(iovecs, n);
				iovec_assert(&next, n, 0);
				evpl_iovec_release(evpl, &next);
				evpl_iovecs_release(evpl, iovecs, (int)n);
			}
		}
	}
	home_assert_held(0);
}

static void
wrong_arguments_are_refused(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[2];

#define REFUSED(error, ...)                                                                                            \
	do {                                                                                                           \
		rte_errno = 0;                                                                                         \
		assert_int_equal(evpl_iovecs_alloc(__VA_ARGS__), -1);                                                  \
		assert_int_equal(rte_errno, error);                                                                    \
	} while (0)
	REFUSED(EINVAL, NULL, 1, 1, LOCAL, iovec, 2);
	REFUSED(EINVAL, evpl, 1, 1, LOCAL, NULL, 2);
	REFUSED(EINVAL, evpl, 1, 1, LOCAL, iovec, 0);
	REFUSED(EINVAL, evpl, 1, 1, LOCAL, iovec, UINT32_MAX);
	REFUSED(EINVAL, evpl, 1, 3, LOCAL, iovec, 2);
	REFUSED(EINVAL, evpl, 1, 1, SHARED + 1, iovec, 2);
	REFUSED(EMSGSIZE, evpl, evpl_buffer_size() + 1, 1, LOCAL, iovec, 2);
	REFUSED(EMSGSIZE, evpl, UINT32_MAX, 1, SHARED, iovec, 2);
	assert_int_equal(evpl_iovecs_alloc(evpl, 0, 0, LOCAL, iovec, 2), 0);
	home_assert_held(0);
}

static void
what_was_taken_before_memory_ends_is_given_back(void **state)
{
	static struct evpl_iovec iovecs[MANY];
	struct evpl *evpl = home_context(state);

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		rte_errno = 0;
		assert_int_equal(evpl_iovecs_alloc(evpl, 9000, 0, flags, iovecs, MANY), -1);
		assert_int_equal(rte_errno, ENOMEM);
		assert_int_equal(evpl_iovecs_alloc(evpl, 9000, 0, flags, iovecs, 10), 10);
		fill_all(iovecs, 10);
		assert_all(iovecs, 10);
		evpl_iovecs_release(evpl, iovecs, 10);
	}
}

static void
runs_are_released_wherever_they_count(void **state)
{
	static struct evpl_iovec iovecs[MANY];
	struct evpl *evpl = home_context(state), *other = evpl_create(NULL);
	struct dice dice;

	assert_non_null(other);
	dice_init(&dice, 7);
	for (unsigned round = 0; round < 300; round++) {
		unsigned n = 1 + dice_below(&dice, MANY), flags = dice_below(&dice, 2);

		for (unsigned i = 0; i < n;) {
			unsigned some = RTE_MIN(1 + dice_below(&dice, 60), n - i);
			struct evpl_iovec *at = &iovecs[i];

			assert_int_equal(evpl_iovecs_alloc(evpl, 1 + dice_below(&dice, 1500), 0, flags, at, some),
					 some);
			for (unsigned k = 1; k < some && dice_below(&dice, 4) == 0; k++) {
				evpl_iovec_release(evpl, &at[k]);
				evpl_iovec_clone(&at[k], &at[k - 1]);
			}
			i += some;
		}
		for (unsigned i = 0; i < n;) {
			unsigned some = RTE_MIN(1 + dice_below(&dice, 200), n - i);
			bool elsewhere = flags == SHARED && dice_below(&dice, 2) == 0;

			evpl_iovecs_release(elsewhere ? other : evpl, &iovecs[i], (int)some);
			i += some;
		}
	}
	evpl_destroy(other);
	home_assert_held(0);
}

static void
a_stock_takes_more_runs_than_it_holds(void **state)
{
	static struct evpl_iovec iovecs[MANY];
	struct evpl *evpl = home_context(state);
	struct evpl_iovec first;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		assert_int_equal(evpl_iovec_alloc(evpl, 64, 0, 1, flags, &first), 1);
		iovec_fill(&first, 3);
		for (unsigned round = 0; round < 300; round++) { /* 150,000 references come back */
			for (unsigned i = 0; i < MANY; i++)
				evpl_iovec_clone(&iovecs[i], &first);
			evpl_iovecs_release(evpl, iovecs, MANY);
		}
		iovec_assert(&first, 3, 0);
		evpl_iovec_release(evpl, &first);
	}
	home_assert_held(0);
}

/* Packets of both kinds of pools, some of them held elsewhere too, among iovecs that are none. */
static void
packets_are_released_among_others(void **state)
{
	struct rte_mempool *pools[] = {evpl_rx_pool_create("bulk_rx", 255, 0, SOCKET_ID_ANY),
				       rte_pktmbuf_pool_create("bulk_mbufs", 255, 0, 0, 2048, SOCKET_ID_ANY)};
	static struct evpl_iovec iovecs[300], clones[300];
	struct evpl *evpl = home_context(state);
	struct dice dice;

	dice_init(&dice, 11);
	for (unsigned round = 0; round < 200; round++) {
		unsigned n = 0, cloned = 0;

		for (unsigned p = 0; p < DIM(pools); p++) {
			unsigned some = 1 + dice_below(&dice, 100);

			assert_non_null(pools[p]);
			assert_int_equal(
				evpl_packets_alloc(evpl, pools[p], 100, dice_below(&dice, 2), iovecs + n, some), some);
			n += some;
			some = 1 + dice_below(&dice, 40);
			assert_int_equal(evpl_iovecs_alloc(evpl, 100, 0, SHARED, iovecs + n, some), some);
			n += some;
		}
		for (unsigned i = 0; i < n; i++)
			iovec_swap(&iovecs[i], &iovecs[dice_below(&dice, n)]);
		fill_all(iovecs, n);
		for (unsigned i = 0; i < n; i++) {
			if (dice_below(&dice, 4) == 0)
				evpl_iovec_clone_segment(&clones[cloned++], &iovecs[i], 0, 100);
		}
		evpl_iovecs_release(evpl, iovecs, (int)n);
		for (unsigned i = 0; i < cloned; i++)
			assert_int_equal(evpl_iovec_length(&clones[i]), 100);
		evpl_iovecs_release(evpl, clones, (int)cloned);
		for (unsigned p = 0; p < DIM(pools); p++)
			home_assert_pool(pools[p], 255);
	}
	assert_int_equal(evpl_rx_pool_destroy(pools[0]), 0);
	rte_mempool_free(pools[1]);
}

static void
release_one_with_a_clone_in_flight(struct evpl *evpl, struct rte_mempool *pool, unsigned flags)
{
	struct evpl_iovec iovecs[63], clone;
	struct rte_mbuf *packet;

	assert_int_equal(evpl_packets_alloc(evpl, pool, 100, flags, iovecs, DIM(iovecs)), DIM(iovecs));
	evpl_iovec_clone(&clone, &iovecs[30]);
	iovec_fill(&clone, 7);
	packet = evpl_iovecs_to_mbuf(evpl, &clone, 1);
	assert_non_null(packet);
	evpl_iovecs_release(evpl, iovecs, DIM(iovecs));
	assert_int_equal(rte_mempool_avail_count(pool), 254);
	mbuf_assert(packet, 100, 7);
	rte_pktmbuf_free(packet);
	home_assert_pool(pool, 255);
}

/* All clones go but one that counts on another mbuf. The packet's own count keeps the iovec that goes among others. */
static void
release_one_with_a_clone_that_counts_elsewhere(struct evpl *evpl, struct rte_mempool *pool, unsigned flags)
{
	static struct evpl_iovec clones[60000];
	struct evpl_iovec iovecs[63], clone;

	assert_int_equal(evpl_packets_alloc(evpl, pool, 100, flags, iovecs, DIM(iovecs)), DIM(iovecs));
	for (unsigned i = 0; i < DIM(clones); i++)
		evpl_iovec_clone(&clones[i], &iovecs[30]);
	evpl_iovec_move(&clone, &clones[DIM(clones) - 1]);
	assert_ptr_not_equal(clone.ref, iovecs[30].ref);
	evpl_iovecs_release(evpl, clones, DIM(clones) - 1);
	iovec_fill(&clone, 9);
	evpl_iovecs_release(evpl, iovecs, DIM(iovecs));
	assert_int_equal(rte_mempool_avail_count(pool), 254);
	iovec_assert(&clone, 9, 0);
	evpl_iovec_release(evpl, &clone);
	home_assert_pool(pool, 255);
}

static void
packets_that_are_still_needed_are_not_home(void **state)
{
	struct rte_mempool *pools[] = {evpl_rx_pool_create("bulk_rx", 255, 0, SOCKET_ID_ANY),
				       plain_pool("bulk_mbufs", 255, 2048)};
	struct evpl *evpl = home_context(state);

	for (unsigned p = 0; p < DIM(pools); p++) {
		assert_non_null(pools[p]);
		for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
			release_one_with_a_clone_in_flight(evpl, pools[p], flags);
			release_one_with_a_clone_that_counts_elsewhere(evpl, pools[p], flags);
		}
	}
	assert_int_equal(evpl_rx_pool_destroy(pools[0]), 0);
	rte_mempool_free(pools[1]);
}

/* Buffers that drivers end are used again while they are warm: the last one first. */
static void
buffers_that_packets_end_come_back_last_in_first_out(void **state)
{
	struct evpl *evpl = home_context(state);
	unsigned length = evpl_buffer_size() - 1; /* of all, a buffer would be taken beside the context's */
	struct rte_mbuf *packets[3];
	const void *last = NULL;
	struct evpl_iovec iovec, next;

	if (EVPL_IOVEC_TRACE || rte_mbuf_user_mempool_ops() != NULL) {
		program_skips(__func__, "the pools of this build or run are rings");
		return;
	}
	for (unsigned i = 0; i < DIM(packets); i++) {
		assert_int_equal(evpl_iovec_alloc(evpl, length, 0, 1, LOCAL, &iovec), 1);
		last = evpl_iovec_data(&iovec);
		packets[i] = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
		assert_non_null(packets[i]);
	}
	/* The context goes on to a fourth buffer, and only packets are on the others. */
	assert_int_equal(evpl_iovec_alloc(evpl, length, 0, 1, LOCAL, &iovec), 1);
	for (unsigned i = 0; i < DIM(packets); i++)
		rte_pktmbuf_free(packets[i]);
	assert_int_equal(evpl_iovec_alloc(evpl, length, 0, 1, LOCAL, &next), 1);
	assert_ptr_equal(evpl_iovec_data(&next), last);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_release(evpl, &next);
}

static const struct evpl_global_config roomy = {.slab_size = 1 << 20};
static const struct evpl_global_config tight = {.slab_size = 1 << 20, .max_slabs = 1};

static const struct CMUnitTest cases[] = {
	home_case(alloc_gives_iovecs_of_their_own, roomy),
	home_case(wrong_arguments_are_refused, roomy),
	home_case(what_was_taken_before_memory_ends_is_given_back, tight),
	home_case(runs_are_released_wherever_they_count, roomy),
	home_case(a_stock_takes_more_runs_than_it_holds, roomy),
	home_case(packets_are_released_among_others, roomy),
	home_case(packets_that_are_still_needed_are_not_home, roomy),
	home_case(buffers_that_packets_end_come_back_last_in_first_out, roomy),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "bulk", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
