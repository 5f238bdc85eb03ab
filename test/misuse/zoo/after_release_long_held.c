/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec that was held while a thousand others came and went is released twice, and a few hundred come and go in between: its
 * record must not have been given to one of those.
 * expect: double release
 */
#include "zoo.h"

static void
others(struct evpl *evpl, unsigned flags, unsigned n)
{
	struct evpl_iovec other;

	for (unsigned i = 0; i < n; i++) {
		evpl_iovec_alloc(evpl, 64, 0, 1, flags, &other);
		evpl_iovec_release(evpl, &other);
	}
}

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	others(evpl, flags, 1000);
	evpl_iovec_release(evpl, &iovec); /* let go */
	others(evpl, flags, 400);
	evpl_iovec_release(evpl, &iovec); /* misused */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	others(evpl, flags, 1400);
	evpl_iovec_release(evpl, &iovec);
	others(evpl, flags, 400);
}
