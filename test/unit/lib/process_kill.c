/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The death of the other process in the middle of each call. The child stops before the call. This process then lets it
 * go on for a number of instructions (ptrace), and kills it. So nothing depends on time. After each death the counts
 * must be exact, and the bytes must be there.
 *
 * Each call is killed at EVPL_TEST_KILLS of its instructions (50), evenly spread. With a number of some thousands, it
 * is killed at each instruction, and no moment between two stores is left out.
 *
 * What would break: a reference could be given up twice, by the dead process and by evpl_reclaim(), or never.
 */
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_ring.h>

#include "process_there.h"

#define SENT 4u	       /* iovecs */
#define LENGTH 60000u  /* one buffer each, and some of a second one */
#define TOO_MANY 30000 /* instructions: the call does not end */

static struct rte_ring *out; /* packets of the child to this process */

/* What is killed. Before it, the child has received the iovecs. */
struct deed {
	const char *name;
	void (*prepare)(struct evpl_process *process, struct evpl_iovec *iovecs);
	void (*run)(struct evpl_process *process, struct evpl_iovec *iovecs);
	bool makes_packets; /* one may be lost with the child */
};

static struct evpl_iovec clones[2];
static struct rte_mbuf *packet;

static void
receive(struct evpl_process *process, struct evpl_iovec *iovecs)
{
	(void)evpl_process_receive(process, iovecs, SENT);
}

static void
clone_one(struct evpl_process *process, struct evpl_iovec *iovecs)
{
	(void)process;
	evpl_iovec_clone(&clones[0], &iovecs[0]);
}

static void
release_clone(struct evpl_process *process, struct evpl_iovec *iovecs)
{
	(void)process;
	(void)iovecs;
	evpl_iovec_release(NULL, &clones[0]);
}

static void
release_all(struct evpl_process *process, struct evpl_iovec *iovecs)
{
	(void)process;
	evpl_iovecs_release(NULL, iovecs, SENT);
}

static void
send_back(struct evpl_process *process, struct evpl_iovec *iovecs)
{
	(void)evpl_process_send(process, iovecs, SENT - 1);
}

static void
make_packet(struct evpl_process *process, struct evpl_iovec *iovecs)
{
	(void)process;
	packet = evpl_iovecs_to_mbuf(NULL, iovecs, 2);
}

static void
free_packet(struct evpl_process *process, struct evpl_iovec *iovecs)
{
	(void)process;
	(void)iovecs;
	rte_pktmbuf_free(packet);
}

static void
make_and_hand_over(struct evpl_process *process, struct evpl_iovec *iovecs)
{
	make_packet(process, iovecs);
	(void)rte_ring_enqueue(out, packet);
}

static void
release_and_detach(struct evpl_process *process, struct evpl_iovec *iovecs)
{
	release_all(process, iovecs);
	(void)evpl_detach(process);
}

static const struct deed *deed;

/* SIGSTOP: before the deed. SIGUSR1: after it. */
static void
plays_deed(struct evpl_process *process)
{
	struct evpl_iovec iovecs[SENT];

	if (deed->run != receive)
		there_check(evpl_process_receive(process, iovecs, SENT) == SENT);
	if (deed->prepare != NULL)
		deed->prepare(process, iovecs);
	there_check(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
	raise(SIGSTOP);
	deed->run(process, iovecs);
	raise(SIGUSR1);
}

/* Lets the child go on for n instructions. True: it has ended the deed before. *did is how many it took. */
static bool
step(pid_t pid, unsigned n, unsigned *did)
{
	int status;

	for (*did = 0; *did < n; (*did)++) {
		assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSTOPPED(status));
		if (WSTOPSIG(status) == SIGUSR1)
			return true;
		assert_int_equal(WSTOPSIG(status), SIGTRAP);
	}
	return false;
}

/* Memcheck runs a translation of the program, so single steps there are not the program's instructions. */
static bool
may_step(void)
{
	const char *preload = getenv("LD_PRELOAD");
	pid_t pid;
	int status;

	if (preload != NULL && strstr(preload, "vgpreload") != NULL)
		return false;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status == 0;
}

/* What comes out of the queues after the death is right, or not there at all. */
static void
take_what_arrived(struct evpl *evpl, struct evpl_process *process)
{
	struct evpl_iovec iovecs[SENT];
	unsigned n = evpl_process_receive(process, iovecs, SENT);
	void *m;

	for (unsigned i = 0; i < n; i++)
		iovec_assert(&iovecs[i], i, 0);
	evpl_iovecs_release(evpl, iovecs, (int)n);
	if (rte_ring_dequeue(out, &m) == 0) {
		assert_int_equal(evpl_iovecs_from_mbuf(evpl, m, 0, SENT, iovecs), 2);
		iovec_assert(&iovecs[0], 0, 0);
		iovec_assert(&iovecs[1], 1, 0);
		evpl_iovecs_release(evpl, iovecs, 2);
	}
}

