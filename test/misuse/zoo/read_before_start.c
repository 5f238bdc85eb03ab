/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A byte is read before the start.
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
	(void)p[-1]; /* read */
	evpl_iovec_release(evpl, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[0] = 1;
	(void)p[0];
	evpl_iovec_release(evpl, &iovec);
}
