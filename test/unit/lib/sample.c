/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_global_config.sample_period, and what evpl_leak_report() prints about the samples that are held.
 *
 * What would break: a sample counts the iovecs on its bytes. If a clone or a release is not counted, the sample stays
 * in the report for ever, or vanishes while the bytes are held. While samples are taken, most of a buffer is hidden
 * from the data path. Bytes that do not come into sight again are lost until the buffer comes home.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static const struct evpl_global_config every_8th = {.slab_size = 1 << 20, .sample_period = 8};
static const struct evpl_global_config every_13th = {.slab_size = 1 << 20, .sample_period = 13};
static const struct evpl_global_config every_one = {.slab_size = 1 << 20, .sample_period = 1};

#define FIRST_LINE_OFF "evpl_leak_report: nothing is sampled (see evpl_global_config.sample_period)\n"

/* Else an inline function is a place of its own: see evpl_core.h. */
#ifdef __OPTIMIZE__
#define PLACES(n) (n)
#else
#define PLACES(n) 1u
#endif

struct told {
	unsigned lines;		/* places */
	uint64_t iovecs, bytes; /* of all of them */
	char text[4096];
};

static void
report(struct told *told)
{
	FILE *out = fmemopen(told->text, sizeof(told->text), "w");
	char *line;

	assert_non_null(out);
	evpl_leak_report(out);
	fclose(out);
	told->lines = 0;
	told->iovecs = told->bytes = 0;
	for (line = strchr(told->text, '\n') + 1; *line != '\0'; line = strchr(line, '\n') + 1) {
		uint64_t iovecs, bytes;
		char s[2], where[256];
		double age;
		int n;

		n = sscanf(line, " %" SCNu64 " iovec%1[s], %" SCNu64 " bytes, oldest %lf s, taken in %255[^\n]",
			   &iovecs, s, &bytes, &age, where);
		if (n == 1) /* one iovec */
			n = sscanf(line, " %" SCNu64 " iovec, %" SCNu64 " bytes, oldest %lf s, taken in %255[^\n]",
				   &iovecs, &bytes, &age, where) +
			    1;
		assert_int_equal(n, 5);
		assert_true(age >= 0 && age < 600);
		assert_non_null(strstr(where, "unit-sample"));
		told->lines++;
		told->iovecs += iovecs;
		told->bytes += bytes;
	}
}

/* Two places in the program, whatever is inlined. */
static __attribute__((noinline)) void
take(struct evpl *evpl, unsigned n, unsigned length, unsigned flags, struct evpl_iovec *iovecs)
{
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(evpl_iovec_alloc(evpl, length, 0, 1, flags, &iovecs[i]), 1);
}

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
every_nth_alloc_of_a_kind_is_told_until_it_is_released(void **state)
{
	static struct evpl_iovec local[1600], shared[1600];
	struct evpl *evpl = home_context(state);
	struct told told;

	plain_builds_only();
	take(evpl, DIM(local), 100, LOCAL, local);
	take(evpl, DIM(shared), 100, SHARED, shared);
	report(&told);
	assert_non_null(strstr(told.text, "held samples, one of 8 allocations"));
	assert_int_equal(told.lines, 1);
	assert_int_equal(told.iovecs, 2 * 1600 / 8);
	assert_int_equal(told.bytes, told.iovecs * 100);
	evpl_iovecs_release(evpl, local, DIM(local));
	report(&told);
	assert_int_equal(told.iovecs, 1600 / 8);
	evpl_iovecs_release(evpl, shared, DIM(shared));
	report(&told);
	assert_int_equal(told.lines, 0);
}

static bool
is_sampled(const struct evpl_iovec *iovec)
{
	return (iovec->flags & ~(uint32_t)(EVPL_IOVEC_FLAG_SHARED | EVPL_IOVEC_FLAG_RESERVED)) != 0;
}

enum way { ALLOC, BULK, RESERVE, COMMIT };

static __attribute__((noinline)) void
take_one_way(struct evpl *evpl, enum way way, unsigned length, unsigned alignment, unsigned flags,
	     struct evpl_iovec *iovecs, unsigned n)
{
	if (way == BULK) {
		assert_int_equal(evpl_iovecs_alloc(evpl, length, alignment, flags, iovecs, n), n);
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		if (way == ALLOC) {
			assert_int_equal(evpl_iovec_alloc(evpl, length, alignment, 1, flags, &iovecs[i]), 1);
			continue;
		}
		assert_int_equal(evpl_iovec_reserve(evpl, length, alignment, 1, &iovecs[i]), 1);
		if (way == COMMIT) {
			evpl_iovec_set_length(&iovecs[i], 1 + i * 7 % length);
			evpl_iovec_commit(evpl, alignment, &iovecs[i], 1);
		}
	}
}

/* Taken four at a time. The last `held` groups of four are held; 1: a buffer that ends may be used again in place. */
static void
take_and_find_each_nth(struct evpl *evpl, enum way way, unsigned length, unsigned alignment, unsigned flags,
		       unsigned period, unsigned held)
{
	static struct evpl_iovec group[64][4];
	unsigned groups = 1000;

	for (unsigned i = 0; i < groups; i++) {
		struct evpl_iovec *four = group[i % held];

		if (i >= held)
			evpl_iovecs_release(evpl, four, 4);
		take_one_way(evpl, way, length, alignment, flags, four, 4);
		for (unsigned k = 0; k < 4; k++) {
			if (is_sampled(&four[k]) != ((4 * i + k) % period == 0))
				fail_msg("way %d, length %u, alignment %u, flags %u, held %u: number %u", (int)way,
					 length, alignment, flags, held, 4 * i + k);
		}
	}
	for (unsigned i = 0; i < held; i++)
		evpl_iovecs_release(evpl, group[i], 4);
}

