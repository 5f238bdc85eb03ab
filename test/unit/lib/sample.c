/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Samples that are held, and what evpl_leak_report() prints about them.
 *
 * What would break: a sample counts the iovecs on its bytes. If a clone or a release is not counted, the sample stays
 * in the report for ever, or vanishes while the bytes are held. While samples are taken, most of a buffer is hidden
 * from the data path. Bytes that do not come into sight again are lost until the buffer comes home.
 */
#include <stdatomic.h>

#include "told.h"

static const struct evpl_global_config off = {.slab_size = 1 << 20};
static const struct evpl_global_config every_one = {.slab_size = 1 << 20, .sample_period = 1};
static const struct evpl_global_config every_8th = {.slab_size = 1 << 20, .sample_period = 8};
static const struct evpl_global_config every_512th = {.slab_size = 1 << 20, .sample_period = 512};

#define FIRST_LINE_OFF "evpl_leak_report: nothing is sampled (see evpl_global_config.sample_period)\n"

static __attribute__((noinline)) void
take_elsewhere(struct evpl *evpl, unsigned n, unsigned length, unsigned flags, struct evpl_iovec *iovecs)
{
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(evpl_iovec_alloc(evpl, length, 0, 1, flags, &iovecs[i]), 1);
	__asm__ volatile("" ::: "memory"); /* or it would be merged with the other one */
}

static void
off_nothing_is_sampled(void **state)
{
	struct told told;
	struct evpl_iovec iovec;

	plain_builds_only();
	take(home_context(state), 1, 64, LOCAL, &iovec);
	report(&told);
	assert_string_equal(told.text, FIRST_LINE_OFF);
	evpl_iovec_release(home_context(state), &iovec);
}

static void
that_nothing_is_held_is_said(void **state)
{
	struct told told;

	(void)state;
	plain_builds_only();
	report(&told);
	assert_string_equal(told.text, "evpl_leak_report: held samples, one of 8 allocations: none\n");
}

static void
places_are_told_apart_most_bytes_first(void **state)
{
	static struct evpl_iovec few[800], many[800];
	struct evpl *evpl = home_context(state);
	struct told told;

	plain_builds_only();
	take(evpl, DIM(few), 10, LOCAL, few);
	take_elsewhere(evpl, DIM(many), 1000, LOCAL, many);
	report(&told);
	assert_int_equal(told.lines, 2);
	assert_non_null(strstr(told.text, "take ("));
	assert_non_null(strstr(told.text, "take_elsewhere")); /* a static function */
	assert_int_equal(strtoull(strstr(strchr(told.text, '\n'), ", ") + 2, NULL, 10) % 1000, 0);
	/* What is gone stands before nothing that is held. */
	evpl_iovecs_release(evpl, many, DIM(many));
	report(&told);
	assert_int_equal(told.lines, 1);
	assert_non_null(strstr(told.text, "take ("));
	evpl_iovecs_release(evpl, few, DIM(few));
}

static void
samples_are_scaled_to_an_estimate(void **state)
{
	struct evpl_iovec iovecs[64];
	struct evpl *evpl = home_context(state);
	struct told told;

	plain_builds_only();
	take(evpl, DIM(iovecs), 100, LOCAL, iovecs);
	report(&told);
	assert_int_equal(told.lines, 1);
	assert_int_equal(told.iovecs, DIM(iovecs) / 8);
	assert_non_null(strstr(told.text, ": an estimated 64 iovecs, 6400 bytes\n"));
	evpl_iovecs_release(evpl, iovecs, DIM(iovecs));
}

static void
bulk_allocations_are_their_callers(void **state)
{
	struct evpl_iovec here[20], there[20];
	struct evpl *evpl = home_context(state);
	struct told told;

	plain_builds_only();
	assert_int_equal(evpl_iovecs_alloc(evpl, 100, 0, LOCAL, here, DIM(here)), DIM(here));
	assert_int_equal(evpl_iovecs_alloc(evpl, 100, 0, LOCAL, there, DIM(there)), DIM(there));
	report(&told);
	assert_int_equal(told.lines, 2);
	assert_int_equal(told.iovecs, DIM(here) + DIM(there));
	evpl_iovecs_release(evpl, here, DIM(here));
	evpl_iovecs_release(evpl, there, DIM(there));
}

