/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The signals of a program (apps/common/signals.c). What would break: a program that cannot be ended, or that a broken
 * pipe ends before its ports are closed. Each of these signals is raised in a child of its own.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture.h"
#include "signals.h"

/* What wait() says of a child that raises the signal so often. 1 or 2: the child was asked to stop, or not, wrongly. */
static int
raised(int signal, unsigned times)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		signals_catch();
		if (signals_stop_requested())
			_exit(1);
		for (unsigned i = 0; i < times; i++)
			raise(signal);
		_exit(signals_stop_requested() == (signal == SIGINT || signal == SIGTERM) ? 0 : 2);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
first_signal_asks_to_stop_and_the_second_kills(void **state)
{
	const int signals[] = {SIGINT, SIGTERM};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		int status = raised(signals[i], 1);

		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
		status = raised(signals[i], 2);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), signals[i]);
	}
}

static void
broken_pipe_does_not_end_the_program(void **state)
{
	int status = raised(SIGPIPE, 2);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static bool
reports(void)
{
	capture_begin(stderr);
	signals_leak_report();
	return strlen(capture_end()) > 0;
}

static void
leak_report_comes_once_for_each_request(void **state)
{
	(void)state;
	signals_catch();
	assert_false(reports());
	for (unsigned i = 0; i < 2; i++) {
		raise(SIGUSR1);
		assert_true(reports());
		assert_false(reports());
	}
	assert_false(signals_stop_requested());
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(first_signal_asks_to_stop_and_the_second_kills),
		cmocka_unit_test(broken_pipe_does_not_end_the_program),
		cmocka_unit_test(leak_report_comes_once_for_each_request),
	};

	return cmocka_run_group_tests_name("signals", cases, NULL, NULL);
}
