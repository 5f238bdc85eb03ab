/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What evpl-load takes for an answer (apps/load/answer.c). What would break: an answer that is counted before its last
 * byte, or one that is none and is counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "answer.h"

#define HEAD "HTTP/1.1 200 OK\r\nServer: a\r\nContent-Length: 5\r\n\r\n"

static struct answer answer;

/* Takes the text in pieces of that length. Returns how much of it was taken; -1: it is no answer. */
static int
take(const char *text, unsigned piece)
{
	unsigned length = (unsigned)strlen(text), at = 0;

	answer_begin(&answer);
	while (at < length && !answer_is_whole(&answer)) {
		unsigned n = piece < length - at ? piece : length - at;
		int taken = answer_take(&answer, text + at, n, true);

		if (taken < 0)
			return -1;
		assert_in_range(taken, 1, n);
		at += (unsigned)taken;
	}
	return (int)at;
}

static void
an_answer_is_whole_with_its_last_byte(void **state)
{
	static const char text[] = HEAD "abcde";

	(void)state;
	for (unsigned piece = 1; piece <= sizeof(text); piece++) {
		assert_int_equal(take(text, piece), sizeof(text) - 1);
		assert_true(answer_is_whole(&answer));
		assert_int_equal(answer.body_bytes, 5);
		assert_int_equal(answer.crc, 0x8587D865); /* zlib's, of "abcde" */
	}
	assert_int_equal(take(HEAD "abcd", 1), sizeof(text) - 2);
	assert_false(answer_is_whole(&answer));
}

static void
what_follows_an_answer_is_left(void **state)
{
	(void)state;
	assert_int_equal(take(HEAD "abcde" HEAD, 1000), sizeof(HEAD "abcde") - 1);
	assert_true(answer_is_whole(&answer));
	assert_int_equal(take("HTTP/1.1 200 OK\r\nContent-Length:0\r\n\r\nHTTP", 1000), 37);
	assert_true(answer_is_whole(&answer));
	assert_int_equal(answer.body_bytes, 0);
}

static void
other_heads_are_no_answer(void **state)
{
	static const char *const wrong[] = {
		"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n",
		"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5 6\r\n\r\n",
		"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(take(wrong[i], 1000), -1);
		assert_int_equal(take(wrong[i], 1), -1);
	}
}

static void
a_head_without_end_is_no_answer(void **state)
{
	char *text = malloc(2 * ANSWER_HEAD_MAX);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', 2 * ANSWER_HEAD_MAX);
	text[2 * ANSWER_HEAD_MAX - 1] = '\0';
	assert_int_equal(take(text, 100), -1);
	assert_int_equal(take(text, 2 * ANSWER_HEAD_MAX), -1);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_whole_with_its_last_byte),
		cmocka_unit_test(what_follows_an_answer_is_left),
		cmocka_unit_test(other_heads_are_no_answer),
		cmocka_unit_test(a_head_without_end_is_no_answer),
	};

	return cmocka_run_group_tests_name("answer", tests, NULL, NULL);
}
