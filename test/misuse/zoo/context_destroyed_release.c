/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An iovec is released through a context that was destroyed.
 * expect: a context that was destroyed, or never created
 * flags: SHARED
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl *context = evpl_create(NULL);
	struct evpl_iovec iovec;

	evpl_iovec_alloc(context, 64, 0, 1, flags, &iovec);
	evpl_destroy(context);
	evpl_iovec_release(context, &iovec); /* misused */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl *context = evpl_create(NULL);
	struct evpl_iovec iovec;

	evpl_iovec_alloc(context, 64, 0, 1, flags, &iovec);
	evpl_destroy(context);
	evpl_iovec_release(evpl, &iovec);
}
