/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_iovec_commit: reservations that turn out shorter, and their tail that is given back.
 *
 * What would break: a commit could give back bytes that are a neighbour's, or another reservation's, or that were given
 * back before. So each case takes something at the moment at which that goes wrong, fills both with bytes of their own,
 * and reads both. The tail must really come back; only the next address shows that.
 */
#include "every_size.h"

static char *
end_of(const struct evpl_iovec *iovec)
{
	return (char *)evpl_iovec_data(iovec) + evpl_iovec_length(iovec);
}

/* Taken next, it begins where a tail was given back: at that very byte, unless guards lie between. */
static void
assert_begins(const struct evpl_iovec *next, const char *tail)
{
	assert_true((char *)evpl_iovec_data(next) >= tail);
	assert_true((char *)evpl_iovec_data(next) <= tail + 2 * GUARDS);
}

static void
commit_of_a_shortened_reservation_gives_the_tail_to_the_next(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec reserved, next;

	assert_int_equal(evpl_iovec_reserve(evpl, 900, 0, 1, &reserved), 1);
	evpl_iovec_set_length(&reserved, 100);
	iovec_fill(&reserved, 1);
	evpl_iovec_commit(evpl, 0, &reserved, 1);
	iovec_take(evpl, 700, LOCAL, &next, 2);
	assert_begins(&next, end_of(&reserved));
	assert_ptr_equal(next.ref, reserved.ref);
	iovec_assert(&reserved, 1, 0);
	iovec_assert(&next, 2, 0);
	evpl_iovec_release(evpl, &reserved);
	evpl_iovec_release(evpl, &next);
}

/* Of 900 reserved bytes 65 are committed: what is taken next begins at byte `next_at` of the reservation. */
static void
assert_tail_comes_back(struct evpl *evpl, unsigned alignment, unsigned next_at)
{
	struct evpl_iovec reserved, next;

	assert_int_equal(evpl_iovec_reserve(evpl, 900, alignment, 1, &reserved), 1);
	evpl_iovec_set_length(&reserved, 65);
	iovec_fill(&reserved, 1);
	evpl_iovec_commit(evpl, alignment, &reserved, 1);
	iovec_take(evpl, 10, LOCAL, &next, 2);
	assert_begins(&next, (char *)evpl_iovec_data(&reserved) + next_at);
	iovec_assert(&reserved, 1, 0);
	evpl_iovec_release(evpl, &reserved);
	evpl_iovec_release(evpl, &next);
}

static void
commit_with_alignment_gives_the_tail_back_from_an_aligned_byte(void **state)
{
	assert_tail_comes_back(home_context(state), 64, 128);
}

static void
reserve_and_commit_with_alignment_zero_give_the_tail_back_from_the_next_byte(void **state)
{
	assert_tail_comes_back(home_context(state), 0, 65);
}

static void
commit_with_alignment_beyond_the_reservation_takes_no_neighbour_back(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec reserved, next;

	/* The next aligned byte after the new end lies outside the reservation: nothing can be given back. */
	assert_int_equal(evpl_iovec_reserve(evpl, 70, 0, 1, &reserved), 1);
	evpl_iovec_set_length(&reserved, 69);
	iovec_fill(&reserved, 1);
	evpl_iovec_commit(evpl, 512, &reserved, 1);
	iovec_take(evpl, 100, LOCAL, &next, 2);
	assert_true((char *)evpl_iovec_data(&next) >= end_of(&reserved));
	iovec_assert(&reserved, 1, 0);
	iovec_assert(&next, 2, 0);
	evpl_iovec_release(evpl, &reserved);
	evpl_iovec_release(evpl, &next);
}

