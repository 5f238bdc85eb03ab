/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Attaching a packet mbuf to bytes that an iovec's reference keeps. The window is exactly those bytes.
 */
#include "internal.h"

/*
 * An mbuf with its own (direct) data, or one attached to such, has no shinfo to count on, and DPDK's indirect mbufs
 * cannot have a window of their own. A second small mbuf lends its data room for a shinfo, and keeps one
 * reference of the mbuf until the last packet on it ends.
 */
struct hold {
	struct rte_mbuf_ext_shared_info shinfo;
	struct rte_mbuf *held;
};

static void
hold_ended(void *addr, void *opaque)
{
	struct rte_mbuf *holder = opaque;
	struct hold *hold = holder->buf_addr;
	struct rte_mbuf *held = hold->held;

	RTE_SET_USED(addr);
	evpl_compat_ext_ended(&hold->shinfo);
	rte_pktmbuf_free_seg(holder);
	evpl_ref_drop(held);
}

static struct rte_mbuf_ext_shared_info *
hold_create(struct evpl_context *ctx, struct rte_mbuf *ref, struct rte_mempool *pool)
{
	struct rte_mbuf *holder;
	struct hold *hold;

	if (ctx != NULL) {
		if (evpl_packet_alloc(ctx, &holder, 1) != 0)
			return NULL;
	} else {
		holder = rte_pktmbuf_alloc(pool);
		if (holder == NULL) {
			rte_errno = ENOMEM;
			return NULL;
		}
	}
	hold = holder->buf_addr;
	hold->shinfo.free_cb = hold_ended;
	hold->shinfo.fcb_opaque = holder;
	rte_mbuf_ext_refcnt_set(&hold->shinfo, 1);
	hold->held = ref;
	return &hold->shinfo;
}

/* The shared info that a packet on ref's bytes counts on; NULL with rte_errno. ctx may be NULL: a hold is pool's then. */
static struct rte_mbuf_ext_shared_info *
shinfo_take(struct evpl_context *ctx, struct rte_mbuf *ref, struct rte_mempool *pool, unsigned most)
{
	if (unlikely(!RTE_MBUF_HAS_EXTBUF(ref)))
		return hold_create(ctx, ref, pool);
	/* A true atomic: two holders of one reference may attach at the same moment (see evpl_compat.h). */
	if (unlikely(evpl_compat_ext_add(ref->shinfo, 1) > most)) {
		(void)evpl_compat_ext_sub(ref->shinfo, 1); /* not the last: ref holds one */
		rte_errno = EOVERFLOW;
		return NULL;
	}
	return ref->shinfo;
}

static void
attach(struct rte_mbuf *m, const struct rte_mbuf *ref, void *data, uint16_t length,
       struct rte_mbuf_ext_shared_info *shinfo)
{
	rte_iova_t iova = rte_mbuf_iova_get(ref);

	if (likely(iova != RTE_BAD_IOVA))
		iova += (uintptr_t)data - (uintptr_t)ref->buf_addr;
	rte_pktmbuf_attach_extbuf(m, data, iova, length, shinfo);
}

/*
 * m is fresh from the packet pool. Counts one packet more on the iovec's bytes, beside its reference, which stays the
 * caller's to release. 0, or -1 with rte_errno and everything as it was.
 */
int
evpl_attach(struct evpl_context *ctx, struct rte_mbuf *m, const struct evpl_iovec *iovec, void *data, uint16_t length)
{
	struct rte_mbuf_ext_shared_info *shinfo = NULL;
	struct rte_mbuf *ref = iovec->ref;
	bool held = !RTE_MBUF_HAS_EXTBUF(ref);

	if (unlikely(held && evpl_compat_ref_add(ref, 1) > EVPL_COUNT_MAX))
		rte_errno = EOVERFLOW;
	else
		shinfo = shinfo_take(ctx, ref, NULL, EVPL_PACKETS_MAX);
	if (unlikely(shinfo == NULL)) {
		if (held)
			(void)evpl_compat_ref_sub(ref, 1); /* not the last: the caller holds one */
		return -1;
	}
	if (EVPL_TRACE_BYTES && !held)
		shinfo = trace_packet_shinfo(iovec, shinfo);
	attach(m, ref, data, length, shinfo);
	return 0;
}

/* As evpl_attach() of all the bytes, for an mbuf that must not outlive ref: a hold takes no reference of it. */
int
evpl_attach_weak(struct rte_mbuf *m, struct rte_mbuf *ref)
{
	struct rte_mbuf_ext_shared_info *shinfo = shinfo_take(NULL, ref, m->pool, EVPL_COUNT_MAX);

	if (shinfo == NULL)
		return -1;
	attach(m, ref, ref->buf_addr, ref->buf_len, shinfo);
	return 0;
}
