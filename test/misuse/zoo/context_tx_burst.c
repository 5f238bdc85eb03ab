/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Another thread sends through a context that it does not own.
 * expect: a context used by a thread that does not own it
 * flags: SHARED
 */
#include "zoo.h"

struct job {
	struct evpl *evpl; /* NULL: the thread makes its own */
	struct evpl_iovec iovec;
};

static void
elsewhere(void *arg)
{
	struct job *job = arg;
	struct evpl *evpl = job->evpl != NULL ? job->evpl : evpl_create(NULL);

	evpl_tx_burst(evpl, zoo_port(), 0, &job->iovec, 1); /* misused elsewhere */
	if (job->evpl == NULL)
		evpl_destroy(evpl);
}

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct job job;

	zoo_port();
	job.evpl = evpl_create(NULL);						  /* created */
	evpl_iovec_alloc(job.evpl, 64, 0, 1, EVPL_IOVEC_FLAG_SHARED, &job.iovec); /* owned */
	threads_run_elsewhere(elsewhere, &job);
	evpl_destroy(job.evpl);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct job job;

	zoo_port();
	job.evpl = NULL;
	evpl_iovec_alloc(evpl, 64, 0, 1, EVPL_IOVEC_FLAG_SHARED, &job.iovec);
	threads_run_elsewhere(elsewhere, &job);
}
