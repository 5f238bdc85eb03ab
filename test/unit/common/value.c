/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The value of one option (apps/common/value.c), and its error line.
 *
 * What would break: a wrong value that goes unnoticed, and a line that names another option or other borders.
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

#include "capture.h"
#include "value.h"

static struct value
value_of(const char *text)
{
	capture_begin(stderr);
	return (struct value){.name = "name", .text = text};
}

static void
assert_taken(const struct value *v)
{
	assert_string_equal(capture_end(), "");
	assert_false(v->failed);
}

/* One line behind the program's name. */
static void
assert_refused(const struct value *v, const char *line)
{
	const char *said = capture_end();
	const char *colon = strstr(said, ": ");

	assert_true(v->failed);
	assert_non_null(colon);
	assert_string_equal(colon + 2, line);
}

static void
number_is_taken_or_named(void **state)
{
	struct value v = value_of("7");
	uint64_t n = value_number(&v, 3, 7);

	(void)state;
	assert_taken(&v);
	assert_int_equal(n, 7);
	v = value_of("8");
	n = value_number(&v, 3, 7);
	assert_refused(&v, "--name=8: expected a number from 3 to 7\n");
	assert_int_equal(n, 3); /* one that does no harm until the program ends */
	v = value_of("-1");
	value_number(&v, 0, UINT64_MAX);
	assert_refused(&v, "--name=-1: expected a number from 0 to 18446744073709551615\n");
}

static void
bytes_are_taken_or_named(void **state)
{
	struct value v = value_of("2M");
	uint64_t n = value_bytes(&v, 0, 1 << 30);

	(void)state;
	assert_taken(&v);
	assert_int_equal(n, 2 << 20);
	v = value_of("2T");
	n = value_bytes(&v, 18446744073709551614u, UINT64_MAX);
	assert_refused(&v,
		       "--name=2T: expected 18446744073709551614 to 18446744073709551615 bytes, as 64K, 16M or 1G\n");
	assert_int_equal(n, 18446744073709551614u);
}

static void
seconds_are_taken_or_named(void **state)
{
	struct value v = value_of("31536000");
	double seconds = value_seconds(&v);

	(void)state;
	assert_taken(&v);
	assert_true(seconds == 31536000);
	v = value_of("31536000.5");
	seconds = value_seconds(&v);
	assert_refused(&v, "--name=31536000.5: expected seconds, as 5 or 0.5\n");
	assert_true(seconds == 0);
}

static void
text_is_taken_or_named(void **state)
{
	struct value v = value_of("-");

	(void)state;
	assert_string_equal(value_text(&v, "a name"), "-");
	assert_taken(&v);
	v = value_of("");
	value_text(&v, "a name");
	assert_refused(&v, "--name=: expected a name\n");
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(number_is_taken_or_named),
		cmocka_unit_test(bytes_are_taken_or_named),
		cmocka_unit_test(seconds_are_taken_or_named),
		cmocka_unit_test(text_is_taken_or_named),
	};

	return cmocka_run_group_tests_name("value", cases, NULL, NULL);
}
