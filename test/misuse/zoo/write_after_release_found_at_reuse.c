/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A byte is written after release. Found before the bytes are handed out again.
 * expect: write after release: byte 7 of 64 bytes at %p
 * needs: bytes
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	evpl_iovec_release(evpl, &iovec);			    /* let go */
	p[7] = 1;						    /* written */
	for (unsigned i = 0; i < 100; i++) {			    /* until its buffer comes again */
		evpl_iovec_alloc(evpl, 60000, 0, 1, flags, &iovec); /* found */
		evpl_iovec_release(evpl, &iovec);
	}
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[7] = 1;
	evpl_iovec_release(evpl, &iovec);
	for (unsigned i = 0; i < 100; i++) { /* until its buffer comes again */
		evpl_iovec_alloc(evpl, 60000, 0, 1, flags, &iovec);
		evpl_iovec_release(evpl, &iovec);
	}
}
