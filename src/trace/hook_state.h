/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What sampling, or in a tracing build tracing, keeps in a context and in a buffer. Only held/ and trace/ read it.
 */
#ifndef EVPL_SRC_TRACE_HOOK_STATE_H
#define EVPL_SRC_TRACE_HOOK_STATE_H

#include "base.h"

#if EVPL_IOVEC_TRACE

struct hook_context {
	uint64_t created, used; /* trace_place of evpl_create(), and of the first use */
	uint64_t owner;		/* trace_thread.place_bits of the first user; 0: not used yet */
	uint64_t number;	/* in the upper half; the records of iovecs that were taken through it have it */
	bool first_try;		/* a take with guards, which is made again without them if it fails */
};

struct hook_buffer {
	uint32_t bytes; /* record of the bytes that were carved last; 0: none */
	uint32_t first; /* record of the bytes that were carved first */
	bool filled;	/* all bytes that no record describes hold the free pattern */
};

#else

struct evpl_sample;
struct evpl_samples;

struct hook_context {
	struct evpl_samples *samples;	     /* the context's own; NULL: none are taken */
	struct sample_gate {		     /* per window: when the next sample is due */
		struct evpl_sample *counted; /* the sample whose iovecs have EVPL_PVT_IOVEC_COUNTED; NULL: none */
		struct evpl_sample
			*ready; /* the same if the window's end is the next sample's place; NULL: it is not */
		uint64_t left;	/* bytes until the next sample, beyond the window's end */
		uintptr_t end;	/* the buffer's real end; the window's may be before it. 0: no buffer */
	} gate[2];
	uint32_t ticks;	     /* samples until the TSC is read again */
	uintptr_t caller;    /* of the call in progress */
	uintptr_t committed; /* where the LOCAL window went on after the last commit; 0: it has gone on since */
	uintptr_t padding;   /* bytes of padding that were counted there */
};

struct hook_buffer {
	struct evpl_sample *sample; /* the last one that was counted while the buffer was under a window */
};

#endif

#endif /* EVPL_SRC_TRACE_HOOK_STATE_H */
