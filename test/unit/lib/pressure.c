/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_pressure_notify(). The keeper calls back, so each case waits until it has, however long that takes.
 *
 * What would break: a program that is not told goes on reading until nothing is left. One that is not told of the end
 * reads nothing any more.
 */
#include <errno.h>
#include <stdatomic.h>

#include <rte_cycles.h>

#include "support.h"
#include "zone_lies.h"

#define KIB (1u << 10)

static const struct evpl_global_config config = {
	.slab_size = 64 * KIB, .buffer_size = 16 * KIB, .large_buffer_size = 64 * KIB, .packet_mbufs = 63};
static const struct evpl_global_config with_keeper = {.slab_size = 64 * KIB,
						      .buffer_size = 16 * KIB,
						      .large_buffer_size = 64 * KIB,
						      .packet_mbufs = 63,
						      .low_watermark = 100 * KIB};
static const struct evpl_global_config one_class = {.slab_size = 64 * KIB,
						    .buffer_size = 16 * KIB,
						    .large_buffer_size = 16 * KIB,
						    .packet_mbufs = 63,
						    .low_watermark = 100 * KIB};
static const struct evpl_thread_config no_stash = {.stash_buffers = 1};

struct told {
	atomic_uint high, low;
	atomic_ullong used; /* at the last time */
};

static void
note(enum evpl_pressure_event event, uint64_t used, void *arg)
{
	struct told *told = arg;

	atomic_store(&told->used, used);
	atomic_fetch_add(event == EVPL_PRESSURE_HIGH ? &told->high : &told->low, 1);
}

static void
wait_for(const struct told *told, unsigned high, unsigned low)
{
	while (atomic_load(&told->high) != high || atomic_load(&told->low) != low)
		rte_delay_us_sleep(200);
}

/* Two looks of the keeper are over. */
static void
let_it_look(void)
{
	rte_delay_us_sleep(10000);
}

/* It tries once, and then not before a second has passed: one that does not wait tries thousands of times. */
static void
keeper_without_memory_waits(void **state)
{
	struct evpl_iovec iovecs[2];
	struct evpl_stats now = {0};

	while (now.slabs < 2) { /* eight buffers, of which seven are the low watermark */
		rte_delay_us_sleep(200);
		evpl_stats_get(&now);
	}
	zone_lies_begin();
	atomic_store(&zone_lies.no_memory, true);
	for (unsigned i = 0; i < DIM(iovecs); i++)
		assert_int_equal(evpl_iovec_alloc(home_context(state), 16 * KIB - 2 * GUARDS, 0, 1, SHARED, &iovecs[i]),
				 1);
	while (atomic_load(&zone_lies.others) == 0)
		rte_delay_us_sleep(200);
	let_it_look();
	assert_in_range(atomic_load(&zone_lies.others), 1, 100);
	zone_lies_begin();
	evpl_iovecs_release(NULL, iovecs, DIM(iovecs));
}

static void
run(struct evpl *evpl)
{
	struct told told = {0};
	struct evpl_iovec iovecs[8];

	assert_int_equal(evpl_pressure_notify(7 * 16 * KIB, 3 * 16 * KIB, note, &told), 0);
	for (unsigned turn = 1; turn <= 3; turn++) {
		for (unsigned i = 0; i < DIM(iovecs); i++)
			assert_int_equal(evpl_iovec_alloc(evpl, 16 * KIB - 2 * GUARDS, 0, 1, SHARED, &iovecs[i]), 1);
		wait_for(&told, turn, turn - 1);
		assert_in_range(atomic_load(&told.used), 7 * 16 * KIB, 10 * 16 * KIB);
		evpl_iovecs_release(NULL, iovecs, 4); /* not low enough yet */
		let_it_look();
		assert_int_equal(atomic_load(&told.low), turn - 1);
		evpl_iovecs_release(NULL, iovecs + 4, 4);
		wait_for(&told, turn, turn);
		assert_in_range(atomic_load(&told.used), 0, 3 * 16 * KIB);
	}
	assert_int_equal(evpl_pressure_notify_end(note, &told), 0);
	assert_int_equal(evpl_pressure_notify_end(note, &told), -ENOENT);
}

static void
high_and_low_are_told_by_turns(void **state)
{
	struct home *home = *state;

	evpl_destroy(home->evpl);
	home->evpl = evpl_create(&no_stash);
	assert_non_null(home->evpl);
	run(home->evpl);
}

