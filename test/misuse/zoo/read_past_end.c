/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A byte is read behind the end.
 * expect: nothing
 * why: only the address sanitizer and memcheck see reads
 * needs: bytes
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	(void)p[64]; /* read */
	evpl_iovec_release(evpl, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[63] = 1;
	(void)p[63];
	evpl_iovec_release(evpl, &iovec);
}
