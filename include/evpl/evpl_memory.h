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
 */
#ifndef EVPL_MEMORY_H
#define EVPL_MEMORY_H

#include <stddef.h>

#include <rte_branch_prediction.h>

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
/** References a context buys at a time, and the most it keeps in stock. */
#define EVPL_PREPAID_STEP 0x4000u
#define EVPL_PREPAID_MAX 0x8000u

/**
 * A view of some bytes of a buffer, and one reference that keeps them. Copy it with evpl_iovec_clone or
 * evpl_iovec_move, never with "=": the copy would own nothing. Empty: data NULL, length 0, ref NULL.
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

/*
 * A context's current buffer of one kind. Private, here for the inline functions.
 * Invariants: next <= end; ref is never NULL (an idle window, next == end, names the context itself);
 * prepaid >= 1 while a buffer is current, so that it cannot come home under the window.
 */
struct evpl_window {
	uintptr_t next;	      /* first byte that is not handed out */
	uintptr_t end;	      /* one past the buffer's last byte */
	struct rte_mbuf *ref; /* what iovecs carved here count on */
	uint32_t prepaid;     /* references of ref in stock */
	uint32_t unused;
};

/* The public part of a context. Private, here for the inline functions; one cache line and a half. */
struct evpl {
	struct evpl_window window[2]; /* [0] LOCAL, [EVPL_IOVEC_FLAG_SHARED] SHARED */
	uintptr_t reserved;	      /* start and end of the last reservation in window[0] ... */
	uintptr_t reserved_end;	      /* ... whose tail commit can still give back */
};

/* The cold halves, out of line. Private. */
EVPL_EXPORT int evpl_iovec_alloc_slow(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs,
				      unsigned flags, struct evpl_iovec *r_iovec);
EVPL_EXPORT int evpl_iovec_reserve_slow(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_vec,
					struct evpl_iovec *r_iovec);
EVPL_EXPORT void evpl_iovec_release_slow(struct evpl *evpl, struct evpl_iovec *iovec);
EVPL_EXPORT void evpl_iovec_clone_overflow(struct evpl_iovec *dst);
EVPL_EXPORT void evpl_iovec_grow(struct evpl_iovec *iovec, unsigned length);
EVPL_EXPORT void evpl_iovec_stop(const char *call, const struct evpl_iovec *iovec, uint64_t offset, uint64_t length,
				 const char *what) __attribute__((noreturn, cold));

/* One iovec from the current buffer; 0: not from there, or not at all. */
EVPL_INLINE int
evpl_iovec_carve(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs, unsigned flags,
		 struct evpl_iovec *r_iovec)
{
	if (likely(evpl != NULL && r_iovec != NULL && max_iovecs != 0 && length != 0 &&
		   flags <= EVPL_IOVEC_FLAG_SHARED && alignment != 0 && (alignment & (alignment - 1)) == 0)) {
		struct evpl_window *w = &evpl->window[flags];
		/* Bytes from next up to the next multiple of alignment. No sum can wrap: both are below 2^32. */
		uintptr_t pad = (0 - w->next) & ((uintptr_t)alignment - 1);

		if (likely((uint64_t)pad + length <= w->end - w->next && w->prepaid > 1)) {
			r_iovec->data = (void *)(w->next + pad);
			r_iovec->length = length;
			r_iovec->flags = flags;
			r_iovec->ref = w->ref;
			w->next += pad + length;
			w->prepaid--;
			return 1;
		}
	}
	return 0;
}

/**
 * Takes @p length bytes. What fits one buffer comes back as one iovec; more is split into the fewest, in order.
 * @param length      bytes; 0 takes nothing and returns 0.
 * @param alignment   of the address of every iovec: a power of two, up to the largest that fits a buffer. (A larger one
 *	is EINVAL, unless the current buffer happens to lie so that it can be had.)
 * @param max_iovecs  room in @p r_iovec, at least 1.
 * @param flags       0 (LOCAL) or EVPL_IOVEC_FLAG_SHARED.
 * @return iovecs filled, 1 to max_iovecs, their lengths adding up to @p length; or -1 with nothing taken and
 *	rte_errno: EINVAL (a NULL, an unknown flag, no room for a result, a bad alignment), EMSGSIZE (more than
 *	max_iovecs would be needed), ENOMEM (slabs spent and no more to be had; try again after releases).
 * Owns: the caller holds one reference per iovec.
 * Threads: the owner.
 * Cost: about 13 instructions, no call and no atomic, while the current buffer has room; once per buffer a call,
 *	which may reserve a slab (takes a lock) when no free buffer is left.
 */
