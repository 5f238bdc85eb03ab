/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One byte is written behind the end. Found by the call that ends it.
 * expect: write past the end: byte 0 behind 64 bytes at %p
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
	p[64] = 1;			      /* written */
	evpl_iovecs_release(evpl, &iovec, 1); /* found */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[63] = 1;
	evpl_iovecs_release(evpl, &iovec, 1);
}
