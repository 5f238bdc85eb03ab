/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A context's stash of free buffers. The code is in buffer.c.
 */
#ifndef EVPL_SRC_STASH_H
#define EVPL_SRC_STASH_H

#include "base.h"

struct evpl_context;

/* Most free buffers in a context's stash, and the bytes that the default comes to. */
#define EVPL_STASH_MAX 64u
#define EVPL_STASH_BYTES (4u << 20)

/* A context's free buffers of one class. */
struct evpl_stash {
	uint32_t size;				  /* at most so many */
	uint32_t count;				  /* written with relaxed stores: evpl_stats_get() reads it */
	struct rte_mbuf *buffers[EVPL_STASH_MAX]; /* the warmest last */
};

void evpl_stash_flush(struct evpl_context *ctx);

#endif /* EVPL_SRC_STASH_H */
