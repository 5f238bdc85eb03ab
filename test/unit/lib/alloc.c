/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_iovec_alloc: sizes, alignments, splits and errors, over buffers of very different sizes.
 *
 * What would break: two iovecs could share bytes. An alignment could hold for the offset in the buffer, but not for the
 * address. (That is upstream's fault; it shows only if a buffer's base is less aligned, hence the buffers of 100,000
 * bytes.) Sums near UINT_MAX could wrap. A call that failed could keep references. So every case fills each iovec with
 * bytes of its own, and reads all of them after the last one was taken, at sizes on both sides of each limit.
 */
#include <limits.h>

#include <rte_eal.h>

#include "support.h"

#define KIB (1u << 10)
#define MIB (1u << 20)

static const struct evpl_global_config buffers_1k = {.slab_size = 64 * KIB, .buffer_size = KIB, .packet_mbufs = 255};
static const struct evpl_global_config buffers_100000 = {
	.slab_size = 1000000, .buffer_size = 100000, .packet_mbufs = 255};
static const struct evpl_global_config buffers_1m = {
	.slab_size = 2 * MIB, .buffer_size = MIB, .large_buffer_size = MIB, .packet_mbufs = 255};
static const struct evpl_global_config buffers_2m = {.slab_size = 8 * MIB, .buffer_size = 2 * MIB, .packet_mbufs = 255};
static const struct evpl_global_config slab_is_buffer = {
	.slab_size = 64 * KIB, .buffer_size = 64 * KIB, .packet_mbufs = 255};

/* Takes length bytes, checks shape and alignment, fills piece i with stream seed + i. */
static int
take(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max, unsigned flags, struct evpl_iovec *iovec,
     uint64_t seed)
{
	int n = evpl_iovec_alloc(evpl, length, alignment, max, flags, iovec);
	uint64_t sum = 0;

	assert_true(n >= 1);
	assert_true((unsigned)n <= max);
	for (int i = 0; i < n; i++) {
		assert_non_null(evpl_iovec_data(&iovec[i]));
		assert_int_equal((uintptr_t)evpl_iovec_data(&iovec[i]) % alignment, 0);
		assert_in_range(evpl_iovec_length(&iovec[i]), 1, evpl_buffer_size());
		assert_int_equal(iovec_flags(&iovec[i]), flags);
		sum += evpl_iovec_length(&iovec[i]);
		iovec_fill(&iovec[i], seed + (uint64_t)i);
	}
	assert_int_equal(sum, length);
	return n;
}

static void
assert_content(const struct evpl_iovec *iovec, int n, uint64_t seed)
{
	for (int i = 0; i < n; i++)
		iovec_assert(&iovec[i], seed + (uint64_t)i, 0);
}

static void
alloc_lengths_around_buffer_size_split_into_the_fewest(void **state)
{
	struct evpl *evpl = home_context(state);
	uint32_t size = evpl_buffer_size();
	const unsigned length[] = {1,	     2,	   63,	     64,	   65,	     size / 2,
				   size - 1, size, size + 1, 2 * size - 1, 2 * size, 2 * size + 1};
	struct evpl_iovec iovec[DIM(length)][3];
	int n[DIM(length)];

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned i = 0; i < DIM(length); i++) {
			n[i] = take(evpl, length[i], 1, 3, flags, iovec[i], 10 * i);
			assert_int_equal(n[i], (length[i] + size - 1) / size);
		}
		for (unsigned i = 0; i < DIM(length); i++)
			assert_content(iovec[i], n[i], 10 * i);
		for (unsigned i = 0; i < DIM(length); i++)
			evpl_iovecs_release(evpl, iovec[i], n[i]);
		home_assert_held(0);
	}
}

static void
alloc_of_every_power_of_two_aligns_the_address(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec odd[32], iovec[32];
	unsigned n = 0;

	/* An odd byte before each, so that the place is never aligned by chance. */
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		n = 0;
		for (unsigned alignment = 1; alignment <= 64 * KIB && alignment <= evpl_buffer_size(); alignment *= 2) {
			take(evpl, 1, 1, 1, flags, &odd[n], 100 + n);
			take(evpl, 7, alignment, 1, flags, &iovec[n], 200 + n);
			n++;
		}
		for (unsigned i = 0; i < n; i++) {
			assert_content(&odd[i], 1, 100 + i);
			assert_content(&iovec[i], 1, 200 + i);
		}
		evpl_iovecs_release(evpl, odd, (int)n);
		evpl_iovecs_release(evpl, iovec, (int)n);
	}
}

