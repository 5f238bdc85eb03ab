/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes in iovecs, sent to any number of peers: a file, or a pattern. Each iovec but the last has `chunk` bytes. */
#ifndef HTTPD_CONTENT_H
#define HTTPD_CONTENT_H

#include <stdint.h>

#include <evpl/evpl.h>

struct content {
	struct evpl_iovec *iovecs; /* room for all; the first `count` are held */
	unsigned count;
	unsigned chunk;
	uint64_t length; /* bytes, also those that are not there yet */
};

/* A range of one iovec's bytes. */
struct content_piece {
	struct evpl_iovec *iovec;
	unsigned offset, length;
};

/* Prepares room for length bytes, and has none of them yet. 0, or -1 with errno. */
int content_init(struct content *content, uint64_t length);

/* Takes the next iovec; NULL: no memory now. Must not be called when all are there. */
struct evpl_iovec *content_grow(struct content *content, struct evpl *evpl);

/*
 * Makes a content of length bytes. byte_at() is called for each byte, from the first to the last. 0, or -1: no memory;
 * the caller must release the content then, too.
 */
int content_generate(struct content *content, struct evpl *evpl, uint64_t length,
		     char (*byte_at)(uint64_t position, void *state), void *state);

/* Bytes of the iovecs that are there. */
uint64_t content_held(const struct content *content);

/* The bytes at position, at most limit, up to the iovec's end. Behind its end the content repeats. */
struct content_piece content_at(const struct content *content, uint64_t position, uint64_t limit);

/* Gives the iovecs back. Bytes that a connection still sends stay. A content that was never used must be all zero. */
void content_release(struct content *content, struct evpl *evpl);

#endif /* HTTPD_CONTENT_H */
