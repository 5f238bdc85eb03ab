/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A segment of an iovec is moved, whose length was written by hand to be one byte more than was taken.
 * expect: a view of more than was taken
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	iovec.length = 65;
	evpl_iovec_move_segment(&another, &iovec, 0, 65); /* misused */
	evpl_iovec_release(evpl, &another);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	iovec.length = 60;
	iovec.length = 64;
	evpl_iovec_move_segment(&another, &iovec, 0, 64);
	evpl_iovec_release(evpl, &another);
}
