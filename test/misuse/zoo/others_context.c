/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * Another thread takes an iovec through a context that it does not own.
 * expect: a context used by a thread that does not own it
 * flags: SHARED
 */
ZOO_CASE(alloc)

struct alloc_job {
	struct evpl *evpl; /* NULL: the thread makes its own */
	struct evpl_iovec iovec;
};

static void
alloc_elsewhere(void *arg)
{
	struct alloc_job *alloc_job = arg;
	struct evpl *evpl = alloc_job->evpl != NULL ? alloc_job->evpl : evpl_create(NULL);
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, EVPL_IOVEC_FLAG_SHARED, &iovec); /* misused elsewhere */
	evpl_iovec_release(evpl, &iovec);
	if (alloc_job->evpl == NULL)
		evpl_destroy(evpl);
}

static void
alloc_bug(struct evpl *evpl, unsigned flags)
{
	struct alloc_job alloc_job;

	alloc_job.evpl = evpl_create(NULL);						      /* created */
	evpl_iovec_alloc(alloc_job.evpl, 64, 0, 1, EVPL_IOVEC_FLAG_SHARED, &alloc_job.iovec); /* owned */
	threads_run_elsewhere(alloc_elsewhere, &alloc_job);
	evpl_iovec_release(alloc_job.evpl, &alloc_job.iovec);
	evpl_destroy(alloc_job.evpl);
}

static void
alloc_twin(struct evpl *evpl, unsigned flags)
{
	struct alloc_job alloc_job;

	alloc_job.evpl = NULL;
	evpl_iovec_alloc(evpl, 64, 0, 1, EVPL_IOVEC_FLAG_SHARED, &alloc_job.iovec);
	threads_run_elsewhere(alloc_elsewhere, &alloc_job);
	evpl_iovec_release(evpl, &alloc_job.iovec);
}

/*
 * Another thread releases an iovec through a context that it does not own.
 * expect: a context used by a thread that does not own it
 * flags: SHARED
 */
ZOO_CASE(release)

struct release_job {
	struct evpl *evpl; /* NULL: the thread makes its own */
	struct evpl_iovec iovec;
};

static void
release_elsewhere(void *arg)
{
	struct release_job *release_job = arg;
	struct evpl *evpl = release_job->evpl != NULL ? release_job->evpl : evpl_create(NULL);

	evpl_iovec_release(evpl, &release_job->iovec); /* misused elsewhere */
	if (release_job->evpl == NULL)
		evpl_destroy(evpl);
}

static void
release_bug(struct evpl *evpl, unsigned flags)
{
	struct release_job release_job;

	release_job.evpl = evpl_create(NULL);							  /* created */
	evpl_iovec_alloc(release_job.evpl, 64, 0, 1, EVPL_IOVEC_FLAG_SHARED, &release_job.iovec); /* owned */
	threads_run_elsewhere(release_elsewhere, &release_job);
	evpl_destroy(release_job.evpl);
}

static void
release_twin(struct evpl *evpl, unsigned flags)
{
	struct release_job release_job;

	release_job.evpl = NULL;
	evpl_iovec_alloc(evpl, 64, 0, 1, EVPL_IOVEC_FLAG_SHARED, &release_job.iovec);
	threads_run_elsewhere(release_elsewhere, &release_job);
}

/*
 * Another thread reserves an iovec through a context that it does not own.
 * expect: a context used by a thread that does not own it
 * flags: SHARED
 */
ZOO_CASE(reserve)

struct reserve_job {
	struct evpl *evpl; /* NULL: the thread makes its own */
	struct evpl_iovec iovec;
};

static void
reserve_elsewhere(void *arg)
{
	struct reserve_job *reserve_job = arg;
	struct evpl *evpl = reserve_job->evpl != NULL ? reserve_job->evpl : evpl_create(NULL);
	struct evpl_iovec iovec;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* misused elsewhere */
	evpl_iovec_release(evpl, &iovec);
	if (reserve_job->evpl == NULL)
		evpl_destroy(evpl);
}

static void
reserve_bug(struct evpl *evpl, unsigned flags)
{
	struct reserve_job reserve_job;

	reserve_job.evpl = evpl_create(NULL);							  /* created */
	evpl_iovec_alloc(reserve_job.evpl, 64, 0, 1, EVPL_IOVEC_FLAG_SHARED, &reserve_job.iovec); /* owned */
	threads_run_elsewhere(reserve_elsewhere, &reserve_job);
	evpl_iovec_release(reserve_job.evpl, &reserve_job.iovec);
	evpl_destroy(reserve_job.evpl);
}

