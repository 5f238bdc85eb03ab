/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads that stop at random moments. Code that is compiled with -finstrument-functions calls these two functions
 * where each of its functions begins and ends, inlined ones included. Here the thread now and then gives its CPU away,
 * or sleeps for so long that another thread does thousands of steps meanwhile. Such a build of the library stops in
 * the middle of its cold paths, where a thread otherwise stops once in many runs.
 *
 * Other builds do not call them, and the linker leaves this file out.
 */
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#define CALLS_TO_YIELD 1024u  /* one of so many gives the CPU away, */
#define CALLS_TO_SLEEP 16384u /* and one of so many sleeps */
#define SLEEP_NS 50000

#define UNSEEN __attribute__((no_instrument_function, no_sanitize("thread")))

UNSEEN void __cyg_profile_func_enter(void *function, void *caller);
UNSEEN void __cyg_profile_func_exit(void *function, void *caller);

static atomic_uint threads;
static _Thread_local uint32_t state; /* xorshift32; 0: the thread has not been here */

UNSEEN static void
stop_sometimes(void)
{
	static const struct timespec pause = {.tv_nsec = SLEEP_NS};
	int error = errno;

	if (state == 0)
		state = 2654435761u * (1 + atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed));
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	if (state % CALLS_TO_SLEEP == 0)
		nanosleep(&pause, NULL);
	else if (state % CALLS_TO_YIELD == 0)
		sched_yield();
	errno = error;
}

void
__cyg_profile_func_enter(void *function, void *caller)
{
	(void)function;
	(void)caller;
	stop_sometimes();
}

void
__cyg_profile_func_exit(void *function, void *caller)
{
	(void)function;
	(void)caller;
	stop_sometimes();
}