static void
assert_exact(struct evpl_process *process, const struct evpl_iovec *own)
{
	struct evpl_process_info info;

	assert_int_equal(evpl_process_get(process, &info), 0);
	assert_int_equal(info.state, EVPL_PROCESS_ABSENT);
	assert_int_equal(info.iovecs_lent, 0);
	assert_int_equal(info.packets_sent, 0);
	for (unsigned i = 0; i < SENT; i++) {
		assert_int_equal(rte_mbuf_refcnt_read(own[i].ref), 1);
		iovec_assert(&own[i], i, 0);
	}
}

/* The child does the deed, and is killed after n instructions of it. True: it had ended it. */
static bool
kill_after(struct evpl *evpl, struct evpl_process *process, unsigned n, bool receives, unsigned *did)
{
	struct evpl_iovec own[SENT], sent[SENT];
	struct evpl_process_info info;
	struct there there;
	bool ended;
	int status;

	for (unsigned i = 0; i < SENT; i++) {
		/* Each has a buffer of its own, so its count is known. */
		assert_int_equal(evpl_iovec_alloc(evpl, 64 << 10, 0, 1, SHARED, &own[i]), 1);
		evpl_iovec_set_length(&own[i], LENGTH);
		iovec_fill(&own[i], i);
		evpl_iovec_clone(&sent[i], &own[i]);
	}
	there_begin(&there, "worker", plays_deed);
	assert_int_equal(evpl_process_send(process, sent, SENT), SENT);
	there_go(&there);
	assert_int_equal(waitpid(there.pid, &status, 0), there.pid);
	assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	ended = step(there.pid, n, did);
	there_kill(&there);
	if (receives)
		take_what_arrived(evpl, process);
	assert_true(evpl_reclaim(process, 0) >= 0);
	take_what_arrived(evpl, process);
	assert_int_equal(evpl_process_get(process, &info), 0);
	if (!deed->makes_packets)
		assert_int_equal(info.packets_sent, 0);
	assert_true(info.iovecs_lent <= info.packets_sent); /* of those that the child had made, and not handed over */
	assert_true(evpl_reclaim(process, EVPL_RECLAIM_PACKETS) >= 0);
	assert_exact(process, own);
	evpl_iovecs_release(evpl, own, SENT);
	return ended;
}

static void
try_deed(struct evpl *evpl, struct evpl_process *process, unsigned kills)
{
	unsigned all, did, distance;

	if (!kill_after(evpl, process, TOO_MANY, true, &all))
		fail_msg("%s does not end after %u instructions", deed->name, all);
	distance = all / kills + 1;
	for (unsigned n = 0; n <= all; n += distance)
		(void)kill_after(evpl, process, n, n / distance % 2 != 0, &did);
	print_message("# %s: %u instructions, killed at %u places\n", deed->name, all, all / distance + 1);
}

static void
counts_are_exact_wherever_the_process_is_killed(void **state)
{
	static const struct deed deeds[] = {
		{"receive", NULL, receive, false},
		{"clone", NULL, clone_one, false},
		{"release of a clone", clone_one, release_clone, false},
		{"last release", NULL, release_all, false},
		{"send", NULL, send_back, false},
		{"send of what is cloned", clone_one, send_back, false},
		{"packet", NULL, make_packet, true},
		{"packet of a clone", clone_one, make_packet, true},
		{"free of a packet", make_packet, free_packet, true},
		{"packet, handed over", NULL, make_and_hand_over, true},
		{"last release and detach", NULL, release_and_detach, false},
	};
	const char *asked = getenv("EVPL_TEST_KILLS");
	unsigned kills = asked != NULL ? (unsigned)strtoul(asked, NULL, 10) : 50;
	struct evpl_process *process;
	struct evpl_iovec first;

	there_only();
	if (!may_step()) {
		program_skips(__func__, "ptrace() is not allowed, or memcheck runs the program");
		return;
	}
	process = evpl_process_create("worker", 16, 4);
	assert_non_null(process);
	/* While the current buffer has some room, each request for a whole buffer gets one that is not current. */
	assert_int_equal(evpl_iovec_alloc(home_context(state), 64, 0, 1, SHARED, &first), 1);
	out = rte_ring_create("out", 16, SOCKET_ID_ANY, 0);
	assert_non_null(out);
	for (unsigned i = 0; i < DIM(deeds); i++) {
		deed = &deeds[i];
		try_deed(home_context(state), process, kills > 0 ? kills : 1);
	}
	rte_ring_free(out);
	evpl_iovec_release(home_context(state), &first);
	assert_int_equal(evpl_process_free(process), 0);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest cases[] = {
		home_case(counts_are_exact_wherever_the_process_is_killed, home_small),
	};
	static const struct program program = {.name = "process_kill", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
