/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * The iovec calls: they take bytes, share them without copying, and give them back.
 *
 *	slab    |<------------------------ rte_memzone ------------------------>|
 *	buffer  |<- 64 KiB ->|<- 64 KiB ->|<- 64 KiB ->|           ...          |
 *	                |
 *	buffer  [iovec A][ B ][pad][ iovec C ]......free.......]
 *	                                      ^next            ^end
 *	refcnt of the buffer's mbuf  ==  live iovecs  +  references in stock (window.prepaid)
 *
 * A context carves iovecs from its two current buffers: one for LOCAL iovecs and one for SHARED iovecs. Each iovec
 * takes one reference from a stock of references, which was added to the mbuf's refcnt in one step. So taking an iovec,
 * LOCAL or SHARED, is plain arithmetic in the context. Releasing an iovec is plain arithmetic too, if it is done on the
 * context that carved the iovec while that buffer is current. Any other release is one decrement: plain for LOCAL,
 * atomic for SHARED.
 *
 * evpl_inline_pvt.h has the hot half. In a tracing build (EVPL_IOVEC_TRACE) these calls check everything, and
 * evpl_trace.h tells them the source lines that they are called from.
 */
#ifndef EVPL_MEMORY_H
#define EVPL_MEMORY_H

#include <stddef.h>

#include <evpl/evpl_core.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * SHARED: the reference is counted atomically, and any thread may hold it. Without this flag the iovec is LOCAL: one
 * thread.
 */
#define EVPL_IOVEC_FLAG_SHARED 1
/**
 * Set by the library: the reference is an mbuf that a port delivered or evpl_packets_alloc() took. It may be sent as
 * that mbuf.
 */
#define EVPL_IOVEC_FLAG_PACKET 2
/**
 * Set by the library: the iovec is reserved. evpl_iovec_commit() may take its tail back, unless the iovec was cloned.
 */
#define EVPL_IOVEC_FLAG_RESERVED 4

/**
 * The most references that one mbuf counts, including those in stock. Clones beyond it count on another mbuf, so no
 * 16-bit count ever wraps. DPDK's clones, packets and the other mbufs count on the first mbuf up to 65,280. A clone
 * that needs one more of these stops the program.
 */
#define EVPL_REF_LIMIT 0xC000u

/**
 * A view of some bytes of a buffer, and one reference that keeps these bytes. Copy an iovec with evpl_iovec_clone() or
 * evpl_iovec_move(), never with "=": such a copy would own no reference. An iovec is empty if ref is NULL; its length
 * has no meaning then.
 */
struct evpl_iovec {
	void *data;	      /**< the first byte */
	uint32_t length;      /**< bytes */
	uint32_t flags;	      /**< EVPL_IOVEC_FLAG_ */
	struct rte_mbuf *ref; /**< the mbuf that this iovec holds one count of */
};

#ifdef __cplusplus
static_assert(sizeof(struct evpl_iovec) == 24, "the size of an iovec is part of the ABI");
#else
_Static_assert(sizeof(struct evpl_iovec) == 24, "the size of an iovec is part of the ABI");
#endif

/**
 * Takes @p length bytes. If they fit into one large buffer, they are one iovec. Otherwise they are split into as few
 * iovecs as possible, in order. When no large buffer can be had, the bytes are split over small buffers, if
 * @p max_iovecs allows that. When no small buffer can be had, small requests are served from large buffers.
 * @param length      bytes; 0 takes nothing and returns 0.
 * @param alignment   of the address of every iovec: 0 for none, or a power of two, up to the largest that fits into a
 *	buffer. (A larger one is EINVAL, unless the current buffer happens to have such an address.)
 * @param max_iovecs  room in @p r_iovec, at least 1.
 * @param flags       0 (LOCAL) or EVPL_IOVEC_FLAG_SHARED.
 * @return the number of iovecs filled, 1 to max_iovecs; the sum of their lengths is @p length. Or -1, nothing is taken,
 *	and rte_errno says why.
 * @retval EINVAL    a NULL, an unknown flag, no room for a result, or a bad alignment.
 * @retval EMSGSIZE  more than max_iovecs iovecs would be needed.
 * @retval ENOMEM    the slabs have no free buffer, and no more slabs can be had. Try again after releases.
 * Owns: the caller holds one reference per iovec.
 * Threads: the owner.
 * Cost: about 17 instructions, no call and no atomic, while the current buffer has room. Once per buffer a call. If no
 *	free buffer is left, that call may reserve a slab (takes a lock).
 */
EVPL_PVT_HOT int evpl_iovec_alloc(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs,
				  unsigned flags, struct evpl_iovec *r_iovec);

/**
 * Takes @p n iovecs of @p length bytes each. It does what @p n calls of evpl_iovec_alloc() do, but takes all iovecs or
 * none.
 * @param n  room in @p r_iovecs, 1 to INT_MAX.
 * @return n; 0 for a length of 0; or -1, nothing is taken, and rte_errno says why.
 * @retval EINVAL    as for evpl_iovec_alloc().
 * @retval EMSGSIZE  the length does not fit into one buffer.
 * @retval ENOMEM    as for evpl_iovec_alloc().
 * Owns: the caller holds one reference per iovec.
 * Threads: the owner.
 * Cost: about 6 instructions per iovec while the current buffer has room for all; else as evpl_iovec_alloc() for each.
 */
EVPL_PVT_HOT int evpl_iovecs_alloc(struct evpl *evpl, unsigned length, unsigned alignment, unsigned flags,
				   struct evpl_iovec *r_iovecs, unsigned n);

