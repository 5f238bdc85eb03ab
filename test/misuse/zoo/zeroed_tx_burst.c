/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec of zeros, which was never taken, is used: it is sent.
 * expect: nothing
 * flags: LOCAL
 * why: the call refuses it with EINVAL, as it says, in every build
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	memset(&iovec, 0, sizeof(iovec));
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);
}
