/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl-httpd's response heads (apps/httpd/http_response.c). What would break: a length could differ from the body's. A
 * response could have a body where none is allowed (304, HEAD). The room for the head could be too small. So each text
 * is parsed, and is written into every smaller room.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http_response.h"

#define ROOM 600

/* Its text; *r_body begins behind the empty line. */
static const char *
format(const struct http_response *r, const char **r_body)
{
	static char text[ROOM];
	size_t length = http_response_format(r, text, sizeof(text));

	assert_true(length > 0 && length < sizeof(text));
	assert_int_equal(strlen(text), length);
	*r_body = strstr(text, "\r\n\r\n");
	assert_non_null(*r_body);
	*r_body += 4;
	return text;
}

/* A line of the head, with its CRLF. */
static void
assert_line(const char *text, const char *line)
{
	char with_ends[200];

	snprintf(with_ends, sizeof(with_ends), "\r\n%s\r\n", line);
	if (strstr(text, with_ends) == NULL)
		fail_msg("no line \"%s\" in: %s", line, text);
}

static void
assert_status_line(const char *text, const char *line)
{
	assert_int_equal(strncmp(text, line, strlen(line)), 0);
	assert_int_equal(strncmp(text + strlen(line), "\r\n", 2), 0);
}

static void
error_has_its_name_as_body(void **state)
{
	const struct http_response r = {.status = 404};
	const char *body, *text = format(&r, &body);

	(void)state;
	assert_status_line(text, "HTTP/1.1 404 Not Found");
	assert_string_equal(body, "404 Not Found\n");
	assert_line(text, "Content-Length: 14");
	assert_line(text, "Content-Type: text/plain");
	assert_line(text, "Connection: keep-alive");
}

static void
error_to_head_has_a_length_and_no_body(void **state)
{
	const struct http_response r = {.status = 405, .without_body = true, .allow = "GET, HEAD", .close = true};
	const char *body, *text = format(&r, &body);

	(void)state;
	assert_string_equal(body, "");
	assert_line(text, "Content-Length: 23");
	assert_line(text, "Allow: GET, HEAD");
	assert_line(text, "Connection: close");
}

static void
part_says_which_bytes(void **state)
{
	const struct http_response r = {
		.status = 206,
		.has_content = true,
		.type = "image/png",
		.etag = "\"e\"",
		.last_modified = "Sun, 06 Nov 1994 08:49:37 GMT",
		.position = 10,
		.end = UINT64_MAX - 1,
		.total = UINT64_MAX,
	};
	const char *body, *text = format(&r, &body);

	(void)state;
	assert_status_line(text, "HTTP/1.1 206 Partial Content");
	assert_line(text, "Content-Length: 18446744073709551604");
	assert_line(text, "Content-Range: bytes 10-18446744073709551613/18446744073709551615");
	assert_line(text, "Content-Type: image/png");
	assert_line(text, "ETag: \"e\"");
	assert_line(text, "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT");
	assert_string_equal(body, "");
}

static void
status_brings_its_field(void **state)
{
	const char *body;

	(void)state;
	assert_line(format(&(struct http_response){.status = 416, .total = 7}, &body), "Content-Range: bytes */7");
	assert_line(format(&(struct http_response){.status = 503}, &body), "Retry-After: 1");
	assert_line(format(&(struct http_response){.status = 301, .location = "/a%20b"}, &body), "Location: /a%20b/");
	assert_line(format(&(struct http_response){.status = 301, .location = "/a", .query = "b=/&c"}, &body),
		    "Location: /a/?b=/&c");
}

/* RFC 9110, 8.8.2.1 */
static void
last_change_is_not_after_the_date(void **state)
{
	static const char never[] = "Sun, 06 Nov 2300 08:49:37 GMT";
	const struct http_response r = {.status = 304, .last_modified = never, .modified = INT64_MAX};
	const char *body, *text = format(&r, &body), *date = strstr(text, "\r\nDate: "), *change;
	char line[60];

	(void)state;
	assert_null(strstr(text, never));
	assert_non_null(date);
	snprintf(line, sizeof(line), "Last-Modified: %.29s", date + 8);
	change = strstr(text, line);
	assert_non_null(change);
}

static void
not_modified_has_no_body_and_no_length(void **state)
{
	const struct http_response r = {.status = 304, .etag = "\"e\""};
	const char *body, *text = format(&r, &body);

	(void)state;
	assert_string_equal(body, "");
	assert_null(strstr(text, "Content-Length"));
	assert_line(text, "ETag: \"e\"");
}

static void
text_that_does_not_fit_is_not_written_in_part(void **state)
{
	const struct http_response r = {.status = 301, .location = "/somewhere", .query = "a=b"};
	const char *body;
	size_t length = strlen(format(&r, &body));

	(void)state;
	for (size_t room = 1; room < length + 10; room++) {
		char *out = malloc(room); /* of that size: a sanitizer sees what is written behind it */

		assert_non_null(out);
		assert_int_equal(http_response_format(&r, out, room), room > length ? length : 0);
		free(out);
	}
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(error_has_its_name_as_body),
		cmocka_unit_test(error_to_head_has_a_length_and_no_body),
		cmocka_unit_test(part_says_which_bytes),
		cmocka_unit_test(status_brings_its_field),
		cmocka_unit_test(last_change_is_not_after_the_date),
		cmocka_unit_test(not_modified_has_no_body_and_no_length),
		cmocka_unit_test(text_that_does_not_fit_is_not_written_in_part),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("http_response", cases, NULL, NULL);
}
