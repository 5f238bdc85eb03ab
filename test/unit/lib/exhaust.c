/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * No slab, no packet mbuf, or no EAL memory is left: calls fail with ENOMEM, and afterwards nothing has changed.
 *
 * What would break: a split that took its first pieces and fails at the last one must give them back (upstream leaked
 * them), and must not change what others hold. So slabs are limited to a few buffers, the call that fails needs exactly
 * one buffer more than there is, and all live iovecs are read after it.
 */
#include <limits.h>

#include <rte_log.h>

#include "support.h"

#define KIB (1u << 10)
#define MIB (1u << 20)

static const struct evpl_global_config four_buffers = {
	.slab_size = 256 * KIB, .buffer_size = 64 * KIB, .max_slabs = 1, .packet_mbufs = 63};
static const struct evpl_global_config one_buffer = {
	.slab_size = 64 * KIB, .buffer_size = 64 * KIB, .max_slabs = 1, .packet_mbufs = 63};
static const struct evpl_global_config buffers_2m = {.slab_size = 4 * MIB, .buffer_size = 2 * MIB, .packet_mbufs = 63};
static const struct evpl_global_config all_memory = {.slab_size = 64 * MIB, .buffer_size = 2 * MIB, .packet_mbufs = 63};

static void
assert_unmoved(const struct evpl_stats *was)
{
	struct evpl_stats is;

	evpl_stats_get(&is);
	assert_int_equal(is.slabs, was->slabs);
	assert_int_equal(is.buffers_in_use - is.buffers_current, was->buffers_in_use - was->buffers_current);
	assert_int_equal(is.packet_mbufs_in_use, was->packet_mbufs_in_use);
}

static void
alloc_when_slabs_are_spent_is_enomem_and_recovers(void **state)
{
	struct evpl *evpl = home_context(state);
	uint32_t size = evpl_buffer_size();
	struct evpl_iovec iovec[4], more;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		evpl = home_fresh(*state); /* the current buffer of the other kind could not be had */
		for (unsigned round = 0; round < 3; round++) {
			struct evpl_stats was;

			for (unsigned i = 0; i < 4; i++) {
				assert_int_equal(evpl_iovec_alloc(evpl, size, 0, 1, flags, &iovec[i]), 1);
				iovec_fill(&iovec[i], i);
			}
			evpl_stats_get(&was);
			for (unsigned i = 0; i < 10; i++) {
				assert_fails(evpl_iovec_alloc(evpl, 1, 0, 1, flags, &more), ENOMEM);
				assert_fails(evpl_iovec_alloc(evpl, size, 0, 1, !flags, &more), ENOMEM);
				assert_fails(evpl_iovec_reserve(evpl, size, 0, 1, &more), ENOMEM);
			}
			assert_unmoved(&was);
			for (unsigned i = 0; i < 4; i++)
				iovec_assert(&iovec[i], i, 0);
			evpl_iovec_release(evpl, &iovec[round]);
			assert_int_equal(evpl_iovec_alloc(evpl, size, 0, 1, flags, &iovec[round]), 1);
			iovec_fill(&iovec[round], 20);
			for (unsigned i = 0; i < 4; i++)
				iovec_assert(&iovec[i], i == round ? 20 : i, 0);
			evpl_iovecs_release(evpl, iovec, 4);
		}
	}
}

static void
alloc_of_all_buffers_after_everything_was_released_works(void **state)
{
	struct evpl *evpl = home_context(state);
	uint32_t size = evpl_buffer_size();
	struct evpl_iovec iovec[4], small;

	/* Both kinds have a current buffer, with nothing held of it; a request that needs all four must get them. */
	for (unsigned round = 0; round < 4; round++) {
		unsigned flags = round & SHARED;

		for (unsigned kind = LOCAL; kind <= SHARED; kind++) {
			assert_int_equal(evpl_iovec_alloc(evpl, 64, 0, 1, kind, &small), 1);
			evpl_iovec_release(evpl, &small);
		}
		assert_int_equal(evpl_iovec_alloc(evpl, 4 * size, 0, 4, flags, iovec), 4);
		for (unsigned i = 0; i < 4; i++)
			iovec_fill(&iovec[i], i);
		for (unsigned i = 0; i < 4; i++)
			iovec_assert(&iovec[i], i, 0);
		evpl_iovecs_release(evpl, iovec, 4);
	}
}

