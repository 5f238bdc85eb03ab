/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * The iovec calls: take bytes, share them without copying, give them back.
 *
 *	slab    |<------------------------ rte_memzone ------------------------>|
 *	buffer  |<- 64 KiB ->|<- 64 KiB ->|<- 64 KiB ->|           ...          |
 *	                |
 *	buffer  [iovec A][ B ][pad][ iovec C ]......free.......]
 *	                                      ^next            ^end
 *	refcnt of the buffer's mbuf  ==  live iovecs  +  references in stock (window.prepaid)
 *
 * A context carves iovecs from its two current buffers, one for LOCAL and one for SHARED, and pays for
 * them from a stock of references that was added to the mbuf's refcnt in one go: taking an iovec, SHARED
 * ones too, is plain arithmetic in the context, and so is releasing one on the context it was carved
 * from while that buffer is current. Any other release is one decrement: plain when LOCAL, atomic when
 * SHARED.
 *
 * evpl_inline_pvt.h has the hot half. In a tracing build (EVPL_IOVEC_TRACE) these are calls that check everything, and
 * evpl_trace.h tells them the lines that they are called from.
 */
#ifndef EVPL_MEMORY_H
#define EVPL_MEMORY_H

#include <stddef.h>

#include <evpl/evpl_core.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The reference is counted atomically, and any thread may hold it. Without it (LOCAL): one thread. */
#define EVPL_IOVEC_FLAG_SHARED 1
/** Set by the library: the reference is a packet that a port delivered, and may go out again as itself. */
#define EVPL_IOVEC_FLAG_PACKET 2
/** Set by the library: reserved, and commit may give its tail back unless it was cloned. */
#define EVPL_IOVEC_FLAG_RESERVED 4

/** References to an mbuf, those in stock included, beyond which clones count on another: no 16-bit count ever wraps. */
#define EVPL_REF_LIMIT 0xC000u

/**
 * A view of some bytes of a buffer, and one reference that keeps them. Copy it with evpl_iovec_clone or
 * evpl_iovec_move, never with "=": the copy would own nothing. Empty is ref == NULL; its length means nothing.
 */