static void
commit_in_a_loop_uses_the_bytes_that_were_given_back(void **state)
{
	struct evpl *evpl = home_context(state);
	const unsigned used = TEST_TRACE_BYTES ? 144 : 100; /* of 100 bytes, with guards */
	struct evpl_iovec iovec[7];

	/*
	 * Each time nearly all that is left is reserved, and 100 bytes used. One buffer of 1 KiB suffices only if each
	 * tail comes back.
	 */
	for (unsigned i = 0; i < DIM(iovec); i++) {
		assert_int_equal(evpl_iovec_reserve(evpl, 1020 - GUARDS - used * i, 0, 1, &iovec[i]), 1);
		evpl_iovec_set_length(&iovec[i], 100);
		evpl_iovec_commit(evpl, 0, &iovec[i], 1);
		iovec_fill(&iovec[i], i);
		assert_ptr_equal(iovec[i].ref, iovec[0].ref);
	}
	for (unsigned i = 0; i < DIM(iovec); i++)
		iovec_assert(&iovec[i], i, 0);
	evpl_iovecs_release(evpl, iovec, DIM(iovec));
}

static void
commit_of_a_whole_buffer_gives_its_tail_to_the_next(void **state)
{
	struct evpl *evpl = home_context(state);
	uint32_t size = evpl_buffer_size();
	struct evpl_iovec reserved[3], next;

	/* The commonest reservation of all: as much as one iovec can hold, for something that turns out short. */
	for (unsigned n = 1; n <= 3; n += 2) {
		assert_int_equal(evpl_iovec_reserve(evpl, n * size, 0, 3, reserved), n);
		evpl_iovec_set_length(&reserved[n - 1], 100);
		iovec_fill(&reserved[n - 1], 1);
		evpl_iovec_commit(evpl, 0, reserved, (int)n);
		iovec_take(evpl, size / 2, LOCAL, &next, 2);
		assert_begins(&next, end_of(&reserved[n - 1]));
		iovec_assert(&reserved[n - 1], 1, 0);
		evpl_iovecs_release(evpl, reserved, (int)n);
		evpl_iovec_release(evpl, &next);
	}
}

static void
commit_of_several_buffers_gives_the_last_tail_back(void **state)
{
	struct evpl *evpl = home_context(state);
	uint32_t size = evpl_buffer_size();
	struct evpl_iovec reserved[3], next;

	assert_int_equal(evpl_iovec_reserve(evpl, 2 * size + size / 2, 0, 3, reserved), 3);
	evpl_iovec_set_length(&reserved[2], 10);
	for (unsigned i = 0; i < 3; i++)
		iovec_fill(&reserved[i], i);
	evpl_iovec_commit(evpl, 0, reserved, 3);
	iovec_take(evpl, size / 2, LOCAL, &next, 7);
	assert_begins(&next, end_of(&reserved[2]));
	for (unsigned i = 0; i < 3; i++)
		iovec_assert(&reserved[i], i, 0);
	evpl_iovecs_release(evpl, reserved, 3);
	iovec_assert(&next, 7, 0);
	evpl_iovec_release(evpl, &next);
}

static void
commit_of_several_buffers_all_shortened_keeps_each_content(void **state)
{
	struct evpl *evpl = home_context(state);
	uint32_t size = evpl_buffer_size();
	struct evpl_iovec reserved[3], next[3];

	assert_int_equal(evpl_iovec_reserve(evpl, 3 * size, 0, 3, reserved), 3);
	for (unsigned i = 0; i < 3; i++) {
		evpl_iovec_set_length(&reserved[i], 10 * i + 1);
		iovec_fill(&reserved[i], i);
	}
	evpl_iovec_commit(evpl, 0, reserved, 3);
	for (unsigned i = 0; i < 3; i++)
		iovec_take(evpl, size / 2, LOCAL, &next[i], 10 + i);
	for (unsigned i = 0; i < 3; i++) {
		iovec_assert(&reserved[i], i, 0);
		iovec_assert(&next[i], 10 + i, 0);
	}
	evpl_iovecs_release(evpl, reserved, 3);
	evpl_iovecs_release(evpl, next, 3);
}

static void
commit_of_the_first_iovecs_leaves_the_others_their_bytes(void **state)
{
	struct evpl *evpl = home_context(state);
	uint32_t size = evpl_buffer_size();
	struct evpl_iovec reserved[3], next;

	assert_int_equal(evpl_iovec_reserve(evpl, 2 * size + 100, 0, 3, reserved), 3);
	evpl_iovec_set_length(&reserved[0], 1);
	for (unsigned i = 0; i < 3; i++)
		iovec_fill(&reserved[i], i);
	evpl_iovec_commit(evpl, 0, reserved, 1);
	iovec_take(evpl, size / 2, LOCAL, &next, 7);
	assert_int_equal(evpl_iovec_length(&reserved[2]), 100);
	for (unsigned i = 0; i < 3; i++)
		iovec_assert(&reserved[i], i, 0);
	iovec_assert(&next, 7, 0);
	evpl_iovecs_release(evpl, reserved, 3);
	evpl_iovec_release(evpl, &next);
}