static void
alloc_of_more_than_is_left_takes_nothing(void **state)
{
	struct evpl *evpl = home_context(state);
	uint32_t size = evpl_buffer_size();
	struct evpl_iovec held[2], more[6];
	struct evpl_stats was;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		assert_int_equal(evpl_iovec_alloc(evpl, size, 0, 1, flags, &held[0]), 1);
		assert_int_equal(evpl_iovec_alloc(evpl, size, 0, 1, !flags, &held[1]), 1);
		iovec_fill(&held[0], 1);
		iovec_fill(&held[1], 2);
		evpl_stats_get(&was);
		for (unsigned i = 0; i < 10; i++) {
			assert_fails(evpl_iovec_alloc(evpl, 3 * size, 0, 6, flags, more), ENOMEM);
			assert_fails(evpl_iovec_alloc(evpl, 2 * size + 1, 0, 6, flags, more), ENOMEM);
			assert_fails(evpl_iovec_alloc(evpl, 6 * size, 0, 6, flags, more), ENOMEM);
		}
		assert_unmoved(&was);
		iovec_assert(&held[0], 1, 0);
		iovec_assert(&held[1], 2, 0);

		/* What is left is still there, all of it. */
		assert_int_equal(evpl_iovec_alloc(evpl, 2 * size, 0, 2, flags, more), 2);
		iovec_fill(&more[0], 3);
		iovec_fill(&more[1], 4);
		iovec_assert(&held[0], 1, 0);
		iovec_assert(&held[1], 2, 0);
		iovec_assert(&more[0], 3, 0);
		evpl_iovecs_release(evpl, more, 2);
		evpl_iovecs_release(evpl, held, 2);
	}
}

static void
alloc_of_uint_max_with_room_for_all_is_enomem(void **state)
{
	struct evpl *evpl = home_context(state);
	/* Aligned pieces are shorter than a buffer. */
	unsigned n = UINT_MAX / (evpl_buffer_size() - 4096) + 2;
	struct evpl_iovec *iovec = calloc(n, sizeof(*iovec));
	struct evpl_stats was;

	assert_non_null(iovec);
	evpl_stats_get(&was);
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		assert_fails(evpl_iovec_alloc(evpl, UINT_MAX, 0, n, flags, iovec), ENOMEM);
		assert_fails(evpl_iovec_alloc(evpl, UINT_MAX, 4096, n, flags, iovec), ENOMEM);
		assert_fails(evpl_iovec_alloc(evpl, UINT_MAX, 0, UINT_MAX, flags, iovec), ENOMEM);
	}
	home_assert_held(0);
	free(iovec);
}

static void
alloc_while_the_rest_of_a_buffer_is_left_still_gives_it(void **state)
{
	struct evpl *evpl = home_context(state);
	uint32_t size = evpl_buffer_size();
	struct evpl_iovec first, second, more;

	/* A call that does not fit and finds no other buffer must not throw the current one away. */
	assert_int_equal(evpl_iovec_alloc(evpl, size - 100 - 2 * GUARDS, 0, 1, LOCAL, &first), 1);
	iovec_fill(&first, 1);
	assert_fails(evpl_iovec_alloc(evpl, 101 + GUARDS, 0, 1, LOCAL, &more), ENOMEM);
	assert_int_equal(evpl_iovec_alloc(evpl, 100, 0, 1, LOCAL, &second), 1);
	iovec_fill(&second, 2);
	iovec_assert(&first, 1, 0);
	evpl_iovec_release(evpl, &first);
	evpl_iovec_release(evpl, &second);
}

static void
alloc_after_others_release_recovers_from_where_they_did(void **state)
{
	struct evpl *evpl = home_context(state);
	const struct evpl_thread_config small = {.stash_buffers = 1};
	struct evpl *other;
	uint32_t size = evpl_buffer_size();
	struct evpl_iovec iovec[4], more;

	/* A buffer that another context released, and one without any, must be found by the one that is short. */
	evpl_destroy(evpl);
	evpl = evpl_create(&small);
	other = evpl_create(&small);
	assert_non_null(evpl);
	assert_non_null(other);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(evpl_iovec_alloc(evpl, size, 0, 1, SHARED, &iovec[i]), 1);
	assert_fails(evpl_iovec_alloc(other, size, 0, 1, SHARED, &more), ENOMEM);
	evpl_iovec_release(NULL, &iovec[0]);
	assert_int_equal(evpl_iovec_alloc(other, size, 0, 1, SHARED, &iovec[0]), 1);
	assert_fails(evpl_iovec_alloc(other, size, 0, 1, SHARED, &more), ENOMEM);
	evpl_iovec_release(evpl, &iovec[1]);
	evpl_iovec_release(evpl, &iovec[2]);
	/* One of the two may be in evpl's stash, the other one not. */
	assert_int_equal(evpl_iovec_alloc(other, size, 0, 1, SHARED, &iovec[1]), 1);
	evpl_iovec_release(NULL, &iovec[0]);
	evpl_iovec_release(NULL, &iovec[1]);
	evpl_iovec_release(NULL, &iovec[3]);
	evpl_destroy(other);
	((struct home *)*state)->evpl = evpl;
}

