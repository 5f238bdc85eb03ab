/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_iovec_reserve and evpl_iovec_commit: bytes that are set aside, and their tail that is given back.
 *
 * What would break: upstream's reserve does not set its bytes aside, so an alloc between reserve and commit gets the
 * same bytes. Its commit rolls the buffer back over what was taken since. So each case takes something at the moment at
 * which that goes wrong, fills both with bytes of their own, and reads both. The tail must really come back; only the
 * next address shows that.
 */
#include <limits.h>

#include "support.h"

static const struct evpl_global_config buffers_1k = {
	.slab_size = 64 << 10, .buffer_size = 1 << 10, .packet_mbufs = 255};
static const struct evpl_global_config buffers_2m = {.slab_size = 8 << 20, .buffer_size = 2 << 20, .packet_mbufs = 255};

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
take(struct evpl *evpl, unsigned length, struct evpl_iovec *iovec, uint64_t seed)
{
	assert_int_equal(evpl_iovec_alloc(evpl, length, 0, 1, LOCAL, iovec), 1);
	iovec_fill(iovec, seed);
}

static void
reserve_takes_local_bytes_in_one_piece(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec;

	assert_int_equal(evpl_iovec_reserve(evpl, 1000, 64, 1, &iovec), 1);
	assert_int_equal(evpl_iovec_length(&iovec), 1000);
	assert_int_equal((uintptr_t)evpl_iovec_data(&iovec) % 64, 0);
	assert_int_equal(iovec.flags & SHARED, LOCAL);
	iovec_fill(&iovec, 1);
	evpl_iovec_commit(evpl, 64, &iovec, 1);
	assert_int_equal(evpl_iovec_length(&iovec), 1000);
	iovec_assert(&iovec, 1, 0);
	evpl_iovec_release(evpl, &iovec);
}

