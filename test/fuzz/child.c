/* SPDX-License-Identifier: BSD-3-Clause */
#include "child.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_malloc.h>

#include "content.h"
#include "secondary.h"
#include "support.h"

struct child_board *child_board;

static struct evpl_process *process; /* of the child */
static pid_t pid;
static int line = -1; /* to the other one */

/* Memory that EAL maps later is not in a child of fork(). */
static bool
shares_memory(void)
{
	volatile int *word = rte_zmalloc(NULL, sizeof(*word), 0);
	bool shared;
	pid_t one;

	if (word == NULL)
		return false;
	one = fork();
	if (one == 0) {
		*word = 1;
		_exit(0);
	}
	shared = one > 0 && waitpid(one, NULL, 0) == one && *word == 1;
	rte_free((void *)(uintptr_t)word);
	return shared;
}

/*
 * A thread that does nothing but fork(). It never calls the library, so the child has no TX cache of a thread of the
 * program, as another process has none.
 */
static struct {
	sem_t go, done;
	pthread_t thread;
} forker;

static void wait_on(sem_t *semaphore);
static void *forks(void *arg);

static bool
start_forker(void)
{
	return sem_init(&forker.go, 0, 0) == 0 && sem_init(&forker.done, 0, 0) == 0 &&
	       pthread_create(&forker.thread, NULL, forks, NULL) == 0;
}

