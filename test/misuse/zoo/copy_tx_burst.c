/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec was copied by "=", and the copy is used: it is sent.
 * expect: a copy made by "=": the reference is another iovec's
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	copy = iovec;
	evpl_tx_burst(evpl, zoo_port(), 0, &copy, 1); /* misused */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, copy;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&copy, &iovec);
	evpl_iovec_release(evpl, &iovec);
	evpl_tx_burst(evpl, zoo_port(), 0, &copy, 1);
}
