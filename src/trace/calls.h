/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the public calls of a tracing build share. Each call checks its iovecs, calls the library below (see names.py)
 * and notes what it did. calls.c has the public functions.
 */
#ifndef EVPL_SRC_TRACE_CALLS_H
#define EVPL_SRC_TRACE_CALLS_H

#include "base.h"
#include "context.h"
#include "trace/records.h"
#include "trace/report.h"

#include "trace_names_end.h" /* from here on the names are the public ones */

/* Where a call comes from: a site or a return address, see trace_place. */
#define AT_SITE(site) ((uint64_t)(uintptr_t)(site) | TRACE_PLACE_SITE)
#define AT_RETURN ((uint64_t)(uintptr_t)__builtin_return_address(0))

/* What the two public functions of a call do. `where` is the address of the call. */
#define UNPACK(...) __VA_ARGS__
#define CALL(type, name, id, params, args) type traced_##name(uint64_t where, UNPACK params);
#define CALL_VOID(name, id, params, args) void traced_##name(uint64_t where, UNPACK params);
#define CALL_BARE(type, name, id) type traced_##name(uint64_t where);
#include "trace/calls.def"

/* Whether a context may be used by this thread: the first one that uses it owns it. NULL is for the call to judge. */
static inline void
check_context(enum trace_call call, struct trace_thread *me, struct evpl *evpl, trace_place here)
{
	struct evpl_context *ctx = evpl_context(evpl);

	if (evpl == NULL || likely(ctx->hook.owner == me->place_bits))
		return;
	if (ctx->hook.owner != 0 || ctx->hook.created == 0) /* EAL clears what is freed */
		trace_stop_context(call, evpl, here);
	ctx->hook.owner = me->place_bits;
	ctx->hook.used = here;
}

/* The record of an iovec that may be used here; NULL: it may not, or found no record free. */
static inline struct trace_record *
find_record(const struct trace_thread *me, const struct evpl_iovec *iovec)
{
	uint32_t live = trace_live(iovec);
	struct trace_record *r = &trace_slots[live % TRACE_RECORDS].iovec;

	if (likely(r->state == live && r->owner == iovec && r->ref == iovec->ref &&
		   (live & TRACE_SHARED || ((r->taken ^ me->place_bits) >> 48) == 0)))
		return r;
	return NULL;
}

/* The same; what may not be used stops. */
static inline struct trace_record *
check_iovec(enum trace_call call, const struct trace_thread *me, const struct evpl_iovec *iovec, trace_place here)
{
	struct trace_record *r = iovec != NULL ? find_record(me, iovec) : NULL;

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

/*
 * A free record becomes that of an iovec that was just taken through context number, and that shows bytes (0: not
 * watched).
 */
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
	trace_store_word(&r->kinds, call | context);
	/* Last, and whole: a leak report reads it when it likes. */
	trace_store_word(&r->state, (handle | TRACE_LIVE | shared << TRACE_HANDLE_BITS) | when);
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

static inline uint64_t
context_of(const struct trace_record *r)
{
	return r != NULL ? (uint64_t)r->context << 32 : 0;
}

/* Notes that what was an iovec with the record old is this iovec now; NULL: there was no record left. */
static inline struct trace_record *
note_moved(enum trace_call call, struct trace_thread *me, struct evpl_iovec *iovec, const struct trace_record *old,
	   trace_place here)
{
	struct trace_record *fresh = note_taken(call, me, iovec, old->bytes, context_of(old), here);

	if (fresh != NULL) {
		fresh->commit = old->commit;
		fresh->length = old->length; /* a view that was shortened before may still grow back */
		fresh->data = old->data;
	}
	return fresh;
}

/*
 * An iovec was let go. Its record stays as it is until its turn comes, so that a use of the iovec still finds it. The
 * record may be another thread's, and its turn may come at once: nothing is read from it after this.
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

#endif /* EVPL_SRC_TRACE_CALLS_H */
