/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * The hot half of evpl_memory.h, which documents these functions. This is not an API: include evpl/evpl.h.
 */
#ifndef EVPL_INLINE_PVT_H
#define EVPL_INLINE_PVT_H

#include <stddef.h>

#include <rte_branch_prediction.h>

#include <evpl/evpl_compat_pvt.h>
#include <evpl/evpl_flags_pvt.h>
#include <evpl/evpl_memory.h>

#if !EVPL_IOVEC_TRACE || defined(EVPL_PVT_BELOW_TRACE)

#ifdef __cplusplus
extern "C" {
#endif

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "evpl_pvt_iovec_set_view() counts on little-endian words, as all of DPDK's platforms have"
#endif

/** References a context buys at a time, and the most it keeps in stock. */
#define EVPL_PVT_PREPAID_STEP 0x4000u
#define EVPL_PVT_PREPAID_MAX 0x8000u

/*
 * A context's current buffer of one kind. Private, here for the inline functions.
 * Invariants: next <= end. ref is never NULL: in an idle window (next == end) it is the context itself. prepaid >= 1
 * while a buffer is current, so the buffer cannot come home under the window.
 */
struct evpl_pvt_window {
	uintptr_t next;	      /* first byte that is still free */
	uintptr_t end;	      /* one past the last byte that the window has */
	struct rte_mbuf *ref; /* iovecs carved here count on it */
	uint64_t stock;	      /* two halves, see evpl_flags_pvt.h; the lower one is called prepaid */
};

static inline uint32_t
evpl_pvt_window_prepaid(const struct evpl_pvt_window *w)
{
	return evpl_pvt_stock_prepaid(w->stock);
}

/* Called by the owner. Stores the whole value, because a report of what is held may read it on another thread. */
static inline void
evpl_pvt_window_set_stock(struct evpl_pvt_window *w, uint64_t stock)
{
	__atomic_store_n(&w->stock, stock, __ATOMIC_RELAXED);
}

/* Likewise: telemetry reads it. */
static inline void
evpl_pvt_window_set_next(struct evpl_pvt_window *w, uintptr_t next)
{
	__atomic_store_n(&w->next, next, __ATOMIC_RELAXED);
}

/*
 * Likewise. A plain addition is one instruction on x86, and an atomic store makes it two or three: alloc LOCAL and
 * release take 1.48 ns with the addition, and 1.66 ns with the store (AMD EPYC, gcc 12). The atomic store of the stock,
 * which follows it, keeps compilers from moving it out of a loop. They and DPDK's CPUs write an aligned word at once.
 * Telemetry takes next and stock as two figures, and needs no order. The thread sanitizer wants the atomic store.
 */
static inline void
evpl_pvt_window_advance(struct evpl_pvt_window *w, uintptr_t bytes)
{
#ifdef EVPL_COMPAT_TSAN
	evpl_pvt_window_set_next(w, w->next + bytes);
#else
	w->next += bytes;
#endif
}

/* The public part of a context. Private, here for the inline functions; one cache line and a half. */
struct evpl {
	struct evpl_pvt_window window[2]; /* [0] LOCAL, [EVPL_IOVEC_FLAG_SHARED] SHARED */
	uintptr_t reserved;		  /* start and end of the last reservation in window[0] ... */
	uintptr_t reserved_end;		  /* ... whose tail commit can still give back */
	bool sampled;			  /* allocations are sampled: evpl_pvt_iovec_commit_slow() commits */
};

/* The cold halves, out of line. */
EVPL_PVT_EXPORT int evpl_pvt_iovec_alloc_slow(struct evpl *evpl, unsigned length, unsigned alignment,
					      unsigned max_iovecs, unsigned flags, struct evpl_iovec *r_iovec);
EVPL_PVT_EXPORT int evpl_pvt_iovec_reserve_slow(struct evpl *evpl, unsigned length, unsigned alignment,
						unsigned max_vec, struct evpl_iovec *r_iovec);
EVPL_PVT_EXPORT void evpl_pvt_iovec_commit_slow(struct evpl *evpl, unsigned alignment, struct evpl_iovec *iovecs,
						int niovs);
EVPL_PVT_EXPORT void evpl_pvt_iovec_release_slow(struct evpl *evpl, struct evpl_iovec *iovec);
EVPL_PVT_EXPORT int evpl_pvt_iovecs_alloc_slow(struct evpl *evpl, unsigned length, unsigned alignment, unsigned flags,
					       struct evpl_iovec *r_iovecs, unsigned n);
EVPL_PVT_EXPORT void evpl_pvt_iovecs_release_slow(struct evpl *evpl, struct evpl_iovec *iovecs, unsigned n);
EVPL_PVT_EXPORT unsigned evpl_pvt_packets_release(struct evpl *evpl, struct evpl_iovec *iovecs, unsigned n);
EVPL_PVT_EXPORT void evpl_pvt_iovec_clone_overflow(struct evpl_iovec *dst);
EVPL_PVT_EXPORT void evpl_pvt_iovec_grow(struct evpl_iovec *iovec, unsigned length);
EVPL_PVT_EXPORT void evpl_pvt_iovec_stop(const char *call, const struct evpl_iovec *iovec, uint64_t offset,
					 uint64_t length, const char *what) __attribute__((noreturn, cold));

#if EVPL_IOVEC_TRACE
static inline void
evpl_pvt_sample_share(const struct evpl_iovec *iovec)
{
	(void)iovec;
}
#else
/* One more iovec holds the iovec's sample. */
EVPL_PVT_EXPORT void evpl_pvt_sample_share(const struct evpl_iovec *iovec);
#endif

/*
 * Length and flags, written in one store and read in one load of the same size, even for the flags alone. The CPU can
 * then take them from a store that has not reached the cache.
 */
typedef uint64_t __attribute__((may_alias)) evpl_pvt_view;

static inline void
evpl_pvt_iovec_set_view(struct evpl_iovec *iovec, uint32_t length, uint32_t flags)
{
	*(evpl_pvt_view *)((char *)iovec + offsetof(struct evpl_iovec, length)) = length | (uint64_t)flags << 32;
}

static inline uint32_t
evpl_pvt_iovec_view_flags(const struct evpl_iovec *iovec)
{
	const char *view = (const char *)iovec + offsetof(struct evpl_iovec, length);

	/* Atomic only so that the compiler does not load just the upper half. */
	return (uint32_t)(__atomic_load_n((const evpl_pvt_view *)view, __ATOMIC_RELAXED) >> 32);
}

/* Whether alignment is valid: 0, which means none, or a power of two. */
static inline bool
evpl_pvt_is_alignment(unsigned alignment)
{
	return (alignment & (alignment - 1)) == 0;
}

/* The address bits that must be 0 for an alignment. Alignment 0 means none, as 1 does. */
static inline uintptr_t
evpl_pvt_align_mask(unsigned alignment)
{
	return alignment - (unsigned)(alignment != 0);
}

static inline bool
evpl_pvt_iovec_may_carve(const struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs,
			 unsigned flags, const struct evpl_iovec *r_iovec)
{
	return likely(evpl != NULL && r_iovec != NULL && max_iovecs != 0 && length != 0 &&
		      flags <= EVPL_IOVEC_FLAG_SHARED && evpl_pvt_is_alignment(alignment));
}

/* Takes length bytes behind the padding from a window that has room for both, and a reference from its stock. */
static inline void
evpl_pvt_window_carve(struct evpl_pvt_window *w, uint64_t stock, uintptr_t padding, unsigned length, uint32_t flags,
		      struct evpl_iovec *r_iovec)
{
	r_iovec->data = (void *)(w->next + padding);
	evpl_pvt_iovec_set_view(r_iovec, length, flags);
	r_iovec->ref = w->ref;
	evpl_pvt_window_advance(w, padding + length);
	evpl_pvt_window_set_stock(w, stock - 1);
}

/* Carves one iovec from the current buffer, and adds more_flags. 0: it does not fit, or an argument is wrong. */
static inline int
evpl_pvt_iovec_carve(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs, unsigned flags,
		     uint32_t more_flags, struct evpl_iovec *r_iovec)
{
	if (evpl_pvt_iovec_may_carve(evpl, length, alignment, max_iovecs, flags, r_iovec)) {
		struct evpl_pvt_window *w = &evpl->window[flags];
		/* Bytes from next up to the next multiple of alignment. No sum can wrap: both are below 2^32. */
		uintptr_t pad = (0 - w->next) & evpl_pvt_align_mask(alignment);
		uint64_t stock = w->stock;

		if (likely((uint64_t)pad + length <= w->end - w->next && evpl_pvt_stock_prepaid(stock) > 1)) {
			evpl_pvt_window_carve(w, stock, pad, length, flags | more_flags, r_iovec);
			return 1;
		}
	}
	return 0;
}

EVPL_PVT_INLINE int
evpl_iovec_alloc(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs, unsigned flags,
		 struct evpl_iovec *r_iovec)
{
	if (likely(evpl_pvt_iovec_carve(evpl, length, alignment, max_iovecs, flags, 0, r_iovec)))
		return 1;
	return evpl_pvt_iovec_alloc_slow(evpl, length, alignment, max_iovecs, flags, r_iovec);
}

EVPL_PVT_INLINE int
evpl_iovecs_alloc(struct evpl *evpl, unsigned length, unsigned alignment, unsigned flags, struct evpl_iovec *r_iovecs,
		  unsigned n)
{
	if (evpl_pvt_iovec_may_carve(evpl, length, alignment, n, flags, r_iovecs)) {
		struct evpl_pvt_window *w = &evpl->window[flags];
		uint64_t next = w->next, mask = evpl_pvt_align_mask(alignment), distance = (length + mask) & ~mask;
		uint64_t at = (next + mask) & ~mask;

		/* No product can wrap: both are below 2^33, and n is below the stock. */
		if (likely(n < evpl_pvt_window_prepaid(w) &&
			   at - next + (n - 1) * distance + length <= w->end - next)) {
			struct rte_mbuf *ref = w->ref;

			evpl_pvt_window_set_next(w, at + (n - 1) * distance + length);
			evpl_pvt_window_set_stock(w, w->stock - n);
			for (unsigned i = 0; i < n; i++, at += distance) {
				r_iovecs[i].data = (void *)(uintptr_t)at;
				evpl_pvt_iovec_set_view(&r_iovecs[i], length, flags);
				r_iovecs[i].ref = ref;
			}
			return (int)n;
		}
	}
	return evpl_pvt_iovecs_alloc_slow(evpl, length, alignment, flags, r_iovecs, n);
}

EVPL_PVT_INLINE int
evpl_iovec_reserve(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_vec, struct evpl_iovec *r_iovec)
{
	int n = evpl_pvt_iovec_carve(evpl, length, alignment, max_vec, 0, EVPL_IOVEC_FLAG_RESERVED, r_iovec);
	struct evpl_iovec *last = r_iovec;

	if (unlikely(n == 0)) {
		n = evpl_pvt_iovec_reserve_slow(evpl, length, alignment, max_vec, r_iovec);
		if (n <= 0)
			return n;
		/* Only the last iovec can end where the window continues. */
		last = &r_iovec[n - 1];
		last->flags |= EVPL_IOVEC_FLAG_RESERVED;
	}
	evpl->reserved = (uintptr_t)last->data;
	evpl->reserved_end = evpl->reserved + last->length;
	evpl_pvt_reservation_begin(last->ref);
	return n;
}

EVPL_PVT_INLINE void
evpl_iovec_commit(struct evpl *evpl, unsigned alignment, struct evpl_iovec *iovecs, int niovs)
{
	/* One iovec, and nothing was taken or cloned since it was reserved. */
	if (likely(evpl != NULL && iovecs != NULL && niovs == 1 && evpl_pvt_is_alignment(alignment) &&
		   !evpl->sampled)) {
		struct evpl_pvt_window *w = &evpl->window[0];
		uintptr_t data = (uintptr_t)iovecs->data, end = evpl->reserved_end;
		uint32_t length = iovecs->length, flags = iovecs->flags;

		if (likely(data == evpl->reserved && end == w->next && iovecs->ref == w->ref &&
			   (flags & EVPL_IOVEC_FLAG_RESERVED) && !evpl_pvt_reservation_is_cloned(w->ref) &&
			   length <= end - data)) {
			uintptr_t mask = evpl_pvt_align_mask(alignment), next = (data + length + mask) & ~mask;

			evpl_pvt_window_set_next(w, next < end ? next : end);
			evpl->reserved_end = 0;
			evpl_pvt_iovec_set_view(iovecs, length, flags & ~(uint32_t)EVPL_IOVEC_FLAG_RESERVED);
			return;
		}
	}
	evpl_pvt_iovec_commit_slow(evpl, alignment, iovecs, niovs);
}

/* Adds an iovec's references to a window's stock. False: the window has another ref, or its stock is full. */
static inline bool
evpl_pvt_window_refund(struct evpl_pvt_window *w, const struct rte_mbuf *ref, uint64_t added)
{
	uint64_t stock = w->stock;

	if (unlikely(ref != w->ref || evpl_pvt_stock_prepaid(stock) >= EVPL_PVT_PREPAID_MAX))
		return false;
	evpl_pvt_window_set_stock(w, stock + added);
	return true;
}

EVPL_PVT_INLINE void
evpl_iovec_release(struct evpl *evpl, struct evpl_iovec *iovec)
{
	struct rte_mbuf *ref = iovec->ref;
	uint32_t flags = evpl_pvt_iovec_view_flags(iovec) & EVPL_PVT_IOVEC_RELEASE_MASK;

	/*
	 * Iovecs of packets, reservations and listed samples have more flags. evpl_pvt_iovec_release_slow() handles
	 * them. Two branches on the flags replace an index into the windows. This takes three instructions less, and
	 * no instruction waits for the flags.
	 */
	if (likely(evpl != NULL)) {
		if ((flags & (EVPL_PVT_STOCK_COUNT - 1)) == 0) {
			if (likely(evpl_pvt_window_refund(&evpl->window[0], ref, (uint64_t)flags + 1)))
				return;
			if (likely(flags == 0 && ref != NULL && ref != evpl->window[0].ref)) {
				uint16_t count = rte_mbuf_refcnt_read(ref);

				if (likely(count > 1)) {
					rte_mbuf_refcnt_set(ref, (uint16_t)(count - 1));
					return;
				}
			}
		} else if ((flags & (EVPL_PVT_STOCK_COUNT - 1)) == EVPL_IOVEC_FLAG_SHARED) {
			/* The flag's value is the 1 to add. */
			if (likely(evpl_pvt_window_refund(&evpl->window[EVPL_IOVEC_FLAG_SHARED], ref, flags)))
				return;
		}
	}
	evpl_pvt_iovec_release_slow(evpl, iovec);
}

EVPL_PVT_INLINE void
evpl_iovecs_release(struct evpl *evpl, struct evpl_iovec *iovecs, int niov)
{
	for (int i = 0, run; i < niov; i += run) {
		struct rte_mbuf *ref = iovecs[i].ref;
		uint32_t flags = evpl_pvt_iovec_view_flags(&iovecs[i]);

		if (flags & EVPL_IOVEC_FLAG_PACKET) {
			run = (int)evpl_pvt_packets_release(evpl, &iovecs[i], (unsigned)(niov - i));
			continue;
		}
		run = 1;
		while (i + run < niov && iovecs[i + run].ref == ref &&
		       evpl_pvt_iovec_view_flags(&iovecs[i + run]) == flags)
			run++;
		if (run == 1) {
			evpl_iovec_release(evpl, &iovecs[i]);
			continue;
		}
		if (likely(evpl != NULL && flags <= EVPL_IOVEC_FLAG_SHARED && ref == evpl->window[flags].ref &&
			   evpl_pvt_window_prepaid(&evpl->window[flags]) + (unsigned)run <= EVPL_PVT_PREPAID_MAX))
			evpl_pvt_window_set_stock(&evpl->window[flags], evpl->window[flags].stock + (unsigned)run);
		else
			evpl_pvt_iovecs_release_slow(evpl, &iovecs[i], (unsigned)run);
	}
}

/*
 * Counts references by the kind of the iovec. With EVPL_IOVEC_FLAG_SHARED in kind the count is atomic. Without it the
 * count is plain, because only one thread counts. Both return the new count.
 */
static inline uint16_t
evpl_pvt_ref_add(struct rte_mbuf *ref, uint32_t kind, uint16_t n)
{
	uint16_t count;

	if (kind & EVPL_IOVEC_FLAG_SHARED)
		return evpl_compat_ref_add(ref, n);
	count = (uint16_t)(rte_mbuf_refcnt_read(ref) + n);
	rte_mbuf_refcnt_set(ref, count);
	return count;
}

static inline uint16_t
evpl_pvt_ref_sub(struct rte_mbuf *ref, uint32_t kind, uint16_t n)
{
	uint16_t count;

	if (kind & EVPL_IOVEC_FLAG_SHARED)
		return evpl_compat_ref_sub(ref, n);
	count = (uint16_t)(rte_mbuf_refcnt_read(ref) - n);
	rte_mbuf_refcnt_set(ref, count);
	return count;
}

/*
 * Makes dst a view of those bytes, and adds one reference for it. Past EVPL_REF_LIMIT that reference moves to another
 * mbuf: 2^14 counts are left for threads that add at the same moment.
 */
static inline void
evpl_pvt_iovec_view_of(struct evpl_iovec *dst, void *data, uint32_t length, struct rte_mbuf *ref, uint32_t flags)
{
	dst->data = data;
	dst->ref = ref;
	/* Most iovecs are no packet, not reserved and not sampled: nothing else is to do. */
	if (likely(flags <= EVPL_IOVEC_FLAG_SHARED)) {
		evpl_pvt_iovec_set_view(dst, length, flags);
		if (unlikely(evpl_pvt_ref_add(ref, flags, 1) > EVPL_REF_LIMIT))
			evpl_pvt_iovec_clone_overflow(dst);
		return;
	}
	evpl_pvt_iovec_set_view(dst, length, flags & ~(uint32_t)EVPL_IOVEC_FLAG_RESERVED);
	if (unlikely(flags & EVPL_IOVEC_FLAG_RESERVED))
		evpl_pvt_reservation_cloned(ref);
	if (unlikely(evpl_pvt_ref_add(ref, flags, 1) > EVPL_REF_LIMIT))
		evpl_pvt_iovec_clone_overflow(dst);
	if (unlikely(flags & EVPL_PVT_IOVEC_SAMPLED))
		evpl_pvt_sample_share(dst);
}

EVPL_PVT_INLINE void
evpl_iovec_clone_segment(struct evpl_iovec *dst, const struct evpl_iovec *src, unsigned offset, unsigned length)
{
	if (unlikely(offset > src->length || length > src->length - offset))
		evpl_pvt_iovec_stop("evpl_iovec_clone_segment", src, offset, length, "the segment is out of range");
	if (unlikely(src->ref == NULL))
		evpl_pvt_iovec_stop("evpl_iovec_clone_segment", src, offset, length, "src is empty");
	evpl_pvt_iovec_view_of(dst, (char *)src->data + offset, length, src->ref, src->flags);
}

EVPL_PVT_INLINE void
evpl_iovec_clone(struct evpl_iovec *dst, struct evpl_iovec *src)
{
	if (unlikely(src->ref == NULL))
		evpl_pvt_iovec_stop("evpl_iovec_clone", src, 0, src->length, "src is empty");
	evpl_pvt_iovec_view_of(dst, src->data, src->length, src->ref, src->flags);
}

EVPL_PVT_INLINE void
evpl_iovec_move(struct evpl_iovec *dst, struct evpl_iovec *src)
{
	struct evpl_iovec taken = *src;

	/* The length stays: libevpl's ring of iovecs reads it after the move. */
	src->data = NULL;
	src->flags = 0;
	src->ref = NULL;
	*dst = taken;
}

EVPL_PVT_INLINE void
evpl_iovec_move_segment(struct evpl_iovec *dst, struct evpl_iovec *src, unsigned offset, unsigned length)
{
	if (unlikely(offset > src->length || length > src->length - offset))
		evpl_pvt_iovec_stop("evpl_iovec_move_segment", src, offset, length, "the segment is out of range");
	if (unlikely(src->ref == NULL))
		evpl_pvt_iovec_stop("evpl_iovec_move_segment", src, offset, length, "src is empty");
	evpl_iovec_move(dst, src);
	if (unlikely(offset != 0))
		dst->flags &= ~(uint32_t)EVPL_IOVEC_FLAG_RESERVED; /* its start may be the next reservation's */
	dst->data = (char *)dst->data + offset;
	dst->length = length;
}

EVPL_PVT_INLINE void *
evpl_iovec_data(const struct evpl_iovec *iovec)
{
	return iovec->data;
}

EVPL_PVT_INLINE unsigned
evpl_iovec_length(const struct evpl_iovec *iovec)
{
	return iovec->length;
}

EVPL_PVT_INLINE void
evpl_iovec_set_length(struct evpl_iovec *iovec, unsigned length)
{
	if (unlikely(length > iovec->length))
		evpl_pvt_iovec_grow(iovec, length);
	evpl_pvt_iovec_set_view(iovec, length, iovec->flags); /* a later load of both gets them from one store */
}

#ifdef __cplusplus
}
#endif

#endif /* no tracing */

#endif /* EVPL_INLINE_PVT_H */
