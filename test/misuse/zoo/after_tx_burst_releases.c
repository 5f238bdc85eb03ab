/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec that was sent is used: it is released among others.
 * expect: release after it was sent
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);	 /* let go */
	evpl_iovecs_release(evpl, &iovec, 1);		 /* misused */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, clone;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&clone, &iovec);
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);
	evpl_iovecs_release(evpl, &clone, 1);
}
