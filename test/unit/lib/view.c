/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clone, clone_segment, move, move_segment, data, length, set_length: the bytes that a view shows, and the reference
 * that it holds.
 *
 * What would break: a segment could be wrong by one byte at either end. A move could leave two owners, or none. A
 * reference could end with the wrong one of two views. So the original is released before the clone is read, freed
 * bytes are taken again and overwritten while the clone should still keep its own, and counts are read where they are
 * visible.
 */
#include <limits.h>

#include "support.h"

/* Empty is ref NULL; libevpl's programs read the length after a move. */
static void
assert_empty(const struct evpl_iovec *iovec, uint32_t length)
{
	assert_null(iovec->data);
	assert_int_equal(iovec->length, length);
	assert_null(iovec->ref);
}

static void
assert_same(const struct evpl_iovec *a, const struct evpl_iovec *b)
{
	assert_ptr_equal(a->data, b->data);
	assert_int_equal(a->length, b->length);
	assert_int_equal(iovec_flags(a), iovec_flags(b));
	assert_ptr_equal(a->ref, b->ref);
}

/* Takes and overwrites more bytes, whole and in parts, than all used buffers have: what is not held is lost. */
static void
churn(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec whole[3], part[60];

	for (unsigned round = 0; round < 5; round++) {
		for (unsigned i = 0; i < DIM(whole); i++)
			iovec_take(evpl, evpl_buffer_size(), flags, &whole[i], 1000 + i);
		for (unsigned i = 0; i < DIM(part); i++)
			iovec_take(evpl, 5000, flags, &part[i], 2000 + i);
		evpl_iovecs_release(evpl, whole, DIM(whole));
		evpl_iovecs_release(evpl, part, DIM(part));
	}
}

static void
clone_shows_the_same_bytes_and_counts_one(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec, clone;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		uint16_t count;

		iovec_take(evpl, 777, flags, &iovec, 1);
		count = rte_mbuf_refcnt_read(iovec.ref);
		evpl_iovec_clone(&clone, &iovec);
		assert_same(&clone, &iovec);
		assert_int_equal(rte_mbuf_refcnt_read(iovec.ref), count + 1);
		iovec_assert(&clone, 1, 0);
		evpl_iovec_release(evpl, &clone);
		evpl_iovec_release(evpl, &iovec);
	}
}

static void
clone_keeps_its_bytes_after_the_original_is_gone(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec, clone[3];

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		iovec_take(evpl, 50000, flags, &iovec, 1);
		evpl_iovec_clone(&clone[0], &iovec);
		evpl_iovec_clone(&clone[1], &clone[0]);
		evpl_iovec_clone_segment(&clone[2], &clone[1], 10, 100);
		evpl_iovec_release(evpl, &iovec);
		churn(evpl, flags);
		iovec_assert(&clone[0], 1, 0);
		evpl_iovec_release(evpl, &clone[0]);
		churn(evpl, flags);
		iovec_assert(&clone[1], 1, 0);
		evpl_iovec_release(evpl, &clone[1]);
		churn(evpl, flags);
		iovec_assert(&clone[2], 1, 10);
		evpl_iovec_release(evpl, &clone[2]);
		home_assert_held(0);
	}
}

static void
clone_writes_are_seen_by_the_original(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec, clone;

	iovec_take(evpl, 64, LOCAL, &iovec, 1);
	evpl_iovec_clone(&clone, &iovec);
	iovec_fill(&clone, 2); /* no copy */
	iovec_assert(&iovec, 2, 0);
	evpl_iovec_release(evpl, &clone);
	evpl_iovec_release(evpl, &iovec);
}

static void
clone_segment_at_every_border_shows_exactly_the_segment(void **state)
{
	struct evpl *evpl = home_context(state);
	const unsigned length = 1000;
	const struct {
		unsigned offset, length;
	} part[] = {{0, 1000}, {0, 0}, {0, 1}, {1, 999}, {999, 1}, {999, 0}, {1000, 0}, {500, 500}, {333, 333}};

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		struct evpl_iovec iovec, clone[DIM(part)];

		iovec_take(evpl, length, flags, &iovec, 1);
		for (unsigned i = 0; i < DIM(part); i++) {
			uint16_t count = rte_mbuf_refcnt_read(iovec.ref);

			evpl_iovec_clone_segment(&clone[i], &iovec, part[i].offset, part[i].length);
			assert_ptr_equal(evpl_iovec_data(&clone[i]), (char *)evpl_iovec_data(&iovec) + part[i].offset);
			assert_int_equal(evpl_iovec_length(&clone[i]), part[i].length);
			assert_int_equal(iovec_flags(&clone[i]), flags);
			assert_int_equal(rte_mbuf_refcnt_read(iovec.ref), count + 1); /* of no bytes, too */
		}
		evpl_iovec_release(evpl, &iovec);
		churn(evpl, flags);
		for (unsigned i = 0; i < DIM(part); i++)
			iovec_assert(&clone[i], 1, part[i].offset);
		evpl_iovecs_release(evpl, clone, DIM(clone));
		home_assert_held(0);
	}
}

static void
clone_segment_of_a_segment_adds_the_offsets(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec, outer, inner;

	iovec_take(evpl, 1000, SHARED, &iovec, 1);
	evpl_iovec_clone_segment(&outer, &iovec, 100, 500);
	evpl_iovec_clone_segment(&inner, &outer, 50, 450);
	iovec_assert(&inner, 1, 150);
	evpl_iovec_release(evpl, &inner);
	evpl_iovec_release(evpl, &outer);
	evpl_iovec_release(evpl, &iovec);
}

