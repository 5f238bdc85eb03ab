/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The numbers of command lines (apps/common/args.c).
 *
 * What would break: a text that is no number and is taken for one ("-1", " 1", "1x"), a number that wraps at 64 bits,
 * and a border that is off by one. A value is changed only by a text that is taken.
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

#include "args.h"

#define DIM(a) (sizeof(a) / sizeof((a)[0]))
#define BEFORE 4711u

static const char *const no_numbers[] = {
	"",    " ",   "-1",  "+1",  " 1",    "1 ",  "1\n", "x",	  "0x",	  "0X",	  "0xg", "0x-1",
	"1.0", "1e3", "1,2", "0b1", "-0x10", "--1", "\t1", "1\t", "0x 1", "0x+1", "nan", "1x",
};

static void
number_takes_what_is_in_range(void **state)
{
	static const struct {
		const char *text;
		uint64_t min, max, value;
		bool taken;
	} rows[] = {
		{"0", 0, 10, 0, true},
		{"10", 0, 10, 10, true},
		{"11", 0, 10, 0, false},
		{"5", 5, 5, 5, true},
		{"4", 5, 5, 0, false},
		{"6", 5, 5, 0, false},
		{"010", 0, 100, 10, true}, /* decimal, not octal */
		{"0000000000000000000000000000001", 0, 10, 1, true},
		{"0x10", 0, 100, 16, true},
		{"0XfF", 0, 255, 255, true},
		{"18446744073709551615", 0, UINT64_MAX, UINT64_MAX, true},
		{"18446744073709551616", 0, UINT64_MAX, 0, false},
		{"99999999999999999999999999", 0, UINT64_MAX, 0, false},
		{"0xffffffffffffffff", 0, UINT64_MAX, UINT64_MAX, true},
		{"0x10000000000000000", 0, UINT64_MAX, 0, false},
		{"4294967296", 0, UINT32_MAX, 0, false},
		{"1K", 0, UINT64_MAX, 0, false},
	};

	(void)state;
	for (unsigned i = 0; i < DIM(rows); i++) {
		uint64_t value = BEFORE;

		assert_int_equal(args_number(rows[i].text, rows[i].min, rows[i].max, &value), rows[i].taken);
		assert_int_equal(value, rows[i].taken ? rows[i].value : BEFORE);
	}
}

static void
number_and_bytes_refuse_what_is_none(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DIM(no_numbers); i++) {
		uint64_t value = BEFORE;

		assert_false(args_number(no_numbers[i], 0, UINT64_MAX, &value));
		assert_false(args_bytes(no_numbers[i], 0, UINT64_MAX, &value));
		assert_int_equal(value, BEFORE);
	}
}

static void
bytes_have_units(void **state)
{
	static const struct {
		const char *text;
		uint64_t min, max, value;
		bool taken;
	} rows[] = {
		{"0", 0, 10, 0, true},
		{"1K", 0, UINT64_MAX, 1024, true},
		{"1k", 0, UINT64_MAX, 1024, true},
		{"0x10k", 0, UINT64_MAX, 16384, true},
		{"3M", 0, UINT64_MAX, 3 << 20, true},
		{"2g", 0, UINT64_MAX, (uint64_t)2 << 30, true},
		{"1K", 1024, 1024, 1024, true},
		{"1K", 1025, 9999, 0, false},
		{"1K", 0, 1023, 0, false},
		{"17179869183G", 0, UINT64_MAX, 17179869183u * ((uint64_t)1 << 30), true},
		{"17179869184G", 0, UINT64_MAX, 0, false}, /* 2^64 */
		{"17179869185G", 0, UINT64_MAX, 0, false}, /* would be 1 GiB with what wraps left out */
		{"18014398509481984K", 0, UINT64_MAX, 0, false},
		{"1T", 0, UINT64_MAX, 0, false},
		{"1KB", 0, UINT64_MAX, 0, false},
		{"1KK", 0, UINT64_MAX, 0, false},
		{"K", 0, UINT64_MAX, 0, false},
		{"1 K", 0, UINT64_MAX, 0, false},
		{"1+", 0, UINT64_MAX, 0, false}, /* 'K' and '+' differ in two bits, 'K' and 'k' in one */
		{"1\x20", 0, UINT64_MAX, 0, false},
	};

	(void)state;
	for (unsigned i = 0; i < DIM(rows); i++) {
		uint64_t value = BEFORE;

		assert_int_equal(args_bytes(rows[i].text, rows[i].min, rows[i].max, &value), rows[i].taken);
		assert_int_equal(value, rows[i].taken ? rows[i].value : BEFORE);
	}
}

