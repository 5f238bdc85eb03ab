/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets from iovecs, and iovecs from packets. The bursts in burst.c use the same parts for one segment each.
 */
#include "packet.h"

#include "attach.h"
#include "context.h"
#include "packet_pool.h"
#include "process.h"
#include "stats.h"
#include "trace/hooks.h"

#include <limits.h>

#include <rte_eal.h>
#include <rte_mempool.h>

#define SEGMENT_MAX UINT16_MAX

uint32_t
evpl_packet_flags(struct rte_mbuf *m, uint32_t flags)
{
	flags |= EVPL_IOVEC_FLAG_PACKET;
	if (!RTE_MBUF_HAS_EXTBUF(m)) {
		if (RTE_MBUF_CLONED(m))
			return flags | EVPL_IOVEC_FLAG_SHARED;
		/* Some PMDs overwrite ol_flags: for a pinned mbuf the flag is put back, as DPDK does from 25.11 on. */
		if (evpl_pool_is_pinned(m->pool))
			m->ol_flags |= RTE_MBUF_F_EXTERNAL;
		else if (!evpl_packet_is_near(m)) /* clones of those do not count on them */
			return flags | EVPL_IOVEC_FLAG_SHARED;
	}
	return rte_mbuf_refcnt_read(m) == 1 ? flags : flags | EVPL_IOVEC_FLAG_SHARED;
}

/*
 * Whether the iovec's mbuf itself can be the segment: it came from a port, and the iovec is its only reference. If the
 * view was changed since, nothing else may share its bytes, such as a packet made of a clone that is still in flight.
 * The reason is that the mbuf has more room than the view, and whoever owns a packet may use the room around its data.
 */
bool
evpl_packet_goes_as_is(const struct evpl_iovec *iovec)
{
	struct rte_mbuf *m = iovec->ref;
	uintptr_t data = (uintptr_t)iovec->data, start;

	if (!(iovec->flags & EVPL_IOVEC_FLAG_PACKET) || evpl_compat_ref_load(m) != 1)
		return false;
	if (evpl_packet_is_untouched(iovec))
		return true;
	start = (uintptr_t)m->buf_addr;
	return !RTE_MBUF_CLONED(m) && !evpl_packet_is_near(m) &&
	       !(RTE_MBUF_HAS_EXTBUF(m) && hook_bytes_shared(m->shinfo)) && data >= start &&
	       data - start <= m->buf_len && iovec->length <= m->buf_len - (data - start);
}

/* The same for a segment of a packet. It may be too long, or empty. */
static inline bool
segment_goes_as_is(const struct evpl_iovec *iovec)
{
	return (iovec->flags & EVPL_IOVEC_FLAG_PACKET) && iovec->length - 1 < SEGMENT_MAX &&
	       evpl_packet_goes_as_is(iovec);
}

/* Makes the mbuf that goes out as itself show what the iovec shows, without offloads. */
void
evpl_packet_trim(const struct evpl_iovec *iovec)
{
	struct rte_mbuf *m = iovec->ref;

	m->data_off = (uint16_t)((uintptr_t)iovec->data - (uintptr_t)m->buf_addr);
	m->data_len = (uint16_t)iovec->length;
	m->pkt_len = iovec->length;
	evpl_packet_clear_offloads(m);
}

/* Frees what was attached. Leaves received mbufs, which have nb_segs 0 until then, as they were. Keeps rte_errno. */
static void
chain_undo(struct rte_mbuf *head)
{
	int saved = rte_errno;

	for (struct rte_mbuf *m = head, *next; m != NULL; m = next) {
		next = m->next;
		if (m->nb_segs == 0) {
			m->nb_segs = 1;
			m->next = NULL;
		} else {
			rte_pktmbuf_free_seg(m);
		}
	}
	rte_errno = saved;
}

/* Whether the bytes of next follow those of iovec, and count on the same mbuf. */
static inline bool
is_neighbour(const struct evpl_iovec *iovec, const struct evpl_iovec *next)
{
	return !HOOK_WATCHES_BYTES && (char *)iovec->data + iovec->length == next->data && iovec->ref == next->ref;
}

/* The mbuf is not used. */
static __rte_noinline struct rte_mbuf *
segment_failed(struct evpl_context *ctx, struct rte_mbuf *m)
{
	evpl_packet_free(ctx->packet_pool, &m, 1);
	return NULL;
}

