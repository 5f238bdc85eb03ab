/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The language: a program is a string of bytes. The first byte chooses the library's configuration, and whether there
 * is another process. Then each operation is a byte that chooses it, and as many bytes of arguments as it has. So every
 * string is a program, and the same one always does the same. An operation that has nothing to work on does nothing.
 */
#ifndef TEST_FUZZ_OPERATIONS_H
#define TEST_FUZZ_OPERATIONS_H

#include "world.h"

#include <stddef.h>

struct operation {
	const char *name;
	void (*run)(struct world *w);
	uint8_t arguments; /* bytes */
	uint8_t weight;	   /* of 256 */
};

/** Bytes of arguments of the first operation of operations_take[]. It stands in for those of the other process. */
#define OPERATIONS_TAKE_ARGUMENTS 6u

/** The operations of each file; the last one has no name. */
extern const struct operation operations_take[], operations_view[], operations_packet[], operations_port[],
	operations_life[], operations_memory[], operations_wait[], operations_refused[], operations_process[],
	operations_there[], operations_there_packet[], operations_control[];

/** Runs a program to its end: the library is started, all is given back, and checked. @return the operations run. */
uint64_t operations_run(const uint8_t *program, size_t size, FILE *print);

/** @return how many bytes the operation at the beginning of these has, itself included; at most @p size. */
size_t operations_length(const uint8_t *bytes, size_t size);

/** @return the name of the operation that this byte chooses. */
const char *operations_name(uint8_t byte);

/** Draws a number below @p n (at most 65536) from the operation's arguments. */
uint32_t operations_draw(struct world *w, uint32_t n);

/** Draws one of the player's contexts. There is one: if the player has none, it is made. */
struct context *operations_context(struct world *w);

/** The same, or NULL. */
struct context *operations_any_context(struct world *w);

/** Makes a context. NULL: that is not possible. */
struct context *operations_create(struct world *w, const struct evpl_thread_config *config);

/** Draws a length for an alloc: mostly short, at times long or near a limit. Draws three bytes. */
uint32_t operations_length_drawn(struct world *w);

/** Draws an alignment: 0, or a power of two up to 4096; mostly small. */
unsigned operations_alignment(struct world *w);

#endif /* TEST_FUZZ_OPERATIONS_H */
