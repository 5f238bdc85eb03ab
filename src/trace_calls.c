/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The public calls of a tracing build: each checks, calls the library below (see trace_names.h), and notes. Every
 * call exists twice: evpl_x_at() is told its caller's line by the macros of evpl_trace.h, evpl_x() takes its return address.
 */
#include "base.h"
#include "attach.h"
#include "buffer.h"
#include "context.h"
#include "global.h"
#include "packet_pool.h"
#include "trace.h"
#include "trace_bytes.h"
#include "trace_hooks.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_mempool.h>
#include <rte_prefetch.h>
#include <rte_ring.h>

/* From here on the names are the public ones. */
#undef evpl_create
#undef evpl_destroy
#undef evpl_cleanup
#undef evpl_iovec_alloc
#undef evpl_iovecs_alloc
#undef evpl_iovec_reserve
#undef evpl_iovec_commit
#undef evpl_iovec_release
#undef evpl_iovecs_release
#undef evpl_iovec_clone
#undef evpl_iovec_clone_segment
#undef evpl_iovec_move
#undef evpl_iovec_move_segment
#undef evpl_iovec_data
#undef evpl_iovec_length
#undef evpl_iovec_set_length
#undef evpl_iovecs_to_mbuf
#undef evpl_iovecs_from_mbuf
#undef evpl_packets_alloc
#undef evpl_rx_burst
#undef evpl_tx_burst

/* Where a call comes from: a site or a return address, see trace_place. */
#define AT_SITE(site) ((uint64_t)(uintptr_t)(site) | TRACE_PLACE_SITE)
#define AT_RETURN ((uint64_t)(uintptr_t)__builtin_return_address(0))

#define UNPACK(...) __VA_ARGS__
/* The two public functions on the body traced_NAME(where, ARGS). */
#define CALL(type, name, params, args)                                                                                 \
	EVPL_EXPORT type evpl_##name params;                                                                           \
	EVPL_EXPORT type evpl_##name##_at(const struct evpl_site *site, UNPACK params);                                \
	type evpl_##name params                                                                                        \
	{                                                                                                              \
		return traced_##name(AT_RETURN, UNPACK args);                                                          \
	}                                                                                                              \
	type evpl_##name##_at(const struct evpl_site *site, UNPACK params)                                             \
	{                                                                                                              \
		return traced_##name(AT_SITE(site), UNPACK args);                                                      \
	}
#define CALL_VOID(name, params, args)                                                                                  \
	EVPL_EXPORT void evpl_##name params;                                                                           \
	EVPL_EXPORT void evpl_##name##_at(const struct evpl_site *site, UNPACK params);                                \
	void evpl_##name params                                                                                        \
	{                                                                                                              \
		traced_##name(AT_RETURN, UNPACK args);                                                                 \
	}                                                                                                              \
	void evpl_##name##_at(const struct evpl_site *site, UNPACK params)                                             \
	{                                                                                                              \
		traced_##name(AT_SITE(site), UNPACK args);                                                             \
	}

/* Whether a context may be used by this thread: the first one that uses it owns it. NULL is for the call to judge. */
static inline void
check_context(enum trace_call call, struct trace_thread *me, struct evpl *evpl, trace_place here)
{
	struct evpl_context *ctx = evpl_context(evpl);

	if (evpl == NULL || likely(ctx->trace_owner == me->mark))
		return;
	if (ctx->trace_owner != 0 || ctx->trace_created == 0) /* EAL clears what is freed */
		trace_stop_context(call, evpl, here);
	ctx->trace_owner = me->mark;
	ctx->trace_used = here;
}

/* The record of an iovec that may be used here; NULL: it may not, or found no record free. */
static inline struct trace_record *
find(const struct trace_thread *me, const struct evpl_iovec *iovec)
{
	uint32_t live = trace_live(iovec);
	struct trace_record *r = &trace_slots[live % TRACE_RECORDS].iovec;

	if (likely(r->state == live && r->owner == iovec && r->ref == iovec->ref &&
		   (live & TRACE_SHARED || ((r->taken ^ me->mark) >> 48) == 0)))
		return r;
	return NULL;
}

/* The same; what may not be used stops. */
static inline struct trace_record *
check(enum trace_call call, const struct trace_thread *me, const struct evpl_iovec *iovec, trace_place here)
{
	struct trace_record *r = iovec != NULL ? find(me, iovec) : NULL;

	if (unlikely(r == NULL && (iovec == NULL || trace_handle(iovec) != TRACE_UNTRACED)))
		trace_stop_iovec(call, iovec, here);
	return r;
}

/* What is sent or cloned must lie in what was taken: a program may cut data and length by hand, but not grow them. */
static inline void
check_view(enum trace_call call, const struct evpl_iovec *iovec, const struct trace_record *r, trace_place here)
{
	uintptr_t data = (uintptr_t)iovec->data, taken = (uintptr_t)(r != NULL ? r->data : NULL);

	if (r != NULL &&
	    unlikely(data < taken || data - taken > r->length || iovec->length > r->length - (data - taken)))
		trace_stop_plain(call, iovec, here, "a view of more than was taken");
}