bool
child_is_possible(void)
{
	static int possible = -1;

	if (possible >= 0)
		return possible;
	possible = 0;
	/* libFuzzer's handlers and counters know one process only. */
	if (!TEST_FUZZ_LIBFUZZER && !EVPL_IOVEC_TRACE && !rte_eal_has_hugepages() && shares_memory()) {
		child_board =
			mmap(NULL, sizeof(*child_board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		possible = child_board != MAP_FAILED && start_forker();
	}
	return possible;
}

/* ---------------------------------------------------------------------------------------------------------------- */

static void
look_at_bytes(struct child_board *b)
{
	for (unsigned i = 0; i < b->n && b->wrong == 0; i++) {
		const struct child_part *part = &b->part[i];

		if (!content_is(evpl_iovec_data(&b->iovec[part->slot]), part->length, part->stream, part->offset))
			b->wrong = i + 1;
	}
}

/* Moves the iovecs of all parts to `iovec`, or back. */
static void
take_out(struct child_board *b, struct evpl_iovec *iovec)
{
	for (unsigned i = 0; i < b->n; i++)
		evpl_iovec_move(&iovec[i], &b->iovec[b->part[i].slot]);
}

static void
put_in(struct child_board *b, struct evpl_iovec *iovec, unsigned first)
{
	for (unsigned i = first; i < b->n; i++)
		evpl_iovec_move(&b->iovec[b->part[i].slot], &iovec[i]);
}

static void
receives(struct child_board *b)
{
	struct evpl_iovec iovec[CHILD_PARTS + 1];

	/* One more than there should be, if there is room. */
	b->result = (int)evpl_process_receive(process, iovec, b->length);
	if (b->result != (int)b->n)
		return;
	put_in(b, iovec, 0);
	look_at_bytes(b);
}

/* What consumes all parts, or the first ones. */
static void
gives(struct child_board *b)
{
	struct evpl_iovec iovec[CHILD_PARTS];
	unsigned gone = b->n;

	look_at_bytes(b);
	take_out(b, iovec);
	rte_errno = 0;
	if (b->deed == CHILD_SENDS) {
		b->result = (int)evpl_process_send(process, iovec, b->n);
		gone = 0; /* but empty */
	} else if (b->deed == CHILD_BURSTS) {
		b->result = evpl_tx_burst(NULL, b->port, 0, iovec, (uint16_t)b->n);
		gone = (unsigned)b->result;
	} else if (b->deed == CHILD_PACKS) {
		b->mbuf = evpl_iovecs_to_mbuf(NULL, iovec, (int)b->n);
		b->result = b->mbuf != NULL;
		gone = b->mbuf != NULL ? b->n : 0;
	} else if (b->n == 1) {
		evpl_iovec_release(NULL, iovec);
	} else {
		evpl_iovecs_release(NULL, iovec, (int)b->n);
	}
	b->error = rte_errno;
	put_in(b, iovec, gone);
}

static void
changes(struct child_board *b)
{
	struct evpl_iovec *iovec = &b->iovec[b->part[0].slot], *to = &b->iovec[b->part[1].slot], moved;

	b->n = 1;
	look_at_bytes(b);
	if (b->deed == CHILD_CLONES) {
		evpl_iovec_clone(to, iovec);
	} else if (b->deed == CHILD_CUTS) {
		evpl_iovec_clone_segment(to, iovec, b->offset, b->length);
	} else if (b->deed == CHILD_MOVES) {
		evpl_iovec_move_segment(&moved, iovec, b->offset, b->length);
		evpl_iovec_move(iovec, &moved);
	} else if (b->deed == CHILD_SETS_LENGTH) {
		evpl_iovec_set_length(iovec, b->length);
	} else {
		content_write(evpl_iovec_data(iovec), iovec->length, b->part[1].stream, b->part[0].offset);
	}
}

/* The result is right if it is 1. */
static void
tries(struct child_board *b)
{
	struct evpl_iovec none = {0};
	struct evpl_process_info info;

	rte_errno = 0;
	switch (b->which % 6) {
	case 0:
		b->result = evpl_process_send(process, &none, 1) == 0 && rte_errno == EINVAL;
		break;
	case 1:
		b->result = evpl_iovecs_to_mbuf(NULL, &none, 1) == NULL && rte_errno == EINVAL;
		break;
	case 2:
		b->result = evpl_tx_burst(NULL, b->port, 0, &none, 1) == 0 && rte_errno == EINVAL;
		break;
	case 3:
		b->result = evpl_process_get(process, &info) == -ENOTSUP && evpl_process_free(process) == -ENOTSUP &&
			    evpl_reclaim(process, 0) == -ENOTSUP;
		break;
	case 4:
		b->result = evpl_init(NULL) == -ENOTSUP;
		break;
	default:
		b->result = evpl_attach(CHILD_PLACE) == NULL && rte_errno == EBUSY;
		break;
	}
	b->error = rte_errno;
}

static void
does(struct child_board *b)
{
	switch (b->deed) {
	case CHILD_ATTACHES:
		rte_errno = 0;
		process = evpl_attach(CHILD_PLACE);
		b->error = rte_errno;
		b->result = process != NULL;
		break;
	case CHILD_DETACHES:
		b->result = evpl_detach(process);
		break;
	case CHILD_RECEIVES:
		receives(b);
		break;
	case CHILD_SENDS:
	case CHILD_RELEASES:
	case CHILD_PACKS:
	case CHILD_BURSTS:
		gives(b);
		break;
	case CHILD_FREES:
		rte_pktmbuf_free(b->mbuf);
		break;
	case CHILD_TRIES:
		tries(b);
		break;
	default:
		changes(b);
		break;
	}
}

/* If the program ends, so does the child: its line is cut. */
static void __attribute__((noreturn)) live(void)
{
	char go;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	secondary_become();
	while (recv(line, &go, 1, 0) == 1) {
		child_board->wrong = 0;
		child_board->result = child_board->error = 0;
		does(child_board);
		if (send(line, &go, 1, MSG_NOSIGNAL) != 1)
			break;
	}
	_exit(0);
}

/* ---------------------------------------------------------------------------------------------------------------- */

static void
wait_on(sem_t *semaphore)
{
	while (sem_wait(semaphore) != 0)
		;
}

static void *
forks(void *arg)
{
	int ends[2];

	for (;; sem_post(&forker.done)) {
		wait_on(&forker.go);
		pid = -1;
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
			continue;
		pid = fork();
		line = ends[pid == 0];
		close(ends[pid != 0]);
		if (pid == 0)
			live();
	}
	return arg;
}

int
child_begin(void)
{
	memset(child_board, 0, sizeof(*child_board));
	sem_post(&forker.go);
	wait_on(&forker.done);
	return pid;
}

static int
wait_for(void)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	close(line);
	pid = 0;
	return status;
}

bool
child_does(int *status)
{
	char go = 0;

	if (send(line, &go, 1, MSG_NOSIGNAL) == 1) {
		ssize_t n;

		while ((n = recv(line, &go, 1, 0)) < 0 && errno == EINTR)
			;
		if (n == 1)
			return true;
	}
	*status = wait_for();
	return false;
}

void
child_kill(void)
{
	kill(pid, SIGKILL);
	(void)wait_for();
}
