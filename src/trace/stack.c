/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unwinding takes about a microsecond for each frame. The same calls come again and again, so a thread keeps what it
 * found, with the places on its stack where each return address lay. Where the same function is called from the same
 * address, on a stack of the same height, and all those places hold the same return addresses, the calls are the same:
 * each return address tells how large the frame is in which the next one lies. This look takes about 5 ns.
 */
#include "trace/stack.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unwind.h>

#define STACKS 8192u
#define KNOWN 256u /* call stacks that a thread keeps at hand */

struct stack {
	unsigned depth;
	uintptr_t frames[TRACE_STACK_DEPTH];
};

struct known {
	uintptr_t frame, address; /* as trace_stack_here() got them; 0: free */
	uint64_t where;
	unsigned depth;
	const uintptr_t *at[TRACE_STACK_DEPTH]; /* where the return addresses lay */
	uintptr_t frames[TRACE_STACK_DEPTH];
};

struct trace_stacks {
	struct known known[KNOWN];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct stack stacks[STACKS];
static unsigned count;
static uint16_t table[2 * STACKS]; /* open addressing; one more than the number of a stack, 0: free */

/* The same calls give the same number. Returns NULL if there is no room for more. */
static const struct stack *
intern(const struct known *known)
{
	static bool said;
	uint64_t hash = 0;
	struct stack *found = NULL;

	for (unsigned i = 0; i < known->depth; i++)
		hash = (hash ^ known->frames[i]) * UINT64_C(0x9E3779B97F4A7C15); /* 2^64 / golden ratio */
	pthread_mutex_lock(&lock);
	for (unsigned at = (unsigned)(hash >> 32) % (2 * STACKS);; at = (at + 1) % (2 * STACKS)) {
		if (table[at] == 0 && count == STACKS) {
			if (!said)
				fprintf(stderr, "evpl: tracing knows %u call stacks: further places have one frame\n",
					STACKS);
			said = true;
			break;
		}
		if (table[at] == 0) {
			found = &stacks[count++];
			found->depth = known->depth;
			memcpy(found->frames, known->frames, known->depth * sizeof(found->frames[0]));
			table[at] = (uint16_t)count;
			break;
		}
		found = &stacks[table[at] - 1];
		if (found->depth == known->depth &&
		    memcmp(found->frames, known->frames, known->depth * sizeof(found->frames[0])) == 0)
			break;
		found = NULL;
	}
	pthread_mutex_unlock(&lock);
	return found;
}

struct walk {
	struct known *known;
	unsigned wanted;
	bool all_on_stack; /* each return address lies where a call put it */
};

/* Each frame, from this file's functions outwards. Those before the wanted return address are left out. */
static _Unwind_Reason_Code
step(struct _Unwind_Context *context, void *arg)
{
	struct walk *walk = arg;
	struct known *known = walk->known;
	uintptr_t address = _Unwind_GetIP(context);
	const uintptr_t *at = (const uintptr_t *)_Unwind_GetCFA(context) - 1;

	if (address == 0)
		return _URC_END_OF_STACK;
	if (known->depth == 0 && address != known->address)
		return _URC_NO_REASON;
	known->frames[known->depth] = address;
	known->at[known->depth] = at;
#if defined(__x86_64__)
	if (*at != address)
		walk->all_on_stack = false;
#else
	walk->all_on_stack = false;
#endif
	known->depth++;
	return known->depth == walk->wanted ? _URC_END_OF_STACK : _URC_NO_REASON;
}

__attribute__((no_sanitize("address"))) static bool
is_same(const struct known *known, uintptr_t frame, uintptr_t address)
{
	if (known->frame != frame || known->address != address)
		return false;
	for (unsigned i = 1; i < known->depth; i++) {
		if (*known->at[i] != known->frames[i])
			return false;
	}
	return true;
}

static __attribute__((noinline)) uint64_t
unwind(struct known *known, uintptr_t frame, uintptr_t address, unsigned depth)
{
	struct walk walk = {known, depth, true};
	const struct stack *stack;

	known->frame = frame;
	known->address = address;
	known->depth = 0;
	_Unwind_Backtrace(step, &walk);
	stack = known->depth > 1 ? intern(known) : NULL;
	known->where = stack != NULL ? (uint64_t)(uintptr_t)stack : address;
	if (!walk.all_on_stack || known->depth == 0)
		known->address = 0;
	return known->where;
}

uint64_t
trace_stack_here(struct trace_thread *me, const void *frame, uintptr_t address, unsigned depth)
{
	uintptr_t height = (uintptr_t)frame;
	struct known *known;

	if (depth <= 1)
		return address;
	if (unlikely(me->stacks == NULL)) {
		me->stacks = calloc(1, sizeof(*me->stacks));
		if (me->stacks == NULL)
			return address;
	}
	known = &me->stacks->known[((height ^ address) * UINT64_C(0x9E3779B97F4A7C15)) >> 56];
	if (likely(is_same(known, height, address)))
		return known->where;
	return unwind(known, height, address, RTE_MIN(depth, TRACE_STACK_DEPTH));
}

unsigned
trace_stack_frames(uint64_t where, uintptr_t frames[TRACE_STACK_DEPTH])
{
	const struct stack *stack = (const struct stack *)(uintptr_t)where;

	if (stack >= stacks && stack < stacks + STACKS) {
		memcpy(frames, stack->frames, sizeof(stack->frames));
		return stack->depth;
	}
	frames[0] = (uintptr_t)where;
	return 1;
}
