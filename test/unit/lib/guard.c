/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guard of a stash (src/stash.h), by itself: what its owner says to other threads.
 *
 * What would break: an owner that does not say it is at its stash, or that comes while another thread is there, takes a
 * buffer that the other thread takes, too. That needs a moment which a test of threads seldom meets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stash.h"

static unsigned waits;

void
evpl_stash_guard_wait(struct evpl_stash_guard *guard)
{
	(void)guard;
	waits++;
}

static void
owner_is_busy_from_its_entry_to_its_end(void **state)
{
	struct evpl_stash_guard guard = {0};

	(void)state;
	assert_true(evpl_stash_try_enter(&guard));
	assert_true(guard.busy);
	evpl_stash_leave(&guard);
	assert_false(guard.busy);
	waits = 0;
	evpl_stash_enter(&guard);
	assert_true(guard.busy);
	assert_int_equal(waits, 0);
	assert_false(guard.wanted);
}

/* It has said that it is busy before it looks. So one of the two threads sees the other. */
static void
owner_does_not_enter_while_another_thread_wants_to(void **state)
{
	struct evpl_stash_guard guard = {.wanted = true};

	(void)state;
	assert_false(evpl_stash_try_enter(&guard));
	assert_true(guard.busy);
	waits = 0;
	evpl_stash_enter(&guard);
	assert_int_equal(waits, 1);
	assert_true(guard.wanted);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owner_is_busy_from_its_entry_to_its_end),
		cmocka_unit_test(owner_does_not_enter_while_another_thread_wants_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
