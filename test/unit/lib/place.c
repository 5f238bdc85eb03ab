/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * src/held/place.c: the table of places.
 *
 * What would break: places that have no entry of their own would be taken for others of one place that has nothing to
 * do with them.
 */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "held/place.h"
#include "trace/hooks.h"

static bool no_memory; /* in fmemopen() */

static void
say(FILE *out, uint64_t where)
{
	fprintf(out, "at %u", (unsigned)where);
}

static void
what_has_no_entry_is_the_sum_of_others(void **state)
{
	struct place *places = calloc(EVPL_PLACES, sizeof(*places));
	uint64_t count = 0;
	unsigned others = 0, entries = 0;
	struct hook_held held[2];

	(void)state;
	assert_non_null(places);
	for (uint64_t i = 1; i < EVPL_PLACES + 10; i++) {
		struct place one = {.where = 0x1000 * i, .how = 1, .count = 1, .bytes = 2, .age = i};

		evpl_place_add(places, &one);
	}
	evpl_places_sort(places);
	for (unsigned i = 0; i < EVPL_PLACES; i++) {
		const struct place *place = &places[i];

		entries += place->count > 0;
		count += place->count;
		if (place->others) {
			others++;
			assert_int_equal(place->count, 10);
			assert_int_equal(place->bytes, 20);
			assert_int_equal(place->age, EVPL_PLACES + 9);
			assert_int_equal(place->where, 0);
			assert_int_equal(place->how, 0);
		} else {
			assert_int_equal(place->count, 1);
			assert_int_not_equal(place->where, 0);
		}
	}
	assert_int_equal(others, 1);
	assert_int_equal(entries, EVPL_PLACES);
	assert_int_equal(count, EVPL_PLACES + 9);
	/* They have the most bytes, so they come first. */
	assert_int_equal(evpl_places_held(places, held, 2, say), 2);
	assert_string_equal(held[0].where, "other places");
	assert_int_equal(held[0].count, 10);
	assert_non_null(strstr(held[1].where, "at "));
	free(places);
}

/* Wherever the search for an entry begins. */
static void
last_free_entry_is_found(void **state)
{
	struct place *places = calloc(EVPL_PLACES, sizeof(*places)), *last = places;

	(void)state;
	assert_non_null(places);
	for (uint64_t i = 1; i < EVPL_PLACES - 1; i++) {
		const struct place one = {.where = 0x1000 * i, .count = 1};

		evpl_place_add(places, &one);
	}
	while (last->count != 0)
		last++;
	for (uint64_t i = EVPL_PLACES; i < 5 * EVPL_PLACES; i++) {
		const struct place one = {.where = 0x1000 * i, .count = 1};

		evpl_place_add(places, &one);
		assert_int_equal(last->where, one.where);
		memset(last, 0, sizeof(*last));
	}
	assert_int_equal(places[EVPL_PLACES - 1].count, 0);
	free(places);
}

static void
one_place_is_one_entry(void **state)
{
	struct place *places = calloc(EVPL_PLACES, sizeof(*places));
	struct place one = {.where = 0x1234, .count = 2, .bytes = 7, .age = 5};

	(void)state;
	assert_non_null(places);
	evpl_place_add(places, &one);
	one.age = 3;
	evpl_place_add(places, &one);
	one.how = 1; /* another call there is another place */
	evpl_place_add(places, &one);
	evpl_places_sort(places);
	assert_int_equal(places[0].count, 4);
	assert_int_equal(places[0].bytes, 14);
	assert_int_equal(places[0].age, 5);
	assert_int_equal(places[1].count, 2);
	assert_int_equal(places[1].how, 1);
	assert_int_equal(places[2].count, 0);
	assert_false(places[0].others || places[1].others);
	free(places);
}