static void
alloc_aligned_over_several_buffers_aligns_every_piece(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec odd, iovec[16];

	for (unsigned alignment = 2; alignment <= 4 * KIB && alignment <= evpl_buffer_size() / 2; alignment *= 2) {
		int n;

		take(evpl, 3, 1, 1, LOCAL, &odd, 1);
		n = take(evpl, 3 * evpl_buffer_size() + 1, alignment, DIM(iovec), LOCAL, iovec, 2);
		assert_in_range(n, 4, 5);
		assert_content(&odd, 1, 1);
		assert_content(iovec, n, 2);
		evpl_iovecs_release(evpl, iovec, n);
		evpl_iovec_release(evpl, &odd);
	}
}

/* A buffer is aligned to 64 at least, so no more than the rest of the alignment is lost before the first byte. */
static void
alloc_aligned_of_what_a_buffer_has_left_is_one_piece(void **state)
{
	struct evpl *evpl = home_context(state);
	uint32_t size = evpl_buffer_size();
	struct evpl_iovec iovec[8];

	for (unsigned alignment = 128; alignment <= size / 2; alignment *= 2) {
		for (unsigned i = 0; i < DIM(iovec); i++)
			take(evpl, size - alignment + 64, alignment, 1, i % 2, &iovec[i], i);
		for (unsigned i = 0; i < DIM(iovec); i++)
			assert_content(&iovec[i], 1, i);
		evpl_iovecs_release(evpl, iovec, DIM(iovec));
	}
}

static void
alloc_that_no_longer_fits_the_buffer_comes_in_one_piece_of_another(void **state)
{
	struct evpl *evpl = home_context(state);
	uint32_t size = evpl_buffer_size();
	struct evpl_iovec first, second;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		take(evpl, size - 10, 1, 1, flags, &first, 1);
		assert_int_equal(take(evpl, 11, 1, 4, flags, &second, 2), 1);
		assert_content(&first, 1, 1);
		assert_content(&second, 1, 2);
		evpl_iovec_release(evpl, &first);
		evpl_iovec_release(evpl, &second);
	}
}

static void
alloc_of_neighbours_leaves_no_byte_shared(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[200];
	struct dice dice;

	dice_init(&dice, 1);
	for (unsigned i = 0; i < DIM(iovec); i++) {
		unsigned most = evpl_buffer_size() < 3000 ? evpl_buffer_size() / 2 : 3000;

		take(evpl, 1 + dice_below(&dice, most), 1u << dice_below(&dice, 8), 1, dice_below(&dice, 2), &iovec[i],
		     i);
	}
	for (unsigned i = 0; i < DIM(iovec); i++)
		assert_content(&iovec[i], 1, i);
	evpl_iovecs_release(evpl, iovec, DIM(iovec));
}

static void
alloc_length_zero_takes_nothing(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec, before;

	memset(&iovec, 0xA5, sizeof(iovec));
	before = iovec;
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		assert_int_equal(evpl_iovec_alloc(evpl, 0, 0, 1, flags, &iovec), 0);
		assert_int_equal(evpl_iovec_alloc(evpl, 0, 64, 1, flags, &iovec), 0);
	}
	assert_memory_equal(&iovec, &before, sizeof(iovec));
	home_assert_held(0);
}

/* Nearly every call in libevpl's own programs asks for 0. */
static void
alloc_with_alignment_zero_is_alloc_with_none(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[64];

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned i = 0; i < DIM(iovec); i++) {
			assert_int_equal(evpl_iovec_alloc(evpl, 2 * i + 1, 0, 1, flags, &iovec[i]), 1);
			iovec_fill(&iovec[i], i);
#if !EVPL_IOVEC_TRACE
			if (i > 0 && iovec[i].ref == iovec[i - 1].ref)
				assert_ptr_equal(iovec[i].data, (char *)iovec[i - 1].data + 2 * i - 1);
#endif
		}
		for (unsigned i = 0; i < DIM(iovec); i++) {
			assert_int_equal(evpl_iovec_length(&iovec[i]), 2 * i + 1);
			iovec_assert(&iovec[i], i, 0);
		}
		evpl_iovecs_release(evpl, iovec, DIM(iovec));
	}
	home_assert_held(0);
}

