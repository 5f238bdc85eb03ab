/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Threads, and places in the program: who did what where, in one word.
 */
#ifndef EVPL_SRC_TRACE_THREAD_H
#define EVPL_SRC_TRACE_THREAD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <rte_branch_prediction.h>

/*
 * A place in the program, and a thread. The upper 16 bits are the thread's number. Below is the address of a site (bit
 * 47 set), a call stack (trace/stack.h), or a return address. These have 47 bits, as addresses in user space do. 0:
 * nowhere.
 */
typedef uint64_t trace_place;
#define TRACE_PLACE_SITE (UINT64_C(1) << 47)

union trace_slot;
struct trace_stacks;

struct trace_thread {
	trace_place here;    /* of the current call, for what happens inside it */
	unsigned call;	     /* enum trace_call */
	uint64_t place_bits; /* its number, at its place in a trace_place */
	int16_t lcore;	     /* -1: none */
	char name[16];
	int tid;
	bool ended;
	struct trace_stacks *stacks; /* the call stacks that it saw last; NULL: none yet */
	/* The records of iovecs that it goes round, see trace/records.h. */
	uint64_t now;		    /* upper half: TSC >> TRACE_WHEN_SHIFT, at most TRACE_TICK takes old */
	uint32_t in_use;	    /* records in use that it passed in this round of its chunk */
	union trace_slot *cursor;   /* the next record to look at */
	union trace_slot *stop;	    /* turn there: TRACE_TICK further, or the end of the chunk */
	union trace_slot *chunk;    /* NULL: none yet, or the thread has ended */
	unsigned chunk_count, full; /* its chunks; how many in a row were at least half in use */
	unsigned credit;	    /* records that it may look at in vain before it adds a chunk */
	uint64_t looked;	    /* records that it has looked at in vain, for tests */
	uint32_t rest;		    /* takes until it searches again, after it found none */
	uint32_t spare;		    /* records for bytes, which no iovec names, so they need not wait; 0: none */
};

extern _Thread_local struct trace_thread *trace_me __attribute__((tls_model("initial-exec")));
extern struct trace_thread trace_nobody; /* trace_me of a thread that made no call yet: owns no context */
/* Called by a thread that ends. NULL: nobody wants to know. */
extern void (*trace_thread_leaves)(struct trace_thread *me);

struct trace_thread *trace_thread_begin(void);
/* In the child of a fork(): its only thread is a new one. */
void trace_thread_forked(void);
void trace_thread_look(struct trace_thread *me); /* finds its current lcore */
void trace_thread_name(struct trace_thread *me); /* and its name */
const struct trace_thread *trace_thread_of(trace_place place);
/* "thread NAME (tid), lcore N" of the thread that was there. */
void trace_say_thread(FILE *out, trace_place place);

static inline struct trace_thread *
trace_self(void)
{
	return likely(trace_me != &trace_nobody) ? trace_me : trace_thread_begin();
}

static inline trace_place
trace_place_make(const struct trace_thread *me, uint64_t where)
{
	return where | me->place_bits;
}

#endif /* EVPL_SRC_TRACE_THREAD_H */
