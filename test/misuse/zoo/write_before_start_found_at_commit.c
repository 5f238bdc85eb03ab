/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One byte is written before the start of a reservation. Found by the commit.
 * expect: write before the start: byte 1 before 64 bytes at %p
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
	p[-1] = 1;			       /* written */
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
	p[0] = 1;
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_release(evpl, &iovec);
}