/* A program that waits for nothing, so a callback that came would come at any time: it is ended before. */
static void
nothing_is_told_after_the_end(void **state)
{
	struct evpl *evpl = home_context(state);
	struct told ended = {0}, told = {0};
	struct evpl_iovec iovec;

	assert_int_equal(evpl_pressure_notify(1, 0, note, &ended), 0);
	assert_int_equal(evpl_pressure_notify(1, 0, note, &told), 0);
	assert_int_equal(evpl_pressure_notify(1, 0, note, &told), -EEXIST);
	assert_int_equal(evpl_pressure_notify_end(note, &ended), 0);
	assert_int_equal(evpl_iovec_alloc(evpl, 1, 0, 1, LOCAL, &iovec), 1);
	wait_for(&told, 1, 0);
	assert_int_equal(atomic_load(&ended.high), 0);
	evpl_iovec_release(evpl, &iovec);
	/* told stays to the end: evpl_cleanup() forgets it */
	assert_int_equal(evpl_pressure_notify_end(note, &told), 0);
}

/* A callback that takes long. */
static atomic_bool is_called, may_end;

static void
block(enum evpl_pressure_event event, uint64_t used, void *arg)
{
	(void)event;
	(void)used;
	(void)arg;
	atomic_store(&is_called, true);
	while (!atomic_load(&may_end))
		rte_delay_us_sleep(200);
}

/* If it did, this case would never end: the callback waits for it. */
static void
nothing_but_the_end_waits_for_a_callback(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovecs[8];
	struct told told = {0};

	atomic_store(&is_called, false);
	atomic_store(&may_end, false);
	assert_int_equal(evpl_pressure_notify(1, 0, block, NULL), 0);
	assert_int_equal(evpl_iovec_alloc(evpl, 1, 0, 1, SHARED, &iovecs[0]), 1);
	while (!atomic_load(&is_called))
		rte_delay_us_sleep(200);
	assert_int_equal(evpl_pressure_notify(1, 0, note, &told), 0);
	assert_int_equal(evpl_pressure_notify(1, 0, note, &told), -EEXIST);
	for (unsigned i = 1; i < DIM(iovecs); i++) /* new slabs, too */
		assert_int_equal(evpl_iovec_alloc(evpl, 16 * KIB - 2 * GUARDS, 0, 1, SHARED, &iovecs[i]), 1);
	assert_int_equal(atomic_load(&told.high), 0); /* never two at a time */
	atomic_store(&may_end, true);
	wait_for(&told, 1, 0);
	evpl_iovecs_release(evpl, iovecs, DIM(iovecs));
	assert_int_equal(evpl_pressure_notify_end(block, NULL), 0);
	assert_int_equal(evpl_pressure_notify_end(note, &told), 0);
}

static void
impossible_thresholds_are_einval(void **state)
{
	(void)state;
	assert_int_equal(evpl_pressure_notify(1, 0, NULL, NULL), -EINVAL);
	assert_int_equal(evpl_pressure_notify(0, 0, note, NULL), -EINVAL);
	assert_int_equal(evpl_pressure_notify(5, 5, note, NULL), -EINVAL);
	assert_int_equal(evpl_pressure_notify(5, 6, note, NULL), -EINVAL);
	assert_int_equal(evpl_pressure_notify_end(note, NULL), -ENOENT);
}

static void
pressure_without_init_is_eperm(void **state)
{
	(void)state;
	assert_int_equal(evpl_pressure_notify(1, 0, note, NULL), -EPERM);
}

static void
cleanup_forgets_callbacks(void **state)
{
	static struct told told;

	(void)state;
	assert_int_equal(evpl_init(&config), 0);
	assert_int_equal(evpl_pressure_notify(1, 0, note, &told), 0);
	assert_int_equal(evpl_cleanup(), 0);
	assert_int_equal(evpl_pressure_notify_end(note, &told), -ENOENT);
}

static void
ends_leave_no_memory(void **state)
{
	struct told told = {0};
	size_t heap = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(evpl_pressure_notify(1, 0, note, &told), 0);
		assert_int_equal(evpl_pressure_notify_end(note, &told), 0);
		if (i == 10)
			heap = home_c_heap();
	}
	assert_true(home_c_heap() < heap + 1000 * sizeof(void *));
}

static void
cleanup_leaves_no_memory(void **state)
{
	static struct told told;
	size_t heap = 0;

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		assert_int_equal(evpl_init(&config), 0);
		assert_int_equal(evpl_pressure_notify(1, 0, note, &told), 0);
		assert_int_equal(evpl_cleanup(), 0);
		if (i == 10)
			heap = home_c_heap();
	}
	assert_true(home_c_heap() < heap + 200 * sizeof(void *));
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test(pressure_without_init_is_eperm),
	cmocka_unit_test(cleanup_forgets_callbacks),
	cmocka_unit_test(cleanup_leaves_no_memory),
	home_case(high_and_low_are_told_by_turns, config),
	home_case_named("high_and_low_are_told_beside_a_watermark", high_and_low_are_told_by_turns, with_keeper),
	home_case(keeper_without_memory_waits, one_class),
	home_case(nothing_is_told_after_the_end, config),
	home_case(nothing_but_the_end_waits_for_a_callback, config),
	home_case(impossible_thresholds_are_einval, config),
	home_case(ends_leave_no_memory, config),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "pressure", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
