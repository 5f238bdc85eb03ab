/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the library asks EAL for when it makes slabs. A function of the test program replaces
 * rte_memzone_reserve_aligned() (the dynamic linker finds it first).
 */
#ifndef TEST_ZONE_LIES_H
#define TEST_ZONE_LIES_H

#include <stdatomic.h>
#include <stdbool.h>

extern struct zone_lies {
	atomic_bool no_memory;	/* each call fails */
	atomic_uint calls;	/* since zone_lies_begin() */
	atomic_uint contiguous; /* of those: with RTE_MEMZONE_IOVA_CONTIG, which EAL is not told without huge pages */
	atomic_uint others;	/* of those: on other threads than that of zone_lies_begin() */
} zone_lies;

/** Nothing has been asked for yet, and there is memory. */
void zone_lies_begin(void);

#endif /* TEST_ZONE_LIES_H */
