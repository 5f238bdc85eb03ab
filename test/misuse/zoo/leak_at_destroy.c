/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A context is destroyed while LOCAL iovecs that were taken through it are live.
 * expect: evpl_destroy: LOCAL iovecs that were taken through it are still held: 3 iovecs, 192 bytes
 * ends: well
 * flags: LOCAL
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl *context = evpl_create(NULL);
	struct evpl_iovec iovecs[3];

	for (unsigned i = 0; i < 3; i++)
		evpl_iovec_alloc(context, 64, 0, 1, flags, &iovecs[i]); /* leaked: 3 iovecs, 192 bytes */
	evpl_destroy(context);
	evpl_iovecs_release(evpl, iovecs, 3);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl *context = evpl_create(NULL);
	struct evpl_iovec iovecs[3];

	for (unsigned i = 0; i < 3; i++)
		evpl_iovec_alloc(context, 64, 0, 1, flags, &iovecs[i]);
	evpl_iovecs_release(context, iovecs, 3);
	evpl_destroy(context);
}
