/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What was committed shorter is grown again.
 * expect: a length beyond what was taken: 64 of 10 bytes
 * flags: LOCAL
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	evpl_iovec_set_length(&iovec, 10);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_set_length(&iovec, 64); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_set_length(&iovec, 10);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_set_length(&iovec, 10);
	evpl_iovec_release(evpl, &iovec);
}
