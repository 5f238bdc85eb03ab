/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Of two contexts of a thread one is destroyed while LOCAL iovecs that were taken through it are live; the other's
 * are not lost.
 * expect: evpl_destroy: LOCAL iovecs that were taken through it are still held: 1 iovec, 64 bytes
 * ends: well
 * flags: LOCAL
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl *context = evpl_create(NULL);
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 32, 0, 1, flags, &another);
	evpl_iovec_alloc(context, 64, 0, 1, flags, &iovec); /* leaked: 1 iovec, 64 bytes */
	evpl_destroy(context);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_release(evpl, &another);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl *context = evpl_create(NULL);
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 32, 0, 1, flags, &another);
	evpl_iovec_alloc(context, 64, 0, 1, flags, &iovec);
	evpl_iovec_release(context, &iovec);
	evpl_destroy(context);
	evpl_iovec_release(evpl, &another);
}
