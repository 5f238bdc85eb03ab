/* SPDX-License-Identifier: BSD-3-Clause */
/* Trials of the calls that take and share bytes. */
#include <unistd.h>

#include <rte_cycles.h>

#include "calls.h"

#define MANY 150u /* buffers: those of three slabs */

static struct evpl_iovec iovecs[MANY];
static int taken;

static void
begin_one_class(void)
{
	const struct evpl_thread_config one_node = {.socket_id = EVPL_SOCKET_ID_0}; /* and no other one's memory */

	assert_int_equal(evpl_init(&home_small), 0);
	calls_evpl = evpl_create(&one_node);
	assert_non_null(calls_evpl);
}

/* ---- iovecs ------------------------------------------------------------------------------------------------------ */

static unsigned length;

static int
alloc(void)
{
	taken = evpl_iovec_alloc(calls_evpl, length, 0, MANY, LOCAL, iovecs);
	return taken > 0 ? 0 : rte_errno;
}

static void
release(void)
{
	assert_int_equal(iovecs_fill(iovecs, taken, 7), length);
	assert_int_equal(iovecs_assert(iovecs, taken, 7), length);
	evpl_iovecs_release(calls_evpl, iovecs, taken);
	calls_end_pause(); /* a slab of the other class may have served it */
	calls_use_context();
}

static void
try_alloc(unsigned bytes)
{
	static const struct trial trial = {.prepare = calls_begin_context,
					   .call = alloc,
					   .again = calls_end_pause,
					   .use = release,
					   .finish = calls_end,
					   .errors = {ENOMEM},
					   .keeps = true};

	length = bytes;
	trial_run(&trial);
}

void
alloc_makes_a_small_slab(void **state)
{
	(void)state;
	try_alloc(1000);
}

void
alloc_makes_a_large_slab(void **state)
{
	(void)state;
	try_alloc(1 << 20);
}

void
alloc_splits(void **state)
{
	(void)state;
	try_alloc(3 << 20);
}

static int
alloc_many(void)
{
	taken = evpl_iovecs_alloc(calls_evpl, 60000, 0, SHARED, iovecs, MANY);
	return taken == (int)MANY ? 0 : rte_errno;
}

static void
release_many(void)
{
	assert_int_equal(iovecs_fill(iovecs, taken, 7), MANY * 60000u);
	assert_int_equal(iovecs_assert(iovecs, taken, 7), MANY * 60000u);
	evpl_iovecs_release(calls_evpl, iovecs, taken);
}

void
alloc_of_many_makes_slabs(void **state)
{
	static const struct trial trial = {.prepare = calls_begin_context,
					   .call = alloc_many,
					   .again = calls_end_pause,
					   .use = release_many,
					   .finish = calls_end,
					   .errors = {ENOMEM},
					   .keeps = true};

	(void)state;
	trial_run(&trial);
}

static int
reserve(void)
{
	taken = evpl_iovec_reserve(calls_evpl, length, 0, MANY, iovecs);
	return taken > 0 ? 0 : rte_errno;
}

static void
commit(void)
{
	evpl_iovec_set_length(&iovecs[0], 100);
	evpl_iovec_commit(calls_evpl, 0, iovecs, 1);
	length = 100;
	release();
	length = 1000;
}

void
reserve_makes_a_slab(void **state)
{
	static const struct trial trial = {.prepare = calls_begin_context,
					   .call = reserve,
					   .again = calls_end_pause,
					   .use = commit,
					   .finish = calls_end,
					   .errors = {ENOMEM},
					   .keeps = true};

	(void)state;
	length = 1000;
	trial_run(&trial);
}

/* The first try, of the context's node, is the last one. */
void
alloc_with_memory_of_the_node_for_a_shelf(void **state)
{
	(void)state;
	begin_one_class();
	length = 1000;
	faulty_arm_one("rte_zmalloc", 0);
	assert_int_equal(alloc(), 0);
	assert_int_equal(faulty_count(), 0);
	assert_false(faulty_disarm());
	evpl_iovecs_release(calls_evpl, iovecs, taken);
	calls_end();
}

/* It is taken from another node. */
void
alloc_without_memory_of_the_node_for_a_shelf(void **state)
{
	(void)state;
	begin_one_class(); /* no slab of another class serves it */
	length = 1000;
	faulty_arm_one("rte_zmalloc_socket", 2); /* the slab's own is the first */
	assert_int_equal(alloc(), 0);
	assert_true(faulty_disarm());
	evpl_iovecs_release(calls_evpl, iovecs, taken);
	calls_end();
}

/* EAL's search for memory is dear, so it is made at most once in a second. */
void
allocs_without_memory_look_for_it_rarely(void **state)
{
	uint64_t hz = rte_get_tsc_hz(), began, passed;
	void *spent;

	(void)state;
	begin_one_class();
	length = 1000;
	spent = home_spend_heap();
	faulty_arm_one("rte_memzone_reserve_aligned", 0);
	began = rte_get_tsc_cycles();
	do {
		assert_int_equal(alloc(), ENOMEM);
		passed = rte_get_tsc_cycles() - began;
	} while (passed < hz / 10);
	assert_in_range(faulty_count(), 1, 1 + passed / hz);
	assert_false(faulty_disarm());
	home_give_back(spent);
	calls_end_pause();
	calls_end();
}

/* The pause that follows when there was no memory for a slab ends by itself. */
void
alloc_tries_again_by_itself(void **state)
{
	(void)state;
	begin_one_class();
	length = 1000;
	faulty_arm_one("rte_memzone_reserve_aligned", 1);
	assert_int_equal(alloc(), ENOMEM);
	assert_true(faulty_disarm());
	while (alloc() != 0)
		usleep(10000);
	evpl_iovecs_release(calls_evpl, iovecs, taken);
	calls_end();
}

