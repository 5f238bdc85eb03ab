/* SPDX-License-Identifier: BSD-3-Clause */
/* The signals of a program that runs until it is told to end. */
#ifndef APPS_SIGNALS_H
#define APPS_SIGNALS_H

#include <stdbool.h>

/*
 * Call it after rte_eal_init(), because EAL's drivers install their own handlers. SIGINT and SIGTERM ask the program to
 * stop, and a second one kills it. SIGUSR1 asks for a leak report. SIGPIPE is ignored.
 */
void signals_catch(void);

bool signals_stop_requested(void);

/* Writes evpl_leak_report() to stderr if one was asked for since the last call. */
void signals_leak_report(void);

#endif /* APPS_SIGNALS_H */