EVPL_INLINE int
evpl_iovec_alloc(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs, unsigned flags,
		 struct evpl_iovec *r_iovec)
{
	if (likely(evpl_iovec_carve(evpl, length, alignment, max_iovecs, flags, r_iovec)))
		return 1;
	return evpl_iovec_alloc_slow(evpl, length, alignment, max_iovecs, flags, r_iovec);
}

/**
 * Takes @p length LOCAL bytes, of which evpl_iovec_commit may give the unused tail back. They are set aside at
 * once: what is taken before the commit never overlaps them.
 * @return as evpl_iovec_alloc().
 * Owns: the caller holds one reference per iovec, committed or not.
 * Threads: the owner.
 * Cost: as evpl_iovec_alloc().
 */
EVPL_INLINE int
evpl_iovec_reserve(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_vec, struct evpl_iovec *r_iovec)
{
	int n = evpl_iovec_carve(evpl, length, alignment, max_vec, 0, r_iovec);

	if (unlikely(n == 0))
		n = evpl_iovec_reserve_slow(evpl, length, alignment, max_vec, r_iovec);
	if (likely(n > 0)) {
		/* Only the last iovec can end where the window goes on. */
		evpl->reserved = (uintptr_t)r_iovec[n - 1].data;
		evpl->reserved_end = evpl->reserved + r_iovec[n - 1].length;
		/* A clone of it sets the mark. No PMD sees a buffer's mbuf, so its port is ours. */
		r_iovec[n - 1].flags |= EVPL_IOVEC_FLAG_RESERVED;
		r_iovec[n - 1].ref->port = 0;
	}
	return n;
}

/**
 * Ends a reservation whose iovecs were shortened with evpl_iovec_set_length: the bytes after the last one's new
 * end are taken back if nothing was taken or cloned since, and are lost until the buffer is recycled if something was.
 * @param alignment  a power of two (else the program stops): the taken-back bytes start there.
 * @param iovecs     what evpl_iovec_reserve returned, all or the first of them; shortened or not. Those not handed
 *	in keep their length. A length grown beyond the latest reservation, and niovs < 0, stop the program.
 * Owns: the caller still holds one reference per iovec.
 * Threads: the owner.
 * Cost: a few instructions.
 */
EVPL_EXPORT void evpl_iovec_commit(struct evpl *evpl, unsigned alignment, struct evpl_iovec *iovecs, int niovs);

/**
 * Gives one reference back. The iovec must not be used again.
 * @param evpl  the calling thread's context; NULL is right, and slower, when there is none (shutdown).
 * Owns: the reference is gone, and with the last one the buffer: to the context's stock, or its pool.
 * Threads: holder.
 * Cost: on the context it was carved from while that buffer is current: 7 instructions, no atomic. Else one
 *	decrement, atomic for SHARED. The last reference of a buffer: a call.
 */
EVPL_INLINE void
evpl_iovec_release(struct evpl *evpl, struct evpl_iovec *iovec)
{
	struct rte_mbuf *ref = iovec->ref;
	uint32_t shared = iovec->flags & EVPL_IOVEC_FLAG_SHARED;

	if (likely(evpl != NULL)) {
		struct evpl_window *w = &evpl->window[shared];

		if (likely(ref == w->ref)) {
			if (likely(w->prepaid < EVPL_PREPAID_MAX)) {
				w->prepaid++;
				return;
			}
		} else if (!shared && likely(ref != NULL)) {
			uint16_t count = rte_mbuf_refcnt_read(ref);

			if (likely(count > 1)) {
				rte_mbuf_refcnt_set(ref, (uint16_t)(count - 1));
				return;
			}
		}
	}
	evpl_iovec_release_slow(evpl, iovec);
}

/** Gives back @p niov references; as evpl_iovec_release() for each. @p niov <= 0 does nothing. */
EVPL_INLINE void
evpl_iovecs_release(struct evpl *evpl, struct evpl_iovec *iovecs, int niov)
{
	for (int i = 0; i < niov; i++)
		evpl_iovec_release(evpl, &iovecs[i]);
}

/*
 * Counts one more reference of src for dst, which already has the same view. Past EVPL_REF_LIMIT the new one
 * moves to another mbuf: 2^14 counts are left for threads that add at the same moment.
 */
