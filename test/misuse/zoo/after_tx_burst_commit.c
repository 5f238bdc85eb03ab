/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec that was sent is used: it is committed.
 * expect: use after it was sent
 * flags: LOCAL
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);    /* taken */
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1); /* let go */
	evpl_iovec_commit(evpl, 0, &iovec, 1);	       /* misused */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);
}
