/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libevpl's documented memory API, sentence by sentence. Each case begins with the sentence that it proves, and is
 * named after it. This program has the allocations. seed_references.c has the operations on what was allocated. The
 * library runs with its defaults, as in a program that was written for libevpl.
 *
 * What would break: a program that follows only the documentation of libevpl, word for word: it uses alignment 0 nearly
 * everywhere, few iovecs, and writes lengths into the field. Every byte is compared, LOCAL and SHARED.
 */
#include <pthread.h>

#include "support.h"

#define KIB (1u << 10)
#define MIB (1u << 20)
#define MAX_IOVECS 8

static const struct evpl_global_config defaults;

static int
take(struct evpl *evpl, unsigned length, unsigned alignment, unsigned flags, struct evpl_iovec *iovec, uint64_t seed)
{
	int n = evpl_iovec_alloc(evpl, length, alignment, MAX_IOVECS, flags, iovec);

	assert_in_range(n, 1, MAX_IOVECS);
	assert_int_equal(iovecs_fill(iovec, n, seed), length);
	return n;
}

static void
take_one(struct evpl *evpl, unsigned length, unsigned flags, struct evpl_iovec *iovec, uint64_t seed)
{
	assert_int_equal(evpl_iovec_alloc(evpl, length, 0, 1, flags, iovec), 1);
	iovec_fill(iovec, seed);
}

/* "libevpl provides a high-performance memory management system optimized for I/O operations." */
static void
optimized_for_io_what_is_sent_is_not_copied(void **state)
{
	struct evpl *evpl = home_context(state);

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		struct evpl_iovec iovec;
		struct rte_mbuf *packet;
		void *data;

		take_one(evpl, 9000, flags, &iovec, flags);
		data = evpl_iovec_data(&iovec);
		packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
		assert_non_null(packet);
		assert_ptr_equal(rte_pktmbuf_mtod(packet, void *), data);
		mbuf_assert(packet, 9000, flags);
		rte_pktmbuf_free(packet);
	}
}

/* "Memory is allocated from large slabs and managed via reference-counted iovecs." */
static void
memory_is_allocated_from_large_slabs_and_counted(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[1000], clone[DIM(iovec)];
	struct evpl_stats stats;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned i = 0; i < DIM(iovec); i++)
			take_one(evpl, 1000, flags, &iovec[i], i);
		evpl_stats_get(&stats);
		assert_int_equal(stats.slabs, 1);
		assert_true(stats.slab_bytes >= DIM(iovec) * 1000);
		for (unsigned i = 0; i < DIM(iovec); i++) {
			evpl_iovec_clone(&clone[i], &iovec[i]);
			evpl_iovec_release(evpl, &iovec[i]);
		}
		for (unsigned i = 0; i < DIM(iovec); i++)
			iovec_assert(&clone[i], i, 0);
		evpl_iovecs_release(evpl, clone, DIM(clone));
		home_assert_held(0);
	}
}

/* "The flags parameter to evpl_iovec_alloc controls the type of allocation" */
static void
flags_control_the_type_of_allocation(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec local, shared, clone;

	take_one(evpl, 100, 0, &local, 1);
	take_one(evpl, 100, EVPL_IOVEC_FLAG_SHARED, &shared, 2);
	assert_int_equal(iovec_flags(&local), 0);
	assert_int_equal(iovec_flags(&shared), EVPL_IOVEC_FLAG_SHARED);
	evpl_iovec_clone(&clone, &local);
	assert_int_equal(iovec_flags(&clone), 0);
	evpl_iovec_release(evpl, &clone);
	evpl_iovec_clone(&clone, &shared);
	assert_int_equal(iovec_flags(&clone), EVPL_IOVEC_FLAG_SHARED);
	evpl_iovec_release(evpl, &clone);
	iovec_assert(&local, 1, 0);
	iovec_assert(&shared, 2, 0);
	evpl_iovec_release(evpl, &local);
	evpl_iovec_release(evpl, &shared);
}

/*
 * "0 (LOCAL) - Default. Uses non-atomic reference counting. Use when the iovec will only be accessed from a single
 * thread." That it is not atomic is for test/instructions to see; here it counts right.
 */
static void
local_is_for_a_single_thread(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec, clone[100];

	take_one(evpl, 64 * KIB, 0, &iovec, 1);
	for (unsigned round = 0; round < 100; round++) {
		for (unsigned i = 0; i < DIM(clone); i++)
			evpl_iovec_clone(&clone[i], &iovec);
		for (unsigned i = 0; i < DIM(clone); i++)
			evpl_iovec_release(evpl, &clone[i]);
	}
	iovec_assert(&iovec, 1, 0);
	evpl_iovec_release(evpl, &iovec);
	home_assert_held(0);
}

struct handed {
	struct evpl_iovec iovec[200];
	unsigned wrong;
};

