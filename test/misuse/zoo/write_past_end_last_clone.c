/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One byte is written behind the end through a clone, after the original was released.
 * expect: write past the end: byte 0 behind 64 bytes at %p
 * needs: bytes
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_clone(&another, &iovec);
	evpl_iovec_release(evpl, &iovec);
	p = evpl_iovec_data(&another);
	p[64] = 1;			    /* written */
	evpl_iovec_release(evpl, &another); /* found */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&another, &iovec);
	evpl_iovec_release(evpl, &iovec);
	p = evpl_iovec_data(&another);
	p[63] = 1;
	evpl_iovec_release(evpl, &another);
}
