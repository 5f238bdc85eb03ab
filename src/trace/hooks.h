/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What tracing wants to know of the library below it.
 */
#ifndef EVPL_SRC_TRACE_HOOKS_H
#define EVPL_SRC_TRACE_HOOKS_H

#include "base.h"

struct evpl_slab;

void trace_iovec_sent(struct evpl *evpl, struct evpl_iovec *iovec);
void trace_iovec_linearized(struct evpl_iovec *iovec);
void trace_buffer_reuse(struct rte_mbuf *buffer);
void trace_buffer_home(struct rte_mbuf *buffer);
struct rte_mbuf_ext_shared_info *trace_packet_buffer(struct rte_mbuf_ext_shared_info *shinfo);
void trace_slab_begin(struct evpl_slab *slab);
void trace_slab_end(struct evpl_slab *slab);
struct rte_mbuf_ext_shared_info *trace_packet_shinfo(const struct evpl_iovec *iovec,
						     struct rte_mbuf_ext_shared_info *buffer);

/* Gives the reference of an iovec back whose bytes a packet has been attached to. */
static inline void
evpl_iovec_sent(struct evpl *evpl, struct evpl_iovec *iovec)
{
	if (EVPL_IOVEC_TRACE)
		trace_iovec_sent(evpl, iovec);
	else
		evpl_iovec_release(evpl, iovec);
}

static inline void
evpl_iovecs_sent(struct evpl *evpl, struct evpl_iovec *iovecs, int niovs)
{
	if (EVPL_IOVEC_TRACE) {
		for (int i = 0; i < niovs; i++)
			trace_iovec_sent(evpl, &iovecs[i]);
	} else {
		evpl_iovecs_release(evpl, iovecs, niovs);
	}
}

#endif /* EVPL_SRC_TRACE_HOOKS_H */
