/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A byte is written by another thread after release.
 * expect: write after release: byte 3 of 64 bytes at %p
 * needs: bytes
 * found: cleanup
 */
#include "zoo.h"

static void
elsewhere(void *arg)
{
	volatile char *p = arg;

	p[3] = 1; /* written */
}

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	evpl_iovec_release(evpl, &iovec); /* let go */
	threads_run_elsewhere(elsewhere, (void *)(uintptr_t)p);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	threads_run_elsewhere(elsewhere, (void *)(uintptr_t)p);
	evpl_iovec_release(evpl, &iovec);
}
