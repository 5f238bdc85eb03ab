/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads that really run at the same time. EAL pins its main thread to one core, and pthreads inherit that. So threads
 * that do not set their affinity take turns on one core, and prove nothing. Therefore every thread here is pinned to a
 * core of its own. The threads meet at a barrier that spins, so that the code behind it runs within a few nanoseconds
 * on both.
 *
 * cmocka's asserts jump, so they must not be used in these threads. threads_check() notes the first failure and ends
 * every barrier, and threads_run() then fails the case.
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

/** Runs two threads to their end. Fails the case if a threads_check() failed in one of them. */
void threads_run(enum threads_kind kind, threads_function function, void *arg);

/** The most threads of threads_run_many(). */
#define THREADS_MANY 16u

/**
 * As threads_run(), for @p n plain pthreads on the two cores: more than there are cores, so that each is stopped by the
 * kernel at any instruction. @p pinned: half of them on each core; otherwise the kernel moves them from core to core.
 */
void threads_run_many(unsigned n, bool pinned, threads_function function, void *arg);

/** Waits until all threads are here. @return false if one of them has failed. */
bool threads_meet(void);

/** @return true if one of the threads has failed. Every loop that waits for the other thread must check that. */
bool threads_failed(void);

/** Notes a failure. @return whether the expression was true. */
#define threads_check(expression) threads_note((expression), #expression, __FILE__, __LINE__)

bool threads_note(bool held, const char *expression, const char *file, int line);

/** @return @p n, or a tenth of it with the thread sanitizer, which makes everything about twenty times slower. */
unsigned threads_rounds(unsigned n);

/** Runs a function to its end in one plain pthread, on another core than the caller's. */
void threads_run_elsewhere(void (*function)(void *arg), void *arg);

#endif /* TEST_THREADS_H */