/* What is free lies behind all that is held, also behind iovecs without a byte. */
static void
places_are_sorted_by_bytes_and_then_by_count(void **state)
{
	struct place *places = calloc(EVPL_PLACES, sizeof(*places));
	const unsigned held = EVPL_PLACES - 3;

	(void)state;
	assert_non_null(places);
	for (uint64_t i = 0; i < held; i++) {
		struct place one = {.where = 0x1000 * (1 + i), .count = 1 + i * 7 % held, .bytes = i % 2};

		evpl_place_add(places, &one);
	}
	evpl_places_sort(places);
	for (unsigned i = 0; i < held; i++) {
		assert_int_not_equal(places[i].count, 0);
		if (i == 0)
			continue;
		assert_true(places[i].bytes <= places[i - 1].bytes);
		assert_true(places[i].bytes < places[i - 1].bytes || places[i].count <= places[i - 1].count);
	}
	for (unsigned i = held; i < EVPL_PLACES; i++)
		assert_int_equal(places[i].count, 0);
	free(places);
}

/* What is held are iovecs, and the places of packets are told apart from them. */
static void
places_of_packets_are_no_held_iovecs(void **state)
{
	struct place *places = calloc(EVPL_PLACES, sizeof(*places));
	const struct place packets = {.where = 1, .count = 9, .bytes = 9, .packets = true};
	const struct place iovecs = {.where = 2, .count = 5, .bytes = 5};
	struct hook_held held[2];

	(void)state;
	assert_non_null(places);
	evpl_place_add(places, &packets);
	evpl_place_add(places, &iovecs);
	evpl_places_sort(places);
	assert_int_equal(evpl_places_held(places, held, 2, say), 1);
	assert_int_equal(held[0].count, 5);
	assert_int_equal(held[0].bytes, 5);
	assert_string_equal(held[0].where, "at 2");
	free(places);
}

static void
assert_says(uintptr_t address, const char *words)
{
	char text[512] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	assert_non_null(out);
	evpl_place_say_address(out, address);
	fclose(out);
	if (strstr(text, words) != text)
		fail_msg("\"%s\" does not begin with \"%s\"", text, words);
}

/* Of a library that exports the name, of this program, and of nobody. */
static void
addresses_have_names(void **state)
{
	(void)state;
	assert_says((uintptr_t)dlsym(RTLD_DEFAULT, "lfind") + 1, "lfind ("); /* no sanitizer has one of its own */
	assert_says((uintptr_t)say + 1, "say (");
	assert_says((uintptr_t)&no_memory + 1, "? ("); /* no function, but in a file */
	assert_says(0, "? (0x0)");
	assert_says(1, "? (0x1)");
}

/* The library's calls come here first. */
FILE *
fmemopen(void *buffer, size_t size, const char *mode)
{
	FILE *(*real)(void *, size_t, const char *);
	void *found = dlsym(RTLD_NEXT, "fmemopen");

	if (no_memory)
		return NULL;
	memcpy(&real, &found, sizeof(real));
	return real(buffer, size, mode);
}

static void
place_without_memory_for_its_name_is_a_question_mark(void **state)
{
	struct place *places = calloc(EVPL_PLACES, sizeof(*places));
	struct place one = {.where = 0x1000, .how = 1, .count = 1, .bytes = 2};
	struct hook_held held;

	(void)state;
	assert_non_null(places);
	evpl_place_add(places, &one);
	evpl_places_sort(places);
	memset(&held, 'x', sizeof(held));
	no_memory = true;
	assert_int_equal(evpl_places_held(places, &held, 1, say), 1);
	no_memory = false;
	assert_string_equal(held.where, "?");
	free(places);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_place_is_one_entry),
		cmocka_unit_test(last_free_entry_is_found),
		cmocka_unit_test(what_has_no_entry_is_the_sum_of_others),
		cmocka_unit_test(places_are_sorted_by_bytes_and_then_by_count),
		cmocka_unit_test(places_of_packets_are_no_held_iovecs),
		cmocka_unit_test(addresses_have_names),
		cmocka_unit_test(place_without_memory_for_its_name_is_a_question_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
