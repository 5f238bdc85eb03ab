/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A child of fork() that plays the secondary process (support/secondary.h). test/e2e/test_process.py has two real
 * processes.
 */
#ifndef TEST_PROCESS_THERE_H
#define TEST_PROCESS_THERE_H

#include <sys/types.h>

#include "support.h"

/** The child, and a pipe each way. */
struct there {
	pid_t pid;
	int go, ready;
};

/** Ends the case that it stands in, as skipped, if not all memory is shared with children, or in a tracing build. */
#define there_only()                                                                                                   \
	do {                                                                                                           \
		plain_builds_only();                                                                                   \
		skip_unless(there_shares_memory(), "not all memory is shared with children");                          \
	} while (0)
bool there_shares_memory(void);

/** Makes the child play. It has attached under that name when this returns, unless name is NULL. */
void there_begin(struct there *there, const char *name, void (*play)(struct evpl_process *process));

/** Lets the child go on: it waits before play() is called, and in each there_wait(). */
void there_go(struct there *there);

/** Waits until the child calls there_wait(). */
void there_waits(struct there *there);

/** Lets it go on to its end, and fails the case unless all that it checked was right. */
void there_end(struct there *there);

/** Kills it. */
void there_kill(struct there *there);

/** In the child: waits for there_go(). */
void there_wait(void);

/** In the child: ends it, and fails the case that way, unless the condition holds. */
#define there_check(condition) ((condition) ? (void)0 : there_fails(__FILE__, __LINE__, #condition))
void there_fails(const char *file, int line, const char *condition) __attribute__((noreturn));

/** Lengths and numbers of iovecs that the cases use. */
#define PROCESS_LENGTH 1000u
#define PROCESS_MANY 40u

/** Makes the place "worker". */
struct evpl_process *process_create(unsigned iovecs, unsigned packets);

/** Asserts the state of its process, and what is lent. */
void process_assert_lent(struct evpl_process *process, enum evpl_process_state state, uint32_t iovecs,
			 uint32_t packets);

/** Sends n iovecs with the streams first, first + 1 ... */
void process_send_streams(struct evpl *evpl, struct evpl_process *process, unsigned length, unsigned n, unsigned first);

/** Receives exactly n iovecs, asserts that they hold these streams, and releases them. */
void process_receive_streams(struct evpl *evpl, struct evpl_process *process, unsigned n, unsigned first);

/** In either process: whether the iovec holds that stream. */
bool there_is_stream(const struct evpl_iovec *iovec, unsigned seed);

#endif /* TEST_PROCESS_THERE_H */
