/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A byte is read behind the end of what was committed.
 * expect: nothing
 * why: only the address sanitizer and memcheck see reads
 * needs: bytes
 * flags: LOCAL
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_set_length(&iovec, 10);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	p = evpl_iovec_data(&iovec);
	(void)p[10]; /* read */
	evpl_iovec_release(evpl, &iovec);
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
	(void)p[9];
	evpl_iovec_release(evpl, &iovec);
}
