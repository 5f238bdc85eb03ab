/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The main() of a test program, and children for code that must not run in this process.
 *
 *	program             run all cases (TAP when CMOCKA_MESSAGE_OUTPUT=TAP, as meson sets it)
 *	program '*name*'    run the cases whose name matches
 *	program --child X   run child X alone: a case executes its own program again this way
 *
 * EVPL_TEST_EAL replaces EAL's options, as words with spaces between them. The default needs no huge pages, no rights
 * and no writable directory. It uses the first two cores that this process may run on. Several programs can run at the
 * same time.
 *
 * MESON_EXE_WRAPPER is the emulator of a cross build. Meson sets it. A child is started with it, too.
 */
#ifndef TEST_PROGRAM_H
#define TEST_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

struct CMUnitTest;

/** Code that ends its process, or that needs a process of its own. */
struct child {
	const char *name;
	void (*run)(void);
	bool without_eal; /* otherwise EAL is started before run() is called */
};

/** The program's cases and children. */
struct program {
	const char *name;
	const struct CMUnitTest *cases;
	size_t n_cases;
	const struct child *children;
	size_t n_children;
	unsigned min_cores; /* with fewer cores the whole program is skipped */
	int (*setup)(void **state);
	int (*teardown)(void **state);
};

/** @return what main() returns: 0 if every case passed. */
int program_main(const struct program *program, int argc, char **argv);

/**
 * Calls rte_eal_init() with the options that are described above; for programs without cases, too. @return its result.
 */
int program_start_eal(const char *program);

/**
 * Reports the cases of this function as skipped, with that reason. The caller is one of them, and must return.
 * (cmocka's own skip() prints "not ok" and SKIP, which readers of TAP take for a failure.)
 */
void program_skips(const char *function, const char *reason);

/**
 * Finds the function of that name behind this program's own, such as DPDK's. @p function is the pointer that is set,
 * and @p size its size.
 */
void program_next(void *function, size_t size, const char *name);

/**
 * Executes this program again for a child, because DPDK does not support fork() after rte_eal_init(). Fails the case
 * unless SIGABRT stops the child after one line on stderr that has each of @p words (NULL ends the list). In a tracing
 * build the output may be a report: a line, then indented lines, with the words anywhere in it.
 */
void child_assert_stops(const char *name, const char *const *words);

/** As child_assert_stops(), but the child must end with exit code 0. */
void child_assert_ends(const char *name);

#endif /* TEST_PROGRAM_H */
