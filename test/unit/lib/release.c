/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_iovec_release and evpl_iovecs_release: on the context that took the iovec, on another one, with NULL, on another
 * thread, in any order, while the buffer is current and long after.
 *
 * What would break: the fast path, which puts a reference back into the context's stock, is right only for the buffer
 * that is current there. A buffer may come home only with its last reference. The orders below cross each of these
 * limits. Each case ends in home_assert(), which finds a buffer that came home twice or never.
 */
#include "support.h"

static void
release_of_the_last_reference_brings_the_buffer_home(void **state)
{
	struct evpl *evpl = home_context(state);
	uint32_t size = evpl_buffer_size();

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		struct evpl *owner = evpl_create(NULL);
		struct evpl_iovec first, second, whole;

		assert_non_null(owner);
		iovec_take(owner, size / 2 - GUARDS, flags, &first, 1);
		iovec_take(owner, size / 2 - GUARDS, flags, &second, 2);
		iovec_take(owner, size, flags, &whole, 3);
		evpl_destroy(owner); /* now no buffer is anybody's current one */
		home_assert_held(2);
		evpl_iovec_release(evpl, &first);
		home_assert_held(2);
		iovec_assert(&second, 2, 0);
		evpl_iovec_release(evpl, &second);
		home_assert_held(1);
		iovec_assert(&whole, 3, 0);
		evpl_iovec_release(evpl, &whole);
		home_assert_held(0);
	}
}

static void
release_in_every_order_brings_all_home(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[300];
	unsigned order[DIM(iovec)];
	struct dice dice;

	dice_init(&dice, 2);
	for (unsigned round = 0; round < 12; round++) {
		for (unsigned i = 0; i < DIM(iovec); i++) {
			iovec_take(evpl, 1 + dice_below(&dice, 5000), round & 1, &iovec[i], i);
			order[i] = round < 4 ? i : round < 8 ? (unsigned)DIM(iovec) - 1 - i : i;
		}
		for (unsigned i = DIM(order) - 1; round >= 8 && i > 0; i--) {
			unsigned k = dice_below(&dice, i + 1), swap = order[i];

			order[i] = order[k];
			order[k] = swap;
		}
		for (unsigned i = 0; i < DIM(iovec); i++) {
			iovec_assert(&iovec[order[i]], order[i], 0);
			evpl_iovec_release(round & 2 ? NULL : evpl, &iovec[order[i]]);
		}
		home_assert_held(0);
	}
}

static void
release_with_null_context_of_a_current_buffer_is_counted(void **state)
{
	struct evpl *evpl = home_context(state);

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		struct evpl_iovec iovec[3];

		for (unsigned round = 0; round < 50; round++) {
			for (unsigned i = 0; i < DIM(iovec); i++)
				iovec_take(evpl, 30000, flags, &iovec[i], i);
			for (unsigned i = 0; i < DIM(iovec); i++)
				iovec_assert(&iovec[i], i, 0);
			evpl_iovecs_release(NULL, iovec, DIM(iovec));
		}
		home_assert_held(0);
	}
}

static void
release_on_another_context_is_counted(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl *other = evpl_create(NULL);

	assert_non_null(other);
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned round = 0; round < 50; round++) {
			struct evpl_iovec mine[3], theirs[3];

			for (unsigned i = 0; i < DIM(mine); i++) {
				iovec_take(evpl, 30000, flags, &mine[i], i);
				iovec_take(other, 20000, flags, &theirs[i], 10 + i);
			}
			for (unsigned i = 0; i < DIM(mine); i++) {
				iovec_assert(&mine[i], i, 0);
				iovec_assert(&theirs[i], 10 + i, 0);
			}
			evpl_iovecs_release(other, mine, DIM(mine));
			evpl_iovecs_release(evpl, theirs, DIM(theirs));
		}
		home_assert_held(0);
	}
	evpl_destroy(other);
}

static void
release_of_none_or_fewer_does_nothing(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec;

	iovec_take(evpl, 100, LOCAL, &iovec, 1);
	evpl_iovecs_release(evpl, &iovec, 0);
	evpl_iovecs_release(evpl, &iovec, -1);
	evpl_iovecs_release(evpl, NULL, 0);
	evpl_iovecs_release(NULL, NULL, -5);
	iovec_assert(&iovec, 1, 0);
	evpl_iovec_release(evpl, &iovec);
}

