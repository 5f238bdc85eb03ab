/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is held is asked for: another thread took some of it, and has ended.
 * expect: evpl_leak_report: iovecs are held: 2 iovecs, 164 bytes
 * ends: well
 * flags: SHARED
 */
#include "zoo.h"

static void
elsewhere(void *arg)
{
	struct evpl *evpl = evpl_create(NULL);

	evpl_iovec_alloc(evpl, 100, 0, 1, EVPL_IOVEC_FLAG_SHARED, arg); /* leaked: 1 iovec, 100 bytes, elsewhere */
	evpl_destroy(evpl);
}

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovecs[2];

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovecs[0]); /* leaked: 1 iovec, 64 bytes */
	threads_run_elsewhere(elsewhere, &iovecs[1]);
	evpl_leak_report(stderr);
	evpl_iovecs_release(evpl, iovecs, 2);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovecs[2];

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovecs[0]);
	threads_run_elsewhere(elsewhere, &iovecs[1]);
	evpl_iovecs_release(evpl, iovecs, 2);
}
