/* SPDX-License-Identifier: BSD-3-Clause */
/* The report: the table, which grows case by case, and the same figures for programs. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "run.h"

/* Opens the files. If one of them is stdout, all else goes to stderr. @return 0; -1: an error line was printed. */
int report_open(void);
void report_begin(unsigned cases);
void report_running(unsigned number, const struct bench_case *c); /* on a terminal: prints the case's name */
void report_result(const struct bench_result *result);
void report_skipped(const struct bench_case *c, const char *reason);
/* @return 0; -1: something could not be written, and an error line was printed. */
int report_end(void);

#endif /* BENCH_REPORT_H */