static void
clones_segments_and_moves_inherit_the_sample(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec first, clone, segment, moved, other;
	struct told told;

	plain_builds_only();
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		take(evpl, 1, 64, flags, &first);
		evpl_iovec_clone(&clone, &first);
		evpl_iovec_clone_segment(&segment, &clone, 10, 20);
		report(&told);
		assert_int_equal(told.iovecs, 3);
		evpl_iovec_move(&moved, &first);
		evpl_iovec_move_segment(&other, &clone, 1, 2);
		report(&told);
		assert_int_equal(told.iovecs, 3);
		evpl_iovec_release(evpl, &moved);
		evpl_iovec_release(evpl, &other);
		report(&told);
		assert_int_equal(told.iovecs, 1);
		evpl_iovec_release(evpl, &segment);
		report(&told);
		assert_int_equal(told.iovecs, 0);
	}
}

static void
a_sample_that_is_sent_is_no_longer_held(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec, clone;
	struct rte_mbuf *packet;
	struct told told;

	plain_builds_only();
	take(evpl, 1, 64, SHARED, &iovec);
	iovec_fill(&iovec, 1);
	evpl_iovec_clone(&clone, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	assert_non_null(packet);
	report(&told);
	assert_int_equal(told.iovecs, 1);
	iovec_assert(&clone, 1, 0);
	evpl_iovec_release(evpl, &clone);
	report(&told);
	assert_int_equal(told.iovecs, 0);
	rte_pktmbuf_free(packet);
}

static void
reservations_are_sampled_and_committed(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[16], next;
	struct told told;

	plain_builds_only();
	for (unsigned i = 0; i < DIM(iovec); i++) {
		assert_int_equal(evpl_iovec_reserve(evpl, 3000, 0, 1, &iovec[i]), 1);
		evpl_iovec_set_length(&iovec[i], 10 + i);
		evpl_iovec_commit(evpl, 0, &iovec[i], 1);
		iovec_fill(&iovec[i], i);
	}
	report(&told);
	assert_int_equal(told.iovecs, DIM(iovec)); /* every_one */
	take(evpl, 1, 64, LOCAL, &next);
	iovec_fill(&next, 99);
	for (unsigned i = 0; i < DIM(iovec); i++) {
		iovec_assert(&iovec[i], i, 0);
		evpl_iovec_release(evpl, &iovec[i]);
	}
	iovec_assert(&next, 99, 0);
	evpl_iovec_release(evpl, &next);
	report(&told);
	assert_int_equal(told.iovecs, 0);
}

static void
more_samples_than_are_kept_cost_none_of_the_bytes(void **state)
{
	static struct evpl_iovec iovec[2000];
	struct evpl *evpl = home_context(state);
	struct told told;

	plain_builds_only();
	take(evpl, DIM(iovec), 64, LOCAL, iovec); /* every_one: 512 can be held at once */
	report(&told);
	assert_in_range(told.iovecs, 256, 512);
	evpl_iovecs_release(evpl, iovec, DIM(iovec));
	report(&told);
	assert_int_equal(told.iovecs, 0);
	take(evpl, 100, 64, LOCAL, iovec);
	report(&told);
	assert_int_equal(told.iovecs, 100);
	evpl_iovecs_release(evpl, iovec, 100);
}

static void
a_buffer_holds_as_many_as_without_samples(void **state)
{
	static struct evpl_iovec iovec[1024];
	struct evpl *evpl = home_context(state);

	plain_builds_only();
	take(evpl, DIM(iovec), 64, SHARED, iovec); /* a buffer of 64 KiB, to its last byte */
	for (unsigned i = 1; i < DIM(iovec); i++)
		assert_ptr_equal(iovec[i].data, (char *)iovec[i - 1].data + 64);
	home_assert_held(0);
	evpl_iovecs_release(evpl, iovec, DIM(iovec));
}

struct hand_over {
	struct evpl_iovec iovec[512];
};

static void
release_all(void *arg)
{
	struct hand_over *h = arg;
	struct evpl *evpl = evpl_create(NULL);

	threads_check(evpl != NULL);
	evpl_iovecs_release(evpl, h->iovec, DIM(h->iovec));
	evpl_destroy(evpl);
}

static void
released_by_another_thread_and_after_the_context(void **state)
{
	static struct hand_over h;
	struct home *home = *state;
	struct told told;

	plain_builds_only();
	take(home->evpl, DIM(h.iovec), 64, SHARED, h.iovec);
	evpl_destroy(home->evpl);
	home->evpl = evpl_create(NULL); /* takes the first one's samples over */
	assert_non_null(home->evpl);
	report(&told);
	assert_int_equal(told.iovecs, DIM(h.iovec) / 8);
	threads_run_elsewhere(release_all, &h);
	report(&told);
	assert_int_equal(told.iovecs, 0);
}

#define FAMILIES 5u /* the library looks at the next 8 slots only, and two may be of the windows */
#define MEMBERS 12u

/*
 * Iovecs and their clones come and go in any order, through their own context, another one or none, while buffers
 * change under the windows: the report is right after every step.
 */
static void
in_any_order_the_report_is_right(void **state)
{
	static struct evpl_iovec family[FAMILIES][MEMBERS];
	unsigned members[FAMILIES] = {0}, held = 0;
	struct evpl *evpl = home_context(state), *other;
	struct dice dice;
	struct told told;

	plain_builds_only();
	other = evpl_create(NULL);
	assert_non_null(other);
	dice_init(&dice, 42);
	for (unsigned step = 0; step < 20000; step++) {
		unsigned f = dice_below(&dice, FAMILIES), *n = &members[f];

		if (*n == 0) {
			take(evpl, 1, 1 + dice_below(&dice, 20000), dice_below(&dice, 2), family[f]);
			*n = 1;
			held++;
		} else if (*n < MEMBERS && dice_below(&dice, 2) == 0) {
			evpl_iovec_clone(&family[f][*n], &family[f][dice_below(&dice, *n)]);
			++*n;
			held++;
		} else {
			struct evpl_iovec *one = &family[f][dice_below(&dice, *n)];
			struct evpl *through[] = {evpl, evpl, other, NULL};

			evpl_iovec_release(through[dice_below(&dice, 4)], one);
			*one = family[f][--*n];
			held--;
		}
		report(&told);
		assert_int_equal(told.iovecs, held);
	}
	for (unsigned f = 0; f < FAMILIES; f++)
		evpl_iovecs_release(evpl, family[f], (int)members[f]);
	report(&told);
	assert_int_equal(told.iovecs, 0);
	evpl_destroy(other);
}

/* The first sample is the window's, so the iovecs that are sent are of other samples, and some of one mbuf. */
static void
samples_are_sent_as_others_are(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec first, iovecs[3];
	struct rte_mbuf *packet;
	struct told told;

	plain_builds_only();
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		take(evpl, 1, 64, flags, &first);
		take(evpl, DIM(iovecs), 64, flags, iovecs);
		for (unsigned i = 0; i < DIM(iovecs); i++)
			iovec_fill(&iovecs[i], 0);
		packet = evpl_iovecs_to_mbuf(evpl, iovecs, DIM(iovecs));
		assert_non_null(packet);
		assert_int_equal(packet->nb_segs, 1); /* they are neighbours */
		assert_int_equal(packet->pkt_len, DIM(iovecs) * 64);
		for (struct rte_mbuf *m = packet; m != NULL; m = m->next)
			assert_ptr_not_equal(m, first.ref);
		report(&told);
		assert_int_equal(told.iovecs, 1);
		rte_pktmbuf_free(packet);
		/* Refused, and as before. */
		take(evpl, DIM(iovecs), 64, flags, iovecs);
		evpl_iovec_set_length(&iovecs[1], 0);
		evpl_iovec_set_length(&iovecs[2], 0);
		evpl_iovec_set_length(&iovecs[0], 0);
		assert_null(evpl_iovecs_to_mbuf(evpl, iovecs, DIM(iovecs)));
		report(&told);
		assert_int_equal(told.iovecs, 1 + DIM(iovecs));
		evpl_iovecs_release(evpl, iovecs, DIM(iovecs));
		evpl_iovec_release(evpl, &first);
		report(&told);
		assert_int_equal(told.iovecs, 0);
	}
}

