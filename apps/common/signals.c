/* SPDX-License-Identifier: BSD-3-Clause */
#include "signals.h"

#include <signal.h>
#include <stdio.h>

#include <evpl/evpl.h>

static volatile sig_atomic_t stop_requested, leak_report_requested;

static void
on_stop_signal(int number)
{
	(void)number;
	stop_requested = 1;
}

static void
on_leak_report_signal(int number)
{
	(void)number;
	leak_report_requested = 1;
}

void
signals_catch(void)
{
	/* A second signal kills the program, which helps when a driver hangs. */
	struct sigaction action = {.sa_handler = on_stop_signal, .sa_flags = (int)SA_RESETHAND};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGUSR1, on_leak_report_signal);
	/* If the reader of our output ends, the ports must still be closed. */
	signal(SIGPIPE, SIG_IGN);
}

bool
signals_stop_requested(void)
{
	return stop_requested != 0;
}

void
signals_leak_report(void)
{
	if (leak_report_requested == 0)
		return;
	leak_report_requested = 0;
	evpl_leak_report(stderr);
}