static void
commit_of_none_changes_nothing(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec reserved, next;

	assert_int_equal(evpl_iovec_reserve(evpl, 100, 0, 1, &reserved), 1);
	evpl_iovec_commit(evpl, 0, &reserved, 0);
	evpl_iovec_set_length(&reserved, 60);
	iovec_fill(&reserved, 1);
	evpl_iovec_commit(evpl, 0, &reserved, 1); /* so the tail can still be given back */
	iovec_take(evpl, 100, LOCAL, &next, 2);
	assert_begins(&next, end_of(&reserved));
	iovec_assert(&reserved, 1, 0);
	iovec_assert(&next, 2, 0);
	evpl_iovec_release(evpl, &reserved);
	evpl_iovec_release(evpl, &next);
}

static void
commit_shortened_to_nothing_gives_all_bytes_back(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec reserved, next;
	char *start;

	assert_int_equal(evpl_iovec_reserve(evpl, 1000, 0, 1, &reserved), 1);
	start = evpl_iovec_data(&reserved);
	evpl_iovec_set_length(&reserved, 0);
	evpl_iovec_commit(evpl, 0, &reserved, 1);
	iovec_take(evpl, 1000, LOCAL, &next, 2);
	assert_begins(&next, start);
	/* Empty of bytes, it still holds its reference, and gives it back. */
	evpl_iovec_release(evpl, &reserved);
	iovec_assert(&next, 2, 0);
	evpl_iovec_release(evpl, &next);
}

static void
commit_twice_gives_nothing_back_the_second_time(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec reserved, next, after;

	plain_builds_only();
	assert_int_equal(evpl_iovec_reserve(evpl, 500, 0, 1, &reserved), 1);
	evpl_iovec_set_length(&reserved, 100);
	iovec_fill(&reserved, 1);
	evpl_iovec_commit(evpl, 0, &reserved, 1);
	iovec_take(evpl, 100, LOCAL, &next, 2);
	evpl_iovec_set_length(&reserved, 50);
	evpl_iovec_commit(evpl, 0, &reserved, 1);
	iovec_take(evpl, 100, LOCAL, &after, 3);
	iovec_assert(&reserved, 1, 0);
	iovec_assert(&next, 2, 0);
	iovec_assert(&after, 3, 0);
	evpl_iovec_release(evpl, &reserved);
	evpl_iovec_release(evpl, &next);
	evpl_iovec_release(evpl, &after);
}

static void
commit_after_the_buffer_was_left_harms_nobody(void **state)
{
	struct evpl *evpl = home_context(state);
	unsigned half = evpl_buffer_size() / 2 + 1;
	struct evpl_iovec reserved, other[6];

	/* The context has moved on to other buffers, and perhaps back, by the time of the commit. */
	assert_int_equal(evpl_iovec_reserve(evpl, 100, 0, 1, &reserved), 1);
	iovec_fill(&reserved, 1);
	for (unsigned i = 0; i < DIM(other); i++)
		iovec_take(evpl, half, LOCAL, &other[i], 10 + i);
	evpl_iovec_set_length(&reserved, 10);
	evpl_iovec_commit(evpl, 0, &reserved, 1);
	for (unsigned i = 0; i < DIM(other); i++)
		iovec_assert(&other[i], 10 + i, 0);
	evpl_iovecs_release(evpl, other, DIM(other));
	for (unsigned i = 0; i < DIM(other); i++)
		iovec_take(evpl, half, LOCAL, &other[i], 20 + i);
	iovec_assert(&reserved, 1, 0);
	for (unsigned i = 0; i < DIM(other); i++)
		iovec_assert(&other[i], 20 + i, 0);
	evpl_iovec_release(evpl, &reserved);
	evpl_iovecs_release(evpl, other, DIM(other));
}