static void
each_nth_of_one_length_and_alignment_is_sampled(void **state)
{
	static const unsigned lengths[] = {1, 43, 64, 100, 1500, 5000, 65536};
	static const unsigned alignments[] = {1, 2, 8, 64, 4096};
	struct home *home = *state;
	unsigned period = home->config->sample_period;

	plain_builds_only();
	for (unsigned l = 0; l < DIM(lengths); l++) {
		for (unsigned a = 0; a < DIM(alignments); a++) {
			/* A reservation is LOCAL. The first of a context is a sample. */
			for (enum way way = ALLOC; way <= COMMIT; way++) {
				for (unsigned flags = LOCAL; flags <= (way <= BULK ? SHARED : LOCAL); flags++) {
					take_and_find_each_nth(home_fresh(home), way, lengths[l], alignments[a], flags,
							       period, 1);
					take_and_find_each_nth(home_fresh(home), way, lengths[l], alignments[a], flags,
							       period, lengths[l] > 2000 ? 4 : 64);
				}
			}
		}
	}
}

/* Samples among pairs of a committed reservation and an alloc that are released at once. */
static unsigned
sampled_of_pairs(struct evpl *evpl, unsigned alignment)
{
	struct evpl_iovec pair[2];
	unsigned sampled = 0;

	for (unsigned i = 0; i < 4000; i++) {
		assert_int_equal(evpl_iovec_reserve(evpl, 128, alignment, 1, &pair[0]), 1);
		evpl_iovec_set_length(&pair[0], 64);
		evpl_iovec_commit(evpl, alignment, &pair[0], 1);
		assert_int_equal(evpl_iovec_alloc(evpl, 128, alignment, 1, LOCAL, &pair[1]), 1);
		sampled += is_sampled(&pair[0]) + is_sampled(&pair[1]);
		evpl_iovecs_release(evpl, pair, 2);
	}
	return sampled;
}

static void
commit_with_alignment_zero_is_sampled_as_with_one(void **state)
{
	struct home *home = *state;
	unsigned sampled;

	plain_builds_only();
	sampled = sampled_of_pairs(home_fresh(home), 1);
	assert_in_range(sampled, 1, 8000 / 8);
	assert_int_equal(sampled_of_pairs(home_fresh(home), 0), sampled);
}

static void
places_are_told_apart_most_bytes_first(void **state)
{
	static struct evpl_iovec few[800], many[800];
	struct evpl *evpl = home_context(state);
	struct told told;
	char *second;

	plain_builds_only();
	take(evpl, DIM(few), 10, LOCAL, few);
	take_elsewhere(evpl, DIM(many), 1000, LOCAL, many);
	report(&told);
	assert_int_equal(told.lines, PLACES(2));
	second = strstr(told.text, "take (");
	if (second == NULL) /* static functions have no name, only an address */
		second = strrchr(told.text, '+');
	assert_non_null(second);
	if (told.lines == 2)
		assert_int_equal(strtoull(strstr(strchr(told.text, '\n'), ", ") + 2, NULL, 10) % 1000, 0);
	evpl_iovecs_release(evpl, few, DIM(few));
	evpl_iovecs_release(evpl, many, DIM(many));
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
	assert_int_equal(told.lines, PLACES(2));
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
small_ones_among_large_ones_are_sampled(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec;
	unsigned small = 0;

	plain_builds_only();
	for (unsigned i = 0; i < 100000; i++) {
		take(evpl, 1, i % 2 == 0 ? 64 : 8192, LOCAL, &iovec);
		small += i % 2 == 0 && iovec.flags != 0;
		evpl_iovec_release(evpl, &iovec);
	}
	/* By bytes 48 were due, by number 6,250. In step with the large ones there would be one. */
	assert_in_range(small, 40, 7000);
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
	threads_run(THREADS_PLAIN, take_or_watch, &w);
}

static const struct evpl_global_config every_512th = {.slab_size = 1 << 20, .sample_period = 512};
static const struct evpl_global_config off = {.slab_size = 1 << 20};

static const struct CMUnitTest cases[] = {
	home_case(off_nothing_is_sampled, off),
	home_case(every_nth_alloc_of_a_kind_is_told_until_it_is_released, every_8th),
	home_case_named("each_8th_of_one_size_is_sampled", each_nth_of_one_length_and_alignment_is_sampled, every_8th),
	home_case_named("each_13th_of_one_size_is_sampled", each_nth_of_one_length_and_alignment_is_sampled,
			every_13th),
	home_case_named("each_one_of_one_size_is_sampled", each_nth_of_one_length_and_alignment_is_sampled, every_one),
	home_case(commit_with_alignment_zero_is_sampled_as_with_one, every_13th),
	home_case(places_are_told_apart_most_bytes_first, every_8th),
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
	home_case(small_ones_among_large_ones_are_sampled, every_8th),
	home_case(a_report_of_a_running_context_is_about_right, every_one),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "sample", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