/**
 * Takes @p length LOCAL bytes. evpl_iovec_commit() may take the unused tail back. Until the commit all of the bytes
 * belong to the caller: bytes that are taken before the commit never overlap them.
 * @return as evpl_iovec_alloc().
 * Owns: the caller holds one reference per iovec, committed or not.
 * Threads: the owner.
 * Cost: as evpl_iovec_alloc().
 */
EVPL_PVT_HOT int evpl_iovec_reserve(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_vec,
				    struct evpl_iovec *r_iovec);

/**
 * Ends a reservation whose iovecs were shortened with evpl_iovec_set_length(). The bytes behind the new end of the last
 * iovec are taken back if nothing was taken or cloned since the reservation. Otherwise these bytes are lost until the
 * buffer is recycled.
 * @param alignment  0 for none, or a power of two (else the program stops): the bytes that are taken back start at a
 *	multiple of it.
 * @param iovecs     what evpl_iovec_reserve() returned, shortened or not: all of them, or the first ones. Iovecs that
 *	are not handed in keep their length. The program stops if a length exceeds the latest reservation, or if
 *	niovs < 0.
 * Owns: the caller still holds one reference per iovec.
 * Threads: the owner.
 * Cost: a few instructions.
 */
EVPL_PVT_HOT void evpl_iovec_commit(struct evpl *evpl, unsigned alignment, struct evpl_iovec *iovecs, int niovs);

/**
 * Gives one reference back. The iovec must not be used again.
 * @param evpl  the context of the calling thread. NULL is allowed, and slower, when there is no context (at shutdown).
 * Owns: the reference is gone. With the last reference the buffer goes back to the context's stash, or to its pool.
 * Threads: holder.
 * Cost: about 16 instructions and no atomic on the context that carved the iovec, while that buffer is current.
 *	Otherwise one decrement, atomic for SHARED. The last reference of a buffer: a call.
 */
EVPL_PVT_HOT void evpl_iovec_release(struct evpl *evpl, struct evpl_iovec *iovec);

/**
 * Gives back @p niov references, as evpl_iovec_release() for each. @p niov <= 0 does nothing.
 * Owns: the references are gone.
 * Threads: holder of every iovec.
 * Cost: consecutive iovecs that count on the same mbuf, such as those of evpl_iovecs_alloc(), need only one addition or
 *	one decrement for all of them.
 */
EVPL_PVT_HOT void evpl_iovecs_release(struct evpl *evpl, struct evpl_iovec *iovecs, int niov);

/**
 * Makes @p dst a view of a part of @p src's bytes, with a reference of its own.
 * @param dst            must not be @p src itself; it may be the next element of an array.
 * @param offset,length  bytes, inside src: offset <= src.length and length <= src.length - offset. Other values, and an
 *	empty src, stop the program before a count is changed. Length 0 still takes a reference.
 * Owns: the caller holds one more reference.
 * Threads: holder.
 * Cost: one increment, atomic for SHARED. Beyond EVPL_REF_LIMIT references to one mbuf: a call and a spinlock, and once
 *	per 50 million of these references a new mempool (takes a lock and reserves memory).
 */
EVPL_PVT_HOT void evpl_iovec_clone_segment(struct evpl_iovec *dst, const struct evpl_iovec *src, unsigned offset,
					   unsigned length);

/** Makes @p dst a second view of all of @p src's bytes. Otherwise as evpl_iovec_clone_segment(). */
EVPL_PVT_HOT void evpl_iovec_clone(struct evpl_iovec *dst, struct evpl_iovec *src);

/**
 * Moves @p src's bytes and reference to @p dst, and leaves @p src empty: data and ref are NULL. The length field of
 * @p src stays as it was, because libevpl's programs expect that. Moving an iovec onto itself changes nothing.
 * Owns: the reference is dst's.
 * Threads: holder.
 * Cost: a copy of 24 bytes.
 */
EVPL_PVT_HOT void evpl_iovec_move(struct evpl_iovec *dst, struct evpl_iovec *src);

/**
 * As evpl_iovec_move(), but dst is a view of a part of the bytes. The rest of @p src's bytes is given up.
 * @param offset,length  as for evpl_iovec_clone_segment(): impossible values stop the program.
 */
EVPL_PVT_HOT void evpl_iovec_move_segment(struct evpl_iovec *dst, struct evpl_iovec *src, unsigned offset,
					  unsigned length);

/**
 * Returns the address of the first byte; NULL for an empty iovec (a tracing build stops at an empty one).
 * Owns: nothing. Threads: holder. Cost: one load.
 */
EVPL_PVT_HOT void *evpl_iovec_data(const struct evpl_iovec *iovec);

/** Returns the number of bytes in view. Owns: nothing. Threads: holder. Cost: one load. */
EVPL_PVT_HOT unsigned evpl_iovec_length(const struct evpl_iovec *iovec);

/**
 * Shortens the view, or grows it up to the length that was taken.
 * @param length  bytes. Growth beyond the end of the buffer, or of a received segment's bytes, stops the program.
 *	Inside a buffer only tracing builds check. In a plain build a view that grows beyond what was taken reaches
 *	the bytes of a neighbour, so the caller must not do that.
 * Owns: nothing changes.
 * Threads: holder.
 * Cost: one store; growing: a call.
 */
EVPL_PVT_HOT void evpl_iovec_set_length(struct evpl_iovec *iovec, unsigned length);

#ifdef __cplusplus
}
#endif

#include <evpl/evpl_inline_pvt.h>

#endif /* EVPL_MEMORY_H */
