/* SPDX-License-Identifier: BSD-3-Clause */
#include "trial.h"

#include <dirent.h>
#include <unistd.h>

#include <rte_mempool.h>
#include <rte_memzone.h>

#define WAIT_MS 60000

static void
count_zone(const struct rte_memzone *zone, void *arg)
{
	(void)zone;
	++*(unsigned *)arg;
}

static void
count_pool(struct rte_mempool *pool, void *arg)
{
	(void)pool;
	++*(unsigned *)arg;
}

static unsigned
count_entries(const char *folder)
{
	DIR *entries = opendir(folder);
	unsigned n = 0;

	assert_non_null(entries);
	while (readdir(entries) != NULL)
		n++;
	closedir(entries);
	return n;
}

void
inventory_take(struct inventory *i)
{
	*i = (struct inventory){.threads = count_entries("/proc/self/task"),
				.files = count_entries("/proc/self/fd"),
				.blocks = faulty_blocks(),
				.heap = home_heap() - port_lost()};
	rte_memzone_walk(count_zone, &i->memzones);
	rte_mempool_walk(count_pool, &i->mempools);
}

static void
assert_same(size_t before, size_t now, const char *what, const char *when)
{
	if (now != before)
		fail_msg("%s: %zu %s, and %zu before (fault in %s)", when, now, what, before,
			 faulty_name() != NULL ? faulty_name() : "none");
}

void
inventory_assert(const struct inventory *before, bool heap, const char *when)
{
	struct inventory now;

	inventory_take(&now);
	for (unsigned ms = 0; now.threads > before->threads && ms < WAIT_MS; ms++) {
		usleep(1000);
		inventory_take(&now);
	}
	assert_same(before->memzones, now.memzones, "memzones", when);
	assert_same(before->mempools, now.mempools, "mempools", when);
	assert_same(before->threads, now.threads, "threads", when);
	assert_same(before->files, now.files, "file descriptors", when);
	assert_same(before->blocks, now.blocks, "blocks of the C heap", when);
	if (heap)
		assert_same(before->heap, now.heap, "bytes of EAL's heap", when);
}

static bool
is_documented(const struct trial *t, int error)
{
	for (unsigned i = 0; i < TRIAL_ERRORS; i++) {
		if (t->errors[i] == error)
			return true;
	}
	return false;
}

/* The call failed. */
static void
check_failure(const struct trial *t, int error, bool faulted, unsigned n, const struct inventory *before)
{
	if (!faulted)
		fail_msg("without a fault: %s", strerror(error));
	if (!is_documented(t, error))
		fail_msg("fault %u (%s): %s (%d) is not documented", n, faulty_name(), strerror(error), error);
	inventory_assert(before, !t->keeps, "after a call that failed");
}

/* A round: fault n. */
struct round {
	const struct trial *trial;
	unsigned n;
	bool faulted;
};

static void *
do_round(void *arg)
{
	struct round *r = arg;
	const struct trial *t = r->trial;
	struct inventory before;
	int error;

	if (t->prepare != NULL)
		t->prepare();
	inventory_take(&before);
	faulty_arm(r->n);
	error = t->call();
	r->faulted = faulty_disarm();
	if (error != 0) {
		check_failure(t, error, r->faulted, r->n, &before);
		if (t->again != NULL)
			t->again();
		error = t->call();
		if (error != 0)
			fail_msg("the next try after fault %u (%s): %s", r->n, faulty_name(), strerror(error));
	}
	if (t->use != NULL)
		t->use();
	t->finish();
	return NULL;
}

static void
do_round_in_thread(struct round *r)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, do_round, r), 0);
	pthread_join(thread, NULL);
}

void
trial_run(const struct trial *t)
{
	struct round r = {.trial = t, .faulted = true};

	while (r.faulted) {
		struct inventory before;

		r.n++;
		inventory_take(&before);
		/* Tracing keeps a block for each thread, with its name, and stops the program if there is none. */
		if (t->threads && !EVPL_IOVEC_TRACE)
			do_round_in_thread(&r);
		else
			do_round(&r);
		before.blocks += t->ends_in_thread && EVPL_IOVEC_TRACE;
		inventory_assert(&before, true, "at the end");
	}
}