/* So many iovecs of one buffer that its window counts on another mbuf: an earlier sample is still the buffer's. */
static void
a_window_that_counts_on_another_mbuf_leaves_the_sample_alone(void **state)
{
	static struct evpl_iovec iovecs[60000];
	struct evpl *evpl = home_context(state);
	struct evpl_iovec first;
	struct told told;
	uint64_t held;

	plain_builds_only();
	take(evpl, 1, 1, LOCAL, &first);
	take_elsewhere(evpl, DIM(iovecs), 1, LOCAL, iovecs);
	assert_ptr_not_equal(iovecs[DIM(iovecs) - 1].ref, first.ref);
	report(&told);
	held = told.iovecs;
	assert_in_range(held, 3, 200);
	evpl_iovec_release(evpl, &first); /* the first one is a sample */
	report(&told);
	assert_int_equal(told.iovecs, held - 1);
	evpl_iovecs_release(evpl, iovecs, DIM(iovecs));
	report(&told);
	assert_int_equal(told.iovecs, 0);
}

static void
ignore(struct evpl *evpl, struct evpl_wait *wait, void *arg)
{
	(void)evpl;
	(void)wait;
	(void)arg;
}

/* A wait closes windows that nothing is held from. What was hidden of one is not the next one's. */
static void
a_window_that_was_closed_begins_anew(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_wait wait = {0};
	struct evpl_iovec iovec;
	struct told told;

	plain_builds_only();
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		take(evpl, 1, 64, flags, &iovec);
		evpl_iovec_release(evpl, &iovec);
		assert_int_equal(evpl_alloc_wait(evpl, &wait, 1, ignore, NULL), 0);
		assert_int_equal(evpl_alloc_wait_poll(evpl), 1);
		take(evpl, 1, 64, flags, &iovec);
		iovec_fill(&iovec, 1);
		iovec_assert(&iovec, 1, 0);
		report(&told);
		assert_int_equal(told.iovecs, 1);
		evpl_iovec_release(evpl, &iovec);
	}
}