static inline void
check_target(enum trace_call call, const struct evpl_iovec *dst, const struct evpl_iovec *src, trace_place here)
{
	if (unlikely(dst == NULL))
		trace_stop_iovec(call, dst, here);
	if (unlikely(dst == src))
		trace_stop_plain(call, src, here, "a clone onto itself");
}

static inline void
set_handle(struct evpl_iovec *iovec, uint32_t handle)
{
	iovec->flags = (iovec->flags & ~TRACE_HANDLE_MASK) | handle << TRACE_HANDLE_SHIFT;
}

/* A free record becomes that of an iovec that was just taken through context number, and shows bytes (0: not watched). */
static inline void
fill_record(struct trace_record *r, uint32_t handle, enum trace_call call, uint64_t when,
	    const struct evpl_iovec *iovec, struct rte_mbuf *ref, void *data, uint32_t length, uint32_t shared,
	    uint32_t bytes, uint64_t context, trace_place here)
{
	r->owner = iovec;
	r->ref = ref;
	r->taken = here;
	r->data = data;
	trace_store_pair(&r->length, length, bytes);
	trace_store_both(&r->what, call | context);
	/* Last, and whole: a leak report reads it when it likes. */
	trace_store_both(&r->state, (handle | TRACE_LIVE | shared << TRACE_HANDLE_BITS) | when);
}

/* Notes that an iovec was taken; NULL: there was no record left. */
static inline struct trace_record *
note_taken(enum trace_call call, struct trace_thread *me, struct evpl_iovec *iovec, uint32_t bytes, uint64_t context,
	   trace_place here)
{
	uint32_t handle;
	union trace_slot *slot = trace_slot_take(me, &handle);

	if (unlikely(slot == NULL)) {
		set_handle(iovec, TRACE_UNTRACED);
		return NULL;
	}
	set_handle(iovec, handle);
	fill_record(&slot->iovec, handle, call, me->now, iovec, iovec->ref, iovec->data, iovec->length,
		    iovec->flags & EVPL_IOVEC_FLAG_SHARED, bytes, context, here);
	return &slot->iovec;
}

/*
 * An iovec was let go. Its record stays as it is until its turn comes, so that a use of the iovec still finds it. The record
 * may be another thread's, whose turn may come at once: nothing is read from it after this.
 */
static inline void
note_gone(enum trace_call call, struct trace_record *r, trace_place here)
{
	r->gone = here;
	trace_store_pair(&r->state, r->state ^ (TRACE_LIVE | TRACE_GONE), call);
}

static inline struct trace_bytes *
bytes_of(const struct trace_record *r)
{
	return EVPL_TRACE_BYTES && r != NULL && r->bytes != 0 ? &trace_slots[r->bytes].bytes : NULL;
}

static inline uint64_t
context_of(const struct trace_record *r)
{
	return r != NULL ? (uint64_t)r->context << 32 : 0;
}

/* One more iovec shows them. */
static inline uint32_t
share_bytes(const struct trace_record *r)
{
	struct trace_bytes *bytes = bytes_of(r);

	if (bytes == NULL)
		return 0;
	__atomic_fetch_add(&bytes->watchers, 1, __ATOMIC_RELAXED);
	return r->bytes;
}

/* The buffer that an iovec was just taken from. */
static inline struct rte_mbuf *
buffer_of(const struct evpl *evpl, const struct evpl_iovec *iovec)
{
	unsigned kind = iovec->flags & EVPL_IOVEC_FLAG_SHARED;

	return likely(iovec->ref == evpl->window[kind].ref) ? ((const struct evpl_context *)evpl)->current[kind]
							    : evpl_buffer_of(iovec->ref);
}

static __rte_noinline int
take(enum trace_call call, uint64_t where, struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs,
     unsigned flags, struct evpl_iovec *r_iovec)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);
	bool guards = false;
	int n;

	check_context(call, me, evpl, here);
	me->here = here;
	me->call = call;
	if (EVPL_TRACE_BYTES)
		n = trace_bytes_take(evpl, length, alignment, max_iovecs, flags, call == CALL_RESERVE, r_iovec,
				     &guards);
	else if (call == CALL_RESERVE)
		n = evpl_plain_iovec_reserve(evpl, length, alignment, max_iovecs, r_iovec);
	else
		n = evpl_plain_iovec_alloc(evpl, length, alignment, max_iovecs, flags, r_iovec);
	for (int i = 0; i < n; i++) {
		struct evpl_iovec *iovec = &r_iovec[i];
		struct trace_bytes *bytes = NULL;
		struct trace_record *r;

		if (EVPL_TRACE_BYTES)
			bytes = trace_bytes_begin(me, buffer_of(evpl, iovec), iovec, guards, call, here);
		r = note_taken(call, me, iovec, bytes != NULL ? trace_index(bytes) : 0,
			       evpl_context(evpl)->trace_number, here);
		if (call == CALL_RESERVE && r != NULL)
			r->commit = COMMIT_MAY;
	}
	return n;
}

