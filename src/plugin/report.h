/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the plug-in says of a bug. By EVPL_TRACE the program stops after it, or goes on.
 */
#ifndef EVPL_SRC_PLUGIN_REPORT_H
#define EVPL_SRC_PLUGIN_REPORT_H

#include "plugin/pool.h"

#include <stdio.h>

extern int32_t plugin_process; /* this one's number */

/* In the child of a fork(). */
void report_forked(void);
/*
 * Whether the event's place means something here: it is this process's, or its parent's before the fork(). Others have
 * call stacks of their own.
 */
bool report_knows(const struct object_event *event);

/* A byte of a data room, or of a guard beside it, that nobody may have written. */
void report_room(const struct traced_pool *pool, uint32_t number, const char *what, const unsigned char *at,
		 const struct object_event *here);
/* An mbuf that was changed while it was free; was: as it was freed. */
void report_header(const struct traced_pool *pool, uint32_t number, const struct rte_mbuf *was,
		   const struct object_event *here);
/* An mbuf that was put back in a state in which it must not be. */
void report_freed(const struct traced_pool *pool, uint32_t number, const char *what, const struct object_event *here);
void report_double_free(const struct traced_pool *pool, uint32_t number, const struct object_event *here);
/* An address that is no object of this pool. */
void report_foreign(const struct traced_pool *pool, const void *address, const struct object_event *here);
/* An mbuf that nobody returned, and whose count says that nobody holds it. */
void report_count(const struct traced_pool *pool, uint32_t number, const struct object_event *here);
unsigned report_bugs(void); /* how many there were */
/* At the end of what was written. Says once on stderr that a file is full. Call with the lock of plugin_options.out. */
void report_flush(void);
void report_stop(void) __attribute__((noreturn)); /* as after a bug */

/* Ages are counted until here. Call with the lock of plugin_options.out. */
uint64_t report_time(void);
/* "word  AGE ago by THREAD, in" and the frames, a line each. */
void report_event(FILE *out, const char *word, const struct object_event *event);
/*
 * The frames of a place, each as evpl_line_say() says it where debug information is to be had, else "function
 * (module+offset)".
 */
void report_frames(FILE *out, trace_place place, const char *between);
/* The commands that find the lines of the frames that had none, since the last call. NULL: forgets these frames. */
void report_line_commands(FILE *out);

#endif /* EVPL_SRC_PLUGIN_REPORT_H */
