/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lends iovecs to a child that plays the secondary process (support/secondary.h), so that telemetry has something to
 * tell of it. Takes EAL's options. Of the eight iovecs that the child gets
 *
 *	3  wait in its queue
 *	1  was released
 *	1  was sent back, and waits in the queue to this process
 *	1  is a packet that the child has not freed
 *	2  are in its hands
 *
 * A line of standard input: "kill" kills the child, "reclaim" takes back what it had. The end of the input ends all.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_eal.h>

#include <evpl/evpl.h>

#include "secondary.h"

#define LENT 8u
#define WAIT 3u

static const struct evpl_global_config config = {
	.slab_size = 1 << 20, .buffer_size = 64 << 10, .large_buffer_size = 64 << 10, .packet_mbufs = 63};
static struct evpl *evpl;
static struct evpl_process *process;
static pid_t child;

/* The child attaches, says so, and waits for the iovecs. Then it says that it has them. */
static void __attribute__((noreturn)) play(int in, int out)
{
	struct evpl_iovec iovecs[LENT];
	char c = 0;

	secondary_become();
	process = evpl_attach("worker");
	if (process == NULL || write(out, &c, 1) != 1 || read(in, &c, 1) != 1 ||
	    evpl_process_receive(process, iovecs, LENT - WAIT) != LENT - WAIT)
		_exit(1);
	evpl_iovec_release(NULL, &iovecs[0]);
	if (evpl_process_send(process, &iovecs[1], 1) != 1 || evpl_iovecs_to_mbuf(NULL, &iovecs[2], 1) == NULL ||
	    write(out, &c, 1) != 1)
		_exit(2);
	while (read(in, &c, 1) > 0) /* until the parent ends, or kills it */
		;
	_exit(0);
}

static bool
lend(void)
{
	struct evpl_iovec iovecs[LENT];

	for (unsigned i = 0; i < LENT; i++) {
		if (evpl_iovec_alloc(evpl, 1000, 0, 1, EVPL_IOVEC_FLAG_SHARED, &iovecs[i]) != 1)
			return false;
	}
	return evpl_process_send(process, iovecs, LENT) == LENT;
}

static bool
start(void)
{
	int to[2], from[2];
	char c = 0;

	if (evpl_init(&config) != 0 || (evpl = evpl_create(NULL)) == NULL ||
	    (process = evpl_process_create("worker", 64, 32)) == NULL || pipe(to) != 0 || pipe(from) != 0)
		return false;
	child = fork();
	if (child == 0) {
		close(to[1]);
		play(to[0], from[1]);
	}
	close(from[1]);
	return child > 0 && read(from[0], &c, 1) == 1 && lend() && write(to[1], &c, 1) == 1 &&
	       read(from[0], &c, 1) == 1;
}

static void
kill_child(void)
{
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	child = 0;
}

static void
say(const char *word, int n)
{
	printf("%s %d\n", word, n);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	char line[32];

	if (rte_eal_init(argc, argv) < 0 || !start()) {
		kill_child();
		return 1;
	}
	say("lent to", child);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (strcmp(line, "kill\n") == 0) {
			kill_child();
			say("killed", 1);
		} else {
			say("reclaimed", evpl_reclaim(process, EVPL_RECLAIM_PACKETS));
		}
	}
	kill_child();
	if (evpl_reclaim(process, EVPL_RECLAIM_PACKETS) < 0 || evpl_process_free(process) != 0)
		return 2;
	evpl_destroy(evpl);
	return evpl_cleanup() == 0 ? 0 : 3;
}