/*
 * The alloc that everything is ready for: no call, so nothing to save and restore. It takes half of what take() does.
 * 0: it was not, and nothing is changed. The arguments have been looked at, but for the pointers.
 */
static __rte_always_inline int
take_hot(uint64_t where, struct evpl *evpl, unsigned length, unsigned alignment, unsigned flags,
	 struct evpl_iovec *r_iovec)
{
	struct trace_thread *me = trace_me;
	struct evpl_context *ctx = evpl_context(evpl);
	uint64_t before = EVPL_TRACE_BYTES ? RTE_MAX((uint64_t)alignment, TRACE_GUARD) : 0;
	uint64_t mask = EVPL_TRACE_BYTES ? before - 1 : evpl_align_mask(alignment);
	uint32_t state, handle, index = 0;
	trace_place here;
	union trace_slot *slot;
	struct evpl_window *w;
	struct rte_mbuf *ref;
	uint64_t used;
	char *data;

	if (unlikely(evpl == NULL || r_iovec == NULL || ctx->trace_owner != me->mark))
		return 0;
	slot = me->cursor;
	if (unlikely(slot == me->stop))
		return 0;
	state = trace_state(slot);
	if (unlikely(state & TRACE_IN_USE))
		return 0;
	w = &evpl->window[flags];
	ref = w->ref;
	if (EVPL_TRACE_BYTES && unlikely(me->spare == 0 || trace_hiding || ref != ctx->current[flags] ||
					 ((length - 1) | alignment) > UINT16_MAX))
		return 0;
	/* As evpl_iovec_carve(), with room for guards; data is aligned as what comes before it. */
	data = (char *)((w->next + before + mask) & ~mask);
	used = (uintptr_t)data + length + (EVPL_TRACE_BYTES ? TRACE_GUARD : 0) - w->next;
	if (unlikely(used > w->end - w->next || evpl_window_prepaid(w) <= 1))
		return 0;
	w->next += used;
	w->stock--;
	handle = trace_next_handle(state);
	here = trace_place_make(me, where);
	r_iovec->data = data;
	evpl_iovec_set_view(r_iovec, length, flags | handle << TRACE_HANDLE_SHIFT);
	r_iovec->ref = ref;
	if (EVPL_TRACE_BYTES) {
		index = me->spare;
		me->spare = trace_slots[index].bytes.next;
		rte_prefetch0(&trace_slots[me->spare]);
		trace_bytes_note(&trace_slots[index].bytes, rte_mbuf_to_priv(ref), data, length, flags, true,
				 CALL_ALLOC, here);
	}
	me->cursor = slot + 1;
	fill_record(&slot->iovec, handle, CALL_ALLOC, me->now, r_iovec, ref, data, length, flags, index,
		    ctx->trace_number, here);
	return 1;
}

static __rte_always_inline int
traced_iovec_alloc(uint64_t where, struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs,
		   unsigned flags, struct evpl_iovec *r_iovec)
{
	return take(CALL_ALLOC, where, evpl, length, alignment, max_iovecs, flags, r_iovec);
}
EVPL_EXPORT int evpl_iovec_alloc_hot_at(const struct evpl_site *site, struct evpl *evpl, unsigned length,
					unsigned alignment, unsigned flags, struct evpl_iovec *r_iovec);
int
evpl_iovec_alloc_hot_at(const struct evpl_site *site, struct evpl *evpl, unsigned length, unsigned alignment,
			unsigned flags, struct evpl_iovec *r_iovec)
{
	return take_hot(AT_SITE(site), evpl, length, alignment, flags, r_iovec);
}
CALL(int, iovec_alloc,
     (struct evpl * evpl, unsigned length, unsigned alignment, unsigned max_iovecs, unsigned flags,
      struct evpl_iovec *r_iovec),
     (evpl, length, alignment, max_iovecs, flags, r_iovec))

static int
traced_iovec_reserve(uint64_t where, struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_vec,
		     struct evpl_iovec *r_iovec)
{
	return take(CALL_RESERVE, where, evpl, length, alignment, max_vec, 0, r_iovec);
}
CALL(int, iovec_reserve,
     (struct evpl * evpl, unsigned length, unsigned alignment, unsigned max_vec, struct evpl_iovec *r_iovec),
     (evpl, length, alignment, max_vec, r_iovec))

