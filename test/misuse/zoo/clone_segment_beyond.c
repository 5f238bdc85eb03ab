/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A segment is cloned that is out of range: behind the end, of no length.
 * expect: a segment out of range: offset 65, length 0, of 64 bytes
 * plain: the segment is out of range
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);   /* taken */
	evpl_iovec_clone_segment(&another, &iovec, 65, 0); /* misused */
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone_segment(&another, &iovec, 64, 0);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}