static void *
read_and_release(void *arg)
{
	struct handed *handed = arg;
	struct evpl *evpl = evpl_create(NULL);

	for (unsigned i = 0; i < DIM(handed->iovec); i++) {
		struct evpl_iovec clone;

		evpl_iovec_clone(&clone, &handed->iovec[i]);
		evpl_iovec_release(evpl, &handed->iovec[i]);
		if (bytes_right(evpl_iovec_data(&clone), evpl_iovec_length(&clone), 1, 0) != 4096)
			handed->wrong++;
		evpl_iovec_release(evpl, &clone);
	}
	evpl_destroy(evpl);
	return NULL;
}

/*
 * "EVPL_IOVEC_FLAG_SHARED - Uses atomic reference counting. Use when the iovec may be accessed from multiple threads."
 */
static void
shared_is_for_multiple_threads(void **state)
{
	struct evpl *evpl = home_context(state);
	static struct handed handed;
	struct evpl_iovec iovec;
	pthread_t thread;

	handed.wrong = 0;
	take_one(evpl, 4096, EVPL_IOVEC_FLAG_SHARED, &iovec, 1);
	for (unsigned i = 0; i < DIM(handed.iovec); i++)
		evpl_iovec_clone(&handed.iovec[i], &iovec);
	assert_int_equal(pthread_create(&thread, NULL, read_and_release, &handed), 0);
	for (unsigned i = 0; i < 10000; i++) {
		struct evpl_iovec clone;

		evpl_iovec_clone(&clone, &iovec);
		evpl_iovec_release(evpl, &clone);
	}
	pthread_join(thread, NULL);
	assert_int_equal(handed.wrong, 0);
	iovec_assert(&iovec, 1, 0);
	evpl_iovec_release(evpl, &iovec);
	home_assert_held(0);
}

/* "Allocate one or more iovecs to hold the requested length of data." "length - Total bytes to allocate" */
static void
alloc_holds_the_requested_length(void **state)
{
	struct evpl *evpl = home_context(state);
	const unsigned length[] = {1, 13, 64, 1500, 4096, 9000, 65535, 65536, 65537, 100000, 524288, MIB - 1, MIB};
	struct evpl_iovec iovec[DIM(length)][MAX_IOVECS];
	int n[DIM(length)];

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned i = 0; i < DIM(length); i++)
			n[i] = take(evpl, length[i], 0, flags, iovec[i], i);
		for (unsigned i = 0; i < DIM(length); i++) {
			assert_int_equal(iovecs_assert(iovec[i], n[i], i), length[i]);
			evpl_iovecs_release(evpl, iovec[i], n[i]);
		}
		home_assert_held(0);
	}
}

/* "alignment - Memory alignment requirement in bytes, 0 if none" */
static void
alignment_is_in_bytes_and_0_if_none(void **state)
{
	struct evpl *evpl = home_context(state);
	const unsigned alignment[] = {0, 1, 2, 4, 8, 16, 64, 512, 4096}, length[] = {7, 5000, MIB};
	struct evpl_iovec odd, iovec[MAX_IOVECS];

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned i = 0; i < DIM(alignment) * DIM(length); i++) {
			unsigned wanted = alignment[i / DIM(length)];
			int n;

			/* An odd byte before it, so that no place is aligned by chance. */
			take_one(evpl, 1, flags, &odd, 100);
			n = take(evpl, length[i % DIM(length)], wanted, flags, iovec, i);
			for (int k = 0; wanted != 0 && k < n; k++)
				assert_int_equal((uintptr_t)evpl_iovec_data(&iovec[k]) % wanted, 0);
			iovec_assert(&odd, 100, 0);
			iovecs_assert(iovec, n, i);
			evpl_iovecs_release(evpl, iovec, n);
			evpl_iovec_release(evpl, &odd);
		}
	}
}

/* "max_iovecs - Maximum number of iovecs to return" "r_iovec - [OUT] Array to receive allocated iovecs" */
static void
max_iovecs_is_the_maximum_and_r_iovec_receives_them(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[MAX_IOVECS + 1], canary;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned max = 1; max <= MAX_IOVECS; max++) {
			int n;

			memset(iovec, 0x5A, sizeof(iovec));
			canary = iovec[max];
			n = evpl_iovec_alloc(evpl, max * 64 * KIB, 0, max, flags, iovec);
			assert_in_range(n, 1, max);
			assert_memory_equal(&iovec[max], &canary, sizeof(canary));
			assert_int_equal(iovecs_fill(iovec, n, max), max * 64 * KIB);
			iovecs_assert(iovec, n, max);
			evpl_iovecs_release(evpl, iovec, n);
		}
	}
}

