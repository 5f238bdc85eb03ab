/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A segment is cloned that is out of range: one byte too long.
 * expect: a segment out of range: offset 60, length 5, of 64 bytes
 * plain: the segment is out of range
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);   /* taken */
	evpl_iovec_clone_segment(&another, &iovec, 60, 5); /* misused */
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone_segment(&another, &iovec, 60, 4);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}
