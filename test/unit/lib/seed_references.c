/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other half of seed.c: what libevpl's documentation says about references and about its tracing mode, sentence by
 * sentence.
 *
 * What would break: a port that releases, clones and moves as libevpl's documentation says. The documentation also says
 * what a program may expect of the debugging mode: each operation on an iovec that does not exist any more must stop
 * the program, and say why.
 */
#include <unistd.h>

#include "support.h"

static const struct evpl_global_config defaults;

static void
take_one(struct evpl *evpl, unsigned length, unsigned flags, struct evpl_iovec *iovec, uint64_t seed)
{
	assert_int_equal(evpl_iovec_alloc(evpl, length, 0, 1, flags, iovec), 1);
	iovec_fill(iovec, seed);
}

/* "Release a reference to an iovec." "Release references to multiple iovecs." */
static void
release_gives_one_reference_back(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[5], clone[5];

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned i = 0; i < DIM(iovec); i++) {
			take_one(evpl, 40000, flags, &iovec[i], i);
			evpl_iovec_clone(&clone[i], &iovec[i]);
		}
		evpl_iovec_release(evpl, &iovec[0]);
		evpl_iovecs_release(evpl, &iovec[1], DIM(iovec) - 1);
		for (unsigned i = 0; i < DIM(clone); i++)
			iovec_assert(&clone[i], i, 0);
		evpl_iovecs_release(evpl, clone, 0);
		evpl_iovecs_release(evpl, clone, DIM(clone));
		home_assert_held(0);
	}
}

/* "evpl - Event loop context (may be NULL during shutdown)" */
static void
release_may_be_without_context_during_shutdown(void **state)
{
	struct home *home = *state;
	struct evpl_iovec iovec[10];

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned i = 0; i < DIM(iovec); i++)
			take_one(home->evpl, 1000, flags, &iovec[i], i);
		evpl_iovec_release(NULL, &iovec[0]);
		evpl_destroy(home->evpl);
		home->evpl = NULL;
		for (unsigned i = 1; i < DIM(iovec); i++)
			iovec_assert(&iovec[i], i, 0);
		evpl_iovec_release(NULL, &iovec[1]);
		evpl_iovecs_release(NULL, &iovec[2], DIM(iovec) - 2);
		home_assert();
		home->evpl = evpl_create(NULL);
		assert_non_null(home->evpl);
	}
}

/* "Clone an iovec, creating a new reference to the same underlying buffer." */
static void
clone_is_a_new_reference_to_the_same_buffer(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec, clone;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		take_one(evpl, 5000, flags, &iovec, 1);
		evpl_iovec_clone(&clone, &iovec);
		assert_ptr_equal(evpl_iovec_data(&clone), evpl_iovec_data(&iovec));
		assert_int_equal(evpl_iovec_length(&clone), 5000);
		iovec_fill(&iovec, 2); /* seen through the clone */
		evpl_iovec_release(evpl, &iovec);
		iovec_assert(&clone, 2, 0);
		evpl_iovec_release(evpl, &clone);
		home_assert_held(0);
	}
}

/* "Clone a portion of an iovec." "offset - Offset from the start of src's data" "length - Length of the segment" */
static void
clone_segment_is_a_portion(void **state)
{
	struct evpl *evpl = home_context(state);
	const unsigned at[] = {0, 1, 100, 4999, 5000};
	struct evpl_iovec iovec, segment[DIM(at)];

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		take_one(evpl, 5000, flags, &iovec, 1);
		for (unsigned i = 0; i < DIM(at); i++) {
			evpl_iovec_clone_segment(&segment[i], &iovec, at[i], 5000 - at[i]);
			assert_ptr_equal(evpl_iovec_data(&segment[i]), (char *)evpl_iovec_data(&iovec) + at[i]);
			assert_int_equal(evpl_iovec_length(&segment[i]), 5000 - at[i]);
		}
		evpl_iovec_release(evpl, &iovec);
		for (unsigned i = 0; i < DIM(at); i++)
			iovec_assert(&segment[i], 1, at[i]);
		evpl_iovecs_release(evpl, segment, DIM(segment));
		home_assert_held(0);
	}
}

/* "Move ownership of an iovec from source to destination. The source iovec should not be used after this call." */
static void
move_hands_ownership_over(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec, moved;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		take_one(evpl, 5000, flags, &iovec, 1);
		evpl_iovec_move(&moved, &iovec);
		assert_int_equal(evpl_iovec_length(&moved), 5000);
		iovec_assert(&moved, 1, 0);
		evpl_iovec_release(evpl, &moved); /* and nobody releases the source */
		home_assert_held(0);
	}
}

/*
 * "Move ownership of a segment of an iovec." "src - Source iovec (invalid after call)" "offset - Offset from the start
 * of src's data" "length - Length of the segment"
 */
static void
move_segment_hands_a_portion_over(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec, moved;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned offset = 0; offset <= 5000; offset += 1250) {
			take_one(evpl, 5000, flags, &iovec, 1);
			evpl_iovec_move_segment(&moved, &iovec, offset, (5000 - offset) / 2);
			assert_int_equal(evpl_iovec_length(&moved), (5000 - offset) / 2);
			iovec_assert(&moved, 1, offset);
			evpl_iovec_release(evpl, &moved);
			home_assert_held(0);
		}
	}
}

