/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The main() of a test program, and children for what must not happen in this process.
 *
 *	program             run all cases (TAP when CMOCKA_MESSAGE_OUTPUT=TAP, as meson sets it)
 *	program '*name*'    run the cases whose name matches
 *	program --child X   run child X alone: how a case re-executes its own program
 *
 * EVPL_TEST_EAL replaces the EAL line, words separated by spaces. The default needs no huge pages, no rights and no
 * writable directory, uses the first two cores this process may run on, and several can run side by side.
 */
#ifndef TEST_PROGRAM_H
#define TEST_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

struct CMUnitTest;

/** Something that ends its process, or wants one of its own. */
struct child {
	const char *name;
	void (*run)(void);
	bool without_eal; /* otherwise EAL is up when run() is called */
};

/** The program's cases and children. */
struct program {
	const char *name;
	const struct CMUnitTest *cases;
	size_t n_cases;
	const struct child *children;
	size_t n_children;
	unsigned min_cores; /* the whole program is skipped with fewer */
	int (*setup)(void **state);
	int (*teardown)(void **state);
};

/** @return what main() returns: 0 when every case passed. */
int program_main(const struct program *program, int argc, char **argv);

/** rte_eal_init() with the line that is told above; for programs without cases, too. @return what it returns. */
int program_start_eal(const char *program);

/**
 * The cases of this function are reported as skipped, for that reason; the caller, one of them, returns. (cmocka's own skip()
 * says "not ok" and SKIP, which is a failure to those who read TAP.)
 */
void program_skips(const char *function, const char *reason);

/**
 * Re-executes this program for a child, because DPDK does not support fork() after rte_eal_init(). Fails the case
 * unless the child is stopped by SIGABRT, after one line on stderr that has every one of @p words (NULL ends them). In a
 * tracing build it may be a report: a line, then others that are indented, and the words anywhere in it.
 */
void child_assert_stops(const char *name, const char *const *words);

/** As child_assert_stops, for a child that has to end well: with exit code 0. */
void child_assert_ends(const char *name);

#endif /* TEST_PROGRAM_H */
