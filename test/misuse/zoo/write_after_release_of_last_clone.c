/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A byte is written after the last of two clones was released.
 * expect: write after release: byte 0 of 64 bytes at %p
 * needs: bytes
 * found: cleanup
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_clone(&another, &iovec);
	p = evpl_iovec_data(&iovec);
	evpl_iovec_release(evpl, &iovec);
	p[1] = 1;
	evpl_iovec_release(evpl, &another); /* let go */
	p[0] = 1;			    /* written */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&another, &iovec);
	p = evpl_iovec_data(&iovec);
	evpl_iovec_release(evpl, &iovec);
	p[0] = 1;
	evpl_iovec_release(evpl, &another);
}
