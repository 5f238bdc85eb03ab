/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The length is set to one byte more than was taken.
 * expect: a length beyond what was taken: 65 of 64 bytes
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_set_length(&iovec, 65);		 /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_set_length(&iovec, 10);
	evpl_iovec_set_length(&iovec, 64);
	evpl_iovec_release(evpl, &iovec);
}
