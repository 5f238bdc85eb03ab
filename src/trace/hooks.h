/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The only header through which the library proper calls sampling or tracing. A plain build has sampling (held/), a
 * tracing build has tracing (trace/). The hooks that a build has no use for are empty.
 *
 *	hook                        called when                                                     used by
 *	hook_context_begin, _end    a context was made, is about to be freed (lock held)            sampling
 *	hook_library_end            the library has stopped (lock held)                             sampling
 *	hook_slab_begin, _end       a slab was made, is about to be freed (lock held)               bytes
 *	hook_window_leaves          a window is about to count on another mbuf                      sampling
 *	hook_buffer_taken, _home    a buffer is about to be used, came home                         bytes
 *	hook_alloc_ready            an alloc does not fit its window: the usual sample, at once     sampling
 *	hook_caller                 before a take, if hook_is_sampled(): who called                 sampling
 *	hook_take_begin, _end       around a take, if hook_is_sampled()                             sampling
 *	hook_is_first_try           whether an alloc that fails is made again, and must not count   bytes
 *	hook_committed              a commit moved the LOCAL window back                            sampling
 *	hook_is_sample, hook_released   an iovec is released out of line                            sampling
 *	hook_iovec_sent, hook_iovecs_sent   a packet was attached to the iovecs' bytes: gives their references back
 *	hook_linearized             a received packet is about to be copied into an iovec           bytes
 *	hook_packet_attached        a packet was attached to a buffer                               bytes
 *	hook_packet_freed           a packet mbuf is back in its pool                               tracing
 *	hook_bytes_shared           whether other packets share an external buffer                  bytes
 *	hook_held_get, _period      telemetry asks which places hold iovecs                         both
 */
#ifndef EVPL_SRC_TRACE_HOOKS_H
#define EVPL_SRC_TRACE_HOOKS_H

#include "base.h"

/* The iovecs that are held of one place in the program, as telemetry shows them. */
struct hook_held {
	char where[160];
	uint64_t count, bytes;
	double age_s; /* of the oldest */
};
/* Fills up to n entries, those with the most bytes first; returns how many, or -ENOMEM. Takes the lock. */
int hook_held_get(struct hook_held *held, unsigned n);
/* The number of allocations of which one is in those figures: 1 where they are all, more where they are samples. */
unsigned hook_held_period(void);

#if EVPL_IOVEC_TRACE

/* Each packet is counted by itself, so that its end is seen: no anchors, and no counts in a TX cache's stock. */
#define HOOK_COUNTS_EACH_PACKET true
/* Tracing looks for mbufs that are free already in their pools' rings. */
#define HOOK_READS_RINGS true
/* Each iovec has a record in the memory of this process. */
#define HOOK_RECORDS_IOVECS true
/* Each iovec's bytes have a record of their own, so two iovecs side by side never become one segment. */
#define HOOK_WATCHES_BYTES EVPL_TRACE_BYTES
/* So many buffers wait in a stash, oldest first, before one is used again. 512 KiB fit a second-level cache. */
#define HOOK_BUFFERS_WAIT (EVPL_TRACE_BYTES ? 8u : 0u)
/* What an alloc takes around its bytes. */
#define HOOK_GUARD_BYTES (EVPL_TRACE_BYTES ? 32u : 0u)
/* What telemetry knows of the number of allocs. */
#define HOOK_ALLOCS(sample_period) "counted"
/* That of the three texts which names the kind of this build. */
#if EVPL_TRACE_BYTES
#define HOOK_BY_BUILD(plain, tracing, tracing_without_bytes) tracing
#else
#define HOOK_BY_BUILD(plain, tracing, tracing_without_bytes) tracing_without_bytes
#endif

struct evpl_context;
struct evpl_slab;

/* calls_take.c, bytes.c, free_mbuf.c */
void trace_iovec_sent(struct evpl *evpl, struct evpl_iovec *iovec);
void trace_iovec_linearized(struct evpl_iovec *iovec);
void trace_buffer_reuse(struct rte_mbuf *buffer);
void trace_buffer_home(struct rte_mbuf *buffer);
struct rte_mbuf_ext_shared_info *trace_packet_buffer(struct rte_mbuf_ext_shared_info *shinfo);
void trace_slab_begin(struct evpl_slab *slab);
void trace_slab_end(struct evpl_slab *slab);
struct rte_mbuf_ext_shared_info *trace_packet_shinfo(const struct evpl_iovec *iovec,
						     struct rte_mbuf_ext_shared_info *buffer);
void trace_packet_freed(struct rte_mbuf *m);

static inline void
hook_slab_begin(struct evpl_slab *slab)
{
	if (EVPL_TRACE_BYTES)
		trace_slab_begin(slab);
}

static inline void
hook_slab_end(struct evpl_slab *slab)
{
	if (EVPL_TRACE_BYTES)
		trace_slab_end(slab);
}

static inline void
hook_buffer_taken(struct rte_mbuf *buffer)
{
	if (EVPL_TRACE_BYTES)
		trace_buffer_reuse(buffer);
}

static inline void
hook_buffer_home(struct rte_mbuf *buffer)
{
	if (EVPL_TRACE_BYTES)
		trace_buffer_home(buffer);
}

static inline void
hook_linearized(struct evpl_iovec *iovec)
{
	if (EVPL_TRACE_BYTES)
		trace_iovec_linearized(iovec);
}

static inline void
hook_packet_attached(struct rte_mbuf *m, const struct evpl_iovec *iovec)
{
	if (EVPL_TRACE_BYTES)
		m->shinfo = trace_packet_shinfo(iovec, m->shinfo);
}

