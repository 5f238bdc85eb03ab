/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets as pbufs, and pbufs as packets. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "glue_memory.h"
#include "glue_pbuf.h"
#include "glue_port.h"

/*
 * Room for Ethernet, IP and TCP headers with their options. lwIP reads them from a packet's first pbuf. When it sends a
 * segment again, it writes them anew in the same place, while a port may still have the first packet in its queue. So
 * the start of what lwIP owns is always sent as a copy, and everything behind it in place.
 */
#define HEADERS 128u
/* Short pbufs behind the headers are copied with them, up to this length. Attaching one costs more than copying it. */
#define LEAD 512u

/*
 * Mbufs that stay free for a port to receive into: two bursts take at most these. Echo holds what it sends back for
 * long, out of order or not acknowledged yet. If a port could not receive, nothing would ever be acknowledged.
 */
#define RX_FREE 64u

/* A received segment: the pbuf that lwIP sees, and the iovec that keeps its bytes. */
struct received {
	struct pbuf_custom pbuf; /* first: lwIP gives it back as a struct pbuf */
	struct evpl_iovec iovec;
	struct received *next; /* of the free ones */
};

static struct glue_config config;
static struct received *all_received, *free_received;
static unsigned free_count;

/* The pool of the last packet, and its mbufs that may be kept before its free ones are counted again. */
static const struct rte_mempool *rx_pool;
static unsigned rx_credit;

static void
received_free(struct pbuf *p)
{
	struct received *r = (struct received *)p;

	evpl_iovec_release(config.evpl, &r->iovec);
	r->next = free_received;
	free_received = r;
	free_count++;
}

static struct pbuf *
received_make(struct evpl_iovec *iovec)
{
	struct received *r = free_received;
	u16_t length = (u16_t)evpl_iovec_length(iovec);

	free_received = r->next;
	free_count--;
	evpl_iovec_move(&r->iovec, iovec);
	r->pbuf.custom_free_function = received_free;
	return pbuf_alloced_custom(PBUF_RAW, length, PBUF_REF, &r->pbuf, evpl_iovec_data(&r->iovec), length);
}

struct evpl_iovec *
glue_pbuf_iovec(struct pbuf *p)
{
	if ((p->flags & PBUF_FLAG_IS_CUSTOM) == 0 || ((struct pbuf_custom *)p)->custom_free_function != received_free)
		return NULL;
	return &((struct received *)p)->iovec;
}

/*
 * Whether the segments' lengths add up to the packet's, and each segment lies in its buffer. Otherwise lwIP would see
 * bytes that were not received.
 */
static bool
is_whole(const struct rte_mbuf *packet)
{
	uint64_t bytes = 0;

	for (const struct rte_mbuf *m = packet; m != NULL; m = m->next) {
		if ((uint32_t)m->data_off + m->data_len > m->buf_len)
			return false;
		bytes += m->data_len;
	}
	return bytes == packet->pkt_len;
}

static struct pbuf *
copy_mbuf(const struct rte_mbuf *packet, struct glue_netif_stats *stats)
{
	unsigned at = 0;
	struct pbuf *p;

	if (!is_whole(packet)) {
		stats->rx_refused++;
		return NULL;
	}
	glue_memory_use_reserve(true);
	/* Not PBUF_POOL: there one byte takes as much as a long packet, and liblwip0 2.1.3 writes behind the pbuf. */
	p = pbuf_alloc(PBUF_RAW, (u16_t)packet->pkt_len, PBUF_RAM);
	glue_memory_use_reserve(false);
	if (p == NULL) {
		stats->rx_no_memory++;
		return NULL;
	}
	for (const struct rte_mbuf *m = packet; m != NULL; m = m->next) {
		pbuf_take_at(p, rte_pktmbuf_mtod(m, const void *), m->data_len, (u16_t)at);
		at += m->data_len;
	}
	stats->rx_copied++;
	return p;
}

/*
 * Whether the packet's mbufs may be kept. Counting the free mbufs reads the cache of every lcore, so they are counted
 * rarely while there are many.
 */
static bool
may_keep_mbufs(const struct rte_mbuf *m)
{
	unsigned available;

	if (m->pool != rx_pool || rx_credit < m->nb_segs) {
		available = rte_mempool_avail_count(m->pool);
		rx_pool = m->pool;
		rx_credit = available > RX_FREE ? available - RX_FREE : 0;
		if (rx_credit < m->nb_segs)
			return false;
	}
	rx_credit -= m->nb_segs;
	return true;
}

struct pbuf *
glue_pbuf_from_mbuf(struct rte_mbuf *m, struct glue_netif_stats *stats)
{
	bool headers = m->nb_segs == 1 || m->data_len >= HEADERS;
	struct evpl_iovec iovecs[GLUE_FRAME_SEGMENTS];
	struct pbuf *p = NULL;
	int n = -1;

	if (m->pkt_len > UINT16_MAX) {
		stats->rx_refused++;
		rte_pktmbuf_free(m);
		return NULL;
	}
	if (!config.copy && headers && m->nb_segs <= free_count && may_keep_mbufs(m))
		n = evpl_iovecs_from_mbuf(config.evpl, m, 0, GLUE_FRAME_SEGMENTS, iovecs);
	if (n < 0) {
		p = copy_mbuf(m, stats);
		rte_pktmbuf_free(m);
		return p;
	}
	stats->rx_segments += (unsigned)n;
	p = received_make(&iovecs[0]);
	for (int i = 1; i < n; i++)
		pbuf_cat(p, received_make(&iovecs[i]));
	return p;
}

