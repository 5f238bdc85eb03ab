/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How evpl-httpd parses requests (apps/httpd/http_request.c): heads, targets, lengths.
 *
 * What would break: the meaning of a head could depend on how the network cuts it. So every head comes whole, byte by
 * byte, and in two pieces that are cut at each place. Two readers could see the end of a request at different bytes
 * (smuggling). So each known way has a line in `refused`.
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

#include "http_request.h"

#define ROOM 256
#define LINE_ROOM 100
#define DIM(a) (sizeof(a) / sizeof((a)[0]))
#define HOST "Host: a\r\n"
#define END "\r\n\r\n"

/* A head fed in two pieces, the first of `cut` bytes, or in single bytes. */
struct fed {
	char bytes[ROOM];
	struct http_head head;
	struct http_request request;
	unsigned status;
	size_t taken;
};

static void
feed_piece(struct fed *f, const char *text, size_t length)
{
	/* A copy of exactly that size: a sanitizer sees what is read behind it. */
	char *piece = malloc(length);
	size_t taken = 0;

	assert_non_null(piece);
	memcpy(piece, text, length);
	if (f->status == 0 && !f->head.ended) {
		f->status = http_head_take(&f->head, piece, length, &taken);
		assert_true(taken <= length);
		assert_true(taken == length || f->head.ended || f->status != 0);
		f->taken += taken;
	}
	free(piece);
}

static void
feed_begin(struct fed *f)
{
	memset(f, 0, sizeof(*f));
	memset(f->bytes, 'x', sizeof(f->bytes));
	f->head = (struct http_head){.bytes = f->bytes, .room = ROOM, .line_room = LINE_ROOM};
}

static void
feed_end(struct fed *f)
{
	if (f->status == 0 && f->head.ended)
		f->status = http_request_parse(&f->head, &f->request);
}

static void
feed_cut(struct fed *f, const char *text, size_t length, size_t cut)
{
	feed_begin(f);
	feed_piece(f, text, cut);
	feed_piece(f, text + cut, length - cut);
	feed_end(f);
}

/* Fed in every way: all say the same. The last one's results stay in f. */
static void
feed(struct fed *f, const char *text, size_t length)
{
	struct fed whole;

	feed_cut(&whole, text, length, length);
	for (size_t cut = 0; cut < length; cut++) {
		feed_cut(f, text, length, cut);
		assert_int_equal(f->status, whole.status);
		assert_int_equal(f->head.ended, whole.head.ended);
	}
	feed_begin(f);
	for (size_t i = 0; i < length; i++)
		feed_piece(f, text + i, 1);
	feed_end(f);
	assert_int_equal(f->status, whole.status);
	assert_int_equal(f->head.ended, whole.head.ended);
	if (f->status == 0) {
		assert_int_equal(f->taken, whole.taken);
		assert_int_equal(f->request.method, whole.request.method);
	}
}

static void
feed_text(struct fed *f, const char *text)
{
	feed(f, text, strlen(text));
}

/* One that is whole and good. */
static const struct http_request *
accepted(struct fed *f, const char *text)
{
	feed_text(f, text);
	if (f->status != 0 || !f->head.ended)
		fail_msg("status %u, ended %d: %s", f->status, f->head.ended, text);
	return &f->request;
}

