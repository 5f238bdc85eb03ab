/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets from iovecs, and iovecs from packets. The bursts in burst.c use the same parts for one segment each.
 */
#include "internal.h"

#include <limits.h>

#define SEGMENT_MAX UINT16_MAX

/* iovec.flags, between the passes of evpl_packet_build() only: goes out as its own mbuf. */
#define FLAG_WHOLE 8u
#if !EVPL_IOVEC_TRACE
_Static_assert((FLAG_WHOLE & EVPL_IOVEC_SAMPLED) == 0,
	       "it does not make a sample of an iovec, nor of a sample a packet");
#endif

static struct rte_mempool_cache *
packet_cache(const struct evpl_context *ctx)
{
	unsigned lcore_id = rte_lcore_id();

	return lcore_id == LCORE_ID_ANY ? ctx->packet_cache : rte_mempool_default_cache(ctx->packet_pool, lcore_id);
}

int
evpl_packet_alloc(struct evpl_context *ctx, struct rte_mbuf **mbufs, unsigned n)
{
	int rc = rte_mempool_generic_get(ctx->packet_pool, (void **)mbufs, n, packet_cache(ctx));

	if (ctx->packet_cache != NULL) /* for evpl_stats_get(), at any time */
		__atomic_store_n(&ctx->packets_cached, ctx->packet_cache->len, __ATOMIC_RELAXED);
	if (unlikely(rc != 0)) {
		rte_errno = ENOMEM;
		return -1;
	}
	for (unsigned i = 0; i < n; i++)
		rte_pktmbuf_reset(mbufs[i]);
	return 0;
}

uint32_t
evpl_packet_flags(struct rte_mbuf *m, uint32_t flags)
{
	flags |= EVPL_IOVEC_FLAG_PACKET;
	if (!RTE_MBUF_HAS_EXTBUF(m)) {
		/* Some PMDs overwrite ol_flags: for a pinned mbuf the flag is put back, as DPDK does from 25.11 on. */
		if (RTE_MBUF_CLONED(m) || !(rte_pktmbuf_priv_flags(m->pool) & RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF))
			return flags | EVPL_IOVEC_FLAG_SHARED;
		m->ol_flags |= RTE_MBUF_F_EXTERNAL;
	}
	return rte_mbuf_refcnt_read(m) == 1 ? flags : flags | EVPL_IOVEC_FLAG_SHARED;
}

/*
 * Whether the iovec's mbuf can be the segment itself: it came from a port, and this is its only reference. If the view was
 * changed since, nothing else (a packet made of a clone, still in flight) may share its bytes: the mbuf's window is wider than
 * the view, and a packet's owner may use what is around its data.
 */
bool
evpl_packet_is_whole(const struct evpl_iovec *iovec)
{
	struct rte_mbuf *m = iovec->ref;
	uintptr_t data = (uintptr_t)iovec->data, start;

	if (!(iovec->flags & EVPL_IOVEC_FLAG_PACKET) || evpl_compat_ref_load(m) != 1)
		return false;
	if (!evpl_overflow_is_idle() && evpl_overflow_has(m))
		return false;
	if (evpl_packet_is_untouched(iovec))
		return true;
	start = (uintptr_t)m->buf_addr;
	if (EVPL_TRACE_BYTES && RTE_MBUF_HAS_EXTBUF(m) && evpl_compat_ext_load(trace_packet_buffer(m->shinfo)) != 1)
		return false;
	return !RTE_MBUF_CLONED(m) && !(RTE_MBUF_HAS_EXTBUF(m) && evpl_compat_ext_load(m->shinfo) != 1) &&
	       data >= start && data - start <= m->buf_len && iovec->length <= m->buf_len - (data - start);
}

/* Makes the mbuf of a whole iovec show what the iovec shows, and ask for nothing more. */
void
evpl_packet_trim(const struct evpl_iovec *iovec)
{
	struct rte_mbuf *m = iovec->ref;

	m->data_off = (uint16_t)((uintptr_t)iovec->data - (uintptr_t)m->buf_addr);
	m->data_len = (uint16_t)iovec->length;
	m->pkt_len = iovec->length;
	evpl_packet_ask_nothing(m);
}

/*
 * First pass: how many segments and bytes, how many of the segments to attach; -1 with rte_errno and no flag set.
 */
static int
packet_measure(struct evpl_iovec *iovecs, int niovs, uint64_t *segments, uint64_t *attached, uint64_t *bytes)
{
	*segments = *attached = *bytes = 0;
	for (int i = 0; i < niovs; i++) {
		uint64_t pieces = (iovecs[i].length + (uint64_t)SEGMENT_MAX - 1) / SEGMENT_MAX;

		if (iovecs[i].ref == NULL) {
			rte_errno = EINVAL;
			goto fail;
		}
		*bytes += iovecs[i].length;
		*segments += pieces;
		if (pieces == 1 && evpl_packet_is_whole(&iovecs[i]))
			iovecs[i].flags |= FLAG_WHOLE;
		else
			*attached += pieces;
		if (*segments > UINT16_MAX || *bytes > UINT32_MAX) {
			rte_errno = EMSGSIZE;
			niovs = i + 1;
			goto fail;
		}
	}
	if (*bytes == 0) {
		rte_errno = EINVAL;
		goto fail;
	}
	return 0;

fail:
	for (int i = 0; i < niovs; i++)
		iovecs[i].flags &= ~FLAG_WHOLE;
	return -1;
}

