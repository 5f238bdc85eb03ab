/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A byte is written after release. Found when the library is stopped.
 * expect: write after release: byte 63 of 64 bytes at %p
 * needs: bytes
 * found: cleanup
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	evpl_iovec_release(evpl, &iovec); /* let go */
	p[63] = 1;			  /* written */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[63] = 1;
	evpl_iovec_release(evpl, &iovec);
}
