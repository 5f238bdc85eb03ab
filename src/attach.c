/* SPDX-License-Identifier: BSD-3-Clause */
/* Attaches a packet mbuf if no count is in stock: the first packets on a buffer, and packets on received mbufs. */
#include "attach.h"

#include "buffer.h"
#include "global.h"
#include "note.h"
#include "overflow.h"
#include "ref.h"
#include "trace/hooks.h"
#include "tx_cache.h"

/* The address of an mbuf's bytes for devices. */
static rte_iova_t
iova_of(const struct rte_mbuf *base, uintptr_t data)
{
	rte_iova_t iova = rte_mbuf_iova_get(base);

	return likely(iova != RTE_BAD_IOVA) ? iova + (data - (uintptr_t)base->buf_addr) : iova;
}

/* Attaches to an external buffer's shinfo. */
static int
attach_far(struct rte_mbuf *m, const struct rte_mbuf *base, struct rte_mbuf_ext_shared_info *shinfo, uintptr_t data,
	   uint16_t length)
{
	/* Always atomic: two holders of one reference may attach at the same moment (see evpl_compat_pvt.h). */
	if (unlikely(evpl_compat_ext_add(shinfo, 1) > EVPL_PACKETS_MAX)) {
		(void)evpl_compat_ext_sub(shinfo, 1); /* not the last: base holds one */
		rte_errno = EOVERFLOW;
		return -1;
	}
	evpl_attach_fill(m, data, length, iova_of(base, data), RTE_MBUF_F_EXTERNAL, (uintptr_t)shinfo, m->priv_size);
	return 0;
}

static int
attach_buffer(struct rte_mbuf *m, const struct evpl_iovec *iovec, struct evpl_buffer *buffer, uintptr_t data,
	      uint16_t length)
{
	/*
	 * Only the buffer's own reference may claim. After the last reference has ended, a stock must not shrink any
	 * more (see evpl_tx_caches_reap()).
	 */
	if (iovec->ref == buffer->mbuf && evpl_tx_cache_claim(buffer)) {
		evpl_buffer_set_stock(buffer, buffer->stock - 1);
	} else if (unlikely(evpl_compat_count_add(buffer->packets, 1) > EVPL_PACKETS_MAX)) {
		(void)evpl_compat_count_sub(buffer->packets, 1); /* not the last: the reference holds one */
		rte_errno = EOVERFLOW;
		return -1;
	}
	evpl_attach_buffer(m, buffer, data, length);
	if (unlikely(buffer->iova == RTE_BAD_IOVA))
		rte_mbuf_iova_set(m, RTE_BAD_IOVA);
	hook_packet_attached(m, iovec);
	return 0;
}

/*
 * Attaches to a received mbuf that is direct, or to a clone of one. The packet keeps a reference of ref. DPDK counts
 * clones of a near packet on the direct mbuf, and without an atomic if it reads 1 there. So ref is that mbuf: then
 * two packets never read 1, whichever threads hold them.
 */
static int
attach_mbuf(struct rte_mbuf *m, struct rte_mbuf *ref, const struct rte_mbuf *base, uintptr_t data, uint16_t length)
{
	uintptr_t reach = data - (uintptr_t)(rte_mbuf_from_indirect((struct rte_mbuf *)(uintptr_t)base) + 1);
	rte_iova_t iova = iova_of(base, data);
	struct evpl_note *note;

	if (unlikely(evpl_compat_ref_add(ref, 1) > EVPL_PACKETS_MAX)) {
		rte_errno = EOVERFLOW;
		goto fail;
	}
	if (evpl_global.near && likely(reach <= UINT16_MAX)) {
		evpl_attach_fill(m, data, length, iova, 0, (uintptr_t)ref | EVPL_ON_MBUF, (uint16_t)reach);
		return 0;
	}
	note = evpl_global.near ? NULL : evpl_note_take(m, ref);
	if (unlikely(note == NULL)) {
		rte_errno = ENOMEM;
		goto fail;
	}
	evpl_attach_fill(m, data, length, iova, RTE_MBUF_F_EXTERNAL, (uintptr_t)&note->shinfo, m->priv_size);
	return 0;

fail:
	(void)evpl_compat_ref_sub(ref, 1); /* not the last: the caller holds one */
	return -1;
}

int
evpl_attach_unstocked(struct rte_mbuf *m, const struct evpl_iovec *iovec, uintptr_t data, uint16_t length)
{
	struct rte_mbuf *base = evpl_overflow_root(iovec->ref), *ref = base, *buffer;
	uintptr_t on = 0;

	buffer = evpl_buffer_of(base);
	if (buffer == base)
		return attach_buffer(m, iovec, evpl_buffer(buffer), data, length);
	if (RTE_MBUF_HAS_EXTBUF(base))
		return attach_far(m, base, base->shinfo, data, length);
	/* A packet of ours came back. The new one is attached to that packet's bytes, so that no chain grows. */
	if (evpl_packet_is_near(base))
		on = (uintptr_t)base->shinfo;
	if (on & EVPL_ON_BUFFER)
		return attach_buffer(m, iovec, (struct evpl_buffer *)(on - EVPL_ON_BUFFER), data, length);
	if (on & EVPL_ON_MBUF)
		ref = (struct rte_mbuf *)(on - EVPL_ON_MBUF);
	else if (RTE_MBUF_CLONED(base))
		ref = rte_mbuf_from_indirect(base);
	return attach_mbuf(m, ref, base, data, length);
}