static void
traced_iovec_commit(uint64_t where, struct evpl *evpl, unsigned alignment, struct evpl_iovec *iovecs, int niovs)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);

	check_context(CALL_COMMIT, me, evpl, here);
	for (int i = 0; i < niovs && iovecs != NULL; i++) {
		struct trace_record *r = check(CALL_COMMIT, me, &iovecs[i], here);

		if (r == NULL)
			continue;
		if (r->commit == COMMIT_DONE)
			trace_stop_range(CALL_COMMIT, &iovecs[i], here, 0, iovecs[i].length, "committed twice");
		if (r->commit != COMMIT_MAY)
			trace_stop_range(CALL_COMMIT, &iovecs[i], here, 0, iovecs[i].length,
					 "commit of what was not reserved");
		if (iovecs[i].length > r->length)
			trace_stop_range(CALL_COMMIT, &iovecs[i], here, 0, iovecs[i].length,
					 "commit of more than was reserved");
		check_view(CALL_COMMIT, &iovecs[i], r, here);
		if (bytes_of(r) != NULL)
			trace_bytes_check(CALL_COMMIT, bytes_of(r), here);
	}
	if (niovs > 0 && iovecs != NULL && evpl != NULL) {
		struct trace_record *r = &trace_slots[trace_handle(&iovecs[niovs - 1]) % TRACE_RECORDS].iovec;

		if (bytes_of(r) != NULL)
			trace_bytes_commit(evpl, alignment, &iovecs[niovs - 1], bytes_of(r));
		else
			evpl_plain_iovec_commit(evpl, alignment, iovecs, niovs);
	} else {
		evpl_plain_iovec_commit(evpl, alignment, iovecs, niovs);
	}
	for (int i = 0; i < niovs; i++) {
		struct trace_record *r = &trace_slots[trace_handle(&iovecs[i]) % TRACE_RECORDS].iovec;

		if (trace_index(r) != 0) {
			r->commit = COMMIT_DONE;
			r->data = iovecs[i].data; /* perhaps cut by hand */
			r->length = iovecs[i].length;
		}
	}
}
CALL_VOID(iovec_commit, (struct evpl * evpl, unsigned alignment, struct evpl_iovec *iovecs, int niovs),
	  (evpl, alignment, iovecs, niovs))

static inline void
release(enum trace_call call, struct trace_thread *me, struct evpl *evpl, struct evpl_iovec *iovec, trace_place here)
{
	struct trace_record *r = check(call, me, iovec, here);
	struct trace_bytes *bytes = bytes_of(r);

	/* Before the reference: with it the buffer may go, and come back as somebody else's. */
	if (bytes != NULL) {
		trace_bytes_check(call, bytes, here);
		if (trace_bytes_drop(bytes))
			trace_bytes_end(call, bytes, here);
	}
	if (likely(r != NULL))
		note_gone(call, r, here);
	evpl_plain_iovec_release(evpl, iovec);
}

static __rte_noinline void
release_one(uint64_t where, struct evpl *evpl, struct evpl_iovec *iovec)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);

	check_context(CALL_RELEASE, me, evpl, here);
	release(CALL_RELEASE, me, evpl, iovec, here);
}

/* As in take_hot(): the release that needs no call, and that finds nothing wrong. */
static __rte_always_inline bool
release_hot(uint64_t where, struct evpl *evpl, struct evpl_iovec *iovec)
{
	struct trace_thread *me = trace_me;
	struct rte_mbuf *ref;
	trace_place here;
	struct trace_record *r;
	bool shared;

	if (unlikely(evpl == NULL || evpl_context(evpl)->trace_owner != me->mark || iovec == NULL))
		return false;
	r = find(me, iovec);
	if (unlikely(r == NULL))
		return false;
	ref = r->ref;
	here = trace_place_make(me, where);
	if (EVPL_TRACE_BYTES) {
		/* What evpl_iovec_alloc() took is what its bytes are; those of index 0 have no guards. */
		uint64_t shown = trace_load_pair(&r->length);
		struct trace_bytes *bytes = &trace_slots[shown >> 32].bytes;
		uint64_t watchers = trace_load_pair(&bytes->watchers); /* and what */
		char *data = r->data;

		if (unlikely(r->what != CALL_ALLOC || (uint32_t)watchers != 1 || watchers >> 56 == 0 || trace_hiding ||
			     !guards_hold(data, (uint32_t)shown)))
			return false;
		bytes->gone = here;
		trace_store_pair(&bytes->watchers, 0, (uint32_t)(watchers >> 32) | CALL_RELEASE << 8);
		fill(data - TRACE_GUARD, (size_t)(uint32_t)shown + 2 * TRACE_GUARD, FREE_BYTE);
	}
	shared = (r->state & TRACE_SHARED) != 0;
	note_gone(CALL_RELEASE, r, here);
	if (unlikely(!(shared ? evpl_window_refund(&evpl->window[EVPL_IOVEC_FLAG_SHARED], ref, 1)
			      : evpl_window_refund(&evpl->window[0], ref, 1))))
		evpl_plain_iovec_release(evpl, iovec);
	return true;
}

