/* SPDX-License-Identifier: BSD-3-Clause */
/* lwIP's memory, for the other files of the glue; glue.h has what programs call. An lwIP that brings its own memory has none of it. */
#ifndef GLUE_MEMORY_H
#define GLUE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include <evpl/evpl.h>

void glue_memory_init(struct evpl *evpl, uint64_t limit);

/* Releases the blocks that wait to be used again: they may keep buffers. */
void glue_memory_trim(void);

/* While it is on, lwIP may allocate up to its limit; else an eighth of that is left. Every lwIP has this call. */
void glue_memory_receive(bool on);

/* From now on all that lwIP allocates holds a clone of the iovec, until it is freed; NULL ends that. */
void glue_memory_hold(struct evpl_iovec *iovec);

/* Of memory that lwIP allocated: the iovec that it lies in, and the one that it holds, or NULL. */
struct evpl_iovec *glue_memory_self(void *memory);
struct evpl_iovec *glue_memory_held(void *memory);

/* Packets have some of its bytes: they are not to be used again before those packets end, even if lwIP frees it. */
void glue_memory_sent(void *memory);

#endif /* GLUE_MEMORY_H */
