/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How evpl-httpd parses paths (apps/httpd/http_path.c). What would break: some spelling of a name could lead out of the
 * folder.
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

#include "http_path.h"

#define DIM(a) (sizeof(a) / sizeof((a)[0]))

static void
path_names_a_file_below_the_folder_or_none(void **state)
{
	static const struct {
		const char *path;
		unsigned status;
		const char *name;
	} rows[] = {
		{"/", 0, "index.html"},
		{"/a", 0, "a"},
		{"/a/", 0, "a/index.html"},
		{"/a/b.c", 0, "a/b.c"},
		{"/%61%2e%62", 0, "a.b"},
		{"/a%20b%3F", 0, "a b?"},
		{"/%2561", 0, "%61"}, /* decoded once */
		{"/a..b/c...", 0, "a..b/c..."},
		{"/%C3%A4", 0, "\xc3\xa4"},
		{"//", 404, NULL},
		{"//a", 404, NULL},
		{"/a//b", 404, NULL},
		{"/..", 404, NULL},
		{"/../a", 404, NULL},
		{"/a/../b", 404, NULL},
		{"/a/..", 404, NULL},
		{"/.", 404, NULL},
		{"/./a", 404, NULL},
		{"/.git/config", 404, NULL},
		{"/%2e%2e/a", 404, NULL},
		{"/.%2e/a", 404, NULL},
		{"/%2E%2E%2Fa", 404, NULL},
		{"/a%2f..%2fb", 404, NULL},
		{"/a%2Fb", 404, NULL},
		{"/a%00", 400, NULL},
		{"/%00", 400, NULL},
		{"/%", 400, NULL},
		{"/%2", 400, NULL},
		{"/%zz", 400, NULL},
		{"/%2g", 400, NULL},
		{"/a/%", 400, NULL},
	};

	(void)state;
	for (size_t i = 0; i < DIM(rows); i++) {
		char name[64];

		assert_int_equal(http_path_decode(rows[i].path, name, sizeof(name)), rows[i].status);
		if (rows[i].name != NULL)
			assert_string_equal(name, rows[i].name);
	}
}

/* Every length around the room's: never a byte behind it, which a sanitizer sees, nor less than half of it. */
static void
path_longer_than_its_room_is_refused(void **state)
{
	char path[80];

	(void)state;
	for (size_t room = 16; room < 64; room++) {
		char *name = malloc(room);

		assert_non_null(name);
		for (size_t length = 1; length < sizeof(path) - 2; length++) {
			unsigned status;

			memset(path, 'a', length);
			path[0] = '/';
			strcpy(path + length, length % 2 != 0 ? "/" : "");
			if (length == 1)
				path[1] = '\0';
			status = http_path_decode(path, name, room);
			assert_true(status == 0 || status == 414);
			if (status == 0)
				assert_true(strlen(name) < room);
			if (length + 14 < room)
				assert_int_equal(status, 0);
		}
		free(name);
	}
}

/* As it is, escapes included; what no URI may hold is escaped. Each smaller room is refused. */
static void
location_is_the_path_a_slash_and_the_query(void **state)
{
	static const struct {
		const char *path, *query, *location;
	} rows[] = {
		{"/a", NULL, "/a/"},
		{"/a", "", "/a/?"},
		{"/a/b", "x=1&y=2", "/a/b/?x=1&y=2"},
		{"/a", "x=/y?z", "/a/?x=/y?z"},
		{"/a%20b%2525", "%41", "/a%20b%2525/?%41"},
		{"/\\a", "\\", "/%5Ca/?%5C"},
		{"/~a-b_c.d!$&'()*+,;=:@", NULL, "/~a-b_c.d!$&'()*+,;=:@/"},
		{"/a\"<>[]^`{|}", "a|b", "/a%22%3C%3E%5B%5D%5E%60%7B%7C%7D/?a%7Cb"},
		{"/a\r\nb\xc3", "\t ", "/a%0D%0Ab%C3/?%09%20"},
	};

	(void)state;
	for (size_t i = 0; i < DIM(rows); i++) {
		size_t length = strlen(rows[i].location);

		for (size_t room = 0; room < length + 3; room++) {
			char *out = malloc(room + 1);

			assert_non_null(out);
			out[room] = 'x';
			assert_int_equal(http_location_format(rows[i].path, rows[i].query, out, room),
					 room > length ? length : 0);
			assert_int_equal(out[room], 'x');
			if (room > length)
				assert_string_equal(out, rows[i].location);
			free(out);
		}
	}
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(path_names_a_file_below_the_folder_or_none),
		cmocka_unit_test(path_longer_than_its_room_is_refused),
		cmocka_unit_test(location_is_the_path_a_slash_and_the_query),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("http_path", cases, NULL, NULL);
}
