/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the head of a request says (apps/httpd/http_request.c): methods, targets, lengths.
 *
 * What would break: two readers could see the end of a request at different bytes (smuggling). So each known way has a
 * line in `refused`. Every head comes whole and in pieces, as fed.h says.
 */
#include "fed.h"

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
		cmocka_unit_test(head_of_each_method_is_known),
		cmocka_unit_test(target_is_a_path_and_a_query),
		cmocka_unit_test(connection_lasts_as_version_and_field_say),
		cmocka_unit_test(length_of_a_body_is_read),
		cmocka_unit_test(expectation_of_a_continue_is_seen),
		cmocka_unit_test(head_that_is_not_to_be_believed_is_refused),
		cmocka_unit_test(list_in_several_lines_is_one_list),
		cmocka_unit_test(date_that_comes_twice_is_none),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("http_request", cases, NULL, NULL);
}
