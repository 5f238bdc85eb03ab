/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_global_config.sample_period: which allocations are samples.
 *
 * What would break: the distance between samples could depend on lengths, alignments or on what is released in between.
 * Then some allocations would never be sampled. So iovecs of one size are taken in each way, and each Nth must be a
 * sample, and no other.
 */
#include "told.h"

static const struct evpl_global_config every_8th = {.slab_size = 1 << 20, .sample_period = 8};
static const struct evpl_global_config every_13th = {.slab_size = 1 << 20, .sample_period = 13};
static const struct evpl_global_config every_one = {.slab_size = 1 << 20, .sample_period = 1};

static void
every_nth_alloc_of_a_kind_is_told_until_it_is_released(void **state)
{
	static struct evpl_iovec local[1600], shared[1600];
	struct evpl *evpl = home_context(state);
	struct told told;

	plain_builds_only();
	take(evpl, DIM(local), 100, LOCAL, local);
	take(evpl, DIM(shared), 100, SHARED, shared);
	report(&told);
	assert_non_null(strstr(told.text, "held samples, one of 8 allocations"));
	assert_int_equal(told.lines, 1);
	assert_int_equal(told.iovecs, 2 * 1600 / 8);
	assert_int_equal(told.bytes, told.iovecs * 100);
	evpl_iovecs_release(evpl, local, DIM(local));
	report(&told);
	assert_int_equal(told.iovecs, 1600 / 8);
	evpl_iovecs_release(evpl, shared, DIM(shared));
	report(&told);
	assert_int_equal(told.lines, 0);
}

static bool
is_sampled(const struct evpl_iovec *iovec)
{
	return (iovec->flags & ~(uint32_t)(EVPL_IOVEC_FLAG_SHARED | EVPL_IOVEC_FLAG_RESERVED)) != 0;
}

enum way { ALLOC, BULK, RESERVE, COMMIT };

static __attribute__((noinline)) void
take_one_way(struct evpl *evpl, enum way way, unsigned length, unsigned alignment, unsigned flags,
	     struct evpl_iovec *iovecs, unsigned n)
{
	if (way == BULK) {
		assert_int_equal(evpl_iovecs_alloc(evpl, length, alignment, flags, iovecs, n), n);
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		if (way == ALLOC) {
			assert_int_equal(evpl_iovec_alloc(evpl, length, alignment, 1, flags, &iovecs[i]), 1);
			continue;
		}
		assert_int_equal(evpl_iovec_reserve(evpl, length, alignment, 1, &iovecs[i]), 1);
		if (way == COMMIT) {
			evpl_iovec_set_length(&iovecs[i], 1 + i * 7 % length);
			evpl_iovec_commit(evpl, alignment, &iovecs[i], 1);
		}
	}
}

/* Taken four at a time. The last `held` groups of four are held; 1: a buffer that ends may be used again in place. */
static void
take_and_find_each_nth(struct evpl *evpl, enum way way, unsigned length, unsigned alignment, unsigned flags,
		       unsigned period, unsigned held)
{
	static struct evpl_iovec group[64][4];
	unsigned groups = 1000;

	for (unsigned i = 0; i < groups; i++) {
		struct evpl_iovec *four = group[i % held];

		if (i >= held)
			evpl_iovecs_release(evpl, four, 4);
		take_one_way(evpl, way, length, alignment, flags, four, 4);
		for (unsigned k = 0; k < 4; k++) {
			if (is_sampled(&four[k]) != ((4 * i + k) % period == 0))
				fail_msg("way %d, length %u, alignment %u, flags %u, held %u: number %u", (int)way,
					 length, alignment, flags, held, 4 * i + k);
		}
	}
	for (unsigned i = 0; i < held; i++)
		evpl_iovecs_release(evpl, group[i], 4);
}

static void
each_nth_of_one_length_and_alignment_is_sampled(void **state)
{
	static const unsigned lengths[] = {1, 43, 64, 100, 1500, 5000, 65536};
	static const unsigned alignments[] = {1, 2, 8, 64, 4096};
	struct home *home = *state;
	unsigned period = home->config->sample_period;

	plain_builds_only();
	for (unsigned l = 0; l < DIM(lengths); l++) {
		for (unsigned a = 0; a < DIM(alignments); a++) {
			/* A reservation is LOCAL. The first of a context is a sample. */
			for (enum way way = ALLOC; way <= COMMIT; way++) {
				for (unsigned flags = LOCAL; flags <= (way <= BULK ? SHARED : LOCAL); flags++) {
					take_and_find_each_nth(home_fresh(home), way, lengths[l], alignments[a], flags,
							       period, 1);
					take_and_find_each_nth(home_fresh(home), way, lengths[l], alignments[a], flags,
							       period, lengths[l] > 2000 ? 4 : 64);
				}
			}
		}
	}
}

/* Samples among pairs of a committed reservation and an alloc that are released at once. */
static unsigned
sampled_of_pairs(struct evpl *evpl, unsigned alignment)
{
	struct evpl_iovec pair[2];
	unsigned sampled = 0;

	for (unsigned i = 0; i < 4000; i++) {
		assert_int_equal(evpl_iovec_reserve(evpl, 128, alignment, 1, &pair[0]), 1);
		evpl_iovec_set_length(&pair[0], 64);
		evpl_iovec_commit(evpl, alignment, &pair[0], 1);
		assert_int_equal(evpl_iovec_alloc(evpl, 128, alignment, 1, LOCAL, &pair[1]), 1);
		sampled += is_sampled(&pair[0]) + is_sampled(&pair[1]);
		evpl_iovecs_release(evpl, pair, 2);
	}
	return sampled;
}

static void
commit_with_alignment_zero_is_sampled_as_with_one(void **state)
{
	struct home *home = *state;
	unsigned sampled;

	plain_builds_only();
	sampled = sampled_of_pairs(home_fresh(home), 1);
	assert_in_range(sampled, 1, 8000 / 8);
	assert_int_equal(sampled_of_pairs(home_fresh(home), 0), sampled);
}

static void
small_ones_among_large_ones_are_sampled(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec;
	unsigned small = 0;

	plain_builds_only();
	for (unsigned i = 0; i < 100000; i++) {
		take(evpl, 1, i % 2 == 0 ? 64 : 8192, LOCAL, &iovec);
		small += i % 2 == 0 && iovec.flags != 0;
		evpl_iovec_release(evpl, &iovec);
	}
	/* By bytes 48 were due, by number 6,250. In step with the large ones there would be one. */
	assert_in_range(small, 40, 7000);
}

static const struct CMUnitTest cases[] = {
	home_case(every_nth_alloc_of_a_kind_is_told_until_it_is_released, every_8th),
	home_case_named("each_8th_of_one_size_is_sampled", each_nth_of_one_length_and_alignment_is_sampled, every_8th),
	home_case_named("each_13th_of_one_size_is_sampled", each_nth_of_one_length_and_alignment_is_sampled,
			every_13th),
	home_case_named("each_one_of_one_size_is_sampled", each_nth_of_one_length_and_alignment_is_sampled, every_one),
	home_case(commit_with_alignment_zero_is_sampled_as_with_one, every_13th),
	home_case(small_ones_among_large_ones_are_sampled, every_8th),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "sample_period", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
