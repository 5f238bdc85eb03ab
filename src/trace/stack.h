/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Call stacks, for the plug-in. Each one that was seen has an address in a table, which stands for it in a trace_place.
 */
#ifndef EVPL_SRC_TRACE_STACK_H
#define EVPL_SRC_TRACE_STACK_H

#include "trace/thread.h"

#include <stddef.h>

#include <rte_common.h>

#define TRACE_STACK_DEPTH 16u /* frames at most */

/*
 * What stands for the calls that led to a function: frame is the function's __builtin_frame_address(0), and address its
 * return address. It must not end with a jump to a function that calls this, or each call is unwound anew. With a depth
 * of 1, or when the table is full, this is the return address.
 */
uint64_t trace_stack_here(struct trace_thread *me, const void *frame, uintptr_t address, unsigned depth);
/* In the child of a fork(): another thread may have had the table's lock. */
void trace_stack_forked(void);
/* Called once, when the table is full: it has so many stacks. NULL: nobody wants to know. */
extern void (*trace_stacks_full)(unsigned known);
/* The frames of what trace_stack_here() returned, the innermost first; returns how many. */
unsigned trace_stack_frames(uint64_t where, uintptr_t frames[TRACE_STACK_DEPTH]);

#endif /* EVPL_SRC_TRACE_STACK_H */