static void
alloc_beyond_all_memory_of_eal_is_enomem_and_recovers(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[4096], more;
	struct evpl_stats was;
	unsigned n = 0;

	memory_only(256);
	while (n < DIM(iovec) && evpl_iovec_alloc(evpl, 2 * MIB, 0, 1, LOCAL, &iovec[n]) == 1) {
		bytes_fill(evpl_iovec_data(&iovec[n]), 64, n, 0);
		n++;
	}
	if (n == DIM(iovec)) {
		evpl_iovecs_release(evpl, iovec, (int)n);
		program_skips(__func__, "EAL has more than 8 GiB");
		return;
	}
	assert_true(n >= 32);
	assert_int_equal(rte_errno, ENOMEM);
	evpl_stats_get(&was);
	assert_fails(evpl_iovec_alloc(evpl, 1, 0, 1, LOCAL, &more), ENOMEM);
	assert_unmoved(&was);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(bytes_right(evpl_iovec_data(&iovec[i]), 64, i, 0), 64);
	evpl_iovec_release(evpl, &iovec[--n]);
	assert_int_equal(evpl_iovec_alloc(evpl, 2 * MIB, 0, 1, LOCAL, &iovec[n]), 1);
	n++;
	evpl_iovecs_release(evpl, iovec, (int)n);
}

static void
to_mbuf_when_packet_mbufs_are_spent_is_enomem_and_recovers(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec, clone, was;
	struct rte_mbuf *packet[100], *one;
	unsigned n = 0;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		assert_int_equal(evpl_iovec_alloc(evpl, 100, 0, 1, flags, &iovec), 1);
		iovec_fill(&iovec, 1);
		for (n = 0; n < DIM(packet); n++) {
			evpl_iovec_clone(&clone, &iovec);
			packet[n] = evpl_iovecs_to_mbuf(evpl, &clone, 1);
			if (packet[n] == NULL)
				break;
		}
		assert_int_equal(rte_errno, ENOMEM);
		assert_in_range(n, 1, 63);
		was = clone;
		for (unsigned i = 0; i < 10; i++)
			assert_null_with(evpl_iovecs_to_mbuf(evpl, &clone, 1), ENOMEM);
		assert_memory_equal(&clone, &was, sizeof(was));
		iovec_assert(&clone, 1, 0);

		/* Cloning and releasing do not need packet mbufs. */
		evpl_iovec_release(evpl, &iovec);
		evpl_iovec_clone(&iovec, &clone);

		for (unsigned i = 0; i < n; i++) {
			rte_pktmbuf_free(packet[i]);
			one = evpl_iovecs_to_mbuf(evpl, &clone, 1);
			assert_non_null(one);
			mbuf_assert(one, 100, 1);
			packet[i] = one;
			evpl_iovec_clone(&clone, &iovec);
			assert_null_with(evpl_iovecs_to_mbuf(evpl, &clone, 1), ENOMEM);
		}
		evpl_iovec_release(evpl, &clone);
		evpl_iovec_release(evpl, &iovec);
		rte_pktmbuf_free_bulk(packet, n);
		home_assert_held(0);
	}
}

static void
to_mbuf_of_more_segments_than_mbufs_left_takes_nothing(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[64], was[64];
	struct rte_mbuf *packet;
	struct evpl_stats before, after;
	uint16_t refs;

	/* 64 segments out of 63 mbufs: all that were had must go back, and the buffer's counts be as before. */
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		assert_int_equal(evpl_iovec_alloc(evpl, 100, 0, 1, flags, &iovec[0]), 1);
		iovec_fill(&iovec[0], 1);
		for (unsigned i = 1; i < 64; i++)
			evpl_iovec_clone(&iovec[i], &iovec[0]);
		memcpy(was, iovec, sizeof(was));
		refs = rte_mbuf_refcnt_read(iovec[0].ref);
		evpl_stats_get(&before);
		for (unsigned i = 0; i < 10; i++)
			assert_null_with(evpl_iovecs_to_mbuf(evpl, iovec, 64), ENOMEM);
		assert_memory_equal(iovec, was, sizeof(was));
		assert_int_equal(rte_mbuf_refcnt_read(iovec[0].ref), refs);
		evpl_stats_get(&after);
		assert_int_equal(after.packet_mbufs_in_use, before.packet_mbufs_in_use);
		iovec_assert(&iovec[63], 1, 0);

		packet = evpl_iovecs_to_mbuf(evpl, iovec, 63);
		assert_non_null(packet);
		assert_int_equal(packet->nb_segs, 63);
		rte_pktmbuf_free(packet);
		evpl_iovec_release(evpl, &iovec[63]);
		home_assert_held(0);
	}
}

