/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "content.h"

int
content_init(struct content *content, uint64_t length)
{
	uint64_t chunk = evpl_buffer_size();
	uint64_t iovecs = length / chunk + (length % chunk != 0);

	*content = (struct content){.chunk = (unsigned)chunk, .length = length};
	if (iovecs > UINT_MAX) {
		errno = EFBIG;
		return -1;
	}
	if (iovecs > 0)
		content->iovecs = calloc(iovecs, sizeof(*content->iovecs));
	return iovecs > 0 && content->iovecs == NULL ? -1 : 0;
}

struct evpl_iovec *
content_grow(struct content *content, struct evpl *evpl)
{
	struct evpl_iovec *iovec = &content->iovecs[content->count];
	uint64_t left = content->length - content_held(content);
	unsigned length = left < content->chunk ? (unsigned)left : content->chunk;

	if (evpl_iovec_alloc(evpl, length, 0, 1, 0, iovec) != 1)
		return NULL;
	content->count++;
	return iovec;
}

int
content_generate(struct content *content, struct evpl *evpl, uint64_t length,
		 char (*byte_at)(uint64_t position, void *state), void *state)
{
	uint64_t at = 0;

	if (content_init(content, length) != 0)
		return -1;
	while (content_held(content) < length) {
		struct evpl_iovec *iovec = content_grow(content, evpl);
		char *bytes;

		if (iovec == NULL)
			return -1;
		bytes = evpl_iovec_data(iovec);
		for (unsigned i = 0; i < evpl_iovec_length(iovec); i++)
			bytes[i] = byte_at(at++, state);
	}
	return 0;
}

uint64_t
content_held(const struct content *content)
{
	uint64_t held = (uint64_t)content->count * content->chunk;

	return held < content->length ? held : content->length;
}

struct content_piece
content_at(const struct content *content, uint64_t position, uint64_t limit)
{
	uint64_t in = position % content->length;
	struct content_piece piece = {
		.iovec = &content->iovecs[in / content->chunk],
		.offset = (unsigned)(in % content->chunk),
	};
	unsigned left = evpl_iovec_length(piece.iovec) - piece.offset;

	piece.length = limit < left ? (unsigned)limit : left;
	return piece;
}

void
content_release(struct content *content, struct evpl *evpl)
{
	evpl_iovecs_release(evpl, content->iovecs, (int)content->count);
	free(content->iovecs);
	*content = (struct content){0};
}
