/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One byte is written behind the end of what was committed, into what was given back.
 * expect: write past the end: byte 0 behind 10 bytes at %p
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
	evpl_iovec_set_length(&iovec, 10);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	p = evpl_iovec_data(&iovec);
	p[10] = 1;			  /* written */
	evpl_iovec_release(evpl, &iovec); /* found */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_set_length(&iovec, 10);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	p = evpl_iovec_data(&iovec);
	p[9] = 1;
	evpl_iovec_release(evpl, &iovec);
}
