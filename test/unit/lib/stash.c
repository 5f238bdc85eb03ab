/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stashes of free buffers while memory is short: src/stash.c. (wait.c has the alloc that empties another stash.)
 *
 * What would break: a stash that is closed for ever makes each release as dear as one of another thread. A kernel that
 * refuses the fence could fill the log, or say nothing of why an alloc fails while buffers are free. An owner that does
 * not wait for the thread that empties its stash shares a buffer with it.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_log.h>

#include "asked.h"
#include "logged.h"

#define KIB 1024u

/* Two slabs of four buffers. */
static const struct evpl_global_config eight = {.slab_size = 64 * KIB,
						.buffer_size = 16 * KIB,
						.large_buffer_size = 16 * KIB,
						.max_slabs = 2,
						.packet_mbufs = 63};

/* So many buffers, if they are to be had. Returns how many. */
static unsigned
take(struct evpl *evpl, struct evpl_iovec *iovecs, unsigned most)
{
	unsigned n = 0;

	while (n < most && evpl_iovec_alloc(evpl, 16 * KIB - 2 * GUARDS, 0, 1, SHARED, &iovecs[n]) == 1)
		n++;
	return n;
}

/* All eight. The last alloc may fail, and that empties stashes. */
static unsigned
take_all(struct evpl *evpl, struct evpl_iovec *iovecs)
{
	return take(evpl, iovecs, 8);
}

/* What is taken back stays out of stashes for 10 ms. */
static void
wait_until_stashes_may_be_emptied(void)
{
	rte_delay_us_sleep(20000);
}

static void
stash_that_was_emptied_fills_again(void **state)
{
	struct evpl *a = home_context(state), *b = evpl_create(NULL);
	struct evpl_iovec iovecs[8];
	unsigned n;

	assert_non_null(b);
	n = take_all(b, iovecs);
	evpl_iovecs_release(b, iovecs, (int)n);
	assert_in_range(number("/evpl/contexts", "context_1", "stash_buffers"), 1, 8);
	n = take_all(a, iovecs);
	assert_int_equal(number("/evpl/contexts", "context_1", "stash_buffers"), 0);
	assert_in_range(number("/evpl/stats", NULL, "stash_buffers_taken_back"), 1, 8);
	evpl_iovecs_release(a, iovecs, (int)n);
	do {
		rte_delay_us_sleep(1000);
		n = take(b, iovecs, 2); /* no alloc fails, which would close stashes again */
		evpl_iovecs_release(b, iovecs, (int)n);
	} while (number("/evpl/contexts", "context_1", "stash_buffers") == 0);
	evpl_destroy(b);
}

static void
note(struct evpl *evpl, struct evpl_wait *wait, void *arg)
{
	(void)evpl;
	(void)wait;
	*(bool *)arg = true;
}

/* A look into stashes that finds nothing is no reason to put the growth off. */
static void
wait_makes_a_slab_if_no_stash_has_a_buffer(void **state)
{
	struct evpl *b = evpl_create(NULL);
	struct evpl_wait wait = {0};
	struct evpl_iovec iovecs[8];
	bool called = false;
	struct evpl *evpl;
	unsigned n;

	assert_non_null(b);
	n = take_all(b, iovecs);
	evpl_iovecs_release(b, iovecs, (int)n);
	n = take_all(home_context(state), iovecs); /* some were taken back */
	evpl_iovecs_release(NULL, iovecs, (int)n);
	evpl_destroy(b);
	evpl = home_fresh(*state);
	assert_true(evpl_trim() > 0);
	wait_until_stashes_may_be_emptied();
	assert_int_equal(evpl_alloc_wait(evpl, &wait, 16 * KIB - 2 * GUARDS, note, &called), 0);
	n = evpl_alloc_wait_poll(evpl);
	(void)evpl_alloc_wait_cancel(evpl, &wait); /* it is on this stack */
	assert_int_equal(n, 1);
	assert_true(called);
}

/* A thread of which the kernel takes no membarrier(). */
struct refused {
	struct evpl *evpl;
	struct evpl_iovec iovecs[8];
	unsigned n;
	bool can, error;
};