static void
alloc_with_impossible_arguments_is_einval(void **state)
{
	struct evpl *evpl = home_context(state);
	const unsigned bad_alignment[] = {3, 5, 6, 7, 12, 48, 100, 4095, 4097, 65535, UINT_MAX, 0xC0000000u};
	const unsigned bad_flags[] = {2, 3, 4, 8, 0x80000000u, UINT_MAX};
	struct evpl_iovec iovec[2], before[2];
	struct evpl_stats stats;

	memset(iovec, 0x5A, sizeof(iovec));
	memcpy(before, iovec, sizeof(iovec));
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned i = 0; i < DIM(bad_alignment); i++)
			assert_fails(evpl_iovec_alloc(evpl, 1, bad_alignment[i], 2, flags, iovec), EINVAL);
		assert_fails(evpl_iovec_alloc(evpl, 1, 0, 0, flags, iovec), EINVAL);
		assert_fails(evpl_iovec_alloc(evpl, 1, 0, 2, flags, NULL), EINVAL);
		assert_fails(evpl_iovec_alloc(NULL, 1, 0, 2, flags, iovec), EINVAL);
	}
	for (unsigned i = 0; i < DIM(bad_flags); i++)
		assert_fails(evpl_iovec_alloc(evpl, 1, 0, 2, bad_flags[i], iovec), EINVAL);
	assert_memory_equal(iovec, before, sizeof(iovec));
	evpl_stats_get(&stats);
	assert_int_equal(stats.buffers_in_use, 0);
}

static void
alloc_with_alignment_larger_than_a_buffer_is_einval(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec;

	for (unsigned alignment = 1u << 31; alignment > evpl_buffer_size(); alignment /= 2)
		assert_fails(evpl_iovec_alloc(evpl, 1, alignment, 1, LOCAL, &iovec), EINVAL);
	home_assert_held(0);
}

static void
alloc_with_one_iovec_too_few_is_emsgsize(void **state)
{
	struct evpl *evpl = home_context(state);
	uint32_t size = evpl_buffer_size();
	struct evpl_iovec iovec[3], before[3], held;
	struct evpl_stats was, is;

	take(evpl, 100, 1, 1, LOCAL, &held, 7);
	memset(iovec, 0x5A, sizeof(iovec));
	memcpy(before, iovec, sizeof(iovec));
	evpl_stats_get(&was);
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		assert_fails(evpl_iovec_alloc(evpl, size + 1, 0, 1, flags, iovec), EMSGSIZE);
		assert_fails(evpl_iovec_alloc(evpl, 2 * size, 0, 1, flags, iovec), EMSGSIZE);
		assert_fails(evpl_iovec_alloc(evpl, 2 * size + 1, 0, 2, flags, iovec), EMSGSIZE);
		assert_fails(evpl_iovec_alloc(evpl, 3 * size + 1, 0, 3, flags, iovec), EMSGSIZE);
		assert_fails(evpl_iovec_alloc(evpl, UINT_MAX, 0, 3, flags, iovec), EMSGSIZE);
		assert_fails(evpl_iovec_alloc(evpl, UINT_MAX, 64, 3, flags, iovec), EMSGSIZE);
		assert_fails(evpl_iovec_alloc(evpl, UINT_MAX - 1, 0, 1, flags, iovec), EMSGSIZE);
	}
	evpl_stats_get(&is);
	assert_memory_equal(iovec, before, sizeof(iovec));
	assert_memory_equal(&is, &was, sizeof(is));
	assert_content(&held, 1, 7);

	/* Exactly enough still works, so nothing was counted. */
	assert_int_equal(take(evpl, 3 * size, 1, 3, LOCAL, iovec, 20), 3);
	assert_content(&held, 1, 7);
	evpl_iovecs_release(evpl, iovec, 3);
	evpl_iovec_release(evpl, &held);
}

static void
alloc_of_local_and_shared_never_meet_in_a_buffer(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec local[50], shared[50];

	/* One mbuf counted plainly by one and atomically by the other would lose counts: the kinds have own buffers. */
	for (unsigned i = 0; i < DIM(local); i++) {
		take(evpl, 10, 1, 1, LOCAL, &local[i], i);
		take(evpl, 10, 1, 1, SHARED, &shared[i], 100 + i);
	}
	for (unsigned i = 0; i < DIM(local); i++) {
		for (unsigned k = 0; k < DIM(shared); k++)
			assert_ptr_not_equal(local[i].ref, shared[k].ref);
		assert_content(&local[i], 1, i);
		assert_content(&shared[i], 1, 100 + i);
	}
	evpl_iovecs_release(evpl, local, DIM(local));
	evpl_iovecs_release(evpl, shared, DIM(shared));
}

static void
alloc_and_release_in_a_loop_needs_no_more_buffers(void **state)
{
	struct evpl *evpl = home_context(state);
	const unsigned rounds = 200000; /* more than 65,536, and more bytes than all slabs have */
	const unsigned before = TEST_TRACE_BYTES ? rounds : 2;
	struct evpl_stats was, is;
	struct evpl_iovec iovec;

	for (unsigned i = 0; i < before + rounds; i++) {
		if (i == before)
			evpl_stats_get(&was);
		assert_int_equal(evpl_iovec_alloc(evpl, 64, 64, 1, i & 1, &iovec), 1);
		*(char *)evpl_iovec_data(&iovec) = 1;
		evpl_iovec_release(evpl, &iovec);
	}
	evpl_stats_get(&is);
	assert_int_equal(is.slabs, was.slabs);
	assert_int_equal(is.buffers_in_use, was.buffers_in_use);
}