/*
 * "Get the data pointer from an iovec." "Returns: Pointer to buffer data" "Get the length of valid data in an iovec."
 * "Set the length of valid data in an iovec."
 */
static void
accessors_get_and_set(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		take_one(evpl, 5000, flags, &iovec, 1);
		assert_ptr_equal(evpl_iovec_data(&iovec), iovec.data);
		assert_int_equal(evpl_iovec_length(&iovec), 5000);
		for (unsigned length = 5000; length > 0; length /= 2) {
			evpl_iovec_set_length(&iovec, length);
			assert_int_equal(evpl_iovec_length(&iovec), length);
			iovec_assert(&iovec, 1, 0);
		}
		evpl_iovec_set_length(&iovec, 5000);
		iovec_assert(&iovec, 1, 0);
		evpl_iovec_release(evpl, &iovec);
	}
}

/* What a function of the documentation does to an iovec that was released. */
static struct evpl *child_evpl;
static struct evpl_iovec used, other;

static void
start(unsigned flags)
{
	if (evpl_init(NULL) != 0 || (child_evpl = evpl_create(NULL)) == NULL ||
	    evpl_iovec_alloc(child_evpl, 1000, 0, 1, flags, &used) != 1)
		_exit(97);
	evpl_iovec_release(child_evpl, &used);
}

#define OPERATIONS                                                                                                     \
	X(release, "double release", evpl_iovec_release(child_evpl, &used))                                            \
	X(releases, "double release", evpl_iovecs_release(child_evpl, &used, 1))                                       \
	X(clone, "use after release", evpl_iovec_clone(&other, &used))                                                 \
	X(clone_segment, "use after release", evpl_iovec_clone_segment(&other, &used, 1, 2))                           \
	X(move, "use after release", evpl_iovec_move(&other, &used))                                                   \
	X(move_segment, "use after release", evpl_iovec_move_segment(&other, &used, 1, 2))                             \
	X(data, "use after release", (void)evpl_iovec_data(&used))                                                     \
	X(length, "use after release", (void)evpl_iovec_length(&used))                                                 \
	X(set_length, "use after release", evpl_iovec_set_length(&used, 1))                                            \
	X(commit, "use after release", evpl_iovec_commit(child_evpl, 0, &used, 1))

/*
 * The words of both reports: the bug, the iovec, the call and line that took it, let it go and misused it, and the
 * thread.
 */
#define X(operation, bug, call)                                                                                        \
	static void operation##_local(void)                                                                            \
	{                                                                                                              \
		start(LOCAL);                                                                                          \
		call;                                                                                                  \
	}                                                                                                              \
	static void operation##_shared(void)                                                                           \
	{                                                                                                              \
		start(SHARED);                                                                                         \
		call;                                                                                                  \
	}                                                                                                              \
	static void operation##_is_validated_and_aborts(void **state)                                                  \
	{                                                                                                              \
		(void)state;                                                                                           \
		skip_unless(EVPL_IOVEC_TRACE, "only tracing mode detects it");                                         \
		child_assert_stops(#operation "_local", (const char *const[]){"evpl: BUG: " bug, "LOCAL", #operation,  \
									      TAKEN, LET_GO, MISUSED, PLACE, NULL});   \
		child_assert_stops(#operation "_shared",                                                               \
				   (const char *const[]){"evpl: BUG: " bug, "SHARED", #operation, TAKEN, LET_GO,       \
							 MISUSED, PLACE, NULL});                                       \
	}
#define TAKEN "taken     by evpl_iovec_alloc in start ("
#define LET_GO "let go    by evpl_iovec_release in start ("
#define MISUSED "misused   by evpl_iovec"
#define PLACE "seed_references.c:"

/*
 * "libevpl includes a debugging mode to detect memory management bugs such as use-after-free and double-release." "When
 * enabled, iovec operations are validated and will abort with a descriptive error message if a bug is detected."
 */
OPERATIONS
#undef X

#define X(operation, bug, call)                                                                                        \
	{.name = #operation "_local", .run = operation##_local},                                                       \
		{.name = #operation "_shared", .run = operation##_shared},
static const struct child children[] = {OPERATIONS};
#undef X

#define X(operation, bug, call) cmocka_unit_test(operation##_is_validated_and_aborts),
static const struct CMUnitTest cases[] = {home_case(release_gives_one_reference_back, defaults),
					  home_case(release_may_be_without_context_during_shutdown, defaults),
					  home_case(clone_is_a_new_reference_to_the_same_buffer, defaults),
					  home_case(clone_segment_is_a_portion, defaults),
					  home_case(move_hands_ownership_over, defaults),
					  home_case(move_segment_hands_a_portion_over, defaults),
					  home_case(accessors_get_and_set, defaults),
					  OPERATIONS};
#undef X

int
main(int argc, char **argv)
{
	const struct program program = {.name = "seed_references",
					.cases = cases,
					.n_cases = DIM(cases),
					.children = children,
					.n_children = DIM(children)};

	return program_main(&program, argc, argv);
}
