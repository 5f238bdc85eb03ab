/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One byte is written behind the end of a reservation. Found by the commit.
 * expect: write past the end: byte 0 behind 64 bytes at %p
 * needs: bytes
 * flags: LOCAL
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	p[64] = 1;			       /* written */
	evpl_iovec_commit(evpl, 0, &iovec, 1); /* found */
	evpl_iovec_release(evpl, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	p = evpl_iovec_data(&iovec);
	p[63] = 1;
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_release(evpl, &iovec);
}
