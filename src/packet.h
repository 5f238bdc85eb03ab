/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets from iovecs and back.
 */
#ifndef EVPL_SRC_PACKET_H
#define EVPL_SRC_PACKET_H

#include "base.h"
#include "attach.h"

struct evpl_context;

/* What the iovec of a received segment is: LOCAL only where DPDK does not count on the same field as we do. */
uint32_t evpl_packet_flags(struct rte_mbuf *m, uint32_t flags);
bool evpl_packet_goes_as_is(const struct evpl_iovec *iovec);
void evpl_packet_trim(const struct evpl_iovec *iovec);

/* Whether its mbufs and their external buffers stay together for life, as in receive pools. */
static inline bool
evpl_pool_is_pinned(struct rte_mempool *pool)
{
	return (rte_pktmbuf_priv_flags(pool) & RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF) != 0;
}

/* Whether an mbuf is one of these. */
static inline bool
evpl_is_pinned(const struct rte_mbuf *m)
{
	return RTE_MBUF_HAS_EXTBUF(m) && evpl_pool_is_pinned(m->pool);
}

/*
 * Whether the iovec is the whole of a packet as it came from a port, and its only reference. Two branches after the
 * flag's take 24 instructions instead of 31.
 */
static inline bool
evpl_packet_is_untouched(const struct evpl_iovec *iovec)
{
	struct rte_mbuf *m = iovec->ref;
	uint64_t other;

	if (!(iovec->flags & EVPL_IOVEC_FLAG_PACKET))
		return false;
	/* One comparison for data_off, the refcnt and nb_segs. The upper 16 bits are the port. */
	other = ((uintptr_t)iovec->data - (uintptr_t)m->buf_addr + EVPL_REARM_EXCLUSIVE) ^ evpl_rearm_load(m);
	return (other << 16 | (iovec->length ^ m->data_len)) == 0 && m->data_len != 0;
}

/* An iovec asks for no offload, so its mbuf that goes out as itself must not: whoever sent it before may have asked. */
static inline void
evpl_packet_clear_offloads(struct rte_mbuf *m)
{
	m->ol_flags &= ~RTE_MBUF_F_TX_OFFLOAD_MASK;
}

/*
 * A packet of the iovecs' bytes. The references of the iovecs stay. NULL with rte_errno. If nb_segs is 0, some of its
 * mbufs are the iovecs' own; these have nb_segs 0, too.
 */
struct rte_mbuf *evpl_packet_build(struct evpl_context *ctx, struct evpl_iovec *iovecs, int niovs);

#endif /* EVPL_SRC_PACKET_H */