EVPL_INLINE void
evpl_iovec_take_ref(struct evpl_iovec *dst, struct rte_mbuf *ref, uint32_t flags)
{
	uint16_t count;

	dst->flags = flags & ~(uint32_t)EVPL_IOVEC_FLAG_RESERVED;
	dst->ref = ref;
	if (flags & EVPL_IOVEC_FLAG_SHARED) {
		count = evpl_compat_ref_add(ref, 1);
	} else {
		count = (uint16_t)(rte_mbuf_refcnt_read(ref) + 1);
		rte_mbuf_refcnt_set(ref, count);
		if (unlikely(flags & EVPL_IOVEC_FLAG_RESERVED))
			ref->port = 1;
	}
	if (unlikely(count > EVPL_REF_LIMIT))
		evpl_iovec_clone_overflow(dst);
}

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
EVPL_INLINE void
evpl_iovec_clone_segment(struct evpl_iovec *dst, const struct evpl_iovec *src, unsigned offset, unsigned length)
{
	if (unlikely(offset > src->length || length > src->length - offset))
		evpl_iovec_stop("evpl_iovec_clone_segment", src, offset, length, "the segment is out of range");
	if (unlikely(src->ref == NULL))
		evpl_iovec_stop("evpl_iovec_clone_segment", src, offset, length, "the iovec is empty");
	dst->data = (char *)src->data + offset;
	dst->length = length;
	evpl_iovec_take_ref(dst, src->ref, src->flags);
}

/** Makes @p dst a second view of all of @p src's bytes; as evpl_iovec_clone_segment() of the whole. */
EVPL_INLINE void
evpl_iovec_clone(struct evpl_iovec *dst, struct evpl_iovec *src)
{
	if (unlikely(src->ref == NULL))
		evpl_iovec_stop("evpl_iovec_clone", src, 0, src->length, "the iovec is empty");
	dst->data = src->data;
	dst->length = src->length;
	evpl_iovec_take_ref(dst, src->ref, src->flags);
}

/**
 * Hands @p src's bytes and reference over to @p dst, and leaves @p src empty. Moving onto itself changes nothing.
 * Owns: the reference is dst's.
 * Threads: holder.
 * Cost: a copy of 24 bytes.
 */
EVPL_INLINE void
evpl_iovec_move(struct evpl_iovec *dst, struct evpl_iovec *src)
{
	struct evpl_iovec taken = *src;

	src->data = NULL;
	src->length = 0;
	src->flags = 0;
	src->ref = NULL;
	*dst = taken;
}

/**
 * As evpl_iovec_move(), of a part of the bytes; the rest of @p src is given up with it.
 * @param offset,length  as for evpl_iovec_clone_segment(): impossible ones stop the program.
 */
EVPL_INLINE void
evpl_iovec_move_segment(struct evpl_iovec *dst, struct evpl_iovec *src, unsigned offset, unsigned length)
{
	if (unlikely(offset > src->length || length > src->length - offset))
		evpl_iovec_stop("evpl_iovec_move_segment", src, offset, length, "the segment is out of range");
	if (unlikely(src->ref == NULL))
		evpl_iovec_stop("evpl_iovec_move_segment", src, offset, length, "the iovec is empty");
	evpl_iovec_move(dst, src);
	dst->data = (char *)dst->data + offset;
	dst->length = length;
}

/** The first byte; NULL for an empty iovec. Threads: holder. Cost: one load. */
EVPL_INLINE void *
evpl_iovec_data(const struct evpl_iovec *iovec)
{
	return iovec->data;
}

/** Bytes in view. Threads: holder. Cost: one load. */
EVPL_INLINE unsigned
evpl_iovec_length(const struct evpl_iovec *iovec)
{
	return iovec->length;
}

/**
 * Shortens the view, or grows it back to what was taken.
 * @param length  bytes. Growth beyond the end of the buffer, or of a received segment's bytes, stops the program; within a
 *	buffer, growing past what was taken would reach a neighbour, and that is the caller's word to keep.
 * Threads: holder.
 * Cost: one store; growing: a call.
 */
EVPL_INLINE void
evpl_iovec_set_length(struct evpl_iovec *iovec, unsigned length)
{
	if (unlikely(length > iovec->length))
		evpl_iovec_grow(iovec, length);
	iovec->length = length;
}

#ifdef __cplusplus
}
#endif

#endif /* EVPL_MEMORY_H */
