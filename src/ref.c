/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The end of the last reference: of a buffer, of an mbuf that counts for another, or of a received mbuf.
 */
#include "ref.h"

#include "buffer.h"
#include "overflow.h"
#include "packet.h"
#include "tx_cache.h"

/* The last reference of a buffer: no iovec can attach a packet any more. */
static void
reference_last(struct evpl_context *ctx, struct evpl_buffer *buffer)
{
	uint32_t cache = __atomic_load_n(&buffer->cache, __ATOMIC_RELAXED);

	/*
	 * The TX cache has stock, so the count of the references is not the last one. Whoever brings the buffer home
	 * must check.
	 */
	if (cache == evpl_tx_cache->number)
		evpl_buffer_set_stock(buffer, buffer->stock + 1);
	/* From here on any thread may take it off the TX cache. */
	if (cache != 0)
		__atomic_store_n(&buffer->ended, true, __ATOMIC_RELEASE);
	if (cache == evpl_tx_cache->number) {
		if (!evpl_buffer_unclaim_spent(buffer))
			return;
	} else if (evpl_compat_count_load(buffer->packets) != 1 && evpl_compat_count_sub(buffer->packets, 1) != 0) {
		return;
	}
	evpl_buffer_give_back(ctx, buffer->mbuf);
}

void
evpl_ref_end(struct evpl_context *ctx, struct rte_mbuf *ref)
{
	struct rte_mbuf *base;

	while (unlikely(evpl_overflow_end(ref, &base))) {
		if (base == NULL || (evpl_compat_ref_load(base) != 1 && evpl_compat_ref_sub(base, 1) != 0))
			return;
		ref = base;
	}
	if (rte_mbuf_refcnt_read(ref) != 1)
		rte_mbuf_refcnt_set(ref, 1); /* as DPDK keeps free mbufs */
	if (evpl_buffer_of(ref) == ref) {
		reference_last(ctx, evpl_buffer(ref));
	} else if (!evpl_is_pinned(ref)) {
		rte_pktmbuf_free_seg(ref); /* a packet of a port */
	} else if (evpl_compat_ext_load(ref->shinfo) == 1 || evpl_compat_ext_sub(ref->shinfo, 1) == 0) {
		/* No iovec can attach a packet any more. Whoever reads 1, or decrements to 0, is the last holder. */
		rte_mbuf_ext_refcnt_set(ref->shinfo, 1);
		rte_pktmbuf_free_seg(ref); /* it reads a count of 1, which it need not acquire */
	}
}
