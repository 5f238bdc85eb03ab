/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads that really run at once. EAL pins its main thread to one core and pthreads inherit that, so threads that
 * do not set their affinity take turns on one core and prove nothing; hence every one here is pinned to a core of its
 * own, and meets the others at a barrier that spins, so that what follows happens within a few nanoseconds.
 *
 * cmocka's asserts jump, so they must not be used in these threads: threads_check() notes the first failure, makes
 * every barrier let go, and threads_run() fails the case for it.
 */
#ifndef TEST_THREADS_H
#define TEST_THREADS_H

#include <stdatomic.h>
#include <stdbool.h>

enum threads_kind {
	THREADS_LCORES, /* 0 is the main lcore, 1 a worker lcore */
	THREADS_PLAIN,	/* pthreads without an lcore id */
	THREADS_MIXED,	/* 0 is a worker lcore, 1 a plain pthread on another core */
};

typedef void (*threads_function)(unsigned index, void *arg);

/** Runs two threads to their end, and fails the case when one of them failed a threads_check(). */
void threads_run(enum threads_kind kind, threads_function function, void *arg);

/** Waits until both threads are here; @return false when one of them has failed. */
bool threads_meet(void);

/** @return true when one of the threads has failed: every loop that waits for the other must look. */
bool threads_failed(void);

/** Notes a failure; @return whether the expression held. */
#define threads_check(expression) threads_note((expression), #expression, __FILE__, __LINE__)

bool threads_note(bool held, const char *expression, const char *file, int line);

/** @return @p n, or a tenth of it under the thread sanitizer, which makes all some twenty times slower. */
unsigned threads_rounds(unsigned n);

/** Runs a function in one plain pthread, on another core than the caller's, to its end. */
void threads_run_elsewhere(void (*function)(void *arg), void *arg);

#endif /* TEST_THREADS_H */