struct watched {
	struct evpl *evpl;
	atomic_bool done;
};

static void
take_or_watch(unsigned index, void *arg)
{
	struct watched *w = arg;
	struct evpl_iovec held[4], one;

	if (index == 1) {
		while (!w->done && !threads_failed()) {
			char text[1024] = "";
			FILE *out = fmemopen(text, sizeof(text), "w");

			if (!threads_check(out != NULL))
				return;
			evpl_leak_report(out);
			fclose(out);
			for (const char *line = text; (line = strstr(line, "\n  ")) != NULL; line++)
				threads_check(strtoull(line, NULL, 10) <= 3 * DIM(held));
		}
		return;
	}
	for (unsigned round = 0; round < threads_rounds(20000); round++) {
		unsigned flags = round % 2;

		for (unsigned i = 0; i < DIM(held); i++)
			threads_check(evpl_iovec_alloc(w->evpl, 9000, 0, 1, flags, &held[i]) == 1);
		for (unsigned i = 0; i < 40; i++) {
			threads_check(evpl_iovec_alloc(w->evpl, 64, 0, 1, flags, &one) == 1);
			evpl_iovec_release(w->evpl, &one);
		}
		for (unsigned i = 0; i < DIM(held); i++)
			evpl_iovec_release(w->evpl, &held[i]);
	}
	w->done = true;
}

static void
a_report_of_a_running_context_is_about_right(void **state)
{
	struct watched w = {.evpl = home_context(state)};

	plain_builds_only();
	two_lcores_only();
	threads_run(THREADS_PLAIN, take_or_watch, &w);
}

/* Each context has 16 KiB of samples. */
static void
cleanup_leaves_no_memory_of_samples(void **state)
{
	struct evpl *evpl[20];
	size_t heap = 0;

	(void)state;
	for (unsigned n = 1; n <= DIM(evpl); n += DIM(evpl) - 1) {
		assert_int_equal(evpl_init(&every_one), 0);
		for (unsigned i = 0; i < n; i++)
			assert_non_null(evpl[i] = evpl_create(NULL));
		for (unsigned i = 0; i < n; i++)
			evpl_destroy(evpl[i]);
		assert_int_equal(evpl_cleanup(), 0);
		if (n == 1)
			heap = home_c_heap();
	}
	assert_true(home_c_heap() < heap + 100000);
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test(cleanup_leaves_no_memory_of_samples),
	home_case(off_nothing_is_sampled, off),
	home_case(that_nothing_is_held_is_said, every_8th),
	home_case(places_are_told_apart_most_bytes_first, every_8th),
	home_case(samples_are_scaled_to_an_estimate, every_8th),
	home_case(bulk_allocations_are_their_callers, every_one),
	home_case(clones_segments_and_moves_inherit_the_sample, every_one),
	home_case(a_sample_that_is_sent_is_no_longer_held, every_one),
	home_case(reservations_are_sampled_and_committed, every_one),
	home_case(more_samples_than_are_kept_cost_none_of_the_bytes, every_one),
	home_case(a_buffer_holds_as_many_as_without_samples, every_8th),
	home_case(released_by_another_thread_and_after_the_context, every_8th),
	home_case(in_any_order_the_report_is_right, every_one),
	home_case(samples_are_sent_as_others_are, every_one),
	home_case(a_window_that_counts_on_another_mbuf_leaves_the_sample_alone, every_512th),
	home_case(a_window_that_was_closed_begins_anew, every_one),
	home_case(a_report_of_a_running_context_is_about_right, every_one),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "sample", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