/* A packet mbuf on bytes of an iovec; NULL with rte_errno. */
static inline struct rte_mbuf *
make_segment(struct evpl_context *ctx, const struct evpl_iovec *iovec, const char *data, uint32_t length)
{
	struct rte_mbuf *m = evpl_tx_cache_take(ctx->packet_pool);

	if (likely(m != NULL) && unlikely(evpl_attach_bytes(m, iovec, data, length) != 0))
		return segment_failed(ctx, m);
	return m;
}

/* Whether a packet can have so many segments and bytes. Checked before mbufs are taken for it. */
static bool
packet_fits(const struct evpl_iovec *iovecs, int niovs)
{
	uint64_t segments = 0, bytes = 0, run = 0;

	for (int i = 0; i < niovs; i++) {
		bytes += iovecs[i].length;
		if (i > 0 && is_neighbour(&iovecs[i - 1], &iovecs[i])) {
			run += iovecs[i].length;
			continue;
		}
		segments += (run + SEGMENT_MAX - 1) / SEGMENT_MAX;
		run = iovecs[i].length;
	}
	return segments + (run + SEGMENT_MAX - 1) / SEGMENT_MAX <= UINT16_MAX && bytes <= UINT32_MAX;
}

struct rte_mbuf *
evpl_packet_build(struct evpl_context *ctx, struct evpl_iovec *iovecs, int niovs)
{
	struct rte_mbuf *head = NULL, **tail = &head, *m;
	uint64_t total = 0;
	unsigned segments = 0;
	bool own = false;

	/* Few iovecs of small buffers always fit. */
	if (unlikely(niovs > 16 || iovecs[0].length > SEGMENT_MAX) && !packet_fits(iovecs, niovs)) {
		rte_errno = EMSGSIZE;
		return NULL;
	}
	for (struct evpl_iovec *iovec = iovecs, *end = iovecs + niovs, *next; iovec < end; iovec = next) {
		const char *data = iovec->data;
		uint64_t bytes = iovec->length, length;

		next = iovec + 1;
		if (unlikely(iovec->ref == NULL)) {
			rte_errno = EINVAL;
			goto fail;
		}
		if (unlikely(segment_goes_as_is(iovec))) {
			own = true;
			total += bytes;
			segments++;
			m = iovec->ref;
			m->nb_segs = 0;
			*tail = m;
			tail = &m->next;
			continue;
		}
		for (; next < end && is_neighbour(next - 1, next); next++)
			bytes += next->length;
		total += bytes;
		for (; bytes > 0; bytes -= length) {
			length = RTE_MIN(bytes, (uint64_t)SEGMENT_MAX);
			m = make_segment(ctx, iovec, data, (uint32_t)length);
			if (unlikely(m == NULL))
				goto fail;
			*tail = m;
			tail = &m->next;
			data += length;
			segments++;
		}
	}
	if (unlikely(total == 0 || total > UINT32_MAX || segments > UINT16_MAX)) {
		rte_errno = total == 0 ? EINVAL : EMSGSIZE;
		goto fail;
	}
	head->pkt_len = (uint32_t)total;
	head->nb_segs = own ? 0 : (uint16_t)segments;
	return head;

fail:
	chain_undo(head);
	return NULL;
}

/* Some mbufs of the packet are the iovecs' own: trims these, and gives up the references of the other iovecs. */
static void
packet_finish(struct evpl *evpl, struct rte_mbuf *head, struct evpl_iovec *iovecs, int niovs)
{
	uint32_t bytes = head->pkt_len;
	struct rte_mbuf *m = head; /* none before it is the iovecs' own that are still to come */
	uint16_t segments = 0;

	for (int i = 0; i < niovs; i++) {
		if (iovecs[i].ref->nb_segs == 0) {
			for (; m != iovecs[i].ref; m = m->next)
				segments++;
			evpl_packet_trim(&iovecs[i]);
			m->nb_segs = 1;
		} else {
			hook_iovec_sent(evpl, &iovecs[i]);
		}
	}
	for (; m != NULL; m = m->next)
		segments++;
	head->nb_segs = segments;
	head->pkt_len = bytes;
}

struct rte_mbuf *
evpl_iovecs_to_mbuf(struct evpl *evpl, struct evpl_iovec *iovecs, int niovs)
{
	struct rte_mbuf *packet;

	if (unlikely(evpl == NULL || iovecs == NULL || niovs < 1)) {
		if (iovecs != NULL && niovs >= 1 && rte_eal_process_type() != RTE_PROC_PRIMARY)
			return evpl_loans_to_mbuf(iovecs, niovs);
		evpl_send_failed(evpl, EINVAL);
		return NULL;
	}
	packet = evpl_packet_build(evpl_context(evpl), iovecs, niovs);
	if (unlikely(packet == NULL)) {
		evpl_send_failed(evpl, rte_errno);
		return NULL;
	}
	if (likely(packet->nb_segs != 0))
		hook_iovecs_sent(evpl, iovecs, niovs);
	else
		packet_finish(evpl, packet, iovecs, niovs);
	return packet;
}

