/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * An iovec is taken through a context that was destroyed.
 * expect: a context that was destroyed, or never created
 */
ZOO_CASE(alloc)

static void
alloc_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl *context = evpl_create(NULL);
	struct evpl_iovec iovec;

	evpl_iovec_alloc(context, 64, 0, 1, flags, &iovec);
	evpl_iovec_release(context, &iovec);
	evpl_destroy(context);
	evpl_iovec_alloc(context, 64, 0, 1, flags, &iovec); /* misused */
	evpl_iovec_release(evpl, &iovec);
}

static void
alloc_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl *context = evpl_create(NULL);
	struct evpl_iovec iovec;

	evpl_destroy(context);
	context = evpl_create(NULL);
	evpl_iovec_alloc(context, 64, 0, 1, flags, &iovec);
	evpl_iovec_release(context, &iovec);
	evpl_destroy(context);
}

/*
 * A context is destroyed twice.
 * expect: a context that was destroyed, or never created
 * flags: LOCAL
 */
ZOO_CASE(destroy)

static void
destroy_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl *context = evpl_create(NULL);

	evpl_destroy(context);
	evpl_destroy(context); /* misused */
}

static void
destroy_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl *context = evpl_create(NULL);

	evpl_destroy(context);
	context = NULL;
	evpl_destroy(context);
}

/*
 * An iovec is released through a context that was destroyed.
 * expect: a context that was destroyed, or never created
 * flags: SHARED
 */
ZOO_CASE(release)

static void
release_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl *context = evpl_create(NULL);
	struct evpl_iovec iovec;

	evpl_iovec_alloc(context, 64, 0, 1, flags, &iovec);
	evpl_destroy(context);
	evpl_iovec_release(context, &iovec); /* misused */
}

static void
release_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl *context = evpl_create(NULL);
	struct evpl_iovec iovec;

	evpl_iovec_alloc(context, 64, 0, 1, flags, &iovec);
	evpl_destroy(context);
	evpl_iovec_release(evpl, &iovec);
}
