/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cold half of evpl_memory.h: what the inline functions there leave to a call.
 */
#include "base.h"
#include "buffer.h"
#include "class.h"
#include "context.h"
#include "global.h"
#include "overflow.h"
#include "ref.h"
#include "stats.h"
#include "trace/hooks.h"
#include "window.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Says in one line which call was misused, and which argument is wrong with which value. Ends the program. */
static void __attribute__((noreturn, cold, format(printf, 3, 4)))
stop_program(const char *call, const struct evpl_iovec *iovec, const char *format, ...)
{
	static const struct evpl_iovec none;
	const struct evpl_iovec *shown = iovec != NULL ? iovec : &none;
	char what[160];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	fprintf(stderr, "%s: %s: iovec %p (data %p, length %" PRIu32 ", %s)\n", call, what, (const void *)iovec,
		shown->data, shown->length, shown->flags & EVPL_IOVEC_FLAG_SHARED ? "SHARED" : "LOCAL");
	abort();
}

void
evpl_pvt_iovec_stop(const char *call, const struct evpl_iovec *iovec, uint64_t offset, uint64_t length,
		    const char *what)
{
	if (offset > iovec->length || length > iovec->length - offset)
		stop_program(call, iovec,
			     "%s: offset %" PRIu64 " plus length %" PRIu64 " is more than the %" PRIu32 " bytes of src",
			     what, offset, length, iovec->length);
	stop_program(call, iovec, "%s", what);
}

static void *
align_up(uintptr_t address, unsigned alignment)
{
	return (void *)((address + evpl_pvt_align_mask(alignment)) & ~evpl_pvt_align_mask(alignment));
}

static void
iovec_fill(struct evpl_iovec *iovec, void *data, uint32_t length, unsigned flags, struct rte_mbuf *ref)
{
	iovec->data = data;
	iovec->length = length;
	iovec->flags = flags;
	iovec->ref = ref;
}

/* A buffer. If no slab has one, the buffer of a window from which nothing is held. */
static struct rte_mbuf *
take_buffer(struct evpl_context *ctx, struct evpl_class *class)
{
	struct rte_mbuf *buffer = evpl_buffer_take(ctx, class);

	for (unsigned kind = 0; buffer == NULL && kind < RTE_DIM(ctx->current); kind++) {
		if (evpl_window_is_home(ctx, kind) && evpl_buffer_class(ctx->current[kind]) == class) {
			evpl_window_close(ctx, kind);
			buffer = evpl_buffer_take(ctx, class);
		}
	}
	return buffer;
}

/* A whole buffer for one iovec, apart from the window. A free buffer's refcnt of 1 becomes the iovec's reference. */
static bool
take_whole(struct evpl_context *ctx, struct evpl_class *class, uint32_t length, unsigned alignment, unsigned flags,
	   struct evpl_iovec *iovec)
{
	struct rte_mbuf *buffer = take_buffer(ctx, class);

	if (buffer == NULL)
		return false;
	iovec_fill(iovec, align_up((uintptr_t)buffer->buf_addr, alignment), length, flags, buffer);
	evpl_count(&ctx->counters.whole_buffers, 1);
	evpl_count(&ctx->counters.bytes_taken, length);
	evpl_buffer_note_held(evpl_buffer(buffer), length, 1);
	return true;
}

/* Takes it from the window as it is. */
static bool
carve_from_window(struct evpl_context *ctx, uint32_t length, unsigned alignment, unsigned flags,
		  struct evpl_iovec *iovec)
{
	struct evpl_pvt_window *w = &ctx->evpl.window[flags];
	uintptr_t pad = (0 - w->next) & evpl_pvt_align_mask(alignment);

	if ((uint64_t)pad + length > w->end - w->next || !evpl_window_ensure_stock(ctx, flags))
		return false;
	evpl_pvt_window_carve(w, w->stock, pad, length, flags, iovec);
	return true;
}

/*
 * The last, or only, iovec. Afterwards the window is at the buffer with more room left, the present one or a fresh
 * one. A reservation always uses the window, because only the window can take its tail back.
 */
