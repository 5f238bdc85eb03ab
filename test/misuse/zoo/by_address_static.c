/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Through function pointers, in a static function: taken and released twice. Its name is nobody's to know.
 * expect: double release
 */
#include "zoo.h"

static __attribute__((noinline)) void
take(struct evpl *evpl, unsigned flags, struct evpl_iovec *iovec)
{
	int (*volatile alloc)(struct evpl *, unsigned, unsigned, unsigned, unsigned, struct evpl_iovec *) =
		evpl_iovec_alloc;

	alloc(evpl, 64, 0, 1, flags, iovec); /* taken by address of evpl_iovec_alloc */
	alloc = NULL;
}

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	take(evpl, flags, &iovec);
	evpl_iovec_release(evpl, &iovec); /* let go */
	evpl_iovec_release(evpl, &iovec); /* misused */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	take(evpl, flags, &iovec);
	evpl_iovec_release(evpl, &iovec);
}
