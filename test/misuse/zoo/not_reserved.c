/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * An iovec is committed that was not reserved.
 * expect: commit of what was not reserved
 */
ZOO_CASE(commit_alloc)

static void
commit_alloc_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_commit(evpl, 0, &iovec, 1);		 /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
commit_alloc_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * The clone of a reserved iovec is committed.
 * expect: commit of what was not reserved
 * flags: LOCAL
 */
ZOO_CASE(commit_clone)

static void
commit_clone_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_clone(&another, &iovec);	 /* taken */
	evpl_iovec_commit(evpl, 0, &another, 1); /* misused */
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

static void
commit_clone_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_clone(&another, &iovec);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A reserved iovec is committed twice.
 * expect: committed twice
 * flags: LOCAL
 */
ZOO_CASE(commit_twice)

static void
commit_twice_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_commit(evpl, 0, &iovec, 1); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
commit_twice_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_reserve(evpl, 64, 0, 1, &another);
	evpl_iovec_commit(evpl, 0, &another, 1);
	evpl_iovec_release(evpl, &iovec);
	evpl_iovec_release(evpl, &another);
}
