/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One byte is written behind the end of 61 bytes.
 * expect: write past the end: byte 0 behind 61 bytes at %p
 * needs: bytes
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 61, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	p[61] = 1;			  /* written */
	evpl_iovec_release(evpl, &iovec); /* found */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 61, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[60] = 1;
	evpl_iovec_release(evpl, &iovec);
}
