/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A cloned segment is grown over bytes of its source that are behind it.
 * expect: a length beyond what was taken: 17 of 16 bytes
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone_segment(&another, &iovec, 8, 16); /* taken */
	evpl_iovec_set_length(&another, 17);		   /* misused */
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone_segment(&another, &iovec, 8, 16);
	evpl_iovec_set_length(&another, 1);
	evpl_iovec_set_length(&another, 16);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}