static void
alloc_after_release_of_all_reuses_the_buffer_in_place(void **state)
{
	struct evpl *evpl = home_context(state);
	uint32_t size = evpl_buffer_size();
	struct evpl_iovec iovec;
	void *first = NULL;

	unwatched_bytes_only();
	/* DESIGN section 3: a buffer whose every reference is home when it runs out is rewound; the rest is LIFO. */
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned i = 0; i < 20; i++) {
			take(evpl, i < 10 ? size / 2 + 1 : size, 1, 1, flags, &iovec, i);
			if (i % 10 == 0)
				first = evpl_iovec_data(&iovec);
			assert_ptr_equal(evpl_iovec_data(&iovec), first);
			assert_content(&iovec, 1, i);
			evpl_iovec_release(evpl, &iovec);
		}
	}
}

static void
alloc_of_one_mebibyte_is_one_piece_of_a_large_buffer(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[4];

	/* DESIGN 2.2: buffer_size may go up to the slab size. */
	for (unsigned i = 0; i < DIM(iovec); i++)
		assert_int_equal(take(evpl, MIB, 4096, 1, i & 1, &iovec[i], i), 1);
	for (unsigned i = 0; i < DIM(iovec); i++)
		assert_content(&iovec[i], 1, i);
	evpl_iovecs_release(evpl, iovec, DIM(iovec));
}

static void
alloc_grows_slab_by_slab_on_demand(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[40];
	struct evpl_stats stats;
	uint64_t room = 64 * KIB + 4 * KIB, spare;

	/* With huge pages a slab has room for three buffers more, because none lies across a page's end. */
	spare = rte_eal_has_hugepages() ? 3 * room : 0;
	evpl_stats_get(&stats);
	assert_int_equal(stats.slabs, 0);
	for (unsigned i = 0; i < DIM(iovec); i++) {
		take(evpl, evpl_buffer_size(), 1, 1, LOCAL, &iovec[i], i);
		evpl_stats_get(&stats);
		assert_int_equal(stats.slabs, i / 16 + 1); /* 1 MiB of 64 KiB */
		assert_int_equal(stats.buffers, stats.slabs * 16);
		/* And what lies before each buffer. */
		assert_in_range(stats.slab_bytes, (uint64_t)stats.slabs << 20,
				stats.buffers * room + stats.slabs * spare);
	}
	for (unsigned i = 0; i < DIM(iovec); i++)
		assert_content(&iovec[i], 1, i);
	evpl_iovecs_release(evpl, iovec, DIM(iovec));
}

#define EVERY_SIZE(function)                                                                                           \
	home_case_named(#function ": 1 KiB", function, buffers_1k),                                                    \
		home_case_named(#function ": 64 KiB", function, home_small),                                           \
		home_case_named(#function ": 100,000 B", function, buffers_100000),                                    \
		home_case_named(#function ": 1 MiB", function, buffers_1m),                                            \
		home_case_named(#function ": 2 MiB", function, buffers_2m),                                            \
		home_case_named(#function ": slab is buffer", function, slab_is_buffer)

static const struct CMUnitTest cases[] = {
	EVERY_SIZE(alloc_lengths_around_buffer_size_split_into_the_fewest),
	EVERY_SIZE(alloc_of_every_power_of_two_aligns_the_address),
	EVERY_SIZE(alloc_aligned_over_several_buffers_aligns_every_piece),
	EVERY_SIZE(alloc_aligned_of_what_a_buffer_has_left_is_one_piece),
	EVERY_SIZE(alloc_that_no_longer_fits_the_buffer_comes_in_one_piece_of_another),
	EVERY_SIZE(alloc_of_neighbours_leaves_no_byte_shared),
	EVERY_SIZE(alloc_length_zero_takes_nothing),
	EVERY_SIZE(alloc_with_alignment_zero_is_alloc_with_none),
	EVERY_SIZE(alloc_with_impossible_arguments_is_einval),
	EVERY_SIZE(alloc_with_alignment_larger_than_a_buffer_is_einval),
	EVERY_SIZE(alloc_with_one_iovec_too_few_is_emsgsize),
	EVERY_SIZE(alloc_of_local_and_shared_never_meet_in_a_buffer),
	EVERY_SIZE(alloc_and_release_in_a_loop_needs_no_more_buffers),
	EVERY_SIZE(alloc_after_release_of_all_reuses_the_buffer_in_place),
	home_case(alloc_of_one_mebibyte_is_one_piece_of_a_large_buffer, buffers_2m),
	home_case(alloc_grows_slab_by_slab_on_demand, home_small),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "alloc", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