static bool
take_last(struct evpl_context *ctx, struct evpl_class *class, uint32_t length, unsigned alignment, unsigned flags,
	  bool reserve, struct evpl_iovec *iovec)
{
	struct evpl_pvt_window *w = &ctx->evpl.window[flags];
	struct rte_mbuf *buffer;

	if (carve_from_window(ctx, length, alignment, flags, iovec))
		return true;
	if (evpl_window_rewind(ctx, flags, class) && carve_from_window(ctx, length, alignment, flags, iovec))
		return true;
	if (!reserve && w->end - w->next > evpl_class_capacity(class, alignment) - length &&
	    evpl_pvt_window_prepaid(w) > 1)
		return take_whole(ctx, class, length, alignment, flags, iovec);
	buffer = take_buffer(ctx, class);
	if (buffer == NULL)
		return false;
	evpl_window_install(ctx, flags, buffer);
	return carve_from_window(ctx, length, alignment, flags, iovec);
}

/* Whole buffers of a class, and the rest, which may fit a smaller one. False: no memory, and nothing is taken. */
static bool
take_split(struct evpl_context *ctx, struct evpl_class *class, uint32_t length, unsigned alignment, unsigned needed,
	   unsigned flags, bool reserve, struct evpl_iovec *r_iovec)
{
	uint32_t capacity = evpl_class_capacity(class, alignment);
	struct evpl_class *small;
	unsigned whole;

	for (whole = 0; whole < needed - 1; whole++, length -= capacity) {
		if (!take_whole(ctx, class, capacity, alignment, flags, &r_iovec[whole]))
			goto fail;
	}
	small = evpl_class_for(length, alignment);
	if (take_last(ctx, small, length, alignment, flags, reserve, &r_iovec[whole]))
		return true;
	/* When its slabs are spent, the rest takes one more of those that the others took. */
	if (small != class && take_last(ctx, class, length, alignment, flags, reserve, &r_iovec[whole]))
		return true;

fail:
	while (whole-- > 0)
		evpl_iovec_release(&ctx->evpl, &r_iovec[whole]);
	return false;
}

/* How many buffers of a class so many bytes need. 0: it has no addresses of that alignment. */
static unsigned
needed_of(const struct evpl_class *class, uint32_t length, unsigned alignment)
{
	uint32_t capacity = evpl_class_capacity(class, alignment);

	if (likely(length <= capacity))
		return 1;
	return capacity == 0 ? 0 : length / capacity + (length % capacity != 0);
}

static __rte_noinline int
take_iovecs(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs, unsigned flags, bool reserve,
	    struct evpl_iovec *r_iovec)
{
	struct evpl_global *g = &evpl_global;
	struct evpl_context *ctx = evpl_context(evpl);
	struct evpl_class *class;
	unsigned needed;

	if (evpl == NULL || r_iovec == NULL || max_iovecs == 0 || flags > EVPL_IOVEC_FLAG_SHARED ||
	    !evpl_pvt_is_alignment(alignment) || alignment > evpl_class_largest()->max_alignment)
		return evpl_alloc_failed(evpl, EINVAL);
	if (length == 0)
		return 0;
	class = evpl_class_for(length, alignment);
	needed = needed_of(class, length, alignment);
	if (needed > max_iovecs)
		return evpl_alloc_failed(evpl, EMSGSIZE);
	/*
	 * First the class that needs the fewest iovecs. When its slabs are spent, the other class, if the caller has
	 * room for so many iovecs.
	 */
	for (unsigned i = 0; i < g->class_count; i++) {
		if (likely(needed == 1)) {
			if (likely(take_last(ctx, class, length, alignment, flags, reserve, r_iovec)))
				return 1;
		} else if (needed > 1 && needed <= max_iovecs &&
			   take_split(ctx, class, length, alignment, needed, flags, reserve, r_iovec)) {
			evpl_count(&ctx->counters.splits, 1);
			return (int)needed;
		}
		class = &g->classes[(class->index + 1) % g->class_count];
		needed = needed_of(class, length, alignment);
	}
	return evpl_alloc_failed(evpl, ENOMEM);
}

/* A take in a context that takes samples. */
static __rte_noinline int
take_sampled(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs, unsigned flags, bool reserve,
	     struct evpl_iovec *r_iovec)
{
	uint64_t until = hook_take_begin(evpl, flags);
	int n = take_iovecs(evpl, length, alignment, max_iovecs, flags, reserve, r_iovec);

	hook_take_end(evpl, flags, length, alignment, until, r_iovec, n);
	return n;
}

static __rte_always_inline int
take_or_sample(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs, unsigned flags,
	       bool reserve, struct evpl_iovec *r_iovec, uintptr_t caller)
{
	if (unlikely(hook_is_sampled(evpl))) {
		hook_caller(evpl, caller);
		return take_sampled(evpl, length, alignment, max_iovecs, flags, reserve, r_iovec);
	}
	return take_iovecs(evpl, length, alignment, max_iovecs, flags, reserve, r_iovec);
}

