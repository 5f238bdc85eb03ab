/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The library is stopped while iovecs are live.
 * expect: evpl_cleanup: iovecs are still held: 3 iovecs, 160 bytes
 * ends: well
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovecs[3];

	for (unsigned i = 0; i < 2; i++)
		evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovecs[i]); /* leaked: 2 iovecs, 128 bytes */
	evpl_iovec_clone_segment(&iovecs[2], &iovecs[1], 0, 32);     /* leaked: 1 iovec, 32 bytes */
	zoo_check(evpl_cleanup() == -EBUSY, "-EBUSY");
	evpl_iovecs_release(evpl, iovecs, 3);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovecs[3];

	zoo_check(evpl_init(NULL) == 0, "a second user");
	for (unsigned i = 0; i < 3; i++)
		evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovecs[i]);
	zoo_check(evpl_cleanup() == 0, "of two users");
	evpl_iovecs_release(evpl, iovecs, 3);
}