/* Each character there is, as a unit. */
static void
bytes_have_no_other_units(void **state)
{
	char text[3] = "1?";

	(void)state;
	for (int c = 1; c <= 255; c++) {
		uint64_t value;

		text[1] = (char)c;
		assert_int_equal(args_bytes(text, 0, UINT64_MAX, &value), strchr("0123456789KkMmGg", c) != NULL);
	}
}

static void
seconds_have_a_fraction(void **state)
{
	static const struct {
		const char *text;
		double max, value;
		bool taken;
	} rows[] = {
		{"0", 10, 0, true},	  {"0.5", 10, 0.5, true},   {".5", 10, 0.5, true},  {"5.", 10, 5, true},
		{"10", 10, 10, true},	  {"10.25", 10, 0, false},  {"", 10, 0, false},	    {".", 10, 0, false},
		{"1.2.3", 10, 0, false},  {"..5", 10, 0, false},    {"-1", 10, 0, false},   {"+1", 10, 0, false},
		{" 1", 10, 0, false},	  {"1 ", 10, 0, false},	    {"1e1", 100, 0, false}, {"0x1", 10, 0, false},
		{"inf", 1e300, 0, false}, {"nan", 1e300, 0, false}, {"1s", 10, 0, false},   {"1,5", 10, 0, false},
		{"0.000", 0, 0, true},	  {"0.001", 0, 0, false},
	};
	char digits[512];

	(void)state;
	for (unsigned i = 0; i < DIM(rows); i++) {
		double value = BEFORE;

		assert_int_equal(args_seconds(rows[i].text, rows[i].max, &value), rows[i].taken);
		assert_true(value == (rows[i].taken ? rows[i].value : BEFORE));
	}
	/* More than a double holds is no time. */
	memset(digits, '9', sizeof(digits) - 1);
	digits[sizeof(digits) - 1] = '\0';
	assert_false(args_seconds(digits, 1e300, &(double){0}));
}

static void
list_takes_each_or_none(void **state)
{
	static const struct {
		const char *text;
		size_t count;
		uint64_t values[3];
	} rows[] = {
		{"1", 1, {1}},	     {"1,2", 2, {1, 2}}, {"9,0x9,1", 3, {9, 9, 1}},
		{"1,2,3,4", 0, {0}}, /* room for 3 */
		{"", 0, {0}},	     {",", 0, {0}},	 {"1,", 0, {0}},
		{",1", 0, {0}},	     {"1,,2", 0, {0}},	 {"1,2,", 0, {0}},
		{"1,2,3,", 0, {0}},  {"1;2", 0, {0}},	 {"1, 2", 0, {0}},
		{"0,1", 0, {0}},     {"1,10", 0, {0}},	 {"1,-2", 0, {0}},
		{"1-2", 0, {0}},
	};

	(void)state;
	for (unsigned i = 0; i < DIM(rows); i++) {
		uint64_t values[4] = {0, 0, 0, BEFORE};

		assert_int_equal(args_list(rows[i].text, 1, 9, 3, values), rows[i].count);
		for (size_t k = 0; k < rows[i].count; k++)
			assert_int_equal(values[k], rows[i].values[k]);
		assert_int_equal(values[3], BEFORE); /* behind its room */
	}
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(number_takes_what_is_in_range),
		cmocka_unit_test(number_and_bytes_refuse_what_is_none),
		cmocka_unit_test(bytes_have_units),
		cmocka_unit_test(bytes_have_no_other_units),
		cmocka_unit_test(seconds_have_a_fraction),
		cmocka_unit_test(list_takes_each_or_none),
	};

	return cmocka_run_group_tests_name("args", cases, NULL, NULL);
}