/* The segments of the chain, if it is what its head says and nobody else holds it; otherwise 0. */
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

/* After a pool had too few mbufs: other processes may have returned some. */
static __rte_noinline bool
take_returned(struct rte_mempool *pool, struct rte_mbuf **mbufs, unsigned n)
{
	return evpl_processes_collect() && rte_pktmbuf_alloc_bulk(pool, mbufs, n) == 0;
}

int
evpl_packets_alloc(struct evpl *evpl, struct rte_mempool *pool, unsigned length, unsigned flags,
		   struct evpl_iovec *r_iovecs, unsigned n)
{
	struct rte_mbuf *mbufs[64];
	unsigned done, some;
	uint64_t pinned;

	if (unlikely(evpl == NULL || pool == NULL || r_iovecs == NULL || n == 0 || n > INT_MAX || length == 0 ||
		     flags > EVPL_IOVEC_FLAG_SHARED))
		return evpl_alloc_failed(evpl, EINVAL);
	if (unlikely(length + RTE_PKTMBUF_HEADROOM > rte_pktmbuf_data_room_size(pool) || length > UINT16_MAX))
		return evpl_alloc_failed(evpl, EMSGSIZE);
	/* What holds for one mbuf of the pool holds for all. */
	flags |= EVPL_IOVEC_FLAG_PACKET;
	pinned = evpl_pool_is_pinned(pool) ? RTE_MBUF_F_EXTERNAL : 0;
	if (pinned == 0)
		flags |= EVPL_IOVEC_FLAG_SHARED;
	for (done = 0; done < n; done += some) {
		some = RTE_MIN(n - done, (unsigned)RTE_DIM(mbufs));
		if (unlikely(rte_pktmbuf_alloc_bulk(pool, mbufs, some) != 0) && !take_returned(pool, mbufs, some)) {
			while (done-- > 0)
				rte_pktmbuf_free(r_iovecs[done].ref);
			return evpl_alloc_failed(evpl, ENOMEM);
		}
		for (unsigned i = 0; i < some; i++) {
			struct evpl_iovec *iovec = &r_iovecs[done + i];
			struct rte_mbuf *m = mbufs[i];

			/* A PMD may have overwritten it. DPDK sets it again from 25.11 on. */
			m->ol_flags |= pinned;
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

/* For the rarer calls: the put is inlined once more, where most bursts end. */
static __rte_noinline void
put_out_of_line(struct rte_mempool *pool, struct rte_mbuf **mbufs, unsigned n)
{
	rte_mempool_put_bulk(pool, (void **)mbufs, n);
}

/*
 * Releases the first iovecs that are packets; returns how many. An mbuf goes to its pool directly, in one call with
 * others, if it has one segment and nothing but the iovec holds it or its bytes.
 */
unsigned
evpl_pvt_packets_release(struct evpl *evpl, struct evpl_iovec *iovecs, unsigned n)
{
	const uint64_t kinds = RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;
	struct rte_mempool *pool = NULL;
	struct rte_mbuf *home[64];
	unsigned homes = 0, i;
	uint64_t kind = 0; /* of the pool's mbufs: pinned or direct */

	for (i = 0; i < n && (iovecs[i].flags & EVPL_IOVEC_FLAG_PACKET); i++) {
		struct rte_mbuf *m = iovecs[i].ref;

		if (unlikely(m == NULL || !evpl_rearm_is_exclusive(evpl_rearm_load(m)))) {
			evpl_iovec_release(evpl, &iovecs[i]);
			continue;
		}
		if (unlikely(m->pool != pool || homes == RTE_DIM(home))) {
			if (homes != 0)
				put_out_of_line(pool, home, homes);
			homes = 0;
			pool = m->pool;
			kind = evpl_is_pinned(m) ? RTE_MBUF_F_EXTERNAL : 0;
		}
		if (likely((m->ol_flags & kinds) == kind && (kind == 0 || evpl_compat_ext_load(m->shinfo) == 1)))
			home[homes++] = m;
		else
			evpl_iovec_release(evpl, &iovecs[i]);
	}
	if (homes != 0)
		rte_mempool_put_bulk(pool, (void **)home, homes);
	return i;
}
