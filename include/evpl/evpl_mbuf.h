/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * The bridge between iovecs and DPDK's packets and ports. No call here copies the bytes of a packet, except
 * evpl_rx_burst(), whose comment says when.
 *
 *	iovec A --> ref: the buffer's mbuf, refcnt = iovecs          (owned by the application)
 *	  sent:       packet mbuf --> the buffer's count of packets  (owned by DPDK: any thread frees)
 *
 * The window of a packet mbuf (buf_addr, buf_len) is exactly the bytes of its iovec, so DPDK's append, prepend and
 * linearize cannot write over a neighbour. There is no headroom. Packet mbufs are of two kinds:
 *
 * - near: Their bytes are in buffers of up to 64 KiB (of exactly 64 KiB, if all buffers have one size), or in received
 *   mbufs with their data inside. DPDK sees direct mbufs (neither RTE_MBUF_F_EXTERNAL nor RTE_MBUF_F_INDIRECT). They
 *   are freed in the cheapest way that DPDK has. They are cloned and copied as any mbuf. A secondary process can free
 *   them, too, if it called evpl_init() or evpl_attach(). (If it is killed inside rte_pktmbuf_free(), the primary may
 *   wait for ever for the pool's ring. Iovecs that are lent, see evpl_process.h, do not have this problem.) A program
 *   must not do three things with near packets:
 *   - call rte_pktmbuf_detach(): shinfo and priv_size are the library's;
 *   - write to a packet while others hold its bytes, even though the packet's refcnt is 1;
 *   - cut bytes off the start of a packet (rte_pktmbuf_adj()) while others hold its bytes, and then send it to virtio
 *     or to a port that inserts VLAN tags by software: these write where the bytes were.
 * - far: Their bytes are in larger buffers, in external slabs (evpl_slab_add_external()), in mbufs of RX pools, or, in
 *   tracing builds, in any buffer. All packets are far if evpl_global_config.far_packets is set. DPDK sees external
 *   buffers (RTE_MBUF_F_EXTERNAL). A callback runs when they are freed, so another process cannot free them.
 *
 * Keep RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE off on ports that send these packets. That offload frees far packets without
 * releasing the bytes that they are attached to, and it puts packets of several pools into one pool.
 */
#ifndef EVPL_MBUF_H
#define EVPL_MBUF_H

#include <evpl/evpl_memory.h>

/* The comments below mention its calls. */
#include <rte_mempool.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Makes one packet of @p niovs iovecs, in order. The packet is a chain of segments. An iovec becomes one segment, with
 * these exceptions:
 * - an iovec of more than 65,535 bytes becomes several segments, and one without bytes becomes none;
 * - neighbours become one segment. Two iovecs are neighbours if the second begins where the first ends and both count
 *   on the same mbuf, such as a header and a payload that is taken right after it with alignment 0. (Tracing builds
 *   watch each iovec for itself, and do not join them.)
 * - an iovec that is the only reference to an mbuf that a port delivered: that mbuf itself becomes the segment, trimmed
 *   to the iovec's view.
 *
 * An iovec asks for no offload: the RTE_MBUF_F_TX_... flags of received mbufs are cleared. Set the offloads that you
 * want on the packet that is returned. What a port stored in a received mbuf (RX flags, dynamic fields) stays in that
 * mbuf.
 * @return the packet, without TX offload flags on any segment. Or NULL, nothing is consumed, and rte_errno says why.
 * @retval EINVAL     a NULL, niovs < 1, an empty iovec, or no bytes at all.
 * @retval EMSGSIZE   more than 65,535 segments or 4 GiB.
 * @retval ENOMEM     no packet mbuf is left.
 * @retval EOVERFLOW  about 61,000 packets share one buffer already, or a received mbuf that is not external has about
 *	61,000 references.
 * Owns: on success the packet has all references, and the iovecs must not be used again.
 * Threads: the owner, and holder of every iovec. Any thread may free the packet.
 *	DPDK counts clones of the packet without an atomic when it reads a count of 1. So no two threads may call
 *	rte_pktmbuf_clone() of one packet that both hold at the same time.
 * Cost: per attached segment one packet mbuf from those that the thread keeps, and no atomic: counts of a buffer are
 *	bought 256 at a time. No lock. On received mbufs, and on a buffer from which two threads send: one atomic
 *	each.
 */
EVPL_PVT_EXPORT struct rte_mbuf *evpl_iovecs_to_mbuf(struct evpl *evpl, struct evpl_iovec *iovecs, int niovs);

/**
 * Takes over every segment of a packet as an iovec, in order. The chain is undone.
 * @param flags  0 (LOCAL) or EVPL_IOVEC_FLAG_SHARED. The iovecs are LOCAL only for mbufs with external buffers (such as
 *	those of evpl_rx_pool_create()) and for the library's own packets, if nobody else holds them. DPDK also counts
 *	on all other mbufs, so their iovecs are SHARED whatever was asked for. Read iovec.flags if it matters.
 * @param max_iovecs  room in @p r_iovec.
 * @return the number of iovecs filled, which is the number of segments. Or -1, the packet is untouched, and rte_errno
 *	says why.
 * @retval EINVAL    a NULL, an unknown flag, no room at all, a chain with a wrong nb_segs or wrong lengths, or a chain
 *	that others hold too.
 * @retval EMSGSIZE  more than max_iovecs segments.
 * Owns: on success the caller holds the iovecs and no longer the packet; on failure the caller still holds the packet.
 * Threads: the owner.
 * Cost: a few instructions per segment; no atomic.
 */
EVPL_PVT_EXPORT int evpl_iovecs_from_mbuf(struct evpl *evpl, struct rte_mbuf *mbuf, unsigned flags, unsigned max_iovecs,
					  struct evpl_iovec *r_iovec);

/**
 * Receives up to @p n packets, one iovec each. The iovecs are LOCAL, unless the context asked for SHARED (rx_flags) or
 * LOCAL is not safe (see evpl_iovecs_from_mbuf()). A packet of several segments is copied into one iovec of the
 * context, and counted in evpl_stats.rx_linearized. It is freed if it is longer than a buffer, or a segment ends behind
 * its mbuf's buffer (counted in rx_too_long), or if no buffer is free (rx_no_memory). To take such packets without a
 * copy, use rte_eth_rx_burst() and evpl_iovecs_from_mbuf().
 * @return the number of iovecs filled, 0 to n.
 * @retval EINVAL  in rte_errno, and 0 is returned: an argument is NULL.
 * Owns: the caller holds the iovecs.
 * Threads: the owner; one thread per queue at a time, as rte_eth_rx_burst().
 * Cost: rte_eth_rx_burst() plus a few instructions per packet; no atomic. The bytes of packets in one segment are not
 *	read. A program that reads them may prefetch them, as evpl-fwd does two packets ahead.
 */
EVPL_PVT_EXPORT uint16_t evpl_rx_burst(struct evpl *evpl, uint16_t port_id, uint16_t queue_id,
				       struct evpl_iovec *r_iovecs, uint16_t n);

/**
 * Sends up to @p n packets, one iovec each. Each packet is the one that evpl_iovecs_to_mbuf() makes of that one iovec,
 * so it has no TX offload flags.
 * @return packets sent. The iovecs of sent packets are consumed. The other iovecs stay the caller's, unchanged, but TX
 *	offload flags of received mbufs may be cleared. If fewer than n were sent, either the port's queue is full
 *	(rte_errno is 0), or the first iovec that was not sent could not become a packet, and rte_errno says why.
 * @retval EINVAL     an argument is NULL (nothing was sent), an empty iovec, or one without bytes.
 * @retval ENOMEM     as for evpl_iovecs_to_mbuf(). It may be gone at the next call.
 * @retval EOVERFLOW  as for evpl_iovecs_to_mbuf(). It may be gone at the next call.
 * Owns: sent packets belong to the port.
 * Threads: the owner, and holder of every iovec; one thread per queue at a time, as rte_eth_tx_burst().
 * Cost: rte_eth_tx_burst(). Each packet that is not sent as the mbuf that it came in also costs what
 *	evpl_iovecs_to_mbuf() costs: about 60 instructions more than taking, sending and freeing a raw mbuf.
 */
EVPL_PVT_EXPORT uint16_t evpl_tx_burst(struct evpl *evpl, uint16_t port_id, uint16_t queue_id,
				       struct evpl_iovec *iovecs, uint16_t n);

/**
 * Takes @p n packets of @p length bytes each, to be filled and sent: one iovec per packet. Each packet is an mbuf of
 * @p pool from the start. If its whole iovec is sent (evpl_tx_burst(), evpl_iovecs_to_mbuf()), that mbuf is sent, which
 * needs neither a packet mbuf nor an atomic. All other calls treat the iovec as a received packet. The mbuf holds
 * nothing behind the iovec's bytes. RTE_PKTMBUF_HEADROOM bytes before them are free, so the owner of the packet can
 * prepend headers. For bytes that are cloned, cut into segments or sent more than once, use evpl_iovec_alloc().
 * @param pool    of evpl_rx_pool_create(), or any other pool of mbufs with data rooms (rte_pktmbuf_pool_create()).
 * @param length  bytes, 1 to the pool's data room without the headroom.
 * @param flags   as for evpl_iovecs_from_mbuf(): LOCAL is granted for pools of evpl_rx_pool_create().
 * @return n. Or -1, nothing is taken, and rte_errno says why.
 * @retval EINVAL    a NULL, n or length is 0, or an unknown flag.
 * @retval EMSGSIZE  the packet is longer than the data room.
 * @retval ENOMEM    fewer than n mbufs are left.
 * Owns: the caller holds the iovecs.
 * Threads: the owner; any threads may share the pool.
 * Cost: a few instructions per packet, from the pool's cache of this lcore. Threads without an lcore id take from the
 *	pool itself.
 */
EVPL_PVT_EXPORT int evpl_packets_alloc(struct evpl *evpl, struct rte_mempool *pool, unsigned length, unsigned flags,
				       struct evpl_iovec *r_iovecs, unsigned n);

/**
 * Makes a mempool for rte_eth_rx_queue_setup(). Its data rooms are in a slab of their own. What ports deliver from it
 * are mbufs with external buffers, whose iovecs may be LOCAL. It has per-lcore caches, like the pools of
 * rte_pktmbuf_pool_create().
 * @param name       at most 25 characters, unique in the process. Names that begin with "evpl_" are the library's.
 * @param n          mbufs, at least 1 (a queue's descriptors, plus what the program holds, plus 512 per lcore that
 *	frees them).
 * @param data_room  bytes per mbuf, including RTE_PKTMBUF_HEADROOM, and more than that headroom. 0:
 *	RTE_MBUF_DEFAULT_BUF_SIZE.
 * @param socket_id  NUMA node, or SOCKET_ID_ANY.
 * @return the pool; or NULL, and rte_errno says why.
 * @retval EINVAL  a name or a number that the parameters do not allow. A log line names the argument.
 * @retval EEXIST  there is a pool of that name.
 * @retval EPERM   evpl_init() has not run, or evpl_cleanup_deferred() has begun.
 * @retval ENOMEM  there is not enough memory.
 * Owns: the library owns the pool. evpl_rx_pool_destroy() or evpl_cleanup() frees it; never call rte_mempool_free() on
 *	it.
 * Threads: any thread.
 *	DPDK counts clones of such an mbuf without an atomic when it reads a count of 1. So no thread may call
 *	rte_pktmbuf_clone() of an mbuf while another thread clones or sends it, or a SHARED iovec of it.
 * Cost: takes a lock and reserves memory.
 */
EVPL_PVT_EXPORT struct rte_mempool *evpl_rx_pool_create(const char *name, unsigned n, uint16_t data_room,
							int socket_id);

/**
 * Gives an RX pool back before evpl_cleanup() would do so.
 * @return 0, or a negative errno.
 * @retval -EBUSY   a port, a packet or an iovec still holds mbufs of the pool, and nothing was freed.
 * @retval -EINVAL  the pool is not one of evpl_rx_pool_create().
 * Owns: after 0 the pool is gone.
 * Threads: any thread.
 * Cost: takes a lock.
 */
EVPL_PVT_EXPORT int evpl_rx_pool_destroy(struct rte_mempool *pool);

#ifdef __cplusplus
}
#endif

#endif /* EVPL_MBUF_H */