static __rte_always_inline void
traced_iovec_release(uint64_t where, struct evpl *evpl, struct evpl_iovec *iovec)
{
	release_one(where, evpl, iovec);
}
EVPL_EXPORT int evpl_iovec_release_hot_at(const struct evpl_site *site, struct evpl *evpl, struct evpl_iovec *iovec)
	__attribute__((aligned(64)));
int
evpl_iovec_release_hot_at(const struct evpl_site *site, struct evpl *evpl, struct evpl_iovec *iovec)
{
	return release_hot(AT_SITE(site), evpl, iovec);
}
CALL_VOID(iovec_release, (struct evpl * evpl, struct evpl_iovec *iovec), (evpl, iovec))

static void
traced_iovecs_release(uint64_t where, struct evpl *evpl, struct evpl_iovec *iovecs, int niov)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);

	check_context(CALL_RELEASES, me, evpl, here);
	for (int i = 0; i < niov; i++)
		release(CALL_RELEASES, me, evpl, &iovecs[i], here);
}
CALL_VOID(iovecs_release, (struct evpl * evpl, struct evpl_iovec *iovecs, int niov), (evpl, iovecs, niov))

static int
traced_iovecs_alloc(uint64_t where, struct evpl *evpl, unsigned length, unsigned alignment, unsigned flags,
		    struct evpl_iovec *r_iovecs, unsigned n)
{
	int taken = 1;

	if (n == 0 || n > INT_MAX) {
		rte_errno = EINVAL;
		return -1;
	}
	for (unsigned i = 0; i < n; i++) {
		taken = take(CALL_ALLOCS, where, evpl, length, alignment, 1, flags, r_iovecs + i);
		if (taken == 1)
			continue;
		traced_iovecs_release(where, evpl, r_iovecs, (int)i);
		return taken;
	}
	return (int)n;
}
CALL(int, iovecs_alloc,
     (struct evpl * evpl, unsigned length, unsigned alignment, unsigned flags, struct evpl_iovec *r_iovecs, unsigned n),
     (evpl, length, alignment, flags, r_iovecs, n))

static void
traced_iovec_clone_segment(uint64_t where, struct evpl_iovec *dst, const struct evpl_iovec *src, unsigned offset,
			   unsigned length)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);
	struct trace_record *r = check(CALL_CLONE_SEGMENT, me, src, here);

	check_view(CALL_CLONE_SEGMENT, src, r, here);
	check_target(CALL_CLONE_SEGMENT, dst, src, here);
	if (offset > src->length || length > src->length - offset)
		trace_stop_range(CALL_CLONE_SEGMENT, src, here, offset, length, "a segment out of range");
	evpl_plain_iovec_clone_segment(dst, src, offset, length);
	note_taken(CALL_CLONE_SEGMENT, me, dst, share_bytes(r), context_of(r), here);
}
CALL_VOID(iovec_clone_segment,
	  (struct evpl_iovec * dst, const struct evpl_iovec *src, unsigned offset, unsigned length),
	  (dst, src, offset, length))

static void
traced_iovec_clone(uint64_t where, struct evpl_iovec *dst, struct evpl_iovec *src)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);
	struct trace_record *r = check(CALL_CLONE, me, src, here);

	check_view(CALL_CLONE, src, r, here);
	check_target(CALL_CLONE, dst, src, here);
	evpl_plain_iovec_clone(dst, src);
	note_taken(CALL_CLONE, me, dst, share_bytes(r), context_of(r), here);
}
CALL_VOID(iovec_clone, (struct evpl_iovec * dst, struct evpl_iovec *src), (dst, src))

/* The source keeps its handle, so that a use of it is known for what it is. */
static void
moved(enum trace_call call, struct trace_thread *me, struct evpl_iovec *dst, struct evpl_iovec *src,
      struct trace_record *r, uint32_t handle, uint32_t length, trace_place here)
{
	uint64_t context = context_of(r);
	struct trace_record *fresh;
	uint32_t bytes;
	uint8_t commit;
	void *data;

	set_handle(src, handle);
	if (r == NULL) { /* nothing is known of it, nor of where it goes */
		set_handle(dst, TRACE_UNTRACED);
		return;
	}
	commit = r->commit;
	bytes = r->bytes;
	data = r->data;
	note_gone(call, r, here);
	fresh = note_taken(call, me, dst, bytes, context, here);
	if (fresh != NULL) {
		fresh->commit = commit;
		fresh->length = length; /* a view that was shortened before may still grow back */
		if (call == CALL_MOVE)
			fresh->data = data;
	}
}

static void
traced_iovec_move(uint64_t where, struct evpl_iovec *dst, struct evpl_iovec *src)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);
	struct trace_record *r = check(CALL_MOVE, me, src, here);
	uint32_t handle = trace_handle(src), length;

	if (dst == NULL)
		trace_stop_iovec(CALL_MOVE, dst, here);
	if (dst == src)
		return;
	length = r != NULL ? r->length : src->length;
	evpl_plain_iovec_move(dst, src);
	moved(CALL_MOVE, me, dst, src, r, handle, length, here);
}
CALL_VOID(iovec_move, (struct evpl_iovec * dst, struct evpl_iovec *src), (dst, src))