static void
reserve_with_impossible_arguments_fails_as_alloc_does(void **state)
{
	struct evpl *evpl = home_context(state);
	uint32_t size = evpl_buffer_size();
	struct evpl_iovec iovec[2];

	assert_fails(evpl_iovec_reserve(evpl, 1, 3, 1, iovec), EINVAL);
	assert_fails(evpl_iovec_reserve(evpl, 1, 1u << 31, 1, iovec), EINVAL);
	assert_fails(evpl_iovec_reserve(evpl, 1, 0, 0, iovec), EINVAL);
	assert_fails(evpl_iovec_reserve(evpl, 1, 0, 1, NULL), EINVAL);
	assert_fails(evpl_iovec_reserve(NULL, 1, 0, 1, iovec), EINVAL);
	assert_fails(evpl_iovec_reserve(evpl, size + 1, 0, 1, iovec), EMSGSIZE);
	assert_fails(evpl_iovec_reserve(evpl, UINT_MAX, 0, 2, iovec), EMSGSIZE);
	assert_int_equal(evpl_iovec_reserve(evpl, 0, 0, 1, iovec), 0);
	home_assert_held(0);
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
	take(evpl, 700, &next, 2);
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
	take(evpl, 10, &next, 2);
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
	take(evpl, 100, &next, 2);
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
alloc_between_reserve_and_commit_never_overlaps(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec reserved, between, after;

	assert_int_equal(evpl_iovec_reserve(evpl, 500, 0, 1, &reserved), 1);
	take(evpl, 100, &between, 2);
	iovec_fill(&reserved, 1);
	iovec_assert(&between, 2, 0);
	evpl_iovec_set_length(&reserved, 50);
	evpl_iovec_commit(evpl, 0, &reserved, 1);
	take(evpl, 900, &after, 3); /* over the one between, if it started at the new end */
	iovec_assert(&reserved, 1, 0);
	iovec_assert(&between, 2, 0);
	iovec_assert(&after, 3, 0);
	evpl_iovec_release(evpl, &reserved);
	evpl_iovec_release(evpl, &between);
	evpl_iovec_release(evpl, &after);
}

static void
alloc_between_released_before_commit_never_overlaps(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec reserved, between, clone, after;

	/* The one taken between is released, but a clone of it lives on: its bytes must not be given back. */
	assert_int_equal(evpl_iovec_reserve(evpl, 500, 0, 1, &reserved), 1);
	take(evpl, 100, &between, 2);
	evpl_iovec_clone(&clone, &between);
	evpl_iovec_release(evpl, &between);
	evpl_iovec_set_length(&reserved, 50);
	iovec_fill(&reserved, 1);
	evpl_iovec_commit(evpl, 0, &reserved, 1);
	take(evpl, 900, &after, 3);
	iovec_assert(&reserved, 1, 0);
	iovec_assert(&clone, 2, 0);
	evpl_iovec_release(evpl, &reserved);
	evpl_iovec_release(evpl, &clone);
	evpl_iovec_release(evpl, &after);
}

static void
alloc_shared_between_reserve_and_commit_never_overlaps(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec reserved, shared, after;

	assert_int_equal(evpl_iovec_reserve(evpl, 500, 0, 1, &reserved), 1);
	iovec_fill(&reserved, 1);
	assert_int_equal(evpl_iovec_alloc(evpl, 400, 0, 1, SHARED, &shared), 1);
	iovec_fill(&shared, 2);
	evpl_iovec_set_length(&reserved, 50);
	evpl_iovec_commit(evpl, 0, &reserved, 1);
	take(evpl, 300, &after, 3);
	iovec_assert(&reserved, 1, 0);
	iovec_assert(&shared, 2, 0);
	iovec_assert(&after, 3, 0);
	evpl_iovec_release(evpl, &reserved);
	evpl_iovec_release(evpl, &shared);
	evpl_iovec_release(evpl, &after);
}

static void
clone_between_reserve_and_commit_keeps_its_bytes(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec reserved, clone, tail, after;

	/* Clones of the whole and of the tail see bytes that the commit would otherwise hand to the next. */
	assert_int_equal(evpl_iovec_reserve(evpl, 500, 0, 1, &reserved), 1);
	iovec_fill(&reserved, 1);
	evpl_iovec_clone(&clone, &reserved);
	evpl_iovec_clone_segment(&tail, &reserved, 400, 100);
	evpl_iovec_set_length(&reserved, 10);
	evpl_iovec_commit(evpl, 0, &reserved, 1);
	take(evpl, 500, &after, 2);
	iovec_assert(&clone, 1, 0);
	iovec_assert(&tail, 1, 400);
	evpl_iovec_release(evpl, &reserved);
	iovec_assert(&clone, 1, 0);
	evpl_iovec_release(evpl, &clone);
	iovec_assert(&tail, 1, 400);
	iovec_assert(&after, 2, 0);
	evpl_iovec_release(evpl, &tail);
	evpl_iovec_release(evpl, &after);
}

/*
 * A clone adds a count and the release of another iovec of the same buffer takes one away: a commit that only compares
 * counts before and after would believe that nothing was cloned.
 */
static void
clone_then_release(struct evpl *evpl, struct evpl *releaser)
{
	struct evpl_iovec held, reserved, clone, after;

	take(evpl, 50, &held, 9);
	assert_int_equal(evpl_iovec_reserve(evpl, 500, 0, 1, &reserved), 1);
	iovec_fill(&reserved, 1);
	evpl_iovec_clone(&clone, &reserved);
	evpl_iovec_release(releaser, &held);
	evpl_iovec_set_length(&reserved, 10);
	evpl_iovec_commit(evpl, 0, &reserved, 1);
	take(evpl, 460, &after, 2);
	iovec_assert(&clone, 1, 0);
	iovec_assert(&after, 2, 0);
	evpl_iovec_release(evpl, &reserved);
	evpl_iovec_release(evpl, &clone);
	evpl_iovec_release(evpl, &after);
}

static void
clone_and_release_before_commit_keeps_the_clones_bytes(void **state)
{
	clone_then_release(home_context(state), home_context(state));
}

static void
clone_and_release_without_context_before_commit_keeps_the_clones_bytes(void **state)
{
	clone_then_release(home_context(state), NULL);
}

static void
clone_and_release_on_another_context_before_commit_keeps_the_clones_bytes(void **state)
{
	struct evpl *other = evpl_create(NULL);

	assert_non_null(other);
	clone_then_release(home_context(state), other);
	evpl_destroy(other);
}

static void
clone_and_send_on_another_context_before_commit_keeps_the_clones_bytes(void **state)
{
	struct evpl *evpl = home_context(state), *other = evpl_create(NULL);
	struct evpl_iovec held, reserved, clone, after;
	struct rte_mbuf *packet;

	/* As above, where the reference that goes is one that became a packet. */
	assert_non_null(other);
	take(evpl, 50, &held, 9);
	assert_int_equal(evpl_iovec_reserve(evpl, 500, 0, 1, &reserved), 1);
	iovec_fill(&reserved, 1);
	evpl_iovec_clone(&clone, &reserved);
	packet = evpl_iovecs_to_mbuf(other, &held, 1);
	assert_non_null(packet);
	evpl_iovec_set_length(&reserved, 10);
	evpl_iovec_commit(evpl, 0, &reserved, 1);
	take(evpl, 460, &after, 2);
	iovec_assert(&clone, 1, 0);
	mbuf_assert(packet, 50, 9);
	rte_pktmbuf_free(packet);
	evpl_iovec_release(evpl, &reserved);
	evpl_iovec_release(evpl, &clone);
	evpl_iovec_release(evpl, &after);
	evpl_destroy(other);
}

static void
send_between_reserve_and_commit_keeps_its_bytes(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec reserved, clone, after;
	struct rte_mbuf *packet;

	/* A packet counts elsewhere (on the shinfo), so the iovec's count looks untouched when the clone was sent. */
	assert_int_equal(evpl_iovec_reserve(evpl, 500, 0, 1, &reserved), 1);
	iovec_fill(&reserved, 1);
	evpl_iovec_clone(&clone, &reserved);
	packet = evpl_iovecs_to_mbuf(evpl, &clone, 1);
	assert_non_null(packet);
	evpl_iovec_set_length(&reserved, 10);
	evpl_iovec_commit(evpl, 0, &reserved, 1);
	take(evpl, 490, &after, 2);
	mbuf_assert(packet, 500, 1);
	rte_pktmbuf_free(packet);
	iovec_assert(&after, 2, 0);
	evpl_iovec_release(evpl, &reserved);
	evpl_iovec_release(evpl, &after);
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
		take(evpl, size / 2, &next, 2);
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
	take(evpl, size / 2, &next, 7);
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
		take(evpl, size / 2, &next[i], 10 + i);
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
	take(evpl, size / 2, &next, 7);
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
	iovec_fill(&reserved, 1);
	evpl_iovec_commit(evpl, 0, &reserved, 0);
	take(evpl, 100, &next, 2);
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
	take(evpl, 1000, &next, 2);
	assert_begins(&next, start);
	/* Empty of bytes, it still holds its reference, and gives it back. */
	evpl_iovec_release(evpl, &reserved);
	iovec_assert(&next, 2, 0);
	evpl_iovec_release(evpl, &next);
}

static void
reserve_twice_keeps_both(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec first, second, after;

	assert_int_equal(evpl_iovec_reserve(evpl, 300, 0, 1, &first), 1);
	assert_int_equal(evpl_iovec_reserve(evpl, 300, 0, 1, &second), 1);
	iovec_fill(&first, 1);
	iovec_fill(&second, 2);
	evpl_iovec_set_length(&first, 20);
	evpl_iovec_commit(evpl, 0, &first, 1); /* something was taken since: its tail is lost, nothing worse */
	evpl_iovec_set_length(&second, 20);
	evpl_iovec_commit(evpl, 0, &second, 1);
	take(evpl, 280, &after, 3);
	iovec_assert(&first, 1, 0);
	iovec_assert(&second, 2, 0);
	iovec_assert(&after, 3, 0);
	evpl_iovec_release(evpl, &first);
	evpl_iovec_release(evpl, &second);
	evpl_iovec_release(evpl, &after);
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
	take(evpl, 100, &next, 2);
	evpl_iovec_set_length(&reserved, 50);
	evpl_iovec_commit(evpl, 0, &reserved, 1);
	take(evpl, 100, &after, 3);
	iovec_assert(&reserved, 1, 0);
	iovec_assert(&next, 2, 0);
	iovec_assert(&after, 3, 0);
	evpl_iovec_release(evpl, &reserved);
	evpl_iovec_release(evpl, &next);
	evpl_iovec_release(evpl, &after);
}

static void
release_without_commit_gives_the_reference_back(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec reserved, next;

	assert_int_equal(evpl_iovec_reserve(evpl, 500, 0, 1, &reserved), 1);
	evpl_iovec_release(evpl, &reserved);
	take(evpl, evpl_buffer_size(), &next, 2);
	iovec_assert(&next, 2, 0);
	evpl_iovec_release(evpl, &next);
	home_assert_held(0);
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
		take(evpl, half, &other[i], 10 + i);
	evpl_iovec_set_length(&reserved, 10);
	evpl_iovec_commit(evpl, 0, &reserved, 1);
	for (unsigned i = 0; i < DIM(other); i++)
		iovec_assert(&other[i], 10 + i, 0);
	evpl_iovecs_release(evpl, other, DIM(other));
	for (unsigned i = 0; i < DIM(other); i++)
		take(evpl, half, &other[i], 20 + i);
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
	take(evpl, 64, &after, 3);
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
	take(evpl, 64, &next, 3);
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
		take(evpl, 64, &next, 2);
		iovec_fill(segment, 1); /* still all its own */
		iovec_assert(&next, 2, 0);
		iovec_assert(segment, 1, 0);
		evpl_iovec_release(evpl, segment);
		evpl_iovec_release(evpl, &next);
	}
}

