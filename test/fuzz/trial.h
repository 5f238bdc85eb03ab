/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs are tried in a child process, because one that finds a fault ends its process. The child is this program,
 * executed again (DPDK does not support fork()). It tries one program after the other until one ends it.
 */
#ifndef TEST_FUZZ_TRIAL_H
#define TEST_FUZZ_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct trial {
	pid_t pid; /* 0: no child runs */
	FILE *to, *from;
	bool quiet; /* what the child says of a fault is not shown */
	int status; /* as wait() says it, of the child that ended last */
};

/** Tries a program. @return whether the child came to its end; then @p steps has how many operations it ran. */
bool trial_run(struct trial *t, const uint8_t *program, size_t size, uint64_t *steps);

/** Ends the child. */
void trial_end(struct trial *t);

/** Runs a program in a child that prints it as C on stdout, and what was wrong on stderr. */
void trial_print(const uint8_t *program, size_t size);

/** The child's main(). */
int trial_serve(bool print);

#endif /* TEST_FUZZ_TRIAL_H */
