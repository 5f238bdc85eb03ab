/* SPDX-License-Identifier: BSD-3-Clause */
#include "answer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <rte_common.h>

#include "../common/crc32.h"

/* Reads a field's value up to its line's end: digits, with spaces around them. */
static bool
parse_length(const char *text, uint64_t *length)
{
	const char *first = text + strspn(text, " \t");
	size_t digits = strspn(first, "0123456789");

	if (digits == 0 || digits > 18 || strncmp(first + digits + strspn(first + digits, " \t"), "\r\n", 2) != 0)
		return false;
	*length = strtoull(first, NULL, 10);
	return true;
}

/* The head is whole: its status must be 200, and it must have one Content-Length. */
static bool
begin_body(struct answer *a)
{
	const char *line = strstr(a->head, "\r\n");

	if (strncmp(a->head, "HTTP/1.1 200 ", 13) != 0)
		return false;
	for (; line != NULL; line = strstr(line + 2, "\r\n")) {
		if (strncasecmp(line + 2, "Transfer-Encoding:", 18) == 0)
			return false;
		if (strncasecmp(line + 2, "Content-Length:", 15) != 0)
			continue;
		if (a->in_body || !parse_length(line + 17, &a->body_left))
			return false;
		a->in_body = true;
	}
	return a->in_body;
}

/* Takes the head's bytes, and returns their number. Negative: this is no answer. */
static int
take_head(struct answer *a, const char *bytes, unsigned length)
{
	unsigned before = a->head_length, n = RTE_MIN(length, ANSWER_HEAD_MAX - before), whole;
	const char *end;

	memcpy(a->head + before, bytes, n);
	a->head[before + n] = '\0';
	end = strstr(a->head + (before > 3 ? before - 3 : 0), "\r\n\r\n");
	if (end == NULL) {
		a->head_length += n;
		return a->head_length < ANSWER_HEAD_MAX && strlen(a->head) == a->head_length ? (int)n : -1;
	}
	whole = (unsigned)(end + 4 - a->head);
	a->head[whole] = '\0';
	return begin_body(a) ? (int)(whole - before) : -1;
}

static int
take_body(struct answer *a, const char *bytes, unsigned length, bool want_crc)
{
	unsigned n = (unsigned)RTE_MIN(length, a->body_left);

	if (want_crc)
		a->crc = crc32_update(a->crc, bytes, n);
	a->body_bytes += n;
	a->body_left -= n;
	return (int)n;
}

void
answer_begin(struct answer *a)
{
	a->in_body = false;
	a->head_length = 0;
	a->crc = 0;
	a->body_bytes = 0;
}

int
answer_take(struct answer *a, const char *bytes, unsigned length, bool want_crc)
{
	return a->in_body ? take_body(a, bytes, length, want_crc) : take_head(a, bytes, length);
}

bool
answer_is_whole(const struct answer *a)
{
	return a->in_body && a->body_left == 0;
}