/* Packet mbufs, linked through next; NULL with rte_errno. */
static struct rte_mbuf *
packet_alloc_list(struct evpl_context *ctx, uint64_t n)
{
	struct rte_mbuf *list = NULL, *mbufs[32];

	while (n > 0) {
		unsigned some = (unsigned)RTE_MIN(n, (uint64_t)RTE_DIM(mbufs));

		if (evpl_packet_alloc(ctx, mbufs, some) != 0) {
			/* The last few may be there one by one. */
			some = 1;
			if (evpl_packet_alloc(ctx, mbufs, 1) != 0) {
				rte_pktmbuf_free(list);
				rte_errno = ENOMEM;
				return NULL;
			}
		}
		for (unsigned i = 0; i < some; i++) {
			mbufs[i]->next = list;
			list = mbufs[i];
		}
		n -= some;
	}
	return list;
}

/* Second pass: attaches the list's mbufs, in order, to what does not go out whole. */
static int
packet_attach_list(struct evpl_context *ctx, struct rte_mbuf *m, struct evpl_iovec *iovecs, int niovs)
{
	for (int i = 0; i < niovs; i++) {
		char *data = iovecs[i].data;
		uint32_t left = iovecs[i].length;

		if (iovecs[i].flags & FLAG_WHOLE)
			continue;
		for (; left > 0; m = m->next) {
			uint16_t length = (uint16_t)RTE_MIN(left, (uint32_t)SEGMENT_MAX);

			if (evpl_attach(ctx, m, &iovecs[i], data, length) != 0)
				return -1;
			m->data_len = length;
			data += length;
			left -= length;
		}
	}
	return 0;
}

/*
 * A packet of the iovecs' bytes. Attached segments count on the bytes by themselves, and the references of their iovecs
 * stay as they are; iovecs that go out whole are left with FLAG_WHOLE set, and their mbufs trimmed. NULL with rte_errno and nothing changed.
 */
struct rte_mbuf *
evpl_packet_build(struct evpl_context *ctx, struct evpl_iovec *iovecs, int niovs)
{
	struct rte_mbuf *list = NULL, *head = NULL, **tail = &head;
	uint64_t segments, attached, bytes;

	if (packet_measure(iovecs, niovs, &segments, &attached, &bytes) != 0)
		return NULL;
	if (attached > 0) {
		list = packet_alloc_list(ctx, attached);
		if (list == NULL || packet_attach_list(ctx, list, iovecs, niovs) != 0)
			goto fail;
	}
	for (int i = 0; i < niovs; i++) {
		uint32_t left = iovecs[i].length;

		if (iovecs[i].flags & FLAG_WHOLE) {
			evpl_packet_trim(&iovecs[i]);
			*tail = iovecs[i].ref;
			tail = &iovecs[i].ref->next;
			continue;
		}
		while (left > 0) {
			left -= list->data_len;
			*tail = list;
			tail = &list->next;
			list = list->next;
		}
	}
	*tail = NULL;
	head->nb_segs = (uint16_t)segments;
	head->pkt_len = (uint32_t)bytes;
	return head;

fail:
	if (list != NULL) {
		int saved = rte_errno;

		rte_pktmbuf_free(list);
		rte_errno = saved;
	}
	for (int i = 0; i < niovs; i++)
		iovecs[i].flags &= ~FLAG_WHOLE;
	return NULL;
}

struct rte_mbuf *
evpl_iovecs_to_mbuf(struct evpl *evpl, struct evpl_iovec *iovecs, int niovs)
{
	struct rte_mbuf *packet;

	if (evpl == NULL || iovecs == NULL || niovs < 1) {
		rte_errno = EINVAL;
		return NULL;
	}
	packet = evpl_packet_build(evpl_context(evpl), iovecs, niovs);
	if (packet == NULL)
		return NULL;
	for (int i = 0; i < niovs; i++) {
		if (iovecs[i].flags & FLAG_WHOLE)
			iovecs[i].flags &= ~FLAG_WHOLE;
		else
			evpl_iovec_sent(evpl, &iovecs[i]);
	}
	return packet;
}

/* Whether the chain is what its head says, and ours alone; its segments or 0. */
static unsigned
chain_check(const struct rte_mbuf *head)
{
	uint64_t bytes = 0;
	unsigned n = 0;

	for (const struct rte_mbuf *m = head; m != NULL; m = m->next) {
		if ((uint32_t)m->data_off + m->data_len > m->buf_len || ++n > head->nb_segs)
			return 0;
		if (head->nb_segs > 1 && rte_mbuf_refcnt_read(m) != 1)
			return 0; /* undoing the chain would undo it for its other holders */
		bytes += m->data_len;
	}
	return n == head->nb_segs && bytes == head->pkt_len ? n : 0;
}