/* All free buffers of the only slab are in the stash of another context. */
static struct evpl *other;

static void
begin_with_other_stash(void)
{
	struct evpl_global_config config = home_small;
	struct evpl_stats stats;

	config.max_slabs = 1;
	assert_int_equal(evpl_init(&config), 0);
	calls_evpl = evpl_create(NULL);
	other = evpl_create(NULL);
	assert_non_null(calls_evpl);
	assert_non_null(other);
	assert_int_equal(evpl_iovec_alloc(other, 1000, 0, 1, LOCAL, iovecs), 1);
	evpl_stats_get(&stats);
	for (unsigned i = 1; i < stats.buffers; i++)
		assert_int_equal(evpl_iovec_alloc(other, evpl_buffer_size(), 0, 1, LOCAL, &iovecs[i]), 1);
	evpl_iovecs_release(other, iovecs, (int)stats.buffers);
}

/* The stashes are looked at once in 10 ms. */
static void
wait_for_next_look(void)
{
	usleep(20000);
}

static void
release_and_end_other(void)
{
	evpl_iovecs_release(calls_evpl, iovecs, taken);
	evpl_destroy(other);
}

void
alloc_from_another_stash(void **state)
{
	static const struct trial trial = {.prepare = begin_with_other_stash,
					   .call = alloc,
					   .again = wait_for_next_look,
					   .use = release_and_end_other,
					   .finish = calls_end,
					   .errors = {ENOMEM}};

	(void)state;
	length = 1000;
	trial_run(&trial);
}

/* ---- the end of EAL's memory ------------------------------------------------------------------------------------- */

#define MOST 1024u /* large buffers */
#define SOME 4096u /* bytes of each that are written */

static struct evpl_iovec large[MOST];

/* Large buffers until there is no memory; their number. */
static unsigned
take_all(void)
{
	unsigned n = 0;

	while (n < MOST && evpl_iovec_alloc(calls_evpl, evpl_large_buffer_size(), 0, 1, LOCAL, &large[n]) == 1) {
		bytes_fill(evpl_iovec_data(&large[n]), SOME, n, 0);
		n++;
	}
	assert_in_range(n, 2, MOST - 1);
	assert_int_equal(rte_errno, ENOMEM);
	return n;
}

/* No fault is made here: memory really ends, of the heap or of the huge pages, while slabs are made. */
void
growth_to_the_end(void **state)
{
	struct inventory before;
	unsigned n;

	(void)state;
	inventory_take(&before);
	calls_begin_context();
	n = take_all();
	evpl_iovec_release(calls_evpl, &large[n - 1]);
	assert_int_equal(evpl_iovec_alloc(calls_evpl, 1 << 20, 0, 1, LOCAL, &large[n - 1]), 1);
	bytes_fill(evpl_iovec_data(&large[n - 1]), SOME, n - 1, 0);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(bytes_right(evpl_iovec_data(&large[i]), SOME, i, 0), SOME);
	evpl_iovecs_release(calls_evpl, large, (int)n);
	evpl_destroy(calls_evpl);
	calls_evpl = NULL;
	assert_true(evpl_trim() > 0);
	calls_end();
	inventory_assert(&before, true, "at the end");
}

/* ---- waits ------------------------------------------------------------------------------------------------------- */

static struct evpl_wait wait;

static void
take_waited(struct evpl *evpl, struct evpl_wait *w, void *arg)
{
	(void)w;
	(void)arg;
	iovec_take(evpl, 1000, LOCAL, iovecs, 3);
	taken = 1;
}

static void
begin_wait(void)
{
	calls_begin_context();
	taken = 0;
	memset(&wait, 0, sizeof(wait));
	assert_int_equal(evpl_alloc_wait(calls_evpl, &wait, 1000, take_waited, NULL), 0);
}

static int
poll_wait(void)
{
	return evpl_alloc_wait_poll(calls_evpl) == 1 ? 0 : ENOMEM;
}

static void
release_waited(void)
{
	assert_int_equal(taken, 1);
	iovec_assert(iovecs, 3, 0);
	evpl_iovec_release(calls_evpl, iovecs);
}

void
wait_makes_a_slab(void **state)
{
	static const struct trial trial = {.prepare = begin_wait,
					   .call = poll_wait,
					   .again = calls_end_pause,
					   .use = release_waited,
					   .finish = calls_end,
					   .errors = {ENOMEM},
					   .keeps = true};

	(void)state;
	trial_run(&trial);
}

/* ---- clones ------------------------------------------------------------------------------------------------------ */

#define CLONES 70000u

static struct evpl_iovec source, clones[CLONES];

static void
begin_with_source(void)
{
	calls_begin_context();
	iovec_take(calls_evpl, 1000, LOCAL, &source, 9);
}

/* A fault leaves room for some, and for the rest there is memory. */
static int
clone_many(void)
{
	for (unsigned i = 0; i < CLONES; i++)
		evpl_iovec_clone(&clones[i], &source);
	return 0;
}

static void
release_clones(void)
{
	for (unsigned i = 0; i < CLONES; i++) {
		if (i % 1000 == 0)
			iovec_assert(&clones[i], 9, 0);
		evpl_iovec_release(calls_evpl, &clones[i]);
	}
	iovec_assert(&source, 9, 0);
	evpl_iovec_release(calls_evpl, &source);
}

void
clones_beyond_16_bits(void **state)
{
	static const struct trial trial = {
		.prepare = begin_with_source, .call = clone_many, .use = release_clones, .finish = calls_end};

	(void)state;
	trial_run(&trial);
}
