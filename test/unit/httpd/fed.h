/* SPDX-License-Identifier: BSD-3-Clause */
/* Heads that are fed to the parser of requests, cut into pieces in every way. */
#ifndef TEST_FED_H
#define TEST_FED_H

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

/** Begins a head. Each piece of it is a copy of exactly that size: a sanitizer sees what is read behind it. */
void feed_begin(struct fed *f);
void feed_piece(struct fed *f, const char *text, size_t length);

/** Feeds a head in every way: all say the same. The last one's results stay in f. */
void feed(struct fed *f, const char *text, size_t length);
void feed_text(struct fed *f, const char *text);

/** Feeds a head that is whole and good. @return its request. */
const struct http_request *accepted(struct fed *f, const char *text);

#endif /* TEST_FED_H */
