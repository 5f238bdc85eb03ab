/* SPDX-License-Identifier: BSD-3-Clause */
#include "process_there.h"

#include "secondary.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_malloc.h>

static int child_go, child_ready;

/* What the child has attached to. Memcheck calls memory lost that nothing points to when the process ends. */
static struct evpl_process *attached;

bool
there_shares_memory(void)
{
	volatile int *word;
	bool shared;
	pid_t pid;

	/* Memory that EAL maps later is not in a child of fork(). In a secondary process EAL maps it, too. */
	if (rte_eal_has_hugepages())
		return false;
	word = rte_zmalloc(NULL, sizeof(*word), 0);
	assert_non_null((const void *)(uintptr_t)word);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		*word = 1;
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	shared = *word == 1;
	rte_free((void *)(uintptr_t)word);
	return shared;
}

void
there_fails(const char *file, int line, const char *condition)
{
	fprintf(stderr, "in the child, %s:%d: %s\n", file, line, condition);
	_exit(91);
}

void
there_wait(void)
{
	char c = 0;

	if (write(child_ready, &c, 1) != 1 || read(child_go, &c, 1) != 1)
		_exit(92);
}

/* exit() writes gcov's counts, but also what the parent left in its buffers. */
static void __attribute__((noreturn)) leave(void)
{
	if (getenv("EVPL_TEST_COVERAGE") != NULL)
		exit(0);
	_exit(0);
}

static void __attribute__((noreturn)) child(const char *name, void (*play)(struct evpl_process *process))
{
	secondary_become();
	if (name != NULL) {
		attached = evpl_attach(name);
		there_check(attached != NULL);
	}
	there_wait();
	play(attached);
	leave();
}

void
there_begin(struct there *there, const char *name, void (*play)(struct evpl_process *process))
{
	int go[2], ready[2];

	assert_int_equal(pipe(go), 0);
	assert_int_equal(pipe(ready), 0);
	fflush(NULL);
	there->pid = fork();
	assert_true(there->pid >= 0);
	if (there->pid == 0) {
		close(go[1]);
		close(ready[0]);
		child_go = go[0];
		child_ready = ready[1];
		child(name, play);
	}
	close(go[0]);
	close(ready[1]);
	there->go = go[1];
	there->ready = ready[0];
	there_waits(there);
}

void
there_waits(struct there *there)
{
	char c;

	if (read(there->ready, &c, 1) != 1)
		fail_msg("the child ended");
}

void
there_go(struct there *there)
{
	assert_int_equal(write(there->go, "", 1), 1);
}

static int
wait_for(struct there *there)
{
	int status;

	assert_int_equal(waitpid(there->pid, &status, 0), there->pid);
	close(there->go);
	close(there->ready);
	return status;
}

void
there_end(struct there *there)
{
	int status;

	there_go(there);
	status = wait_for(there);
	if (status != 0)
		fail_msg("the child ended with status 0x%x", (unsigned)status);
}

void
there_kill(struct there *there)
{
	assert_int_equal(kill(there->pid, SIGKILL), 0);
	assert_int_equal(wait_for(there), SIGKILL);
}

struct evpl_process *
process_create(unsigned iovecs, unsigned packets)
{
	struct evpl_process *process = evpl_process_create("worker", iovecs, packets);

	assert_non_null(process);
	return process;
}

void
process_assert_lent(struct evpl_process *process, enum evpl_process_state state, uint32_t iovecs, uint32_t packets)
{
	struct evpl_process_info info;

	assert_int_equal(evpl_process_get(process, &info), 0);
	assert_int_equal(info.state, state);
	assert_int_equal(info.iovecs_lent, iovecs);
	assert_int_equal(info.packets_sent, packets);
}

void
process_send_streams(struct evpl *evpl, struct evpl_process *process, unsigned length, unsigned n, unsigned first)
{
	struct evpl_iovec iovec;

	for (unsigned i = 0; i < n; i++) {
		iovec_take(evpl, length, SHARED, &iovec, first + i);
		assert_int_equal(evpl_process_send(process, &iovec, 1), 1);
		assert_null(iovec.ref);
		assert_null(iovec.data);
	}
}

void
process_receive_streams(struct evpl *evpl, struct evpl_process *process, unsigned n, unsigned first)
{
	struct evpl_iovec iovecs[PROCESS_MANY];

	assert_int_equal(evpl_process_receive(process, iovecs, PROCESS_MANY), n);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(iovec_flags(&iovecs[i]), SHARED);
		iovec_assert(&iovecs[i], first + i, 0);
	}
	evpl_iovecs_release(evpl, iovecs, (int)n);
}

bool
there_is_stream(const struct evpl_iovec *iovec, unsigned seed)
{
	return bytes_right(iovec->data, iovec->length, seed, 0) == iovec->length;
}
