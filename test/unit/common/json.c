/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Members of a JSON object (apps/common/json.c). What would break: a comma that is missing or too many, and a number
 * that wraps. So members stand alone, in a row and at the end, and the texts are compared byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"

/* What is printed between begin and end. */
static char *text;
static size_t size;

static FILE *
begin(void)
{
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	return out;
}

static void
assert_printed(FILE *out, const char *expected)
{
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void
members_are_followed_by_a_comma_and_the_last_by_a_brace(void **state)
{
	FILE *out = begin();

	(void)state;
	fprintf(out, "{");
	json_u64(out, "a", 0);
	json_u64(out, "b", UINT64_MAX);
	json_end(out, "c", UINT64_MAX, ",\n");
	assert_printed(out, "{\"a\": 0, \"b\": 18446744073709551615, \"c\": 18446744073709551615},\n");
}

static void
counts_are_an_object_with_their_names(void **state)
{
	static const char *const names[] = {"drop", "dup", "reorder"};
	static const uint64_t counts[] = {1, UINT64_MAX, 3};
	FILE *out = begin();

	(void)state;
	json_counts(out, "faults", names, counts, 3, ",\n");
	json_counts(out, "one", names, counts, 1, "}");
	assert_printed(out, "\"faults\": {\"drop\": 1, \"dup\": 18446744073709551615, \"reorder\": 3},\n"
			    "\"one\": {\"drop\": 1}}");
	out = begin();
	json_counts(out, "none", names, counts, 0, "");
	assert_printed(out, "\"none\": {}");
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(members_are_followed_by_a_comma_and_the_last_by_a_brace),
		cmocka_unit_test(counts_are_an_object_with_their_names),
	};

	return cmocka_run_group_tests_name("json", cases, NULL, NULL);
}