static void
reserve_twin(struct evpl *evpl, unsigned flags)
{
	struct reserve_job reserve_job;

	reserve_job.evpl = NULL;
	evpl_iovec_alloc(evpl, 64, 0, 1, EVPL_IOVEC_FLAG_SHARED, &reserve_job.iovec);
	threads_run_elsewhere(reserve_elsewhere, &reserve_job);
	evpl_iovec_release(evpl, &reserve_job.iovec);
}

/*
 * Another thread makes a packet through a context that it does not own.
 * expect: a context used by a thread that does not own it
 * flags: SHARED
 */
ZOO_CASE(to_mbuf)

struct to_mbuf_job {
	struct evpl *evpl; /* NULL: the thread makes its own */
	struct evpl_iovec iovec;
};

static void
to_mbuf_elsewhere(void *arg)
{
	struct to_mbuf_job *to_mbuf_job = arg;
	struct evpl *evpl = to_mbuf_job->evpl != NULL ? to_mbuf_job->evpl : evpl_create(NULL);
	struct rte_mbuf *packet;

	packet = evpl_iovecs_to_mbuf(evpl, &to_mbuf_job->iovec, 1); /* misused elsewhere */
	rte_pktmbuf_free(packet);
	if (to_mbuf_job->evpl == NULL)
		evpl_destroy(evpl);
}

static void
to_mbuf_bug(struct evpl *evpl, unsigned flags)
{
	struct to_mbuf_job to_mbuf_job;

	to_mbuf_job.evpl = evpl_create(NULL);							  /* created */
	evpl_iovec_alloc(to_mbuf_job.evpl, 64, 0, 1, EVPL_IOVEC_FLAG_SHARED, &to_mbuf_job.iovec); /* owned */
	threads_run_elsewhere(to_mbuf_elsewhere, &to_mbuf_job);
	evpl_destroy(to_mbuf_job.evpl);
}

static void
to_mbuf_twin(struct evpl *evpl, unsigned flags)
{
	struct to_mbuf_job to_mbuf_job;

	to_mbuf_job.evpl = NULL;
	evpl_iovec_alloc(evpl, 64, 0, 1, EVPL_IOVEC_FLAG_SHARED, &to_mbuf_job.iovec);
	threads_run_elsewhere(to_mbuf_elsewhere, &to_mbuf_job);
}

/*
 * Another thread sends through a context that it does not own.
 * expect: a context used by a thread that does not own it
 * flags: SHARED
 */
ZOO_CASE(tx_burst)

struct tx_burst_job {
	struct evpl *evpl; /* NULL: the thread makes its own */
	struct evpl_iovec iovec;
};

static void
tx_burst_elsewhere(void *arg)
{
	struct tx_burst_job *tx_burst_job = arg;
	struct evpl *evpl = tx_burst_job->evpl != NULL ? tx_burst_job->evpl : evpl_create(NULL);

	evpl_tx_burst(evpl, zoo_port(), 0, &tx_burst_job->iovec, 1); /* misused elsewhere */
	if (tx_burst_job->evpl == NULL)
		evpl_destroy(evpl);
}

static void
tx_burst_bug(struct evpl *evpl, unsigned flags)
{
	struct tx_burst_job tx_burst_job;

	zoo_port();
	tx_burst_job.evpl = evpl_create(NULL);							    /* created */
	evpl_iovec_alloc(tx_burst_job.evpl, 64, 0, 1, EVPL_IOVEC_FLAG_SHARED, &tx_burst_job.iovec); /* owned */
	threads_run_elsewhere(tx_burst_elsewhere, &tx_burst_job);
	evpl_destroy(tx_burst_job.evpl);
}

static void
tx_burst_twin(struct evpl *evpl, unsigned flags)
{
	struct tx_burst_job tx_burst_job;

	zoo_port();
	tx_burst_job.evpl = NULL;
	evpl_iovec_alloc(evpl, 64, 0, 1, EVPL_IOVEC_FLAG_SHARED, &tx_burst_job.iovec);
	threads_run_elsewhere(tx_burst_elsewhere, &tx_burst_job);
}
