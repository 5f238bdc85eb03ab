/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program on lwIP from its start to its end (apps/common/host/host.c).
 *
 * What would break: a program's function that is called too early, or not at all after a failure, and an exit status
 * that says that all is well. So programs that fail at each point write down which of their functions were called. Each
 * runs in a child of its own, because EAL and lwIP start once in a process.
 */
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_mbuf.h>

#include <evpl/evpl.h>

#include "host/host.h"

/* What the program in the child does. */
static struct {
	int start, end; /* what these return */
	bool loses_a_buffer, loses_an_mbuf;
} told;

/* In the child: which functions were called. Turns, ticks and lines count once. */
static char calls[128];
static struct evpl_iovec lost;

static void
called(const char *name)
{
	size_t length = strlen(calls), last = strlen(name);

	if (length >= last && strcmp(calls + length - last, name) == 0)
		return;
	snprintf(calls + length, sizeof(calls) - length, "%s%s", length == 0 ? "" : " ", name);
}

static int
on_start(void)
{
	called("start");
	if (told.loses_a_buffer) {
		struct evpl *evpl = evpl_create(NULL);

		if (evpl == NULL || evpl_iovec_alloc(evpl, 100, 0, 1, EVPL_IOVEC_FLAG_SHARED, &lost) != 1)
			abort();
		evpl_destroy(evpl);
	}
	return told.start;
}

static void
on_ready(const struct host_ports *ports, FILE *out)
{
	if (ports->count != 1 || out == NULL)
		abort();
	if (told.loses_an_mbuf && rte_pktmbuf_alloc(ports->port[0].rx_pool) == NULL)
		abort();
	called("ready");
}

static void
on_turn(void)
{
	called("turn");
	raise(SIGUSR1); /* a leak report; signals are caught by now */
	raise(SIGTERM);
	signal(SIGTERM, SIG_IGN);
}

static void
on_line(const struct host_report *r, FILE *out)
{
	(void)r;
	(void)out;
}

static int
on_end(void)
{
	called("end");
	return told.end;
}

static void
on_stop(void)
{
	called("stop");
}

static void
on_print(FILE *out)
{
	(void)out;
	called("print");
}

static void
on_json(FILE *out)
{
	fprintf(out, "\"mine\": 1,\n");
	called("json");
}

/* The child: its exit status; what was called goes into the pipe. */
static void
run(int to, const char *const *eal)
{
	const struct host_program program = {.name = "unit-host",
					     .start = on_start,
					     .ready = on_ready,
					     .turn = on_turn,
					     .line = on_line,
					     .end = on_end,
					     .stop = on_stop,
					     .print = on_print,
					     .json = on_json};
	const struct host_options options = {
		.ports = {.mtu = 1500, .mbufs = 255, .rxd = 64, .txd = 64, .copy = told.loses_an_mbuf},
		.lwip_memory = 1 << 20,
		.json = "/dev/null"};
	static char words[16][64] = {
		"unit-host", "--no-huge", "--iova-mode=va", "--no-pci", "--no-shconf", "--no-telemetry",
		"-m",	     "256",	  "--log-level=1",  "-l"};
	char *argv[17] = {NULL};
	cpu_set_t set;
	int argc = 10, status;
	unsigned core = 0;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		abort();
	while (!CPU_ISSET(core, &set))
		core++;
	snprintf(words[argc++], sizeof(words[0]), "%u", core);
	for (; *eal != NULL; eal++)
		snprintf(words[argc++], sizeof(words[0]), "%s", *eal);
	for (int i = 0; i < argc; i++)
		argv[i] = words[i];
	/* Its words are not this test's. */
	if (freopen("/dev/null", "w", stdout) == NULL || freopen("/dev/null", "w", stderr) == NULL)
		abort();
	status = host_run(&program, &options, argc, argv);
	if (write(to, calls, strlen(calls)) < 0)
		abort();
	_exit(status);
}

static const char *const null_port[] = {"--vdev=net_null0", NULL};

static void
assert_run(const char *const *eal, int status, const char *expected)
{
	char got[sizeof(calls)] = "";
	int ends[2], wait_status = 0;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		run(ends[1], eal);
	close(ends[1]);
	assert_true(read(ends[0], got, sizeof(got) - 1) >= 0);
	close(ends[0]);
	assert_int_equal(waitpid(pid, &wait_status, 0), pid);
	assert_string_equal(got, expected);
	assert_true(WIFEXITED(wait_status));
	assert_int_equal(WEXITSTATUS(wait_status), status);
}

static int
as_told(void **state)
{
	(void)state;
	memset(&told, 0, sizeof(told));
	return 0;
}

static void
program_runs_from_start_to_report(void **state)
{
	(void)state;
	assert_run(null_port, 0, "start ready turn end stop print json");
}

static void
eal_that_does_not_start_ends_the_program(void **state)
{
	static const char *const wrong[] = {"--no-such-option", NULL};

	(void)state;
	assert_run(wrong, 1, "");
}

static void
no_port_ends_the_program(void **state)
{
	static const char *const none[] = {NULL};

	(void)state;
	assert_run(none, 2, "");
}

static void
start_that_fails_is_stopped_without_a_report(void **state)
{
	(void)state;
	told.start = 3;
	assert_run(null_port, 3, "start stop");
}

static void
end_that_fails_is_the_exit_status(void **state)
{
	(void)state;
	told.end = 4;
	assert_run(null_port, 4, "start ready turn end stop print json");
}

static void
lost_buffer_is_a_failure(void **state)
{
	(void)state;
	told.loses_a_buffer = true;
	assert_run(null_port, 1, "start ready turn end stop print json");
}

/* Of a pool that the library does not know, so nobody else would notice. */
static void
lost_mbuf_of_a_plain_pool_is_a_failure(void **state)
{
	(void)state;
	told.loses_an_mbuf = true;
	assert_run(null_port, 1, "start ready turn end stop print json");
}

#define host_case(function) cmocka_unit_test_setup(function, as_told)

int
main(void)
{
	const struct CMUnitTest cases[] = {
		host_case(program_runs_from_start_to_report),
		host_case(eal_that_does_not_start_ends_the_program),
		host_case(no_port_ends_the_program),
		host_case(start_that_fails_is_stopped_without_a_report),
		host_case(end_that_fails_is_the_exit_status),
		host_case(lost_buffer_is_a_failure),
		host_case(lost_mbuf_of_a_plain_pool_is_a_failure),
	};

	return cmocka_run_group_tests_name("host", cases, NULL, NULL);
}
