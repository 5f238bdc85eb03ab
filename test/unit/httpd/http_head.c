/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where the head of a request ends (apps/httpd/http_request.c: struct http_head).
 *
 * What would break: the meaning of a head could depend on how the network cuts it. A head that never ends could fill
 * the server's memory. So every head comes whole, byte by byte, and in two pieces that are cut at each place, and heads
 * have the lengths around each limit.
 */
#include "fed.h"

static void
head_leaves_what_is_behind_it(void **state)
{
	static const char first[] = "GET / HTTP/1.1\r\n" HOST "\r\n";
	struct fed f;

	(void)state;
	accepted(&f, "GET / HTTP/1.1\r\n" HOST "\r\nGET /second HTTP/1.1\r\n");
	assert_int_equal(f.taken, strlen(first));
}

static void
head_ignores_empty_lines_before_it(void **state)
{
	struct fed f;

	(void)state;
	assert_string_equal(accepted(&f, "\r\n\r\n\r\nGET /x HTTP/1.0" END)->path, "/x");
}

static void
head_without_its_end_waits(void **state)
{
	struct fed f;

	(void)state;
	feed_text(&f, "GET / HTTP/1.1\r\n" HOST "\r");
	assert_int_equal(f.status, 0);
	assert_false(f.head.ended);
}

static void
head_with_a_nul_is_refused(void **state)
{
	static const char in_line[] = "GET /\0 HTTP/1.1\r\n" HOST "\r\n";
	static const char in_field[] = "GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n";
	static const char in_name[] = "GET / HTTP/1.1\r\n" HOST "Content-Length\0: 5\r\n\r\n";
	struct fed f;

	(void)state;
	feed(&f, in_line, sizeof(in_line) - 1);
	assert_int_equal(f.status, 400);
	feed(&f, in_field, sizeof(in_field) - 1);
	assert_int_equal(f.status, 400);
	feed(&f, in_name, sizeof(in_name) - 1);
	assert_int_equal(f.status, 400);
}

/* "GET /aaa HTTP/1.1" of that length, its CRLF, and a Host. */
static void
line_of(char *text, size_t length)
{
	size_t path = length - strlen("GET / HTTP/1.1");

	strcpy(text, "GET /");
	memset(text + 5, 'a', path);
	strcpy(text + 5 + path, " HTTP/1.1\r\n" HOST "\r\n");
}

static void
request_line_up_to_its_limit_is_read(void **state)
{
	char text[ROOM];
	struct fed f;

	(void)state;
	line_of(text, LINE_ROOM);
	accepted(&f, text);
	line_of(text, LINE_ROOM + 1);
	feed_text(&f, text);
	assert_int_equal(f.status, 414);
}

static void
head_up_to_its_limit_is_read(void **state)
{
	static const char start[] = "GET / HTTP/1.1\r\n" HOST "X: ";
	char text[ROOM + 2] = "";
	struct fed f;

	(void)state;
	for (size_t more = 0; more < 2; more++) {
		memset(text, 'a', sizeof(text));
		memcpy(text, start, strlen(start));
		memcpy(text + ROOM + more - 4, END, 4);
		feed(&f, text, ROOM + more);
		assert_int_equal(f.status, more == 0 ? 0 : 431);
		assert_int_equal(f.head.ended, more == 0);
	}
}

/* The answer to a HEAD has no body, so it must be known as one when it is refused, and before its end. */
static void
head_request_is_known_also_when_it_is_refused(void **state)
{
	static const struct {
		const char *text;
		unsigned status;
		bool is_head;
	} rows[] = {
		{"HEAD / HTTP/1.1\r\n" HOST "\r\n", 0, true},
		{"HEAD / HTTP/1.1\r\n" HOST, 0, true}, /* not ended */
		{"HEAD ", 0, true},
		{"HEAD", 0, false}, /* it may be a longer method yet */
		{"HEAD / HTTP/1.1" END, 400, true},
		{"HEAD / HTTP/1.1\n", 400, true},
		{"HEAD\r\n\r\n", 400, true},
		{"HEAD /\xc3\xbc HTTP/1.1\r\n" HOST "\r\n", 400, true},
		{"HEAD / HTTP/1.1\r\n" HOST "Content-Length: x" END, 400, true},
		{"HEAD / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked" END, 411, true},
		{"HEAD / HTTP/1.1\r\n" HOST "Content-Length: 1" END, 413, true},
		{"HEAD / HTTP/1.1\r\n" HOST "Expect: x" END, 417, true},
		{"HEAD / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip" END, 501, true},
		{"HEAD / HTTP/5.0\r\n" HOST "\r\n", 505, true},
		{"\r\nHEAD / HTTP/5.0\r\n" HOST "\r\n", 505, true},
		{"HEADER / HTTP/1.1\r\n" HOST "\r\n", 501, false},
		{"HEAD-X / HTTP/1.1\r\n" HOST "\r\n", 501, false},
		{"head / HTTP/1.1\r\n" HOST "\r\n", 501, false},
		{"GET / HTTP/5.0\r\n" HOST "\r\n", 505, false},
		{"X: HEAD / HTTP/1.1" END, 400, false},
	};
	struct fed f;

	(void)state;
	for (size_t i = 0; i < DIM(rows); i++) {
		feed_text(&f, rows[i].text);
		if (f.status != rows[i].status || http_head_is_of_head(&f.head) != rows[i].is_head)
			fail_msg("status %u, HEAD %d: %s", f.status, http_head_is_of_head(&f.head), rows[i].text);
	}
}

/* In one piece, so that nothing was kept before it was too long; and in many. */
static void
head_request_is_known_also_when_it_is_too_long(void **state)
{
	char text[2 * ROOM];
	struct fed f;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "HEAD /", 6);
	for (size_t piece = 1; piece <= sizeof(text); piece += sizeof(text) - 1) {
		feed_begin(&f);
		for (size_t i = 0; i < sizeof(text); i += piece)
			feed_piece(&f, text + i, piece);
		assert_int_equal(f.status, 414);
		assert_true(http_head_is_of_head(&f.head));
	}
	feed_begin(&f);
	f.head.line_room = ROOM;
	feed_piece(&f, text, sizeof(text));
	assert_int_equal(f.status, 414);
	assert_true(http_head_is_of_head(&f.head));
	memcpy(text, "HEAD / HTTP/1.1\r\nX: ", 20);
	feed(&f, text, sizeof(text));
	assert_int_equal(f.status, 431);
	assert_true(http_head_is_of_head(&f.head));
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(head_leaves_what_is_behind_it),
		cmocka_unit_test(head_ignores_empty_lines_before_it),
		cmocka_unit_test(head_without_its_end_waits),
		cmocka_unit_test(head_with_a_nul_is_refused),
		cmocka_unit_test(request_line_up_to_its_limit_is_read),
		cmocka_unit_test(head_up_to_its_limit_is_read),
		cmocka_unit_test(head_request_is_known_also_when_it_is_refused),
		cmocka_unit_test(head_request_is_known_also_when_it_is_too_long),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("http_head", cases, NULL, NULL);
}
