/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Attaches a packet mbuf to bytes that an iovec's reference keeps. The packet's window is exactly those bytes. Two
 * kinds:
 *
 *	near  The bytes are in reach of an anchor, a small mbuf at most 64 KiB before them. One lies before each
 *	      buffer. To DPDK the packet's mbuf is direct, so it ends in its pool at once, and that pool is ours
 *	      (packet_pool.c). Its priv_size makes rte_mbuf_from_indirect() return the anchor, and its clones count
 *	      there. DPDK does not use shinfo in a direct mbuf, so shinfo names what the packet counts on.
 *	far   All others: RTE_MBUF_F_EXTERNAL, with the shinfo of the buffer, or of the pinned received mbuf.
 *
 * To take and free a near packet takes 60 instructions, and a far one 160. The end of a far one is a call of its own.
 */
#ifndef EVPL_SRC_ATTACH_H
#define EVPL_SRC_ATTACH_H

#include "base.h"
#include "buffer.h"
#include "packet_pool.h"
#include "trace/hooks.h"
#include "tx_cache.h"

#include <stddef.h>

/* Marks in a near packet's shinfo: what the packet counts on. Pointers of DPDK's own have these bits clear. */
#define EVPL_ON_BUFFER ((uintptr_t)1) /* a buffer: its count of packets */
#define EVPL_ON_MBUF ((uintptr_t)2)   /* an mbuf: a reference of it */
#define EVPL_ON_MASK ((uintptr_t)3)
#define EVPL_ON_FREE ((uintptr_t)4) /* tracing: on nothing, because it is in its pool */

/* Whether the mbuf is a near packet. A far one that its owner detached has a shinfo, too, but without a mark. */
static inline bool
evpl_packet_is_near(const struct rte_mbuf *m)
{
	return RTE_MBUF_DIRECT(m) && evpl_packet_is_ours(m) && ((uintptr_t)m->shinfo & EVPL_ON_MASK) != 0;
}

/* Neighbouring fields of an mbuf, written in one store. */
typedef uint64_t __attribute__((may_alias)) evpl_attach_word;
#define EVPL_ATTACH_WORD(m, field) (*(evpl_attach_word *)((char *)(m) + offsetof(struct rte_mbuf, field)))
#define EVPL_ATTACH_AT(field, word, byte)                                                                              \
	_Static_assert(offsetof(struct rte_mbuf, field) == offsetof(struct rte_mbuf, word) + (byte),                   \
		       "evpl_attach_fill() writes it with its neighbours")
EVPL_ATTACH_AT(refcnt, data_off, 2);
EVPL_ATTACH_AT(nb_segs, data_off, 4);
EVPL_ATTACH_AT(port, data_off, 6);
EVPL_ATTACH_AT(pkt_len, packet_type, 4);
EVPL_ATTACH_AT(vlan_tci, data_len, 2);
EVPL_ATTACH_AT(vlan_tci_outer, data_len, 12);
EVPL_ATTACH_AT(buf_len, data_len, 14);

/*
 * data_off, refcnt, nb_segs and port are one word. This is the word's value without data_off and port, for an mbuf of
 * one segment with one holder.
 */
#define EVPL_REARM_EXCLUSIVE ((uint64_t)1 << 16 | (uint64_t)1 << 32)

/* Acquires what other holders did before they released the mbuf. */
static inline uint64_t
evpl_rearm_load(struct rte_mbuf *m)
{
	uint64_t rearm = __atomic_load_n(&EVPL_ATTACH_WORD(m, data_off), __ATOMIC_ACQUIRE);

#ifdef EVPL_COMPAT_TSAN
	(void)evpl_compat_ref_load(m); /* it cannot see that the word has the count */
#endif
	return rearm;
}

static inline bool
evpl_rearm_is_exclusive(uint64_t rearm)
{
	return (uint32_t)((rearm ^ EVPL_REARM_EXCLUSIVE) >> 16) == 0;
}

/*
 * Makes a packet of one segment on those bytes, with other fields as rte_pktmbuf_reset() leaves them. Fields are
 * written in groups: 15 stores instead of 20.
 */
static inline void
evpl_attach_fill(struct rte_mbuf *m, uintptr_t data, uint16_t length, rte_iova_t iova, uint64_t ol_flags,
		 uintptr_t shinfo, uint16_t priv_size)
{
	m->buf_addr = (void *)data;
	rte_mbuf_iova_set(m, iova);
	EVPL_ATTACH_WORD(m, data_off) = EVPL_REARM_EXCLUSIVE | (uint64_t)RTE_MBUF_PORT_INVALID << 48;
	m->ol_flags = ol_flags;
	EVPL_ATTACH_WORD(m, packet_type) = (uint64_t)length << 32;
	EVPL_ATTACH_WORD(m, data_len) = length; /* and half of the hash, which is invalid without its flag */
	m->vlan_tci_outer = 0;
	m->buf_len = length;
	m->next = NULL;
	m->tx_offload = 0;
	m->shinfo = (struct rte_mbuf_ext_shared_info *)shinfo;
	m->priv_size = priv_size;
}

static inline void
evpl_attach_buffer(struct rte_mbuf *m, const struct evpl_buffer *buffer, uintptr_t data, uint16_t length)
{
	uintptr_t offset = data - buffer->room;

	/* priv_size means nothing in a far packet, and DPDK sets it when the mbuf ends. */
	evpl_attach_fill(m, data, length, buffer->iova + offset, buffer->ol_flags, buffer->shinfo, (uint16_t)offset);
}

/* Attaches with a count in stock, as for most packets. False: it must be attached another way. */
static inline bool
evpl_attach_stocked(const struct evpl_tx_cache *cache, struct rte_mbuf *m, const struct evpl_iovec *iovec,
		    uintptr_t data, uint16_t length)
{
	struct evpl_buffer *buffer;

	if (HOOK_COUNTS_EACH_PACKET || (iovec->flags & EVPL_IOVEC_FLAG_PACKET))
		return false;
	/* This may also be the private area of an mbuf that counts for another. It begins with 0. */
	buffer = evpl_buffer(iovec->ref);
	if (unlikely(!evpl_buffer_is_claimed(buffer, cache) || buffer->stock == 1))
		return false;
	evpl_buffer_set_stock(buffer, buffer->stock - 1);
	evpl_attach_buffer(m, buffer, data, length);
	return true;
}

/* Attaches any other packet. 0, or -1 with rte_errno and m still free. The iovec's reference stays the caller's. */
int evpl_attach_unstocked(struct rte_mbuf *m, const struct evpl_iovec *iovec, uintptr_t data, uint16_t length);

static inline int
evpl_attach_bytes(struct rte_mbuf *m, const struct evpl_iovec *iovec, const void *data, uint32_t length)
{
	if (likely(evpl_attach_stocked(evpl_tx_cache, m, iovec, (uintptr_t)data, (uint16_t)length)))
		return 0;
	return evpl_attach_unstocked(m, iovec, (uintptr_t)data, (uint16_t)length);
}

#endif /* EVPL_SRC_ATTACH_H */