struct evpl_iovec {
	void *data;
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
 * Takes @p length bytes. What fits one large buffer comes back as one iovec; more is split into the fewest, in order. When
 * no more large buffers are to be had, it is split over small ones, if those fit @p max_iovecs; and when
 * no more small ones are, large ones serve small requests.
 * @param length      bytes; 0 takes nothing and returns 0.
 * @param alignment   of the address of every iovec: 0 for none, or a power of two, up to the largest that fits a buffer. (A
 *	larger one is EINVAL, unless the current buffer happens to lie so that it can be had.)
 * @param max_iovecs  room in @p r_iovec, at least 1.
 * @param flags       0 (LOCAL) or EVPL_IOVEC_FLAG_SHARED.
 * @return iovecs filled, 1 to max_iovecs, their lengths adding up to @p length; or -1 with nothing taken and
 *	rte_errno: EINVAL (a NULL, an unknown flag, no room for a result, a bad alignment), EMSGSIZE (more than
 *	max_iovecs would be needed), ENOMEM (slabs spent and no more to be had; try again after releases).
 * Owns: the caller holds one reference per iovec.
 * Threads: the owner.
 * Cost: about 17 instructions, no call and no atomic, while the current buffer has room; once per buffer a call,
 *	which may reserve a slab (takes a lock) when no free buffer is left.
 */
EVPL_HOT int evpl_iovec_alloc(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs,
			      unsigned flags, struct evpl_iovec *r_iovec);

/**
 * Takes @p n times @p length bytes, one iovec each: as @p n calls of evpl_iovec_alloc(), but all of them or none.
 * @param n  room in @p r_iovecs, 1 to INT_MAX.
 * @return n; 0 for a length of 0; -1 with nothing taken and rte_errno as evpl_iovec_alloc(), EMSGSIZE for a length that
 *	does not fit one buffer.
 * Owns: the caller holds one reference per iovec.
 * Threads: the owner.
 * Cost: some 6 instructions per iovec while the current buffer has room for all; else as evpl_iovec_alloc() for each.
 */
EVPL_HOT int evpl_iovecs_alloc(struct evpl *evpl, unsigned length, unsigned alignment, unsigned flags,
			       struct evpl_iovec *r_iovecs, unsigned n);

/**
 * Takes @p length LOCAL bytes, of which evpl_iovec_commit may give the unused tail back. They are set aside at
 * once: what is taken before the commit never overlaps them.
 * @return as evpl_iovec_alloc().
 * Owns: the caller holds one reference per iovec, committed or not.
 * Threads: the owner.
 * Cost: as evpl_iovec_alloc().
 */
EVPL_HOT int evpl_iovec_reserve(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_vec,
				struct evpl_iovec *r_iovec);

/**
 * Ends a reservation whose iovecs were shortened with evpl_iovec_set_length: the bytes after the last one's new
 * end are taken back if nothing was taken or cloned since, and are lost until the buffer is recycled if something was.
 * @param alignment  0 for none, or a power of two (else the program stops): the taken-back bytes start there.
 * @param iovecs     what evpl_iovec_reserve returned, all or the first of them; shortened or not. Those not handed
 *	in keep their length. A length grown beyond the latest reservation, and niovs < 0, stop the program.
 * Owns: the caller still holds one reference per iovec.
 * Threads: the owner.
 * Cost: a few instructions.
 */
EVPL_HOT void evpl_iovec_commit(struct evpl *evpl, unsigned alignment, struct evpl_iovec *iovecs, int niovs);

/**
 * Gives one reference back. The iovec must not be used again.
 * @param evpl  the calling thread's context; NULL is right, and slower, when there is none (shutdown).
 * Owns: the reference is gone, and with the last one the buffer: to the context's stock, or its pool.
 * Threads: holder.
 * Cost: on the context it was carved from while that buffer is current: some 16 instructions, no atomic. Else one
 *	decrement, atomic for SHARED. The last reference of a buffer: a call.
 */
EVPL_HOT void evpl_iovec_release(struct evpl *evpl, struct evpl_iovec *iovec);

/**
 * Gives back @p niov references; as evpl_iovec_release() for each. @p niov <= 0 does nothing.
 * Cost: neighbours that count on the same mbuf, as those of evpl_iovecs_alloc() do, are given back by one addition, or one
 *	decrement, for all of them.
 */
EVPL_HOT void evpl_iovecs_release(struct evpl *evpl, struct evpl_iovec *iovecs, int niov);

/**
 * Makes @p dst a view of a part of @p src's bytes, with a reference of its own.
 * @param offset,length  bytes, inside src: offset <= src.length and length <= src.length - offset. Anything
 *	else, and an empty src, stops the program before a count is touched. Length 0 still takes a reference.
 * @p dst may be @p src's neighbour but not @p src itself.
 * Owns: the caller holds one reference more.
 * Threads: holder.
 * Cost: one increment, atomic for SHARED; beyond EVPL_REF_LIMIT references to one mbuf a call and a spinlock, and once
 *	per 50 million of those a mempool (takes a lock and reserves memory).
 */
EVPL_HOT void evpl_iovec_clone_segment(struct evpl_iovec *dst, const struct evpl_iovec *src, unsigned offset,
				       unsigned length);

/** Makes @p dst a second view of all of @p src's bytes; as evpl_iovec_clone_segment() of the whole. */
EVPL_HOT void evpl_iovec_clone(struct evpl_iovec *dst, struct evpl_iovec *src);

/**
 * Hands @p src's bytes and reference over to @p dst, and leaves @p src empty: data and ref NULL. The length field of
 * @p src stays as it was, as libevpl's programs expect. Moving onto itself changes nothing.
 * Owns: the reference is dst's.
 * Threads: holder.
 * Cost: a copy of 24 bytes.
 */
EVPL_HOT void evpl_iovec_move(struct evpl_iovec *dst, struct evpl_iovec *src);

/**
 * As evpl_iovec_move(), of a part of the bytes; the rest of @p src is given up with it.
 * @param offset,length  as for evpl_iovec_clone_segment(): impossible ones stop the program.
 */
EVPL_HOT void evpl_iovec_move_segment(struct evpl_iovec *dst, struct evpl_iovec *src, unsigned offset, unsigned length);

/** The first byte; NULL for an empty iovec (a tracing build stops at one). Threads: holder. Cost: one load. */
EVPL_HOT void *evpl_iovec_data(const struct evpl_iovec *iovec);

/** Bytes in view. Threads: holder. Cost: one load. */
EVPL_HOT unsigned evpl_iovec_length(const struct evpl_iovec *iovec);

/**
 * Shortens the view, or grows it back to what was taken.
 * @param length  bytes. Growth beyond the end of the buffer, or of a received segment's bytes, stops the program; within a
 *	buffer, growing past what was taken would reach a neighbour, and that is the caller's word to keep.
 * Threads: holder.
 * Cost: one store; growing: a call.
 */
EVPL_HOT void evpl_iovec_set_length(struct evpl_iovec *iovec, unsigned length);

#ifdef __cplusplus
}
#endif

#include <evpl/evpl_inline_pvt.h>

#endif /* EVPL_MEMORY_H */
