/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_iovec_reserve: bytes that are set aside until their commit, whatever is done in between.
 *
 * What would break: upstream's reserve does not set its bytes aside, so an alloc between reserve and commit gets the
 * same bytes. Its commit rolls the buffer back over what was taken since. So each case takes, clones, sends or releases
 * something between the two calls, fills both with bytes of their own, and reads both.
 */
#include <limits.h>

#include "every_size.h"

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
alloc_between_reserve_and_commit_never_overlaps(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec reserved, between, after;

	assert_int_equal(evpl_iovec_reserve(evpl, 500, 0, 1, &reserved), 1);
	iovec_take(evpl, 100, LOCAL, &between, 2);
	iovec_fill(&reserved, 1);
	iovec_assert(&between, 2, 0);
	evpl_iovec_set_length(&reserved, 50);
	evpl_iovec_commit(evpl, 0, &reserved, 1);
	iovec_take(evpl, 900, LOCAL, &after, 3); /* over the one between, if it started at the new end */
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
	iovec_take(evpl, 100, LOCAL, &between, 2);
	evpl_iovec_clone(&clone, &between);
	evpl_iovec_release(evpl, &between);
	evpl_iovec_set_length(&reserved, 50);
	iovec_fill(&reserved, 1);
	evpl_iovec_commit(evpl, 0, &reserved, 1);
	iovec_take(evpl, 900, LOCAL, &after, 3);
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
	iovec_take(evpl, 300, LOCAL, &after, 3);
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
	iovec_take(evpl, 500, LOCAL, &after, 2);
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

	iovec_take(evpl, 50, LOCAL, &held, 9);
	assert_int_equal(evpl_iovec_reserve(evpl, 500, 0, 1, &reserved), 1);
	iovec_fill(&reserved, 1);
	evpl_iovec_clone(&clone, &reserved);
	evpl_iovec_release(releaser, &held);
	evpl_iovec_set_length(&reserved, 10);
	evpl_iovec_commit(evpl, 0, &reserved, 1);
	iovec_take(evpl, 460, LOCAL, &after, 2);
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
	iovec_take(evpl, 50, LOCAL, &held, 9);
	assert_int_equal(evpl_iovec_reserve(evpl, 500, 0, 1, &reserved), 1);
	iovec_fill(&reserved, 1);
	evpl_iovec_clone(&clone, &reserved);
	packet = evpl_iovecs_to_mbuf(other, &held, 1);
	assert_non_null(packet);
	evpl_iovec_set_length(&reserved, 10);
	evpl_iovec_commit(evpl, 0, &reserved, 1);
	iovec_take(evpl, 460, LOCAL, &after, 2);
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
	iovec_take(evpl, 490, LOCAL, &after, 2);
	mbuf_assert(packet, 500, 1);
	rte_pktmbuf_free(packet);
	iovec_assert(&after, 2, 0);
	evpl_iovec_release(evpl, &reserved);
	evpl_iovec_release(evpl, &after);
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
	iovec_take(evpl, 280, LOCAL, &after, 3);
	iovec_assert(&first, 1, 0);
	iovec_assert(&second, 2, 0);
	iovec_assert(&after, 3, 0);
	evpl_iovec_release(evpl, &first);
	evpl_iovec_release(evpl, &second);
	evpl_iovec_release(evpl, &after);
}

static void
release_without_commit_gives_the_reference_back(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec reserved, next;

	assert_int_equal(evpl_iovec_reserve(evpl, 500, 0, 1, &reserved), 1);
	evpl_iovec_release(evpl, &reserved);
	iovec_take(evpl, evpl_buffer_size(), LOCAL, &next, 2);
	iovec_assert(&next, 2, 0);
	evpl_iovec_release(evpl, &next);
	home_assert_held(0);
}

static const struct CMUnitTest cases[] = {
	EVERY_SIZE(reserve_takes_local_bytes_in_one_piece),
	EVERY_SIZE(reserve_with_impossible_arguments_fails_as_alloc_does),
	EVERY_SIZE(alloc_between_reserve_and_commit_never_overlaps),
	EVERY_SIZE(alloc_between_released_before_commit_never_overlaps),
	EVERY_SIZE(alloc_shared_between_reserve_and_commit_never_overlaps),
	EVERY_SIZE(clone_between_reserve_and_commit_keeps_its_bytes),
	EVERY_SIZE(clone_and_release_before_commit_keeps_the_clones_bytes),
	EVERY_SIZE(clone_and_release_without_context_before_commit_keeps_the_clones_bytes),
	EVERY_SIZE(clone_and_release_on_another_context_before_commit_keeps_the_clones_bytes),
	EVERY_SIZE(clone_and_send_on_another_context_before_commit_keeps_the_clones_bytes),
	EVERY_SIZE(send_between_reserve_and_commit_keeps_its_bytes),
	EVERY_SIZE(reserve_twice_keeps_both),
	EVERY_SIZE(release_without_commit_gives_the_reference_back),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "reserve", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
