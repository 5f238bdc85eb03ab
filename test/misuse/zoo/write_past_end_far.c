/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The last of the guard bytes behind the end is written.
 * expect: write past the end: byte 15 behind 64 bytes at %p
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
	p[64 + 15] = 1;			  /* written */
	evpl_iovec_release(evpl, &iovec); /* found */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	for (unsigned i = 0; i < 64; i++)
		p[i] = 1;
	evpl_iovec_release(evpl, &iovec);
}
