/* SPDX-License-Identifier: BSD-3-Clause */
#include "fed.h"

void
feed_piece(struct fed *f, const char *text, size_t length)
{
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

void
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

void
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

void
feed_text(struct fed *f, const char *text)
{
	feed(f, text, strlen(text));
}

const struct http_request *
accepted(struct fed *f, const char *text)
{
	feed_text(f, text);
	if (f->status != 0 || !f->head.ended)
		fail_msg("status %u, ended %d: %s", f->status, f->head.ended, text);
	return &f->request;
}