static void
clone_beyond_the_limit_without_packet_mbufs_never_wraps(void **state)
{
	struct evpl *evpl = home_context(state);
	const unsigned n = 70000;
	struct evpl_iovec *iovec = calloc(n, sizeof(*iovec));
	struct rte_mbuf *packet[100];
	struct evpl_iovec clone, other;
	unsigned packets = 0;

	/* A clone cannot fail, so it must not depend on what ports hold. */
	assert_non_null(iovec);
	assert_int_equal(evpl_iovec_alloc(evpl, 100, 0, 1, SHARED, &iovec[0]), 1);
	iovec_fill(&iovec[0], 1);
	assert_int_equal(evpl_iovec_alloc(evpl, 100, 0, 1, LOCAL, &other), 1);
	for (;;) {
		evpl_iovec_clone(&clone, &other);
		packet[packets] = evpl_iovecs_to_mbuf(evpl, &clone, 1);
		if (packet[packets] == NULL)
			break;
		assert_in_range(++packets, 1, 63);
	}
	evpl_iovec_release(evpl, &clone);
	for (unsigned i = 1; i < n; i++)
		evpl_iovec_clone(&iovec[i], &iovec[i - 1]);
	for (unsigned i = 0; i < n; i += 1000)
		iovec_assert(&iovec[i], 1, 0);
	evpl_iovecs_release(evpl, iovec, (int)n - 1);
	iovec_assert(&iovec[n - 1], 1, 0);
	evpl_iovec_release(evpl, &iovec[n - 1]);
	evpl_iovec_release(evpl, &other);
	rte_pktmbuf_free_bulk(packet, packets);
	free(iovec);
}

static void
create_without_memory_is_enomem_and_keeps_nothing(void **state)
{
	uint32_t level = rte_log_get_global_level();
	struct evpl_stats was, is;
	void *spent;
	size_t heap;

	(void)state;
	evpl_stats_get(&was);
	rte_log_set_global_level(RTE_LOG_EMERG); /* EAL says so, too */
	spent = home_spend_heap();
	heap = home_heap();
	for (unsigned i = 0; i < 3; i++) {
		assert_null_with(evpl_create(NULL), ENOMEM);
		assert_null_with(evpl_rx_pool_create("none", 31, 0, SOCKET_ID_ANY), ENOMEM);
	}
	assert_int_equal(home_heap(), heap);
	home_give_back(spent);
	rte_log_set_global_level(level);
	evpl_stats_get(&is);
	assert_int_equal(is.contexts, was.contexts);
	assert_int_equal(is.rx_buffers, was.rx_buffers);
}

static void
clone_beyond_the_limit_without_memory_counts_on(void **state)
{
	struct evpl *evpl = home_context(state);
	uint32_t level = rte_log_get_global_level();
	const unsigned n = 60000; /* beyond EVPL_REF_LIMIT, below what 16 bits hold */
	struct evpl_iovec *iovec = calloc(n, sizeof(*iovec));
	void *spent;

	assert_non_null(iovec);
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		assert_int_equal(evpl_iovec_alloc(evpl, 100, 0, 1, flags, &iovec[0]), 1);
		iovec_fill(&iovec[0], 1);
		evpl = home_fresh(*state); /* without a stock */
		rte_log_set_global_level(RTE_LOG_EMERG);
		spent = home_spend_heap();
		for (unsigned i = 1; i < n; i++)
			evpl_iovec_clone(&iovec[i], &iovec[0]);
		home_give_back(spent);
		rte_log_set_global_level(level);
		iovec_assert(&iovec[n - 1], 1, 0);
		evpl_iovecs_release(evpl, iovec, (int)n - 1);
		iovec_assert(&iovec[n - 1], 1, 0);
		evpl_iovec_release(NULL, &iovec[n - 1]);
		home_assert_held(0);
	}
	free(iovec);
}