static void
release_many_more_than_taken_in_stock_keeps_the_stock_bounded(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec, clone;
	struct evpl_stats stats;

	/* Each clone adds to the mbuf and each release puts into the stock: unbounded, the 16 bits would wrap. */
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		iovec_take(evpl, 100, flags, &iovec, 1);
		for (unsigned i = 0; i < 300000; i++) {
			evpl_iovec_clone(&clone, &iovec);
			evpl_iovec_release(evpl, &clone);
		}
		iovec_assert(&iovec, 1, 0);
		evpl_stats_get(&stats);
		assert_int_equal(stats.overflow_mbufs_in_use, 0); /* nor does it drive the count to its limit */
		home_assert_held(0);				  /* its buffer is current */
		evpl_iovec_release(evpl, &iovec);
	}
}

static void
release_after_the_owner_is_destroyed_brings_the_buffer_home(void **state)
{
	struct home *home = *state;
	struct evpl *owner = evpl_create(NULL);
	struct evpl_iovec iovec[4], clone[4];
	unsigned n = 0;

	assert_non_null(owner);
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		iovec_take(owner, 100, flags, &iovec[n++], flags);
		iovec_take(owner, evpl_buffer_size(), flags, &iovec[n++], 10 + flags);
	}
	for (unsigned i = 0; i < n; i++)
		evpl_iovec_clone(&clone[i], &iovec[i]);
	evpl_destroy(owner);
	for (unsigned i = 0; i < n; i++) {
		iovec_assert(&iovec[i], i % 2 * 10 + i / 2, 0);
		evpl_iovec_release(i & 1 ? home->evpl : NULL, &iovec[i]);
	}
	for (unsigned i = 0; i < n; i++) {
		iovec_assert(&clone[i], i % 2 * 10 + i / 2, 0);
		evpl_iovec_release(i & 1 ? NULL : home->evpl, &clone[i]);
	}
	home_assert_held(0);
}

struct handed {
	struct evpl_iovec iovec[20];
};

static void
release_all_with_null(void *arg)
{
	struct handed *handed = arg;

	for (unsigned i = 0; i < DIM(handed->iovec); i++) {
		const struct evpl_iovec *iovec = &handed->iovec[i];

		threads_check(bytes_right(evpl_iovec_data(iovec), evpl_iovec_length(iovec), i, 0) == iovec->length);
		evpl_iovec_release(NULL, &handed->iovec[i]);
	}
}

static void
release_of_shared_by_a_plain_thread_without_context_brings_all_home(void **state)
{
	struct evpl *evpl = home_context(state);
	struct handed handed;

	for (unsigned i = 0; i < DIM(handed.iovec); i++)
		iovec_take(evpl, 20000, SHARED, &handed.iovec[i], i);
	threads_run_elsewhere(release_all_with_null, &handed);
	home_assert_held(0);
}

static void
take_and_release(void *arg)
{
	struct evpl *evpl = evpl_create(NULL);
	struct evpl_iovec iovec[10];

	(void)arg;
	if (!threads_check(evpl != NULL))
		return;
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned i = 0; i < DIM(iovec); i++) {
			threads_check(evpl_iovec_alloc(evpl, 20000, 64, 1, flags, &iovec[i]) == 1);
			iovec_fill(&iovec[i], i);
		}
		for (unsigned i = 0; i < DIM(iovec); i++)
			threads_check(bytes_right(iovec[i].data, 20000, i, 0) == 20000);
		evpl_iovecs_release(evpl, iovec, DIM(iovec));
	}
	evpl_destroy(evpl);
}

static void
context_of_a_plain_thread_works_without_lcore_id(void **state)
{
	(void)state;
	threads_run_elsewhere(take_and_release, NULL);
}

static const struct CMUnitTest cases[] = {
	home_case(release_of_the_last_reference_brings_the_buffer_home, home_small),
	home_case(release_in_every_order_brings_all_home, home_small),
	home_case(release_with_null_context_of_a_current_buffer_is_counted, home_small),
	home_case(release_on_another_context_is_counted, home_small),
	home_case(release_of_none_or_fewer_does_nothing, home_small),
	home_case(release_many_more_than_taken_in_stock_keeps_the_stock_bounded, home_small),
	home_case(release_after_the_owner_is_destroyed_brings_the_buffer_home, home_small),
	home_case(release_of_shared_by_a_plain_thread_without_context_brings_all_home, home_small),
	home_case(context_of_a_plain_thread_works_without_lcore_id, home_small),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "release", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
