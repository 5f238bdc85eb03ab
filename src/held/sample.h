/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Samples: every so many allocations remember their callers.
 */
#ifndef EVPL_SRC_HELD_SAMPLE_H
#define EVPL_SRC_HELD_SAMPLE_H

#include "base.h"

struct evpl_context;

#define EVPL_SAMPLE_SLOTS 512u	/* samples of one context that can be held at once */
#define EVPL_SAMPLE_BLOCKS 256u /* contexts that take samples at once */
struct evpl_sample {
	uintptr_t where; /* in the program's text */
	uint64_t when;	 /* TSC */
	uint32_t bytes;
	union {
		struct {
			uint32_t held; /* iovecs; if it is counted, more by what its window has counted */
			uint32_t kind; /* 1 + that window; 0: it is not counted */
		};
		uint64_t both; /* for those who must not see one without the other */
	};
};
struct evpl_samples {
	const struct evpl_context *ctx; /* NULL: free, though those of a context that is gone may still be held */
	unsigned block;
	unsigned at; /* the slot used last */
	struct evpl_sample slot[EVPL_SAMPLE_SLOTS];
};
extern struct evpl_samples *evpl_sample_blocks[EVPL_SAMPLE_BLOCKS];

void evpl_samples_begin(struct evpl_context *ctx); /* with the lock held */
void evpl_samples_end(struct evpl_context *ctx);
void evpl_samples_free(void);
void evpl_samples_settle(struct evpl_context *ctx, unsigned kind); /* the window is about to have another ref */

#if !EVPL_IOVEC_TRACE
void evpl_sample_drop(const struct evpl_iovec *iovec);				    /* one less */
void evpl_samples_committed(struct evpl *evpl, uintptr_t from, unsigned alignment); /* of the LOCAL window */
#endif

#endif /* EVPL_SRC_HELD_SAMPLE_H */
