/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The classes of buffers: small ones and large ones.
 */
#ifndef EVPL_SRC_CLASS_H
#define EVPL_SRC_CLASS_H

#include "bank.h"
#include "base.h"
#include "pause.h"

struct evpl_shelf;

/*
 * Buffers of one size, in slabs of their own. Small buffers are for speed: they are used again while they are in
 * cache. Large buffers keep in one iovec what does not fit a small one. The same windows carve both.
 */
struct evpl_class {
	unsigned index;		/* in evpl_global.classes */
	uint32_t size;		/* of a buffer */
	uint32_t align;		/* of every buffer's address */
	uint32_t max_alignment; /* that an alloc may ask of it */
	uint32_t lead; /* bytes before each buffer, for its anchor; 0: its packets count on its mbuf's shinfo */
	uint64_t slab_size;
	struct evpl_shelf *shelves[EVPL_BANKS];	  /* of its slabs; NULL: there was none yet */
	uint64_t banks;				  /* a bit per bank that has a shelf; stored with release after it */
	uint32_t claims[EVPL_BANKS];		  /* buffers that waits ask for; relaxed, see wait.c */
	evpl_pause no_growth[RTE_MAX_NUMA_NODES]; /* after no memory */
};
#define EVPL_CLASSES 2u
#define EVPL_ANCHOR_REACH 65536u /* bytes behind an anchor: priv_size has 16 bits */
#define EVPL_ANCHOR_LEAD 256u	 /* bytes before a buffer, and its alignment: for the anchor 128 would do */

/* Bytes that a fresh buffer has at that alignment; 0: it has no such address. */
static inline uint32_t
evpl_class_capacity(const struct evpl_class *class, unsigned alignment)
{
	if (alignment > class->max_alignment)
		return 0;
	return alignment <= class->align ? class->size : class->size - (alignment - class->align);
}

#endif /* EVPL_SRC_CLASS_H */
