/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec that was never taken, of garbage bytes, is used: its length is set.
 * expect: an uninitialised or garbage iovec, which was never taken
 * flags: LOCAL
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	memset(&iovec, 0xA5, sizeof(iovec));
	evpl_iovec_set_length(&iovec, 32); /* misused */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_set_length(&iovec, 32);
	evpl_iovec_release(evpl, &iovec);
}
