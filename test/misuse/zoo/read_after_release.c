/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A byte is read after release.
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
	evpl_iovec_release(evpl, &iovec);
	(void)p[7]; /* read */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[7] = 1;
	(void)p[7];
	evpl_iovec_release(evpl, &iovec);
}