#define EVERY_SIZE(function)                                                                                           \
	home_case_named(#function ": 1 KiB", function, buffers_1k),                                                    \
		home_case_named(#function ": 64 KiB", function, home_small),                                           \
		home_case_named(#function ": 2 MiB", function, buffers_2m)

static const struct CMUnitTest cases[] = {
	EVERY_SIZE(reserve_takes_local_bytes_in_one_piece),
	EVERY_SIZE(reserve_with_impossible_arguments_fails_as_alloc_does),
	EVERY_SIZE(commit_of_a_shortened_reservation_gives_the_tail_to_the_next),
	EVERY_SIZE(commit_with_alignment_gives_the_tail_back_from_an_aligned_byte),
	EVERY_SIZE(reserve_and_commit_with_alignment_zero_give_the_tail_back_from_the_next_byte),
	EVERY_SIZE(commit_with_alignment_beyond_the_reservation_takes_no_neighbour_back),
	EVERY_SIZE(commit_in_a_loop_uses_the_bytes_that_were_given_back),
	EVERY_SIZE(alloc_between_reserve_and_commit_never_overlaps),
	EVERY_SIZE(alloc_between_released_before_commit_never_overlaps),
	EVERY_SIZE(alloc_shared_between_reserve_and_commit_never_overlaps),
	EVERY_SIZE(clone_between_reserve_and_commit_keeps_its_bytes),
	EVERY_SIZE(clone_and_release_before_commit_keeps_the_clones_bytes),
	EVERY_SIZE(clone_and_release_without_context_before_commit_keeps_the_clones_bytes),
	EVERY_SIZE(clone_and_release_on_another_context_before_commit_keeps_the_clones_bytes),
	EVERY_SIZE(clone_and_send_on_another_context_before_commit_keeps_the_clones_bytes),
	EVERY_SIZE(send_between_reserve_and_commit_keeps_its_bytes),
	EVERY_SIZE(commit_of_a_whole_buffer_gives_its_tail_to_the_next),
	EVERY_SIZE(commit_of_several_buffers_gives_the_last_tail_back),
	EVERY_SIZE(commit_of_several_buffers_all_shortened_keeps_each_content),
	EVERY_SIZE(commit_of_the_first_iovecs_leaves_the_others_their_bytes),
	EVERY_SIZE(commit_of_none_changes_nothing),
	EVERY_SIZE(commit_shortened_to_nothing_gives_all_bytes_back),
	EVERY_SIZE(reserve_twice_keeps_both),
	EVERY_SIZE(commit_twice_gives_nothing_back_the_second_time),
	EVERY_SIZE(release_without_commit_gives_the_reference_back),
	EVERY_SIZE(commit_after_the_buffer_was_left_harms_nobody),
	EVERY_SIZE(commit_of_an_empty_segment_keeps_the_next_reservation),
	EVERY_SIZE(commit_after_a_cut_neighbours_commit_gives_the_tail_back),
	EVERY_SIZE(commit_of_a_segment_keeps_its_bytes),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "reserve", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