static void
head_of_a_plain_get_is_read(void **state)
{
	struct fed f;
	const struct http_request *r =
		accepted(&f, "GET /a/b?q=1 HTTP/1.1\r\nhOsT:\t a:80 \r\nRange: bytes=0-1\r\nX-None:\r\n\r\n");

	(void)state;
	assert_int_equal(r->method, HTTP_GET);
	assert_string_equal(r->path, "/a/b");
	assert_string_equal(r->range, "bytes=0-1");
	assert_false(r->close);
	assert_false(r->has_length);
	assert_int_equal(r->if_none_match.count, 0);
}

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
head_of_each_method_is_known(void **state)
{
	static const struct {
		const char *name;
		enum http_method method;
	} methods[] = {
		{"GET", HTTP_GET},	{"HEAD", HTTP_HEAD},	 {"PUT", HTTP_PUT},	  {"POST", HTTP_POST},
		{"DELETE", HTTP_OTHER}, {"OPTIONS", HTTP_OTHER}, {"CONNECT", HTTP_OTHER}, {"PATCH", HTTP_OTHER},
	};
	char text[100];
	struct fed f;

	(void)state;
	for (size_t i = 0; i < DIM(methods); i++) {
		snprintf(text, sizeof(text), "%s /x HTTP/1.1\r\n" HOST "\r\n", methods[i].name);
		assert_int_equal(accepted(&f, text)->method, methods[i].method);
	}
	assert_int_equal(accepted(&f, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n")->method, HTTP_OTHER);
	assert_int_equal(accepted(&f, "CONNECT a:80 HTTP/1.1\r\n" HOST "\r\n")->method, HTTP_OTHER);
}

static void
target_is_a_path_and_a_query(void **state)
{
	static const struct {
		const char *target, *path, *query;
	} targets[] = {
		{"http://a/b/c?d", "/b/c", "d"}, {"HTTP://a:80/", "/", NULL}, {"http://a", "/", NULL},
		{"http://a?b", "/", "b"},	 {"/?/x", "/", "/x"},	      {"/b?", "/b", ""},
		{"/b?c?d=e&f", "/b", "c?d=e&f"}, {"/b", "/b", NULL},
	};
	char text[100];
	struct fed f;

	(void)state;
	for (size_t i = 0; i < DIM(targets); i++) {
		snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" HOST "\r\n", targets[i].target);
		assert_string_equal(accepted(&f, text)->path, targets[i].path);
		assert_int_equal(f.request.query != NULL, targets[i].query != NULL);
		if (targets[i].query != NULL)
			assert_string_equal(f.request.query, targets[i].query);
	}
}

static void
connection_lasts_as_version_and_field_say(void **state)
{
	static const struct {
		const char *version, *field;
		bool close;
	} rows[] = {
		{"1.1", "X: y", false},
		{"1.1", "Connection: close", true},
		{"1.1", "connection: a, CLOSE ,b", true},
		{"1.1", "Connection: closed, not-close", false},
		{"1.0", "X: y", true},
		{"1.0", "Connection: Keep-Alive", false},
		{"1.0", "Connection: keep-alive, close", true},
		{"1.7", "X: y", false},
	};
	char text[100];
	struct fed f;

	(void)state;
	for (size_t i = 0; i < DIM(rows); i++) {
		snprintf(text, sizeof(text), "GET / HTTP/%s\r\n" HOST "%s" END, rows[i].version, rows[i].field);
		assert_int_equal(accepted(&f, text)->close, rows[i].close);
	}
}

static void
length_of_a_body_is_read(void **state)
{
	struct fed f;

	(void)state;
	assert_int_equal(accepted(&f, "PUT /x HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551609" END)->length,
			 UINT64_MAX - 6);
	assert_int_equal(accepted(&f, "PUT /x HTTP/1.1\r\n" HOST "Content-Length: 007" END)->length, 7);
	assert_false(accepted(&f, "POST /x HTTP/1.1\r\n" HOST "\r\n")->has_length);
	assert_int_equal(accepted(&f, "GET /x HTTP/1.1\r\n" HOST "Content-Length: 0" END)->length, 0);
}

static void
expectation_of_a_continue_is_seen(void **state)
{
	struct fed f;

	(void)state;
	assert_true(accepted(&f, "PUT /x HTTP/1.1\r\n" HOST "Content-Length: 1\r\nExpect: 100-Continue" END)
			    ->expects_continue);
	assert_false(accepted(&f, "PUT /x HTTP/1.1\r\n" HOST "Content-Length: 0\r\nExpect: 100-continue" END)
			     ->expects_continue);
	assert_false(
		accepted(&f, "PUT /x HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue" END)->expects_continue);
	/* HTTP/1.0 has no expectations. */
	assert_false(accepted(&f, "PUT /x HTTP/1.0\r\nContent-Length: 1\r\nExpect: x" END)->expects_continue);
	/* An empty list expects nothing. */
	assert_false(accepted(&f, "PUT /x HTTP/1.1\r\n" HOST "Content-Length: 1\r\nExpect:" END)->expects_continue);
	assert_false(accepted(&f, "PUT /x HTTP/1.1\r\n" HOST "Content-Length: 1\r\nExpect: , ," END)->expects_continue);
	assert_true(accepted(&f, "PUT /x HTTP/1.1\r\n" HOST "Content-Length: 1\r\nExpect:\r\nExpect: 100-continue" END)
			    ->expects_continue);
}

static void
head_that_is_not_to_be_believed_is_refused(void **state)
{
	static const struct {
		unsigned status;
		const char *text;
	} refused[] = {
		/* lines */
		{400, "GET / HTTP/1.1\n" HOST "\r\n"},
		{400, "GET / HTTP/1.1\r\nHost: a\n\r\n"},
		{400, "\nGET / HTTP/1.1\r\n" HOST "\r\n"},
		{400, "GET / HTTP/1.1\r\n" HOST "\n"},
		{400, "GET / HTTP/1.1\r\n" HOST "X: a\rb" END},
		{400, "GET / HTTP/1.1\r\n" HOST "X: a\r\r\n\r\n"},
		{400, "GET / HTTP/1.1\r\n" HOST "X: a\r\n b" END},
		{400, "GET / HTTP/1.1\r\n" HOST "X: a\r\n\tb" END},
		{400, "GET / HTTP/1.1\r\n X: a\r\n" HOST "\r\n"},
		/* the request line */
		{400, "GET /" END},
		{400, "GET" END},
		{400, " GET / HTTP/1.1\r\n" HOST "\r\n"},
		{400, "GET  / HTTP/1.1\r\n" HOST "\r\n"},
		{400, "GET /  HTTP/1.1\r\n" HOST "\r\n"},
		{400, "GET / HTTP/1.1 \r\n" HOST "\r\n"},
		{400, "GET / x HTTP/1.1\r\n" HOST "\r\n"},
		{400, "GET\t/ HTTP/1.1\r\n" HOST "\r\n"},
		{400, "GET x HTTP/1.1\r\n" HOST "\r\n"},
		{400, "GET * HTTP/1.1\r\n" HOST "\r\n"},
		{400, "GET https://a/ HTTP/1.1\r\n" HOST "\r\n"},
		{400, "GET /\x01 HTTP/1.1\r\n" HOST "\r\n"},
		{400, "GET /\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n"},
		{400, "GET /#a HTTP/1.1\r\n" HOST "\r\n"},
		{400, "G(T / HTTP/1.1\r\n" HOST "\r\n"},
		{400, "GET / http/1.1\r\n" HOST "\r\n"},
		{400, "GET / HTTP/1\r\n" HOST "\r\n"},
		{400, "GET / HTTP/1.10\r\n" HOST "\r\n"},
		{400, "GET / HTTP/+1.1\r\n" HOST "\r\n"},
		{501, "BREW / HTTP/1.1\r\n" HOST "\r\n"},
		{501, "get / HTTP/1.1\r\n" HOST "\r\n"},
		{505, "GET / HTTP/2.0\r\n" HOST "\r\n"},
		{505, "GET / HTTP/0.9" END},
		/* fields */
		{400, "GET / HTTP/1.1" END},
		{400, "GET / HTTP/1.1\r\n" HOST HOST "\r\n"},
		{400, "GET / HTTP/1.1\r\nHost: a, b" END},
		{400, "GET / HTTP/1.1\r\nHost: a/b" END},
		{400, "GET / HTTP/1.1\r\nHost : a" END},
		{400, "GET / HTTP/1.1\r\nHost: \xc3\xa4" END},
		{400, "GET / HTTP/1.1\r\nHost: a:b" END},
		{400, "GET http:///x HTTP/1.1\r\n" HOST "\r\n"},
		{400, "GET http://:80/x HTTP/1.1\r\n" HOST "\r\n"},
		{400, "GET http://u@a/x HTTP/1.1\r\n" HOST "\r\n"},
		{400, "PUT /x HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Range: bytes 0-4/9" END},
		{400, "GET / HTTP/1.1\r\n" HOST "X" END},
		{400, "GET / HTTP/1.1\r\n" HOST ": a" END},
		{400, "GET / HTTP/1.1\r\n" HOST "X\x80: a" END},
		{400, "GET / HTTP/1.1\r\n" HOST "X: \x7f" END},
		{400, "GET / HTTP/1.1\r\n" HOST "Range: bytes=0-1\r\nRange: bytes=0-2" END},
		/* where the body ends */
		{400, "PUT /x HTTP/1.1\r\n" HOST "Content-Length: 5\r\nContent-Length: 5" END},
		{400, "PUT /x HTTP/1.1\r\n" HOST "Content-Length: 5, 5" END},
		{400, "PUT /x HTTP/1.1\r\n" HOST "Content-Length: +5" END},
		{400, "PUT /x HTTP/1.1\r\n" HOST "Content-Length: -5" END},
		{400, "PUT /x HTTP/1.1\r\n" HOST "Content-Length: 0x5" END},
		{400, "PUT /x HTTP/1.1\r\n" HOST "Content-Length: 5 5" END},
		{400, "PUT /x HTTP/1.1\r\n" HOST "Content-Length:" END},
		{400, "PUT /x HTTP/1.1\r\n" HOST "Content-Length : 5" END},
		{400, "PUT /x HTTP/1.1\r\n" HOST "Content-Length: 5\r\nTransfer-Encoding: chunked" END},
		{400, "PUT /x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 5" END},
		{400, "PUT /x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity" END},
		{400, "PUT /x HTTP/1.0\r\nTransfer-Encoding: chunked" END},
		{400, "PUT /x HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked" END},
		{400, "PUT /x HTTP/1.1\r\n" HOST "Transfer-Encoding\t: chunked" END},
		{411, "PUT /x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked" END},
		{501, "PUT /x HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked" END},
		{501, "PUT /x HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked" END},
		{413, "PUT /x HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551616" END},
		{413, "PUT /x HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999999999" END},
		{413, "GET /x HTTP/1.1\r\n" HOST "Content-Length: 5" END},
		{413, "HEAD /x HTTP/1.1\r\n" HOST "Content-Length: 5" END},
		{417, "PUT /x HTTP/1.1\r\n" HOST "Content-Length: 5\r\nExpect: 100-continue, x" END},
		{417, "PUT /x HTTP/1.1\r\n" HOST "Expect: x\r\nExpect: 100-continue" END},
		{417, "PUT /x HTTP/1.1\r\n" HOST "Content-Length: 5\r\nExpect: 200-ok" END},
	};
	struct fed f;

	(void)state;
	for (size_t i = 0; i < DIM(refused); i++) {
		feed_text(&f, refused[i].text);
		if (f.status != refused[i].status)
			fail_msg("status %u instead of %u: %s", f.status, refused[i].status, refused[i].text);
	}
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

static void
list_in_several_lines_is_one_list(void **state)
{
	struct fed f;
	const struct http_request *r;

	(void)state;
	r = accepted(&f, "GET / HTTP/1.1\r\n" HOST "If-None-Match: \"a\"\r\nX: y\r\nif-none-match: \"b\", \"c\"" END);
	assert_int_equal(r->if_none_match.count, 2);
	assert_string_equal(r->if_none_match.lines[1], "\"b\", \"c\"");
	assert_int_equal(accepted(&f, "GET / HTTP/1.1\r\n" HOST "If-Match: \"a\"\r\nIf-Match: *" END)->if_match.count,
			 2);
	assert_true(accepted(&f, "GET / HTTP/1.1\r\n" HOST "Connection: x\r\nConnection: close" END)->close);
	assert_true(accepted(&f, "PUT / HTTP/1.1\r\n" HOST
				 "Content-Length: 1\r\nExpect: 100-continue, 100-continue\r\nExpect: 100-continue" END)
			    ->expects_continue);
}

static void
date_that_comes_twice_is_none(void **state)
{
	struct fed f;
	const struct http_request *r =
		accepted(&f, "GET / HTTP/1.1\r\n" HOST "If-Modified-Since: a\r\nIf-Modified-Since: b\r\n"
			     "If-Unmodified-Since: a\r\nIf-Unmodified-Since: b" END);

	(void)state;
	assert_string_equal(r->if_modified_since, "");
	assert_string_equal(r->if_unmodified_since, "");
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test(head_of_a_plain_get_is_read),
		cmocka_unit_test(head_leaves_what_is_behind_it),
		cmocka_unit_test(head_ignores_empty_lines_before_it),
		cmocka_unit_test(head_without_its_end_waits),
		cmocka_unit_test(head_of_each_method_is_known),
		cmocka_unit_test(target_is_a_path_and_a_query),
		cmocka_unit_test(connection_lasts_as_version_and_field_say),
		cmocka_unit_test(length_of_a_body_is_read),
		cmocka_unit_test(expectation_of_a_continue_is_seen),
		cmocka_unit_test(head_that_is_not_to_be_believed_is_refused),
		cmocka_unit_test(head_with_a_nul_is_refused),
		cmocka_unit_test(request_line_up_to_its_limit_is_read),
		cmocka_unit_test(head_up_to_its_limit_is_read),
		cmocka_unit_test(list_in_several_lines_is_one_list),
		cmocka_unit_test(date_that_comes_twice_is_none),
		cmocka_unit_test(head_request_is_known_also_when_it_is_refused),
		cmocka_unit_test(head_request_is_known_also_when_it_is_too_long),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("http_request", cases, NULL, NULL);
}