static void
traced_iovec_move_segment(uint64_t where, struct evpl_iovec *dst, struct evpl_iovec *src, unsigned offset,
			  unsigned length)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);
	struct trace_record *r = check(CALL_MOVE_SEGMENT, me, src, here);
	uint32_t handle = trace_handle(src);

	check_view(CALL_MOVE_SEGMENT, src, r, here);
	if (dst == NULL)
		trace_stop_iovec(CALL_MOVE_SEGMENT, dst, here);
	if (offset > src->length || length > src->length - offset)
		trace_stop_range(CALL_MOVE_SEGMENT, src, here, offset, length, "a segment out of range");
	evpl_plain_iovec_move_segment(dst, src, offset, length);
	if (dst == src) {
		if (r != NULL) {
			r->data = dst->data;
			r->length = dst->length;
			r->cut = true;
		}
		return;
	}
	moved(CALL_MOVE_SEGMENT, me, dst, src, r, handle, length, here);
}
CALL_VOID(iovec_move_segment, (struct evpl_iovec * dst, struct evpl_iovec *src, unsigned offset, unsigned length),
	  (dst, src, offset, length))

static void *
traced_iovec_data(uint64_t where, const struct evpl_iovec *iovec)
{
	struct trace_thread *me = trace_self();

	(void)check(CALL_DATA, me, iovec, trace_place_make(me, where));
	return iovec->data;
}
CALL(void *, iovec_data, (const struct evpl_iovec *iovec), (iovec))

static unsigned
traced_iovec_length(uint64_t where, const struct evpl_iovec *iovec)
{
	struct trace_thread *me = trace_self();

	(void)check(CALL_LENGTH, me, iovec, trace_place_make(me, where));
	return iovec->length;
}
CALL(unsigned, iovec_length, (const struct evpl_iovec *iovec), (iovec))

static void
traced_iovec_set_length(uint64_t where, struct evpl_iovec *iovec, unsigned length)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);
	struct trace_record *r = check(CALL_SET_LENGTH, me, iovec, here);

	if (r != NULL && length > r->length)
		trace_stop_range(CALL_SET_LENGTH, iovec, here, 0, length, "a length beyond what was taken");
	evpl_plain_iovec_set_length(iovec, length);
}
CALL_VOID(iovec_set_length, (struct evpl_iovec * iovec, unsigned length), (iovec, length))

/* Those that are about to be sent. Empty ones that were never taken are for the call to refuse. */
static void
check_sendable(enum trace_call call, struct trace_thread *me, const struct evpl_iovec *iovecs, int niovs,
	       trace_place here)
{
	for (int i = 0; i < niovs; i++) {
		struct trace_record *r;

		if (iovecs[i].ref == NULL && trace_handle(&iovecs[i]) == 0)
			continue;
		r = check(call, me, &iovecs[i], here);
		check_view(call, &iovecs[i], r, here);
		if (bytes_of(r) != NULL)
			trace_bytes_check(call, bytes_of(r), here);
	}
}

/* Called below to_mbuf and tx_burst, when a packet has been attached to an iovec's bytes and takes its place. */
void
trace_iovec_sent(struct evpl *evpl, struct evpl_iovec *iovec)
{
	release(trace_me->call, trace_me, evpl, iovec, trace_me->here);
}

/* Those that went out as the mbufs they were. The others' records were given up by trace_iovec_sent(). */
static void
note_sent(enum trace_call call, const struct evpl_iovec *iovecs, int niovs, trace_place here)
{
	for (int i = 0; i < niovs; i++) {
		uint32_t live = trace_live(&iovecs[i]);
		union trace_slot *slot = &trace_slots[live % TRACE_RECORDS];

		/* The state first: of a record that was given up, nothing else may be read. */
		if ((iovecs[i].flags & EVPL_IOVEC_FLAG_PACKET) && trace_state(slot) == live &&
		    slot->iovec.owner == &iovecs[i])
			note_gone(call, &slot->iovec, here);
	}
}

static struct rte_mbuf *
traced_iovecs_to_mbuf(uint64_t where, struct evpl *evpl, struct evpl_iovec *iovecs, int niovs)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);
	struct rte_mbuf *packet;

	check_context(CALL_TO_MBUF, me, evpl, here);
	if (iovecs != NULL)
		check_sendable(CALL_TO_MBUF, me, iovecs, niovs, here);
	me->here = here;
	me->call = CALL_TO_MBUF;
	packet = evpl_plain_iovecs_to_mbuf(evpl, iovecs, niovs);
	if (packet != NULL)
		note_sent(CALL_TO_MBUF, iovecs, niovs, here);
	return packet;
}
CALL(struct rte_mbuf *, iovecs_to_mbuf, (struct evpl * evpl, struct evpl_iovec *iovecs, int niovs),
     (evpl, iovecs, niovs))

