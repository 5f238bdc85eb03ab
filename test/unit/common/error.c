/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Error lines (apps/common/error.c). What would break: a line in several writes, which mixes with those of other
 * threads and processes, and a line without an end.
 */
#include <errno.h>
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
#include "error.h"

static void
line_has_the_programs_name_and_one_end(void **state)
{
	char line[128];

	(void)state;
	snprintf(line, sizeof(line), "%.100s: x=3\n", program_invocation_short_name);
	capture_begin(stderr);
	error_line("%s=%d", "x", 3);
	assert_string_equal(capture_end(), line);
}

static void
line_that_is_too_long_is_cut_and_has_an_end(void **state)
{
	char word[2000];
	const char *said;

	(void)state;
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	capture_begin(stderr);
	error_line("%s", word);
	said = capture_end();
	assert_int_equal(strlen(said), strlen(program_invocation_short_name) + strlen(": ") + 511 + 1);
	assert_int_equal(strcspn(said, "\n"), strlen(said) - 1);
}

static void
eals_error_has_its_text_only_if_it_has_a_number(void **state)
{
	(void)state;
	capture_begin(stderr);
	error_eal(EACCES, "Permission denied");
	assert_non_null(
		strstr(capture_end(), ": EAL does not start: Permission denied (its own messages are above)\n"));
	capture_begin(stderr);
	error_eal(0, "Success");
	assert_non_null(strstr(capture_end(), ": EAL does not start (its own messages are above)\n"));
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(line_has_the_programs_name_and_one_end),
		cmocka_unit_test(line_that_is_too_long_is_cut_and_has_an_end),
		cmocka_unit_test(eals_error_has_its_text_only_if_it_has_a_number),
	};

	return cmocka_run_group_tests_name("error", cases, NULL, NULL);
}
