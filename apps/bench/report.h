/* SPDX-License-Identifier: BSD-3-Clause */
/* What is shown: the table as it grows, and the same figures for programs. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "run.h"

/* Opens the files; what goes to stdout has it alone, and all else goes to stderr. @return 0; -1: said why. */
int report_open(void);
void report_begin(unsigned cases);
void report_running(unsigned number, const struct bench_case *c); /* on a terminal: which case it is */
void report_result(const struct bench_result *result);
void report_skipped(const struct bench_case *c, const char *reason);
/* @return 0; -1: something could not be written, which was said. */
int report_end(void);

#endif /* BENCH_REPORT_H */