/* Whether an lcore's cache of the pool holds it, and where. */
static bool
is_cached(const struct rte_mempool *pool, unsigned lcore_id, const struct rte_mbuf *mbuf, uint32_t *at)
{
	const struct rte_mempool_cache *cache = &pool->local_cache[lcore_id];
	uint32_t length = RTE_MIN(__atomic_load_n(&cache->len, __ATOMIC_RELAXED), (uint32_t)RTE_DIM(cache->objs));

	for (*at = length; *at > 0; --*at) {
		if (__atomic_load_n(&cache->objs[*at - 1], __ATOMIC_RELAXED) == mbuf)
			return true;
	}
	return false;
}

/*
 * Another lcore's cache has it. That lcore may be in the middle of adding to its cache: then the length counts places that
 * are not written yet, and what lies there came out long ago. So it must lie there for a tenth of a second; it is the
 * end of the program if it does.
 */
static bool
stays_cached(const struct rte_mempool *pool, unsigned lcore_id, const struct rte_mbuf *mbuf, uint32_t at)
{
	const struct rte_mempool_cache *cache = &pool->local_cache[lcore_id];

	for (unsigned i = 0; i < 100; i++) {
		if (__atomic_load_n(&cache->len, __ATOMIC_RELAXED) < at ||
		    __atomic_load_n(&cache->objs[at - 1], __ATOMIC_RELAXED) != mbuf)
			return false;
		rte_delay_us_sleep(1000);
	}
	return true;
}

#define FREE_LOOK 256u

/*
 * Whether an mbuf lies in its pool's per-lcore caches, or among the last FREE_LOOK that were given back to a ring. A free mbuf
 * looks like a used one, and DPDK has no call that tells; one that was freed longer ago is not found.
 */
static bool
is_free(const struct rte_mbuf *mbuf)
{
	const struct rte_mempool *pool = mbuf->pool;
	unsigned own = rte_lcore_id();
	uint32_t at;

	if (evpl_packet_is_ours(mbuf))
		return (uintptr_t)mbuf->shinfo == EVPL_ON_FREE;
	for (unsigned i = 0; pool->cache_size > 0 && i < RTE_MAX_LCORE; i++) {
		if (rte_eal_lcore_role(i) != ROLE_OFF && is_cached(pool, i, mbuf, &at) &&
		    (i == own || stays_cached(pool, i, mbuf, at)))
			return true;
	}
	if (strncmp(rte_mempool_get_ops(pool->ops_index)->name, "ring_", 5) == 0) {
		const struct rte_ring *ring = pool->pool_data;
		void *const *objects = (void *const *)(ring + 1);
		/* In this order: what lies between the two had been put there, and not been taken when head was read. */
		uint32_t head = __atomic_load_n(&ring->cons.head, __ATOMIC_ACQUIRE);
		uint32_t tail = __atomic_load_n(&ring->prod.tail, __ATOMIC_ACQUIRE);
		uint32_t count = tail - head > ring->capacity ? 0 : RTE_MIN(tail - head, FREE_LOOK);

		for (uint32_t k = 1; k <= count; k++) {
			if (__atomic_load_n(&objects[(tail - k) & ring->mask], __ATOMIC_RELAXED) == mbuf)
				return true;
		}
	}
	return false;
}

static int
traced_iovecs_from_mbuf(uint64_t where, struct evpl *evpl, struct rte_mbuf *mbuf, unsigned flags, unsigned max_iovecs,
			struct evpl_iovec *r_iovec)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);
	int n;

	check_context(CALL_FROM_MBUF, me, evpl, here);
	unsigned left = mbuf != NULL ? mbuf->nb_segs : 0; /* a chain that lies is for the call to refuse */

	for (const struct rte_mbuf *m = mbuf; m != NULL && left-- > 0; m = m->next) {
		if (rte_mbuf_refcnt_read(m) == 0 || m->pool == NULL || is_free(m))
			trace_stop_mbuf(CALL_FROM_MBUF, m, here);
	}
	n = evpl_plain_iovecs_from_mbuf(evpl, mbuf, flags, max_iovecs, r_iovec);
	for (int i = 0; i < n; i++)
		note_taken(CALL_FROM_MBUF, me, &r_iovec[i], 0, evpl_context(evpl)->trace_number, here);
	return n;
}
CALL(int, iovecs_from_mbuf,
     (struct evpl * evpl, struct rte_mbuf *mbuf, unsigned flags, unsigned max_iovecs, struct evpl_iovec *r_iovec),
     (evpl, mbuf, flags, max_iovecs, r_iovec))