static inline bool
hook_bytes_shared(struct rte_mbuf_ext_shared_info *shinfo)
{
	return evpl_compat_ext_load(shinfo) != 1 ||
	       (EVPL_TRACE_BYTES && evpl_compat_ext_load(trace_packet_buffer(shinfo)) != 1);
}

static inline void
hook_packet_freed(struct rte_mbuf *m)
{
	trace_packet_freed(m);
}

static inline void
hook_iovec_sent(struct evpl *evpl, struct evpl_iovec *iovec)
{
	trace_iovec_sent(evpl, iovec);
}

static inline void
hook_iovecs_sent(struct evpl *evpl, struct evpl_iovec *iovecs, int niovs)
{
	for (int i = 0; i < niovs; i++)
		trace_iovec_sent(evpl, &iovecs[i]);
}

#define hook_context_begin(ctx) RTE_SET_USED(ctx)
#define hook_context_end(ctx) RTE_SET_USED(ctx)
#define hook_library_end() (void)0
#define hook_window_leaves(ctx, kind) (RTE_SET_USED(ctx), RTE_SET_USED(kind))
#define hook_alloc_ready(evpl, length, alignment, max_iovecs, flags, r_iovec, caller) false
#define hook_caller(evpl, caller) RTE_SET_USED(caller)
#define hook_is_sampled(evpl) false
#define hook_is_first_try(evpl) ((evpl) != NULL && evpl_context(evpl)->hook.first_try)
#define hook_take_begin(evpl, flags) 0
#define hook_take_end(evpl, flags, length, alignment, until, r_iovec, n) RTE_SET_USED(until)
#define hook_committed(evpl, alignment) (void)0
#define hook_is_sample(iovec) false
#define hook_released(iovec) (void)0

#else

#include "context.h"
#include "held/sample.h"

#define HOOK_COUNTS_EACH_PACKET false
#define HOOK_READS_RINGS false
#define HOOK_RECORDS_IOVECS false
#define HOOK_WATCHES_BYTES false
#define HOOK_BUFFERS_WAIT 0u
#define HOOK_GUARD_BYTES 0u
#define HOOK_ALLOCS(sample_period) ((sample_period) > 0 ? "estimated" : "unknown")
#define HOOK_BY_BUILD(plain, tracing, tracing_without_bytes) plain

#define hook_context_begin(ctx) evpl_samples_begin(ctx)
#define hook_context_end(ctx) evpl_samples_end(ctx)
#define hook_library_end() evpl_samples_free()
#define hook_window_leaves(ctx, kind)                                                                                  \
	do {                                                                                                           \
		if (unlikely((ctx)->hook.samples != NULL))                                                             \
			evpl_samples_stop_counting(ctx, kind);                                                         \
	} while (0)
#define hook_alloc_ready(evpl, length, alignment, max_iovecs, flags, r_iovec, caller)                                  \
	evpl_sample_take_ready(evpl, length, alignment, max_iovecs, flags, r_iovec, caller)
#define hook_take_begin(evpl, flags) evpl_sample_take_begin(evpl_context(evpl), flags)
#define hook_take_end(evpl, flags, length, alignment, until, r_iovec, n)                                               \
	evpl_sample_take_end(evpl_context(evpl), flags, length, alignment, until, r_iovec, n)

static inline void
hook_caller(struct evpl *evpl, uintptr_t caller)
{
	evpl_context(evpl)->hook.caller = caller;
}

static inline bool
hook_is_sampled(struct evpl *evpl)
{
	return evpl != NULL && evpl_context(evpl)->hook.samples != NULL;
}

/* Called when the window was moved back. evpl->reserved_end is where the reservation ended. */
static inline void
hook_committed(struct evpl *evpl, unsigned alignment)
{
	if (unlikely(evpl_context(evpl)->hook.gate[0].end != 0 && evpl->window[0].next != evpl->reserved_end))
		evpl_samples_committed(evpl, evpl->reserved_end, alignment);
}

static inline bool
hook_is_sample(const struct evpl_iovec *iovec)
{
	return (iovec->flags & EVPL_PVT_IOVEC_SAMPLED) != 0;
}

static inline void
hook_released(const struct evpl_iovec *iovec)
{
	if (hook_is_sample(iovec))
		evpl_sample_drop(iovec);
}

static inline void
hook_iovec_sent(struct evpl *evpl, struct evpl_iovec *iovec)
{
	evpl_iovec_release(evpl, iovec);
}

static inline void
hook_iovecs_sent(struct evpl *evpl, struct evpl_iovec *iovecs, int niovs)
{
	evpl_iovecs_release(evpl, iovecs, niovs);
}

static inline bool
hook_bytes_shared(struct rte_mbuf_ext_shared_info *shinfo)
{
	return evpl_compat_ext_load(shinfo) != 1;
}

#define hook_slab_begin(slab) RTE_SET_USED(slab)
#define hook_slab_end(slab) RTE_SET_USED(slab)
#define hook_buffer_taken(buffer) RTE_SET_USED(buffer)
#define hook_buffer_home(buffer) RTE_SET_USED(buffer)
#define hook_is_first_try(evpl) false
#define hook_linearized(iovec) RTE_SET_USED(iovec)
#define hook_packet_attached(m, iovec) (RTE_SET_USED(m), RTE_SET_USED(iovec))
#define hook_packet_freed(m) RTE_SET_USED(m)

#endif

#endif /* EVPL_SRC_TRACE_HOOKS_H */
