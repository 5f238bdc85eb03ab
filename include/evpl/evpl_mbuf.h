/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * The bridge between iovecs and DPDK's packets and ports. No call here copies a packet's bytes, but one case of
 * evpl_rx_burst() that says so.
 *
 *	iovec A --> ref: the buffer's mbuf, refcnt = iovecs          (owned by the application)
 *	  sent:       packet mbuf --> the buffer's count of packets  (owned by DPDK: any thread frees)
 *
 * A packet mbuf's window (buf_addr, buf_len) is exactly its iovec's bytes, so that DPDK's append, prepend and
 * linearize cannot write over a neighbour; there is no headroom. There are two kinds of them:
 *
 * near	of buffers up to 64 KiB (of 64 KiB, if all buffers have one size), and of received mbufs with their data inside. Direct to DPDK (neither RTE_MBUF_F_EXTERNAL nor
 *	RTE_MBUF_F_INDIRECT): freed the cheapest way there is, cloned and copied as any, and freed in a secondary process
 *	too if evpl_init() was called there. shinfo and priv_size are the library's, so rte_pktmbuf_detach() is not for
 *	them, and a program does not write to a packet whose bytes others hold as well, though its refcnt is 1. Nor does
 *	it cut bytes off the start of one (rte_pktmbuf_adj()) whose bytes others hold, and send it to a port that puts VLAN tags in by
 *	software, or to virtio: these write where the bytes were.
 * far	of larger buffers, of receive pools' mbufs, in tracing builds, and all if evpl_global_config.far_packets says so.
 *	RTE_MBUF_F_EXTERNAL. Their end is a callback: not in another process.
 *
 * Keep RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE off on ports that send these: it frees far ones without releasing what they
 * are attached to, and puts packets of several pools into one.
 */
#ifndef EVPL_MBUF_H
#define EVPL_MBUF_H

#include <evpl/evpl_memory.h>

/* What the comments below name is declared here. */
#include <rte_mempool.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Turns @p niovs iovecs into one packet, in order: a chain of at most one segment per iovec (more where an iovec exceeds
 * 65,535 bytes, none where it has no bytes). Neighbours are one segment: an iovec that begins where the one before it
 * ends, and counts on the same mbuf, as a payload does that was taken right after its header with alignment 0.
 * (Tracing builds watch each for itself, and do not join them.) Where an iovec is the only reference to a packet that a port
 * delivered, that mbuf itself becomes the segment, trimmed to the iovec's view.
 * An iovec asks for no offload: the RTE_MBUF_F_TX_... flags of a received mbuf are cleared, and offloads are asked for on
 * the packet that is returned. What was received with it (RX flags, dynamic fields) stays on that mbuf.
 * @return the packet, with no TX offload flags set on any segment; NULL with nothing consumed and rte_errno:
 *	EINVAL (a NULL, niovs < 1, an empty iovec, no bytes at all), EMSGSIZE (more than 65,535 segments or 4 GiB),
 *	ENOMEM (no packet mbuf left), EOVERFLOW (some 61,000 packets share one buffer already, or a
 *	received mbuf that is not external has some 65,000 references).
 * Owns: on success the packet has all the references, and the iovecs must not be used again.
 * Threads: the owner, and holder of every iovec; the packet may be freed on any thread.
 * Cost: per attached segment one packet mbuf from what the thread keeps at hand, and no atomic: counts of a buffer are bought
 * 256 at a time. On received mbufs, and on a buffer from which two threads send, one atomic each. No lock.
 */
EVPL_EXPORT struct rte_mbuf *evpl_iovecs_to_mbuf(struct evpl *evpl, struct evpl_iovec *iovecs, int niovs);

/**
 * Takes over every segment of a packet as an iovec, in order. The chain is undone.
 * @param flags  0 (LOCAL) or EVPL_IOVEC_FLAG_SHARED. LOCAL is granted only to external-buffer mbufs (as those of
 *	evpl_rx_pool_create() are) and the library's own packets that nobody else holds: the count of other mbufs is DPDK's too, so their iovecs are
 *	SHARED whatever was asked. Look at iovec.flags if it matters.
 * @param max_iovecs  room in @p r_iovec.
 * @return iovecs filled (the packet's segments); -1 with the packet untouched and rte_errno: EINVAL (a NULL, an
 *	unknown flag, no room at all, a chain whose nb_segs or lengths are false, or one that others hold too),
 *	EMSGSIZE (more than max_iovecs segments).
 * Owns: on success the caller holds the iovecs and no longer the packet; on failure still the packet.
 * Threads: the owner.
 * Cost: a few instructions per segment; no atomic.
 */
EVPL_EXPORT int evpl_iovecs_from_mbuf(struct evpl *evpl, struct rte_mbuf *mbuf, unsigned flags, unsigned max_iovecs,
				      struct evpl_iovec *r_iovec);