static int
traced_packets_alloc(uint64_t where, struct evpl *evpl, struct rte_mempool *pool, unsigned length, unsigned flags,
		     struct evpl_iovec *r_iovecs, unsigned n)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);
	int got;

	check_context(CALL_PACKETS_ALLOC, me, evpl, here);
	got = evpl_plain_packets_alloc(evpl, pool, length, flags, r_iovecs, n);
	for (int i = 0; i < got; i++)
		note_taken(CALL_PACKETS_ALLOC, me, &r_iovecs[i], 0, evpl_context(evpl)->trace_number, here);
	return got;
}
CALL(int, packets_alloc,
     (struct evpl * evpl, struct rte_mempool *pool, unsigned length, unsigned flags, struct evpl_iovec *r_iovecs,
      unsigned n),
     (evpl, pool, length, flags, r_iovecs, n))

static uint16_t
traced_rx_burst(uint64_t where, struct evpl *evpl, uint16_t port_id, uint16_t queue_id, struct evpl_iovec *r_iovecs,
		uint16_t n)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);

	check_context(CALL_RX_BURST, me, evpl, here);
	me->here = here;
	me->call = CALL_RX_BURST;
	n = evpl_plain_rx_burst(evpl, port_id, queue_id, r_iovecs, n);
	for (uint16_t i = 0; i < n; i++) {
		bool linearized = EVPL_TRACE_BYTES && !(r_iovecs[i].flags & EVPL_IOVEC_FLAG_PACKET);

		note_taken(CALL_RX_BURST, me, &r_iovecs[i], linearized ? trace_bytes_find(&r_iovecs[i]) : 0,
			   evpl_context(evpl)->trace_number, here);
	}
	return n;
}
CALL(uint16_t, rx_burst,
     (struct evpl * evpl, uint16_t port_id, uint16_t queue_id, struct evpl_iovec *r_iovecs, uint16_t n),
     (evpl, port_id, queue_id, r_iovecs, n))

static uint16_t
traced_tx_burst(uint64_t where, struct evpl *evpl, uint16_t port_id, uint16_t queue_id, struct evpl_iovec *iovecs,
		uint16_t n)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);

	check_context(CALL_TX_BURST, me, evpl, here);
	if (iovecs != NULL)
		check_sendable(CALL_TX_BURST, me, iovecs, n, here);
	me->here = here;
	me->call = CALL_TX_BURST;
	n = evpl_plain_tx_burst(evpl, port_id, queue_id, iovecs, n);
	note_sent(CALL_TX_BURST, iovecs, n, here);
	return n;
}
CALL(uint16_t, tx_burst,
     (struct evpl * evpl, uint16_t port_id, uint16_t queue_id, struct evpl_iovec *iovecs, uint16_t n),
     (evpl, port_id, queue_id, iovecs, n))

static struct evpl *
traced_create(uint64_t where, const struct evpl_thread_config *config)
{
	static uint32_t last;
	struct evpl *evpl = evpl_plain_create(config);

	if (evpl != NULL) {
		evpl_context(evpl)->trace_created = trace_place_make(trace_self(), where);
		evpl_context(evpl)->trace_number = (uint64_t)__atomic_add_fetch(&last, 1, __ATOMIC_RELAXED) << 32;
	}
	return evpl;
}
CALL(struct evpl *, create, (const struct evpl_thread_config *config), (config))

static void
traced_destroy(uint64_t where, struct evpl *evpl)
{
	struct trace_thread *me;
	uint32_t number;
	bool used;

	if (evpl == NULL)
		return;
	me = trace_self();
	me->here = trace_place_make(me, where);
	me->call = CALL_DESTROY;
	if (evpl_context(evpl)->trace_created == 0)
		trace_stop_context(CALL_DESTROY, evpl, me->here);
	number = (uint32_t)(evpl_context(evpl)->trace_number >> 32);
	used = evpl_context(evpl)->trace_owner != 0;
	evpl_plain_destroy(evpl);
	if (used)
		trace_report_live(stderr, "evpl_destroy: LOCAL iovecs that were taken through it are still held", false,
				  (int)number);
}
CALL_VOID(destroy, (struct evpl * evpl), (evpl))

static int
traced_cleanup(uint64_t where)
{
	struct trace_thread *me = trace_self();
	int rc;

	me->here = trace_place_make(me, where);
	me->call = CALL_CLEANUP;
	rc = evpl_plain_cleanup();
	/* Iovecs on mbufs of the program's own do not hinder it. */
	if (rc == -EBUSY || (rc == 0 && evpl_global.users == 0))
		trace_report_live(stderr, "evpl_cleanup: iovecs are still held", false, -1);
	return rc;
}

EVPL_EXPORT int evpl_cleanup(void);
EVPL_EXPORT int evpl_cleanup_at(const struct evpl_site *site);

int
evpl_cleanup(void)
{
	return traced_cleanup(AT_RETURN);
}

int
evpl_cleanup_at(const struct evpl_site *site)
{
	return traced_cleanup(AT_SITE(site));
}

void
evpl_leak_report(FILE *out)
{
	trace_report_live(out, "evpl_leak_report: iovecs are held", true, -1);
}