static void
commit_of_an_empty_segment_keeps_the_next_reservation(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec first, second, after;

	/* What is cut at its start may begin where the next reservation does, and must not be taken for it. */
	assert_int_equal(evpl_iovec_reserve(evpl, 64, 0, 1, &first), 1);
	assert_int_equal(evpl_iovec_reserve(evpl, 64, 0, 1, &second), 1);
	iovec_fill(&second, 2);
	evpl_iovec_move_segment(&first, &first, 64, 0);
	evpl_iovec_commit(evpl, 0, &first, 1);
	iovec_take(evpl, 64, LOCAL, &after, 3);
	iovec_assert(&second, 2, 0);
	iovec_assert(&after, 3, 0);
	evpl_iovec_release(evpl, &first);
	evpl_iovec_release(evpl, &second);
	evpl_iovec_release(evpl, &after);
}

static void
commit_after_a_cut_neighbours_commit_gives_the_tail_back(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec first, second, next;

	assert_int_equal(evpl_iovec_reserve(evpl, 64, 0, 1, &first), 1);
	assert_int_equal(evpl_iovec_reserve(evpl, 640, 0, 1, &second), 1);
	evpl_iovec_move_segment(&first, &first, 64, 0);
	evpl_iovec_commit(evpl, 0, &first, 1);
	evpl_iovec_set_length(&second, 64);
	iovec_fill(&second, 2);
	evpl_iovec_commit(evpl, 0, &second, 1);
	iovec_take(evpl, 64, LOCAL, &next, 3);
	assert_begins(&next, end_of(&second));
	iovec_assert(&second, 2, 0);
	evpl_iovec_release(evpl, &first);
	evpl_iovec_release(evpl, &second);
	evpl_iovec_release(evpl, &next);
}

static void
commit_of_a_segment_keeps_its_bytes(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec reserved, moved, next;

	for (unsigned elsewhere = 0; elsewhere < 2; elsewhere++) {
		struct evpl_iovec *segment = elsewhere ? &moved : &reserved;

		assert_int_equal(evpl_iovec_reserve(evpl, 400, 8, 1, &reserved), 1);
		evpl_iovec_move_segment(segment, &reserved, 40, 100);
		iovec_fill(segment, 1);
		evpl_iovec_commit(evpl, 8, segment, 1);
		iovec_assert(segment, 1, 0);
		iovec_take(evpl, 64, LOCAL, &next, 2);
		iovec_fill(segment, 1); /* still all its own */
		iovec_assert(&next, 2, 0);
		iovec_assert(segment, 1, 0);
		evpl_iovec_release(evpl, segment);
		evpl_iovec_release(evpl, &next);
	}
}

static const struct CMUnitTest cases[] = {
	EVERY_SIZE(commit_of_a_shortened_reservation_gives_the_tail_to_the_next),
	EVERY_SIZE(commit_with_alignment_gives_the_tail_back_from_an_aligned_byte),
	EVERY_SIZE(reserve_and_commit_with_alignment_zero_give_the_tail_back_from_the_next_byte),
	EVERY_SIZE(commit_with_alignment_beyond_the_reservation_takes_no_neighbour_back),
	EVERY_SIZE(commit_in_a_loop_uses_the_bytes_that_were_given_back),
	EVERY_SIZE(commit_of_a_whole_buffer_gives_its_tail_to_the_next),
	EVERY_SIZE(commit_of_several_buffers_gives_the_last_tail_back),
	EVERY_SIZE(commit_of_several_buffers_all_shortened_keeps_each_content),
	EVERY_SIZE(commit_of_the_first_iovecs_leaves_the_others_their_bytes),
	EVERY_SIZE(commit_of_none_changes_nothing),
	EVERY_SIZE(commit_shortened_to_nothing_gives_all_bytes_back),
	EVERY_SIZE(commit_twice_gives_nothing_back_the_second_time),
	EVERY_SIZE(commit_after_the_buffer_was_left_harms_nobody),
	EVERY_SIZE(commit_of_an_empty_segment_keeps_the_next_reservation),
	EVERY_SIZE(commit_after_a_cut_neighbours_commit_gives_the_tail_back),
	EVERY_SIZE(commit_of_a_segment_keeps_its_bytes),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "commit", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
