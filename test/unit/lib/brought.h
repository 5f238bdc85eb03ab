/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory that a test brings to evpl_slab_add_external(). */
#ifndef TEST_BROUGHT_H
#define TEST_BROUGHT_H

#include "support.h"

#define KIB (1u << 10)
#define PAGE (4u * KIB)
/** Bytes that have room for four buffers of brought_config, wherever the mapping begins. */
#define BROUGHT_LENGTH (64u * KIB)

/** Buffers of 16 KiB and of 64 KiB. */
extern const struct evpl_global_config brought_config;

/** What free_cb was told: its argument. */
struct brought_end {
	unsigned calls;
	void *addr;
	uint64_t length;
};

/** A free_cb. It also unmaps the memory. */
void brought_ended(void *addr, uint64_t length, void *arg);

/** Maps so many bytes of a file (-1: of no file), at a multiple of 64 KiB. */
void *brought_map(size_t length, int protection, int file);

/** An anonymous mapping of BROUGHT_LENGTH bytes as a slab of EVPL_EXTERNAL(group), which unmaps it at its end. */
void *brought_add(int group, unsigned flags, struct brought_end *end);

/** Ends the slab; fails the case unless its free_cb is called, once. */
void brought_remove(void *addr, const struct brought_end *end);

/** A context of that group. */
struct evpl *brought_context(int group);

static inline bool
brought_has(const void *addr, const void *data, uint64_t length)
{
	uint64_t offset = (uint64_t)((uintptr_t)data - (uintptr_t)addr);

	return offset < BROUGHT_LENGTH && length <= BROUGHT_LENGTH - offset;
}

#endif /* TEST_BROUGHT_H */