/**
 * Receives up to @p n packets, one iovec each, LOCAL unless the context asked for SHARED (rx_flags) or LOCAL is not
 * safe (see evpl_iovecs_from_mbuf()). A packet of several segments is copied into one iovec of the context and counted
 * in evpl_stats.rx_linearized; one that is longer than a buffer, or finds none free, is freed and counted in
 * rx_too_long or rx_no_memory. To take such packets without a copy use rte_eth_rx_burst() and evpl_iovecs_from_mbuf().
 * @return iovecs filled, 0 to n. 0 and rte_errno EINVAL: a NULL.
 * Owns: the caller holds the iovecs.
 * Threads: the owner; one thread per queue at a time, as rte_eth_rx_burst().
 * Cost: rte_eth_rx_burst() plus a few instructions per packet; no atomic. The bytes are not touched: who reads them may prefetch
 * them, as evpl-fwd does two packets ahead.
 */
EVPL_EXPORT uint16_t evpl_rx_burst(struct evpl *evpl, uint16_t port_id, uint16_t queue_id, struct evpl_iovec *r_iovecs,
				   uint16_t n);

/**
 * Sends up to @p n packets, one iovec each, as evpl_iovecs_to_mbuf() of that one iovec would make them: so without
 * TX offload flags.
 * @return packets sent (0 and rte_errno EINVAL: a NULL): iovecs[0] up to there are consumed, the others stay the
 *	caller's as they were, but for the TX offload flags of received mbufs, which may be cleared. Fewer than n:
 *	the port's queue is full (rte_errno 0), or iovecs[returned] could not become a packet (rte_errno as for
 *	evpl_iovecs_to_mbuf(): EINVAL for an empty or zero-length one; ENOMEM, EOVERFLOW may pass).
 * Owns: sent ones belong to the port.
 * Threads: the owner, and holder of every iovec; one thread per queue at a time, as rte_eth_tx_burst().
 * Cost: rte_eth_tx_burst(), and per packet that is not sent as itself what evpl_iovecs_to_mbuf() costs: some 60
 * instructions more than a raw mbuf that is taken, sent and freed.
 */
EVPL_EXPORT uint16_t evpl_tx_burst(struct evpl *evpl, uint16_t port_id, uint16_t queue_id, struct evpl_iovec *iovecs,
				   uint16_t n);

/**
 * Takes @p n packets of @p length bytes each, to be filled and sent: one iovec per packet, which is an mbuf of
 * @p pool from the start. Sent whole (evpl_tx_burst(), evpl_iovecs_to_mbuf()) it goes out as that mbuf, which costs
 * neither a packet mbuf nor an atomic; all other calls treat it as a received packet. Behind its bytes nothing else lies,
 * and before them RTE_PKTMBUF_HEADROOM is free, for what owns the packet then to prepend. Bytes that are cloned, cut
 * into segments or sent more than once want evpl_iovec_alloc().
 * @param pool    of evpl_rx_pool_create(), or any other of mbufs with data rooms (rte_pktmbuf_pool_create()).
 * @param length  bytes, 1 to the pool's data room without the headroom.
 * @param flags   as for evpl_iovecs_from_mbuf(): LOCAL is granted for pools of evpl_rx_pool_create().
 * @return n; -1 with nothing taken and rte_errno: EINVAL (a NULL, n or length 0, an unknown flag), EMSGSIZE (a
 *	longer packet than the data room holds), ENOMEM (not n mbufs left).
 * Owns: the caller holds the iovecs.
 * Threads: the owner; the pool may be shared by any.
 * Cost: a few instructions per packet, from the pool's cache for this lcore; threads without an lcore id go to the pool itself.
 */
EVPL_EXPORT int evpl_packets_alloc(struct evpl *evpl, struct rte_mempool *pool, unsigned length, unsigned flags,
				   struct evpl_iovec *r_iovecs, unsigned n);

/**
 * Makes the mempool for rte_eth_rx_queue_setup(), its data rooms in a slab of their own: what ports deliver
 * from it are external-buffer mbufs, whose iovecs may be LOCAL. Per-lcore caches as with rte_pktmbuf_pool_create().
 * @param name       at most 25 characters, unique in the process; "evpl_..." are the library's own.
 * @param n          mbufs, at least 1 (a queue's descriptors, plus what the program holds, plus 256 per lcore).
 * @param data_room  bytes per mbuf with RTE_PKTMBUF_HEADROOM; more than that headroom; 0: RTE_MBUF_DEFAULT_BUF_SIZE.
 * @param socket_id  NUMA node, or SOCKET_ID_ANY.
 * @return the pool; NULL with rte_errno: EINVAL, EEXIST, EPERM (no evpl_init()), ENOMEM.
 * Owns: the library: evpl_rx_pool_destroy() or evpl_cleanup() frees it, never rte_mempool_free().
 * Threads: any thread.
 * Cost: takes a lock and reserves memory.
 */
EVPL_EXPORT struct rte_mempool *evpl_rx_pool_create(const char *name, unsigned n, uint16_t data_room, int socket_id);

/**
 * Gives a receive pool back before evpl_cleanup() would.
 * @return 0; -EBUSY: a port, a packet or an iovec still holds mbufs of it (nothing was freed); -EINVAL: it is not one
 *	of evpl_rx_pool_create().
 * Owns: after 0 the pool is gone.
 * Threads: any thread.
 * Cost: takes a lock.
 */
EVPL_EXPORT int evpl_rx_pool_destroy(struct rte_mempool *pool);

#ifdef __cplusplus
}
#endif

#endif /* EVPL_MBUF_H */