/* For the call of a program that returns to the address `caller`. */
static __rte_always_inline int
alloc_for(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs, unsigned flags,
	  struct evpl_iovec *r_iovec, uintptr_t caller)
{
	if (unlikely(hook_is_sampled(evpl)) &&
	    hook_alloc_ready(evpl, length, alignment, max_iovecs, flags, r_iovec, caller))
		return 1;
	return take_or_sample(evpl, length, alignment, max_iovecs, flags, false, r_iovec, caller);
}

int
evpl_pvt_iovec_alloc_slow(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs, unsigned flags,
			  struct evpl_iovec *r_iovec)
{
	return alloc_for(evpl, length, alignment, max_iovecs, flags, r_iovec, (uintptr_t)__builtin_return_address(0));
}

int
evpl_pvt_iovec_reserve_slow(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_vec,
			    struct evpl_iovec *r_iovec)
{
	return take_or_sample(evpl, length, alignment, max_vec, 0, true, r_iovec,
			      (uintptr_t)__builtin_return_address(0));
}

/* Ends the program unless the arguments of evpl_iovec_commit() make sense. */
static void
check_commit(const struct evpl *evpl, unsigned alignment, const struct evpl_iovec *iovecs, int niovs)
{
	static const char call[] = "evpl_iovec_commit";

	if (unlikely(evpl == NULL))
		stop_program(call, iovecs, "evpl is NULL");
	if (unlikely(niovs < 0))
		stop_program(call, iovecs, "niovs %d is negative", niovs);
	if (unlikely(niovs > 0 && iovecs == NULL))
		stop_program(call, NULL, "iovecs is NULL, and niovs is %d", niovs);
	if (unlikely(!evpl_pvt_is_alignment(alignment)))
		stop_program(call, iovecs, "alignment %u is not a power of two", alignment);
}

void
evpl_pvt_iovec_commit_slow(struct evpl *evpl, unsigned alignment, struct evpl_iovec *iovecs, int niovs)
{
	struct evpl_pvt_window *w;
	const struct evpl_iovec *last;
	uintptr_t data;

	check_commit(evpl, alignment, iovecs, niovs);
	w = &evpl->window[0];
	/* Only the last iovec of a reservation can end where the window goes on. */
	if (niovs == 0 || evpl->reserved_end == 0)
		return;
	last = &iovecs[niovs - 1];
	data = (uintptr_t)last->data;
	if (data != evpl->reserved || last->ref != w->ref || !(last->flags & EVPL_IOVEC_FLAG_RESERVED))
		return;
	if (last->length > evpl->reserved_end - data)
		stop_program("evpl_iovec_commit", last,
			     "length %" PRIu32 " of the last iovec is longer than what was reserved (%" PRIuPTR
			     " bytes)",
			     last->length, evpl->reserved_end - data);
	/* What was taken after it, and a clone made since, may lie in the tail. */
	if (w->next == evpl->reserved_end && !evpl_pvt_reservation_is_cloned(last->ref)) {
		uintptr_t end = (uintptr_t)align_up(data + last->length, alignment);

		evpl_pvt_window_set_next(w, RTE_MIN(end, evpl->reserved_end));
		hook_committed(evpl, alignment);
	}
	evpl->reserved_end = 0;
	iovecs[niovs - 1].flags &= ~(uint32_t)EVPL_IOVEC_FLAG_RESERVED;
}

/* What is released seldom: nothing, a sample, or an iovec of the current buffer, the stock of which may be full. */
static __rte_noinline void
release_seldom(struct evpl *evpl, struct evpl_iovec *iovec)
{
	bool shared = (iovec->flags & EVPL_IOVEC_FLAG_SHARED) != 0;
	struct rte_mbuf *ref = iovec->ref;
	struct evpl_pvt_window *w;

	if (ref == NULL)
		stop_program("evpl_iovec_release", iovec, "iovec is empty");
	hook_released(iovec);
	if (evpl == NULL || ref != evpl->window[shared].ref) {
		evpl_ref_drop(evpl_context(evpl), ref, shared, 1);
		return;
	}
	w = &evpl->window[shared];
	/* A full stock is halved. Otherwise a loop of clone and release would let it grow without end. */
	if (evpl_pvt_window_prepaid(w) >= EVPL_PVT_PREPAID_MAX)
		evpl_window_halve_stock(w, shared);
	evpl_pvt_window_set_stock(w, w->stock + 1);
}

