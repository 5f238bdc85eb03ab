/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Through a function pointer, in an exported function, what was released is released again.
 * expect: double release
 */
#include "zoo.h"

void zoo_release_again(struct evpl *evpl, struct evpl_iovec *iovec);

__attribute__((noinline)) void
zoo_release_again(struct evpl *evpl, struct evpl_iovec *iovec)
{
	void (*volatile release)(struct evpl *, struct evpl_iovec *) = evpl_iovec_release;

	release(evpl, iovec); /* misused by address of evpl_iovec_release */
	release = NULL;	      /* else the call would be a jump, and leave no address */
}

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_release(evpl, &iovec);		 /* let go */
	zoo_release_again(evpl, &iovec);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	zoo_release_again(evpl, &iovec);
}