int
evpl_packets_alloc(struct evpl *evpl, struct rte_mempool *pool, unsigned length, unsigned flags,
		   struct evpl_iovec *r_iovecs, unsigned n)
{
	struct rte_mbuf *mbufs[64];
	unsigned done, some;

	if (unlikely(evpl == NULL || pool == NULL || r_iovecs == NULL || n == 0 || n > INT_MAX || length == 0 ||
		     flags > EVPL_IOVEC_FLAG_SHARED)) {
		rte_errno = EINVAL;
		return -1;
	}
	if (unlikely(length + RTE_PKTMBUF_HEADROOM > rte_pktmbuf_data_room_size(pool) || length > UINT16_MAX)) {
		rte_errno = EMSGSIZE;
		return -1;
	}
	/* The pool says it for all of its mbufs. */
	flags |= EVPL_IOVEC_FLAG_PACKET;
	if (!(rte_pktmbuf_priv_flags(pool) & RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF))
		flags |= EVPL_IOVEC_FLAG_SHARED;
	for (done = 0; done < n; done += some) {
		some = RTE_MIN(n - done, (unsigned)RTE_DIM(mbufs));
		if (unlikely(rte_pktmbuf_alloc_bulk(pool, mbufs, some) != 0)) {
			while (done-- > 0)
				rte_pktmbuf_free(r_iovecs[done].ref);
			rte_errno = ENOMEM;
			return -1;
		}
		for (unsigned i = 0; i < some; i++) {
			struct evpl_iovec *iovec = &r_iovecs[done + i];
			struct rte_mbuf *m = mbufs[i];

			m->data_len = (uint16_t)length;
			m->pkt_len = length;
			iovec->data = rte_pktmbuf_mtod(m, void *);
			iovec->length = length;
			iovec->flags = flags;
			iovec->ref = m;
		}
	}
	return (int)n;
}

int
evpl_iovecs_from_mbuf(struct evpl *evpl, struct rte_mbuf *mbuf, unsigned flags, unsigned max_iovecs,
		      struct evpl_iovec *r_iovec)
{
	struct rte_mbuf *next;
	unsigned segments;

	if (evpl == NULL || mbuf == NULL || r_iovec == NULL || flags > EVPL_IOVEC_FLAG_SHARED || max_iovecs == 0 ||
	    (segments = chain_check(mbuf)) == 0) {
		rte_errno = EINVAL;
		return -1;
	}
	if (segments > max_iovecs) {
		rte_errno = EMSGSIZE;
		return -1;
	}
	for (unsigned i = 0; i < segments; i++, mbuf = next) {
		next = mbuf->next;
		if (segments > 1) {
			mbuf->next = NULL;
			mbuf->nb_segs = 1;
			mbuf->pkt_len = mbuf->data_len;
		}
		r_iovec[i].data = rte_pktmbuf_mtod(mbuf, void *);
		r_iovec[i].length = mbuf->data_len;
		r_iovec[i].flags = evpl_packet_flags(mbuf, flags);
		r_iovec[i].ref = mbuf;
	}
	return (int)segments;
}

/*
 * Whether a packet's mbuf may go to its pool as it is: one segment, and nothing but the iovec holds it or its bytes. A count of
 * 1 comes first: whoever let go of the others has made known before whether it counts elsewhere as well.
 */
static bool
goes_home(struct rte_mbuf *m)
{
	return evpl_compat_ref_load(m) == 1 && evpl_overflow_is_idle() && m->nb_segs == 1 &&
	       (RTE_MBUF_DIRECT(m) || (evpl_is_pinned(m) && evpl_compat_ext_load(m->shinfo) == 1));
}

/* The first of n that are packets. Those that can go to their pool as they are, as most can, go in one call. */
unsigned
evpl_packets_release(struct evpl *evpl, struct evpl_iovec *iovecs, unsigned n)
{
	struct rte_mbuf *home[64];
	struct rte_mempool *pool = NULL;
	unsigned homes = 0, i;

	for (i = 0; i < n && (iovecs[i].flags & EVPL_IOVEC_FLAG_PACKET); i++) {
		struct rte_mbuf *m = iovecs[i].ref;

		if (unlikely(m == NULL || !goes_home(m))) {
			evpl_iovec_release(evpl, &iovecs[i]);
			continue;
		}
		if (unlikely(m->pool != pool || homes == RTE_DIM(home))) {
			if (homes != 0)
				rte_mempool_put_bulk(pool, (void **)home, homes);
			pool = m->pool;
			homes = 0;
		}
		home[homes++] = m;
	}
	if (homes != 0)
		rte_mempool_put_bulk(pool, (void **)home, homes);
	return i;
}