/* The usual case calls only evpl_ref_end(), as its last step, so it saves no registers. */
void
evpl_pvt_iovec_release_slow(struct evpl *evpl, struct evpl_iovec *iovec)
{
	bool shared = (iovec->flags & EVPL_IOVEC_FLAG_SHARED) != 0;
	struct rte_mbuf *ref = iovec->ref;

	if (likely(ref != NULL && !hook_is_sample(iovec) && (evpl == NULL || ref != evpl->window[shared].ref)))
		evpl_ref_drop(evpl_context(evpl), ref, shared, 1);
	else
		release_seldom(evpl, iovec);
}

/* One iovec of a bulk: a call of its own keeps the loop small. */
static __rte_noinline int
alloc_one(struct evpl *evpl, unsigned length, unsigned alignment, unsigned flags, struct evpl_iovec *r_iovec,
	  uintptr_t caller)
{
	return alloc_for(evpl, length, alignment, 1, flags, r_iovec, caller);
}

int
evpl_pvt_iovecs_alloc_slow(struct evpl *evpl, unsigned length, unsigned alignment, unsigned flags,
			   struct evpl_iovec *r_iovecs, unsigned n)
{
	uintptr_t caller = (uintptr_t)__builtin_return_address(0);
	int taken = 1;

	if (r_iovecs == NULL || n == 0 || n > INT_MAX)
		return evpl_alloc_failed(evpl, EINVAL);
	for (unsigned i = 0; i < n; i++) {
		if (evpl_pvt_iovec_carve(evpl, length, alignment, 1, flags, 0, r_iovecs + i))
			continue;
		taken = alloc_one(evpl, length, alignment, flags, r_iovecs + i, caller);
		if (taken == 1)
			continue;
		evpl_iovecs_release(evpl, r_iovecs, (int)i);
		return taken;
	}
	return (int)n;
}

/* All of them have the same flags and count on the same mbuf. */
void
evpl_pvt_iovecs_release_slow(struct evpl *evpl, struct evpl_iovec *iovecs, unsigned n)
{
	struct rte_mbuf *ref = iovecs[0].ref;
	uint32_t flags = iovecs[0].flags;

	/*
	 * One by one where a single release has more to do: packets, samples, a window whose stock may be full, and an
	 * empty iovec, which stops the program.
	 */
	if (flags > EVPL_IOVEC_FLAG_SHARED || ref == NULL || n > UINT16_MAX ||
	    (evpl != NULL && ref == evpl->window[flags].ref)) {
		for (unsigned i = 0; i < n; i++)
			evpl_iovec_release(evpl, &iovecs[i]);
		return;
	}
	evpl_ref_drop(evpl_context(evpl), ref, flags, (uint16_t)n);
}

void
evpl_pvt_iovec_clone_overflow(struct evpl_iovec *dst)
{
	struct rte_mbuf *other = evpl_overflow_take(dst->ref, dst->flags);

	/* No mbuf to count on: use up the room that was left for threads, try again, then say so. */
	if (other == NULL && rte_mbuf_refcnt_read(dst->ref) < EVPL_COUNT_MAX)
		return;
	(void)evpl_pvt_ref_sub(dst->ref, dst->flags, 1); /* not the last: the source holds one */
	if (other == NULL) {
		/* The count that dst has given up makes room for that of the other mbuf. */
		evpl_overflow_try_again();
		other = evpl_overflow_take(dst->ref, dst->flags);
	}
	if (other == NULL)
		stop_program("evpl_iovec_clone", dst, "the references of src can no longer be counted: no memory");
	dst->ref = other;
	dst->flags &= ~(uint32_t)EVPL_IOVEC_FLAG_PACKET;
}

/* The end up to which a view may grow. */
static uintptr_t
view_limit(const struct rte_mbuf *ref)
{
	struct rte_mbuf *root = evpl_overflow_root(ref);

	if (evpl_buffer_of(root) == root)
		return (uintptr_t)root->buf_addr + evpl_buffer_class(root)->size;
	return rte_pktmbuf_mtod(root, uintptr_t) + root->data_len; /* of a packet: the end of its received bytes */
}

void
evpl_pvt_iovec_grow(struct evpl_iovec *iovec, unsigned length)
{
	const struct rte_mbuf *ref = iovec->ref;
	uintptr_t room;

	if (ref == NULL)
		stop_program("evpl_iovec_set_length", iovec, "iovec is empty, and length is %u", length);
	room = view_limit(ref) - (uintptr_t)iovec->data;
	if (length > room)
		stop_program("evpl_iovec_set_length", iovec,
			     "length %u is beyond the end of the buffer or packet (%" PRIuPTR " bytes behind data)",
			     length, room);
}
