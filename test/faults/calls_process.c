/* SPDX-License-Identifier: BSD-3-Clause */
/* Trials of the calls that lend iovecs to another process. */
#include "calls.h"
#include "process_there.h"

static struct evpl_process *process;

static int
create_process(void)
{
	process = evpl_process_create("worker", 64, 64);
	return process != NULL ? 0 : rte_errno;
}

static void
use_process(void)
{
	struct evpl_process_info info;
	struct evpl_iovec iovec = {0};
	struct evpl_stats stats;

	evpl_stats_get(&stats); /* looks after what the process has sent back */
	assert_int_equal(stats.contexts, 1);
	assert_ptr_equal(evpl_process_find("worker"), process);
	assert_int_equal(evpl_process_get(process, &info), 0);
	assert_int_equal(info.iovecs, 64);
	assert_int_equal(info.state, EVPL_PROCESS_ABSENT);
	assert_int_equal(evpl_process_send(process, &iovec, 1), 0);
	assert_int_equal(rte_errno, ENOTCONN);
	assert_int_equal(evpl_process_receive(process, &iovec, 1), 0);
}

static void
free_process(void)
{
	assert_int_equal(evpl_process_free(process), 0);
	calls_end();
}

void
process_is_created(void **state)
{
	static const struct trial trial = {.prepare = calls_begin_context,
					   .call = create_process,
					   .use = use_process,
					   .finish = free_process,
					   .errors = {ENOMEM, ENOSPC, EMFILE, ENOTSUP, ENOLCK}};

	(void)state;
	plain_builds_only();
	trial_run(&trial);
}

static void
begin_process(void)
{
	calls_begin_context();
	assert_int_equal(create_process(), 0);
}

static int
reclaim_process(void)
{
	int rc = evpl_reclaim(process, 0);

	return rc < 0 ? -rc : 0;
}

void
process_is_reclaimed(void **state)
{
	static const struct trial trial = {.prepare = begin_process,
					   .call = reclaim_process,
					   .use = use_process,
					   .finish = free_process,
					   .errors = {ENOLCK}};

	(void)state;
	plain_builds_only();
	trial_run(&trial);
}

static int
end_process(void)
{
	return -evpl_process_free(process);
}

void
process_is_freed(void **state)
{
	static const struct trial trial = {
		.prepare = begin_process, .call = end_process, .finish = calls_end, .errors = {ENOLCK}};

	(void)state;
	plain_builds_only();
	trial_run(&trial);
}

/* In the child: each fault of evpl_attach(). */
static void
attach_with_faults(struct evpl_process *unused)
{
	unsigned files, blocks = faulty_blocks();
	struct evpl_process *there;
	struct inventory before;
	bool faulted = true;

	(void)unused;
	inventory_take(&before);
	files = before.files;
	for (unsigned n = 1; faulted; n++) {
		faulty_arm(n);
		there = evpl_attach("worker");
		faulted = faulty_disarm();
		there_check((there == NULL) == faulted);
		if (faulted) {
			there_check(rte_errno == ENOMEM || rte_errno == EMFILE || rte_errno == EIO ||
				    rte_errno == ENOLCK);
			inventory_take(&before);
			there_check(before.files == files && before.blocks == blocks);
			there = evpl_attach("worker");
		}
		there_check(there != NULL && evpl_detach(there) == 0);
	}
}

void
process_attaches(void **state)
{
	struct there there;

	(void)state;
	there_only();
	calls_begin_context();
	assert_int_equal(create_process(), 0);
	there_begin(&there, NULL, attach_with_faults);
	there_go(&there);
	there_end(&there);
	free_process();
}
