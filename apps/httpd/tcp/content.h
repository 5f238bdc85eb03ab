/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes in iovecs that are sent to any number of peers: a file, or a pattern that is sent again and again. Each iovec but
 * the last has `chunk` bytes.
 */
#ifndef HTTPD_CONTENT_H
#define HTTPD_CONTENT_H

#include <stdint.h>

#include <evpl/evpl.h>

struct content {
	struct evpl_iovec *iovecs; /* room for all of them; the first `count` are held */
	unsigned count;
	unsigned chunk;
	uint64_t length; /* bytes, those not there yet included */
};

/* Some bytes of one iovec. */
struct content_piece {
	struct evpl_iovec *iovec;
	unsigned offset, length;
};

/* Room for length bytes, of which none is there yet. 0, or -1 with errno. */
int content_init(struct content *content, uint64_t length);

/* Takes the next iovec; NULL: no memory now. Not to be called when all are there. */
struct evpl_iovec *content_grow(struct content *content, struct evpl *evpl);

/* Bytes that the iovecs have. */
uint64_t content_held(const struct content *content);

/* The bytes at position, at most limit, as far as one iovec goes. The content repeats itself behind its end. */
struct content_piece content_at(const struct content *content, uint64_t position, uint64_t limit);

/* Gives the iovecs back; bytes that a connection still sends stay. What was never used must be all zero. */
void content_release(struct content *content, struct evpl *evpl);

#endif /* HTTPD_CONTENT_H */
