/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A trial: one call, again and again. The first time its first call to the outside fails, then its second, until none
 * is left. Each time
 *
 *	prepare   what the call needs; nothing fails here
 *	call      with the fault. It fails with an error that is documented, and leaves nothing behind; or it survives
 *	again     if it failed: what must be before it can succeed
 *	call      then, without a fault: it succeeds
 *	use       the call's full contract holds
 *	finish    gives back all that there is, and everything is as before
 */
#ifndef TRIAL_H
#define TRIAL_H

#include <errno.h>
#include <pthread.h>

#include "faulty.h"
#include "support.h"

#define TRIAL_ERRORS 5

struct trial {
	void (*prepare)(void);
	int (*call)(void); /* 0, or a positive errno */
	void (*again)(void);
	void (*use)(void);
	void (*finish)(void);
	int errors[TRIAL_ERRORS]; /* the documented ones */
	bool keeps;		  /* a call that failed may keep some of EAL's heap for later calls, until `finish` */
	bool ends_in_thread;	  /* a thread of the library's ends it; tracing keeps that thread's name */
	bool threads;		  /* each round in a thread of its own: what threads have is made again */
};

/*
 * Makes every fault of it. Something that is not as above fails the case. (An assert that fails in a thread of its own
 * ends the program.)
 */
void trial_run(const struct trial *trial);

/* What exists at a moment. */
struct inventory {
	unsigned memzones, mempools, threads, files, blocks;
	size_t heap;
};

/* `heap`: the bytes of EAL's heap, too. Threads that have ended may be a moment in the kernel; they are waited for. */
void inventory_take(struct inventory *i);
void inventory_assert(const struct inventory *before, bool heap, const char *when);

#endif /* TRIAL_H */