static void
take_without_fence(void *arg)
{
	struct sock_filter steps[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_membarrier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {.len = DIM(steps), .filter = steps};
	struct refused *r = arg;
	struct evpl_iovec none;

	r->can =
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
	if (!r->can)
		return;
	r->n = take_all(r->evpl, r->iovecs);
	for (unsigned i = 0; i < 3; i++) {
		wait_until_stashes_may_be_emptied();
		r->error = evpl_iovec_alloc(r->evpl, 1, 0, 1, LOCAL, &none) != -1 || rte_errno != ENOMEM || r->error;
	}
}

static void
fence_that_the_kernel_refuses_is_said_once(void **state)
{
	struct refused r = {.evpl = home_context(state)};
	struct evpl_iovec iovecs[8];
	struct evpl *b;
	uint32_t level;
	unsigned n;

	plain_builds_only(); /* two threads use a context, one after the other */
	b = evpl_create(NULL);
	assert_non_null(b);
	n = take_all(b, iovecs);
	evpl_iovecs_release(b, iovecs, (int)n);
	level = rte_log_get_global_level();
	rte_log_set_global_level(RTE_LOG_WARNING);
	log_begin();
	threads_run_elsewhere(take_without_fence, &r);
	rte_log_set_global_level(level);
	if (!r.can) {
		free(log_end());
		evpl_destroy(b);
		program_skips(__func__, "the kernel has no filters for system calls");
		return;
	}
	assert_logged("free buffers stay in other contexts' stashes: membarrier() is not to be had: "
		      "Operation not permitted");
	assert_false(r.error);
	assert_true(r.n < n);
	assert_in_range(number("/evpl/contexts", "context_1", "stash_buffers"), 1, 8);
	/* They are there for a thread that may. */
	wait_until_stashes_may_be_emptied();
	n = r.n + take(r.evpl, r.iovecs + r.n, 8 - r.n);
	assert_true(n > r.n);
	evpl_iovecs_release(r.evpl, r.iovecs, (int)n);
	evpl_destroy(b);
}

/* The library's calls of syscall() come here first. The one for the fence takes long, if it is to. */
static atomic_bool is_slow, in_fence, is_through, was_through;

long
syscall(long number, ...)
{
	static long (*real)(long number, ...);
	long argument[6];
	va_list args;

	va_start(args, number);
	for (unsigned i = 0; i < DIM(argument); i++)
		argument[i] = va_arg(args, long);
	va_end(args);
	if (real == NULL)
		program_next(&real, sizeof(real), "syscall");
	if (number == SYS_membarrier && atomic_load(&is_slow)) {
		atomic_store(&in_fence, true);
		rte_delay_us_sleep(100000); /* the owner of a stash comes through, if it does not wait */
		atomic_store(&was_through, atomic_load(&is_through));
	}
	return real(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}

static void *
empty_the_others(void *arg)
{
	struct evpl *evpl = evpl_create(NULL);
	struct evpl_iovec iovecs[8];
	unsigned *n = arg;

	*n = take_all(evpl, iovecs);
	evpl_iovecs_release(evpl, iovecs, (int)*n);
	evpl_destroy(evpl);
	return NULL;
}

/*
 * The stash of evpl has all but the first or the last iovec of those that were taken, and another thread begins to
 * empty it: it is at the fence.
 */
static pthread_t
begin_to_empty(struct evpl *evpl, bool last, struct evpl_iovec *held, unsigned *others)
{
	struct evpl_iovec iovecs[8];
	pthread_t thread;
	unsigned n;

	n = take_all(evpl, iovecs);
	assert_in_range(n, 2, 8);
	evpl_iovec_move(held, &iovecs[last ? n - 1 : 0]);
	evpl_iovecs_release(evpl, last ? iovecs : iovecs + 1, (int)n - 1);
	wait_until_stashes_may_be_emptied();
	atomic_store(&in_fence, false);
	atomic_store(&is_through, false);
	atomic_store(&was_through, true);
	atomic_store(&is_slow, true);
	assert_int_equal(pthread_create(&thread, NULL, empty_the_others, others), 0);
	while (!atomic_load(&in_fence))
		rte_delay_us_sleep(200);
	return thread;
}

static void
owner_waits_while_another_thread_empties_its_stash(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec;
	unsigned others = 0;
	pthread_t thread;

	thread = begin_to_empty(evpl, false, &iovec, &others);
	evpl_iovec_release(evpl, &iovec); /* into the stash */
	atomic_store(&is_through, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	atomic_store(&is_slow, false);
	assert_false(atomic_load(&was_through));
	assert_in_range(others, 1, 8);
}

/* So what is in the stash is the other thread's, and counts as taken back. */
static void
owner_that_ends_waits_as_well(void **state)
{
	struct evpl *evpl = evpl_create(NULL);
	struct evpl_iovec iovec;
	unsigned others = 0;
	pthread_t thread;

	(void)state;
	assert_non_null(evpl);
	thread = begin_to_empty(evpl, true, &iovec, &others); /* the current buffer: it need not go to the stash */
	evpl_destroy(evpl);
	assert_int_equal(pthread_join(thread, NULL), 0);
	atomic_store(&is_slow, false);
	assert_in_range(number("/evpl/stats", NULL, "stash_buffers_taken_back"), 1, 8);
	assert_in_range(others, 1, 8);
	evpl_iovec_release(NULL, &iovec);
}

static const struct CMUnitTest cases[] = {
	home_case(owner_waits_while_another_thread_empties_its_stash, eight),
	home_case(owner_that_ends_waits_as_well, eight),
	home_case(stash_that_was_emptied_fills_again, eight),
	home_case(wait_makes_a_slab_if_no_stash_has_a_buffer, eight),
	home_case(fence_that_the_kernel_refuses_is_said_once, eight),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "stash", .cases = cases, .n_cases = DIM(cases)};

	return telemetry_begin("stash") ? program_main(&program, argc, argv) : 1;
}