static void
move_leaves_the_source_empty_and_no_count_changed(void **state)
{
	struct evpl *evpl = home_context(state);

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		struct evpl_iovec iovec, was, moved;
		uint16_t count;

		iovec_take(evpl, 300, flags, &iovec, 1);
		was = iovec;
		count = rte_mbuf_refcnt_read(iovec.ref);
		evpl_iovec_move(&moved, &iovec);
		assert_same(&moved, &was);
		assert_empty(&iovec, was.length);
		assert_int_equal(rte_mbuf_refcnt_read(moved.ref), count);
		churn(evpl, flags);
		iovec_assert(&moved, 1, 0);
		evpl_iovec_release(evpl, &moved);
		home_assert_held(0);
	}
}

static void
move_onto_itself_changes_nothing(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec, was;

	iovec_take(evpl, 300, LOCAL, &iovec, 1);
	was = iovec;
	evpl_iovec_move(&iovec, &iovec);
	assert_same(&iovec, &was);
	iovec_assert(&iovec, 1, 0);
	evpl_iovec_release(evpl, &iovec);
}

static void
move_of_an_empty_iovec_is_empty(void **state)
{
	struct evpl_iovec empty = {NULL, 0, 0, NULL}, moved;

	(void)state;
	plain_builds_only(); /* nobody took it */
	memset(&moved, 0xFF, sizeof(moved));
	evpl_iovec_move(&moved, &empty);
	assert_empty(&moved, 0);
	assert_empty(&empty, 0);
}

static void
move_segment_hands_over_the_part_and_gives_the_rest_up(void **state)
{
	struct evpl *evpl = home_context(state);
	const struct {
		unsigned offset, length;
	} part[] = {{0, 1000}, {0, 0}, {0, 1}, {999, 1}, {1000, 0}, {250, 500}};

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned i = 0; i < DIM(part); i++) {
			struct evpl_iovec iovec, moved;
			uint16_t count;
			char *data;

			iovec_take(evpl, 1000, flags, &iovec, i);
			data = evpl_iovec_data(&iovec);
			count = rte_mbuf_refcnt_read(iovec.ref);
			evpl_iovec_move_segment(&moved, &iovec, part[i].offset, part[i].length);
			assert_empty(&iovec, 1000);
			assert_ptr_equal(evpl_iovec_data(&moved), data + part[i].offset);
			assert_int_equal(evpl_iovec_length(&moved), part[i].length);
			assert_int_equal(rte_mbuf_refcnt_read(moved.ref), count);
			churn(evpl, flags);
			iovec_assert(&moved, i, part[i].offset);
			evpl_iovec_release(evpl, &moved);
			home_assert_held(0);
		}
	}
}

static void
move_segment_onto_itself_narrows_the_view(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec;

	iovec_take(evpl, 1000, SHARED, &iovec, 1);
	evpl_iovec_move_segment(&iovec, &iovec, 100, 200);
	assert_int_equal(evpl_iovec_length(&iovec), 200);
	iovec_assert(&iovec, 1, 100);
	evpl_iovec_release(evpl, &iovec);
}

static void
set_length_shortens_and_grows_back(void **state)
{
	struct evpl *evpl = home_context(state);

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		struct evpl_iovec iovec;

		iovec_take(evpl, 1000, flags, &iovec, 1);
		evpl_iovec_set_length(&iovec, 10);
		assert_int_equal(evpl_iovec_length(&iovec), 10);
		evpl_iovec_set_length(&iovec, 0);
		assert_int_equal(evpl_iovec_length(&iovec), 0);
		assert_non_null(evpl_iovec_data(&iovec));
		evpl_iovec_set_length(&iovec, 1000);
		iovec_assert(&iovec, 1, 0);
		evpl_iovec_release(evpl, &iovec);
	}
}

static void
set_length_grows_to_the_last_byte_of_the_buffer(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec whole, part;

	plain_builds_only(); /* more than was taken: elsewhere that is the caller's word to keep */
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		iovec_take(evpl, evpl_buffer_size(), flags, &whole, 1);
		evpl_iovec_clone_segment(&part, &whole, 1000, 1);
		evpl_iovec_set_length(&part, evpl_buffer_size() - 1000);
		iovec_assert(&part, 1, 1000);
		evpl_iovec_release(evpl, &part);
		evpl_iovec_release(evpl, &whole);
	}
}

static void
iovec_is_24_bytes_for_every_program(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct evpl_iovec), 24);
}

static const struct CMUnitTest cases[] = {
	home_case(clone_shows_the_same_bytes_and_counts_one, home_small),
	home_case(clone_keeps_its_bytes_after_the_original_is_gone, home_small),
	home_case(clone_writes_are_seen_by_the_original, home_small),
	home_case(clone_segment_at_every_border_shows_exactly_the_segment, home_small),
	home_case(clone_segment_of_a_segment_adds_the_offsets, home_small),
	home_case(move_leaves_the_source_empty_and_no_count_changed, home_small),
	home_case(move_onto_itself_changes_nothing, home_small),
	home_case(move_of_an_empty_iovec_is_empty, home_small),
	home_case(move_segment_hands_over_the_part_and_gives_the_rest_up, home_small),
	home_case(move_segment_onto_itself_narrows_the_view, home_small),
	home_case(set_length_shortens_and_grows_back, home_small),
	home_case(set_length_grows_to_the_last_byte_of_the_buffer, home_small),
	home_case(iovec_is_24_bytes_for_every_program, home_small),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "view", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
