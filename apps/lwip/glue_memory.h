/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP's memory, for the other files of the glue. glue.h has what programs call. An lwIP that brings its own memory
 * uses none of this.
 */
#ifndef GLUE_MEMORY_H
#define GLUE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include <evpl/evpl.h>

void glue_memory_init(struct evpl *evpl, uint64_t limit);

/* In each turn: finds out whether memory has come back. */
void glue_memory_poll(void);

/* Releases the free blocks that wait for reuse: they may keep buffers. */
void glue_memory_trim(void);

/*
 * While this is on, lwIP may allocate memory up to its limit. Otherwise it may allocate seven eighths of that. The call
 * exists with every lwIP.
 */
void glue_memory_use_reserve(bool on);

/* From this call on, all memory that lwIP allocates holds a clone of the iovec until it is freed. NULL ends that. */
void glue_memory_hold(struct evpl_iovec *iovec);

/* For memory that lwIP allocated: the iovec that it lies in, and the iovec that it holds, or NULL. */
struct evpl_iovec *glue_memory_self(void *memory);
struct evpl_iovec *glue_memory_held(void *memory);

/* Marks memory whose bytes are in packets. If lwIP frees it, it is not used again before these packets are freed. */
void glue_memory_mark_sent(void *memory);

#endif /* GLUE_MEMORY_H */
