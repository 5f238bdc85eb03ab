/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How evpl-httpd parses header fields (apps/httpd/http_fields.c): ranges, entity tags, dates.
 *
 * What would break: bytes that nobody asked for could be sent, and numbers could wrap. So each limit has a row.
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

#include "http_fields.h"

#define DIM(a) (sizeof(a) / sizeof((a)[0]))

static void
range_says_which_bytes(void **state)
{
	static const struct {
		const char *text;
		uint64_t length;
		enum http_range kind;
		uint64_t first, end;
	} rows[] = {
		{NULL, 100, HTTP_RANGE_WHOLE, 0, 0},
		{"bytes=0-0", 100, HTTP_RANGE_PART, 0, 1},
		{"bytes=0-99", 100, HTTP_RANGE_PART, 0, 100},
		{"bytes=0-100", 100, HTTP_RANGE_PART, 0, 100},
		{"bytes=99-", 100, HTTP_RANGE_PART, 99, 100},
		{"bytes=99-18446744073709551615", 100, HTTP_RANGE_PART, 99, 100},
		{"bytes=99-99999999999999999999999", 100, HTTP_RANGE_PART, 99, 100},
		{"Bytes=10-19", 100, HTTP_RANGE_PART, 10, 20},
		{"bytes=-1", 100, HTTP_RANGE_PART, 99, 100},
		{"bytes=-100", 100, HTTP_RANGE_PART, 0, 100},
		{"bytes=-99999999999999999999999", 100, HTTP_RANGE_PART, 0, 100},
		{"bytes=100-", 100, HTTP_RANGE_UNSATISFIABLE, 0, 0},
		{"bytes=99999999999999999999999-", 100, HTTP_RANGE_UNSATISFIABLE, 0, 0},
		{"bytes=18446744073709551621-", 100, HTTP_RANGE_UNSATISFIABLE, 0, 0}, /* 2^64 + 5 */
		{"bytes=-0", 100, HTTP_RANGE_UNSATISFIABLE, 0, 0},
		{"bytes=0-", 0, HTTP_RANGE_UNSATISFIABLE, 0, 0},
		{"bytes=-5", 0, HTTP_RANGE_WHOLE, 0, 0},
		{"bytes=-0", 0, HTTP_RANGE_UNSATISFIABLE, 0, 0},
		{"bytes=5-4", 100, HTTP_RANGE_WHOLE, 0, 0},
		{"bytes=0-1,5-6", 100, HTTP_RANGE_WHOLE, 0, 0},
		{"bytes=0-,-1", 100, HTTP_RANGE_WHOLE, 0, 0},
		{"bytes=", 100, HTTP_RANGE_WHOLE, 0, 0},
		{"bytes=-", 100, HTTP_RANGE_WHOLE, 0, 0},
		{"bytes=--5", 100, HTTP_RANGE_WHOLE, 0, 0},
		{"bytes= 0-1", 100, HTTP_RANGE_WHOLE, 0, 0},
		{"bytes=0-1 ", 100, HTTP_RANGE_WHOLE, 0, 0},
		{"bytes=a-b", 100, HTTP_RANGE_WHOLE, 0, 0},
		{"bytes=5", 100, HTTP_RANGE_WHOLE, 0, 0},
		{"lines=0-1", 100, HTTP_RANGE_WHOLE, 0, 0},
		{"", 100, HTTP_RANGE_WHOLE, 0, 0},
		{"bytes=1-", UINT64_MAX, HTTP_RANGE_PART, 1, UINT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < DIM(rows); i++) {
		uint64_t first = 0, end = 0;

		assert_int_equal(http_range_parse(rows[i].text, rows[i].length, &first, &end), rows[i].kind);
		assert_int_equal(first, rows[i].first);
		assert_int_equal(end, rows[i].end);
	}
}

static bool
listed(const char *line, const char *etag, bool weak)
{
	return http_etag_listed(&(struct http_list){.lines = {line}, .count = 1}, etag, weak);
}

static void
etag_is_found_in_a_list(void **state)
{
	(void)state;
	assert_true(listed("\"a\"", "\"a\"", false));
	assert_true(listed("*", "\"a\"", false));
	assert_true(listed("\"b\", \"a\"", "\"a\"", false));
	assert_true(listed("W/\"a\"", "\"a\"", true));
	assert_true(listed("\"x, \" ,\t\"a\"", "\"a\"", false));
	assert_false(listed("W/\"a\"", "\"a\"", false));
	assert_false(listed("\"aa\"", "\"a\"", true));
	assert_false(listed("a", "\"a\"", true));
	assert_false(listed("\"a", "\"a\"", true));
	assert_false(listed("", "\"a\"", true));
	assert_false(listed(", ,", "\"a\"", true));
	assert_false(listed("W/", "\"a\"", true));
}

static void
etag_is_found_in_each_line_of_a_list(void **state)
{
	struct http_list list = {.count = 0};

	(void)state;
	assert_false(http_etag_listed(&list, "\"a\"", true));
	for (unsigned i = 0; i < HTTP_LIST_LINES; i++)
		assert_true(http_list_add(&list, i == HTTP_LIST_LINES - 1 ? "\"a\"" : "\"b\", \"c\""));
	assert_false(http_list_add(&list, "\"d\""));
	assert_true(http_etag_listed(&list, "\"a\"", false));
	assert_true(http_etag_listed(&list, "\"c\"", false));
	assert_false(http_etag_listed(&list, "\"d\"", false));
	assert_true(listed("*", NULL, false));
	assert_false(listed("\"\", \"a\"", NULL, true));
}

static void
host_is_a_name_or_an_address_and_a_port(void **state)
{
	static const char *const good[] = {"", "a", "a.b:80", "127.0.0.1", "[::1]", "[fd18::1]:80", "a:", "a_b~c%20"};
	static const char *const bad[] = {"a b", "a,b", "a/b",	 "a?b", "a#b", "u@a",  "a\\b",	 "a\"",	 "<a>",
					  "{a}", "a:b", "a:1:2", "::1", "[]",  "[::1", "[::1]x", "[g/]", "\xc3\xa4"};

	(void)state;
	for (size_t i = 0; i < DIM(good); i++) {
		if (!http_is_host(good[i], strlen(good[i])))
			fail_msg("refused: %s", good[i]);
	}
	for (size_t i = 0; i < DIM(bad); i++) {
		if (http_is_host(bad[i], strlen(bad[i])))
			fail_msg("accepted: %s", bad[i]);
	}
}

static void
date_is_read_in_its_three_forms(void **state)
{
	char text[HTTP_DATE_ROOM];

	(void)state;
	assert_int_equal(http_date_parse("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
	assert_int_equal(http_date_parse("Sunday, 06-Nov-94 08:49:37 GMT"), 784111777);
	assert_int_equal(http_date_parse("Sun Nov  6 08:49:37 1994"), 784111777);
	assert_int_equal(http_date_parse(""), -1);
	assert_int_equal(http_date_parse("Sun, 06 Nov 1994 08:49:37 GMT+1"), -1);
	assert_int_equal(http_date_parse("yesterday"), -1);
	http_date_format(784111777, text);
	assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_int_equal(strlen(text) + 1, HTTP_DATE_ROOM);
	http_date_format(INT64_MAX, text);
	assert_string_equal(text, "");
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(range_says_which_bytes),
		cmocka_unit_test(etag_is_found_in_a_list),
		cmocka_unit_test(etag_is_found_in_each_line_of_a_list),
		cmocka_unit_test(host_is_a_name_or_an_address_and_a_port),
		cmocka_unit_test(date_is_read_in_its_three_forms),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("http_fields", cases, NULL, NULL);
}
