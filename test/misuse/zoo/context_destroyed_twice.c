/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A context is destroyed twice.
 * expect: a context that was destroyed, or never created
 * flags: LOCAL
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl *context = evpl_create(NULL);

	evpl_destroy(context);
	evpl_destroy(context); /* misused */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl *context = evpl_create(NULL);

	evpl_destroy(context);
	context = NULL;
	evpl_destroy(context);
}