/* One for each mbuf that can count for another, and one more. */
static void
clones_beyond_all_that_can_count_for_others_count_on(void **state)
{
	const unsigned n = 64 * 1023 + 1;
	struct evpl_iovec *iovec, *clone;
	struct evpl *evpl = home_context(state);
	struct rte_mempool *pool;
	struct evpl_stats stats;

	memory_only(256);
	iovec = calloc(n, sizeof(*iovec));
	clone = calloc(n, sizeof(*clone));
	pool = plain_pool("many", n, RTE_PKTMBUF_HEADROOM + 1);
	assert_true(iovec != NULL && clone != NULL);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(evpl_iovecs_from_mbuf(evpl, filled_mbuf(pool, 1, 1), SHARED, 1, &iovec[i]), 1);
		rte_mbuf_refcnt_set(iovec[i].ref, 1 + EVPL_REF_LIMIT); /* the program's own */
		evpl_iovec_clone(&clone[i], &iovec[i]);
	}
	evpl_stats_get(&stats);
	assert_int_equal(stats.overflow_mbufs_in_use, n - 1);
	assert_ptr_not_equal(clone[n - 2].ref, iovec[n - 2].ref);
	assert_ptr_equal(clone[n - 1].ref, iovec[n - 1].ref);
	evpl_iovecs_release(evpl, clone, (int)n);
	for (unsigned i = 0; i < n; i++)
		rte_mbuf_refcnt_set(iovec[i].ref, (uint16_t)(rte_mbuf_refcnt_read(iovec[i].ref) - EVPL_REF_LIMIT));
	evpl_iovecs_release(evpl, iovec, (int)n);
	home_assert_pool(pool, n);
	rte_mempool_free(pool);
	free(clone);
	free(iovec);
}

static void
alloc_beyond_the_limit_without_memory_is_enomem_and_recovers(void **state)
{
	struct evpl *evpl = home_context(state);
	uint32_t level = rte_log_get_global_level();
	const unsigned most = 200000;
	struct evpl_iovec *iovec = calloc(most, sizeof(*iovec));
	void *spent;

	/* A buffer has more bytes than a count has values, and there is nothing to count the rest on. */
	assert_non_null(iovec);
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		unsigned n = 1;

		assert_int_equal(evpl_iovec_alloc(evpl, 1, 0, 1, flags, &iovec[0]), 1);
		bytes_fill(evpl_iovec_data(&iovec[0]), 1, 1, 0);
		rte_log_set_global_level(RTE_LOG_EMERG);
		spent = home_spend_heap();
		for (; n < most && evpl_iovec_alloc(evpl, 1, 0, 1, flags, &iovec[n]) == 1; n++)
			bytes_fill(evpl_iovec_data(&iovec[n]), 1, 1, n);
		home_give_back(spent);
		rte_log_set_global_level(level);
		/* No more than the slab's two buffers can count. */
		assert_in_range(n, 40000, 2 * EVPL_REF_LIMIT);
		for (unsigned i = 0; i < n; i++)
			iovec_assert(&iovec[i], 1, i);
		evpl_iovecs_release(evpl, iovec, (int)n);
		home_assert_held(0);
		assert_int_equal(evpl_iovec_alloc(evpl, 1, 0, 1, flags, &iovec[0]), 1);
		evpl_iovec_release(evpl, &iovec[0]);
	}
	free(iovec);
}

static const struct CMUnitTest cases[] = {
	home_case(alloc_when_slabs_are_spent_is_enomem_and_recovers, four_buffers),
	home_case(alloc_of_all_buffers_after_everything_was_released_works, four_buffers),
	home_case(alloc_of_more_than_is_left_takes_nothing, four_buffers),
	home_case(alloc_of_uint_max_with_room_for_all_is_enomem, four_buffers),
	home_case(alloc_while_the_rest_of_a_buffer_is_left_still_gives_it, one_buffer),
	home_case(alloc_after_others_release_recovers_from_where_they_did, four_buffers),
	home_case(alloc_beyond_all_memory_of_eal_is_enomem_and_recovers, all_memory),
	home_case(to_mbuf_when_packet_mbufs_are_spent_is_enomem_and_recovers, four_buffers),
	home_case(to_mbuf_of_more_segments_than_mbufs_left_takes_nothing, four_buffers),
	home_case(create_without_memory_is_enomem_and_keeps_nothing, four_buffers),
	home_case(clone_beyond_the_limit_without_memory_counts_on, four_buffers),
	home_case(clones_beyond_all_that_can_count_for_others_count_on, buffers_2m),
	home_case(alloc_beyond_the_limit_without_memory_is_enomem_and_recovers, buffers_2m),
	home_case(clone_beyond_the_limit_without_packet_mbufs_never_wraps, four_buffers),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "exhaust", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