/* The iovec that a pbuf's bytes lie in. NULL: the memory is not ours. */
static struct evpl_iovec *
find_iovec(struct pbuf *p)
{
	struct evpl_iovec *candidates[3] = {glue_pbuf_iovec(p)};

#if GLUE_LWIP_SOURCE
	if ((p->flags & PBUF_FLAG_IS_CUSTOM) == 0) {
		candidates[1] = glue_memory_self(p);
		candidates[2] = glue_memory_held(p);
	}
#endif
	for (unsigned i = 0; i < 3; i++) {
		struct evpl_iovec *c = candidates[i];
		uintptr_t at;

		if (c == NULL)
			continue;
		at = (uintptr_t)p->payload - (uintptr_t)evpl_iovec_data(c);
		if (at <= evpl_iovec_length(c) && p->len <= evpl_iovec_length(c) - at)
			return c;
	}
	return NULL;
}

/* Adds a copy of length bytes of the chain. */
static bool
add_copy(struct evpl_iovec *iovec, const struct pbuf *p, unsigned offset, unsigned length,
	 struct glue_netif_stats *stats)
{
	if (evpl_packets_alloc(config.evpl, config.tx_pool, length, 0, iovec, 1) != 1)
		return false;
	pbuf_copy_partial(p, evpl_iovec_data(iovec), (u16_t)length, (u16_t)offset);
	stats->tx_bytes_copied += length;
	return true;
}

/* Adds one pbuf's bytes from offset on. False: no memory. */
static bool
add_pbuf(struct evpl_iovec *iovec, struct pbuf *p, unsigned offset, struct glue_netif_stats *stats)
{
	struct evpl_iovec *from = find_iovec(p);
	unsigned at;

	if (from == NULL)
		return add_copy(iovec, p, offset, p->len - offset, stats);
	at = (unsigned)((char *)p->payload - (char *)evpl_iovec_data(from));
	evpl_iovec_clone_segment(iovec, from, at + offset, p->len - offset);
#if GLUE_LWIP_SOURCE
	if (from == glue_memory_self(p))
		glue_memory_mark_sent(p);
#endif
	return true;
}

/* Bytes to copy from a packet's start. */
static unsigned
copied_length(const struct pbuf *p)
{
	unsigned length = 0;

	if (p->len > LEAD)
		return HEADERS;
	for (; p != NULL && length + p->len <= LEAD; p = p->next)
		length += p->len;
	return length;
}

/* A packet as iovecs, at most one more than it has pbufs. Returns their number; 0: no memory. */
static int
to_iovecs(struct evpl_iovec *iovecs, struct pbuf *p, struct glue_netif_stats *stats)
{
	unsigned skip = copied_length(p);
	int n = 1;

	if (!add_copy(&iovecs[0], p, 0, skip, stats))
		return 0;
	for (; p != NULL; p = p->next) {
		if (skip >= p->len) {
			skip -= p->len;
			continue;
		}
		if (!add_pbuf(&iovecs[n], p, skip, stats)) {
			evpl_iovecs_release(config.evpl, iovecs, n);
			return 0;
		}
		skip = 0;
		n++;
	}
	return n;
}

struct rte_mbuf *
glue_pbuf_part(const struct pbuf *p, const void *head, unsigned head_length, unsigned offset, unsigned length,
	       struct glue_netif_stats *stats)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(config.tx_pool);
	char *bytes = m != NULL ? rte_pktmbuf_append(m, (uint16_t)(head_length + length)) : NULL;

	if (bytes == NULL) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	memcpy(bytes, head, head_length);
	pbuf_copy_partial(p, bytes + head_length, (u16_t)length, (u16_t)offset);
	stats->tx_bytes_copied += head_length + length;
	return m;
}

/* Copies all bytes into one packet, as a stack without iovecs would. */
static struct rte_mbuf *
to_linear(const struct pbuf *p, struct glue_netif_stats *stats)
{
	struct rte_mbuf *m = glue_pbuf_part(p, "", 0, 0, p->tot_len, stats);

	if (m != NULL)
		stats->tx_linear++;
	return m;
}

struct rte_mbuf *
glue_pbuf_to_mbuf(struct pbuf *p, unsigned segments, struct glue_netif_stats *stats)
{
	struct evpl_iovec iovecs[GLUE_FRAME_SEGMENTS];
	struct rte_mbuf *m;
	int n;

	if (config.copy || pbuf_clen(p) + 1u > RTE_MIN(segments, GLUE_FRAME_SEGMENTS))
		return to_linear(p, stats);
	n = to_iovecs(iovecs, p, stats);
	if (n == 0)
		return NULL;
	m = evpl_iovecs_to_mbuf(config.evpl, iovecs, n);
	if (m == NULL)
		evpl_iovecs_release(config.evpl, iovecs, n);
	return m;
}

int
glue_pbuf_init(const struct glue_config *c)
{
	config = *c;
	all_received = calloc(RTE_MAX(c->rx_hold, 1u), sizeof(*all_received));
	if (all_received == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < c->rx_hold; i++) {
		all_received[i].next = free_received;
		free_received = &all_received[i];
	}
	free_count = c->rx_hold;
	return 0;
}

void
glue_pbuf_finish(void)
{
	/* Otherwise lwIP still uses some of them. */
	if (free_count == config.rx_hold)
		free(all_received);
	all_received = NULL;
}
