/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A segment is moved that is out of range: so that offset + length is 0 in 32 bits.
 * expect: a segment out of range: offset 8, length 4294967288, of 64 bytes
 * plain: the segment is out of range
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);	      /* taken */
	evpl_iovec_move_segment(&another, &iovec, 8, UINT32_MAX - 7); /* misused */
	evpl_iovec_release(evpl, &another);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_move_segment(&another, &iovec, 8, 56);
	evpl_iovec_release(evpl, &another);
}