/* "Returns: Number of iovecs allocated (1 to max_iovecs), or -1 on error", and the same of evpl_iovec_reserve. */
static void
error_returns_minus_1_and_nothing_is_taken(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		assert_int_equal(evpl_iovec_alloc(evpl, 1u << 31, 0, 1, flags, &iovec), -1); /* more than one can be */
		assert_int_equal(evpl_iovec_alloc(evpl, 100, 3, 1, flags, &iovec), -1);	     /* no alignment */
		assert_int_equal(evpl_iovec_alloc(evpl, 100, 0, 0, flags, &iovec), -1);	     /* no room */
		assert_int_equal(evpl_iovec_alloc(evpl, 100, 0, 1, flags + 2, &iovec), -1);  /* no such flag */
	}
	assert_int_equal(evpl_iovec_reserve(evpl, 1u << 31, 0, 1, &iovec), -1);
	assert_int_equal(evpl_iovec_reserve(evpl, 100, 3, 1, &iovec), -1);
	assert_int_equal(evpl_iovec_reserve(evpl, 100, 0, 0, &iovec), -1);
	home_assert_held(0);
}

/* Reserves, fills the first bytes, commits them, with the length by call or by field. @return the iovecs left. */
static int
two_phases(struct evpl *evpl, unsigned most, unsigned used, unsigned alignment, bool by_field, struct evpl_iovec *iovec,
	   uint64_t seed)
{
	int reserved = evpl_iovec_reserve(evpl, most, alignment, MAX_IOVECS, iovec), n = 0;
	uint64_t room = 0;

	assert_in_range(reserved, 1, MAX_IOVECS);
	for (int i = 0; i < reserved; i++) {
		unsigned length = evpl_iovec_length(&iovec[i]), left = used - (unsigned)RTE_MIN(room, used);

		if (alignment != 0)
			assert_int_equal((uintptr_t)evpl_iovec_data(&iovec[i]) % alignment, 0);
		room += length;
		n += left != 0;
		if (by_field)
			iovec[i].length = RTE_MIN(length, left);
		else
			evpl_iovec_set_length(&iovec[i], RTE_MIN(length, left));
	}
	assert_int_equal(room, most);
	assert_int_equal(iovecs_fill(iovec, reserved, seed), used);
	evpl_iovec_commit(evpl, alignment, iovec, reserved);
	evpl_iovecs_release(evpl, &iovec[n], reserved - n);
	return n;
}

/*
 * "Reserve iovecs for two-phase allocation. Use when the final data size is unknown at allocation time."
 * "length - Maximum bytes to reserve" "alignment - Alignment requirement" "max_vec - Maximum iovecs"
 * "r_iovec - [OUT] Reserved iovecs" "Returns: Number of iovecs reserved"
 * "Call evpl_iovec_reserve(), fill with data, then call evpl_iovec_commit() to finalize."
 * "Finalize a two-phase allocation after filling data into reserved iovecs." "alignment - Alignment used in reserve"
 * "iovecs - Array of reserved iovecs (with length fields updated)" "niovs - Number of iovecs"
 */
static void
reserve_fill_commit_finalizes_what_was_filled(void **state)
{
	struct evpl *evpl = home_context(state);
	const unsigned most[] = {100, 4096, 65536, 200000, MIB}, alignment[] = {0, 1, 8, 64, 4096};
	static struct evpl_iovec iovec[DIM(most) * DIM(alignment)][3][MAX_IOVECS];
	int n[DIM(iovec)][3];

	for (unsigned by_field = 0; by_field < 2; by_field++) {
		for (unsigned i = 0; i < DIM(iovec); i++) {
			unsigned room = most[i % DIM(most)];
			const unsigned used[] = {room, room / 2 + 1, 1};

			for (unsigned k = 0; k < DIM(used); k++) {
				n[i][k] = two_phases(evpl, room, used[k], alignment[i / DIM(most)], by_field,
						     iovec[i][k], 3 * i + k);
				assert_true(n[i][k] >= 1);
			}
		}
		/* None lies over another's bytes, though each began where the one before was cut. */
		for (unsigned i = 0; i < DIM(iovec); i++) {
			for (unsigned k = 0; k < 3; k++) {
				iovecs_assert(iovec[i][k], n[i][k], 3 * i + k);
				evpl_iovecs_release(evpl, iovec[i][k], n[i][k]);
			}
		}
		home_assert_held(0);
	}
}

static const struct CMUnitTest cases[] = {
	home_case(optimized_for_io_what_is_sent_is_not_copied, defaults),
	home_case(memory_is_allocated_from_large_slabs_and_counted, defaults),
	home_case(flags_control_the_type_of_allocation, defaults),
	home_case(local_is_for_a_single_thread, defaults),
	home_case(shared_is_for_multiple_threads, defaults),
	home_case(alloc_holds_the_requested_length, defaults),
	home_case(alignment_is_in_bytes_and_0_if_none, defaults),
	home_case(max_iovecs_is_the_maximum_and_r_iovec_receives_them, defaults),
	home_case(error_returns_minus_1_and_nothing_is_taken, defaults),
	home_case(reserve_fill_commit_finalizes_what_was_filled, defaults),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "seed", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
