/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A reserved iovec is grown beyond what was reserved, to be committed.
 * expect: a length beyond what was taken: 65 of 64 bytes
 * plain: longer than what was reserved
 * flags: LOCAL
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	evpl_iovec_set_length(&iovec, 65);	    /* misused */
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_release(evpl, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_set_length(&iovec, 63);
	evpl_iovec_set_length(&iovec, 64);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_release(evpl, &iovec);
}
