/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The calls of a tracing build that take bytes, give them back, or end a reservation.
 */
#include "base.h"
#include "buffer.h"
#include "context.h"
#include "global.h"
#include "stats.h"
#include "trace/bytes.h"
#include "trace/hooks.h"
#include "trace/records.h"
#include "trace/report.h"
#include "trace/calls.h" /* last: from here on the names are the public ones */

#include <limits.h>

#include <rte_prefetch.h>

/* The buffer that an iovec was just taken from. */
static inline struct rte_mbuf *
buffer_of(const struct evpl *evpl, const struct evpl_iovec *iovec)
{
	unsigned kind = iovec->flags & EVPL_IOVEC_FLAG_SHARED;

	return likely(iovec->ref == evpl->window[kind].ref) ? ((const struct evpl_context *)evpl)->current[kind]
							    : evpl_buffer_of(iovec->ref);
}

static __rte_noinline int
take_iovecs(enum trace_call call, uint64_t where, struct evpl *evpl, unsigned length, unsigned alignment,
	    unsigned max_iovecs, unsigned flags, struct evpl_iovec *r_iovec)
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
	if (n > 0)
		evpl_count(&evpl_context(evpl)->counters.allocs, (unsigned)n);
	for (int i = 0; i < n; i++) {
		struct evpl_iovec *iovec = &r_iovec[i];
		struct trace_bytes *bytes = NULL;
		struct trace_record *r;

		if (EVPL_TRACE_BYTES)
			bytes = trace_bytes_begin(me, buffer_of(evpl, iovec), iovec, guards, call, here);
		r = note_taken(call, me, iovec, bytes != NULL ? trace_index(bytes) : 0, evpl_context(evpl)->hook.number,
			       here);
		if (call == CALL_RESERVE && r != NULL)
			r->commit = COMMIT_MAY;
	}
	return n;
}

/*
 * The alloc that everything is ready for: no call, so nothing to save and restore. It takes half of what take_iovecs()
 * does. 0: it was not, and nothing is changed. The arguments have been looked at, but for the pointers.
 */
static __rte_always_inline int
take_hot(uint64_t where, struct evpl *evpl, unsigned length, unsigned alignment, unsigned flags,
	 struct evpl_iovec *r_iovec)
{
	struct trace_thread *me = trace_me;
	struct evpl_context *ctx = evpl_context(evpl);
	uint64_t before = EVPL_TRACE_BYTES ? RTE_MAX((uint64_t)alignment, TRACE_GUARD) : 0;
	uint64_t mask = EVPL_TRACE_BYTES ? before - 1 : evpl_pvt_align_mask(alignment);
	uint32_t state, handle, index = 0;
	trace_place here;
	union trace_slot *slot;
	struct evpl_pvt_window *w;
	struct rte_mbuf *ref;
	uint64_t used;
	char *data;

	if (unlikely(evpl == NULL || r_iovec == NULL || ctx->hook.owner != me->place_bits))
		return 0;
	slot = me->cursor;
	if (unlikely(slot == me->stop))
		return 0;
	state = trace_state(slot);
	if (unlikely(state & TRACE_IN_USE))
		return 0;
	w = &evpl->window[flags];
	ref = w->ref;
	if (EVPL_TRACE_BYTES && unlikely(me->spare == 0 || trace_hiding || evpl_bank_is_untouched(ctx->bank) ||
					 ref != ctx->current[flags] || ((length - 1) | alignment) > UINT16_MAX))
		return 0;
	/* As evpl_pvt_iovec_carve(), with room for guards; data is aligned as what comes before it. */
	data = (char *)((w->next + before + mask) & ~mask);
	used = (uintptr_t)data + length + (EVPL_TRACE_BYTES ? TRACE_GUARD : 0) - w->next;
	if (unlikely(used > w->end - w->next || evpl_pvt_window_prepaid(w) <= 1))
		return 0;
	handle = trace_next_handle(state);
	here = trace_place_make(me, where);
	evpl_pvt_window_carve(w, w->stock, (uintptr_t)data - w->next, length, flags | handle << TRACE_HANDLE_SHIFT,
			      r_iovec);
	if (EVPL_TRACE_BYTES)
		evpl_pvt_window_advance(w, TRACE_GUARD);
	if (EVPL_TRACE_BYTES) {
		index = me->spare;
		me->spare = trace_slots[index].bytes.next;
		rte_prefetch0(&trace_slots[me->spare]);
		trace_bytes_note(&trace_slots[index].bytes, rte_mbuf_to_priv(ref), data, length, flags, true,
				 CALL_ALLOC, here);
	}
	me->cursor = slot + 1;
	evpl_count(&ctx->counters.allocs, 1);
	fill_record(&slot->iovec, handle, CALL_ALLOC, me->now, r_iovec, ref, data, length, flags, index,
		    ctx->hook.number, here);
	return 1;
}

int
traced_iovec_alloc(uint64_t where, struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs,
		   unsigned flags, struct evpl_iovec *r_iovec)
{
	return take_iovecs(CALL_ALLOC, where, evpl, length, alignment, max_iovecs, flags, r_iovec);
}
EVPL_PVT_EXPORT int evpl_pvt_iovec_alloc_hot_at(const struct evpl_pvt_site *site, struct evpl *evpl, unsigned length,
						unsigned alignment, unsigned flags, struct evpl_iovec *r_iovec);
int
evpl_pvt_iovec_alloc_hot_at(const struct evpl_pvt_site *site, struct evpl *evpl, unsigned length, unsigned alignment,
			    unsigned flags, struct evpl_iovec *r_iovec)
{
	return take_hot(AT_SITE(site), evpl, length, alignment, flags, r_iovec);
}

int
traced_iovec_reserve(uint64_t where, struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_vec,
		     struct evpl_iovec *r_iovec)
{
	return take_iovecs(CALL_RESERVE, where, evpl, length, alignment, max_vec, 0, r_iovec);
}

void
traced_iovec_commit(uint64_t where, struct evpl *evpl, unsigned alignment, struct evpl_iovec *iovecs, int niovs)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);

	check_context(CALL_COMMIT, me, evpl, here);
	for (int i = 0; i < niovs && iovecs != NULL; i++) {
		struct trace_record *r = check_iovec(CALL_COMMIT, me, &iovecs[i], here);

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

/* Those of packets were not taken here, and are not counted. */
static inline void
count_release(struct evpl *evpl, const struct evpl_iovec *iovec)
{
	if (iovec->flags & EVPL_IOVEC_FLAG_PACKET)
		return;
	if (evpl != NULL)
		evpl_count(&evpl_context(evpl)->counters.releases, 1);
	else
		__atomic_fetch_add(&evpl_global.releases, 1, __ATOMIC_RELAXED);
}

static inline void
release_iovec(enum trace_call call, struct trace_thread *me, struct evpl *evpl, struct evpl_iovec *iovec,
	      trace_place here)
{
	struct trace_record *r = check_iovec(call, me, iovec, here);
	struct trace_bytes *bytes = bytes_of(r);

	/* Before the reference: with it the buffer may go, and come back as somebody else's. */
	if (bytes != NULL) {
		trace_bytes_check(call, bytes, here);
		if (trace_bytes_drop(bytes))
			trace_bytes_end(call, bytes, here);
	}
	if (likely(r != NULL))
		note_gone(call, r, here);
	count_release(evpl, iovec);
	evpl_plain_iovec_release(evpl, iovec);
}

static __rte_noinline void
release_one(uint64_t where, struct evpl *evpl, struct evpl_iovec *iovec)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);

	check_context(CALL_RELEASE, me, evpl, here);
	release_iovec(CALL_RELEASE, me, evpl, iovec, here);
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

	if (unlikely(evpl == NULL || evpl_context(evpl)->hook.owner != me->place_bits || iovec == NULL))
		return false;
	r = find_record(me, iovec);
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

		if (unlikely(r->kinds != CALL_ALLOC || (uint32_t)watchers != 1 || watchers >> 56 == 0 || trace_hiding ||
			     !guards_hold(data, (uint32_t)shown)))
			return false;
		bytes->gone = here;
		trace_store_pair(&bytes->watchers, 0, (uint32_t)(watchers >> 32) | CALL_RELEASE << 8);
		fill_bytes(data - TRACE_GUARD, (size_t)(uint32_t)shown + 2 * TRACE_GUARD, FREE_BYTE);
	}
	shared = (r->state & TRACE_SHARED) != 0;
	note_gone(CALL_RELEASE, r, here);
	count_release(evpl, iovec);
	if (unlikely(!(shared ? evpl_pvt_window_refund(&evpl->window[EVPL_IOVEC_FLAG_SHARED], ref, 1)
			      : evpl_pvt_window_refund(&evpl->window[0], ref, 1))))
		evpl_plain_iovec_release(evpl, iovec);
	return true;
}

void
traced_iovec_release(uint64_t where, struct evpl *evpl, struct evpl_iovec *iovec)
{
	release_one(where, evpl, iovec);
}
EVPL_PVT_EXPORT int evpl_pvt_iovec_release_hot_at(const struct evpl_pvt_site *site, struct evpl *evpl,
						  struct evpl_iovec *iovec) __attribute__((aligned(64)));
int
evpl_pvt_iovec_release_hot_at(const struct evpl_pvt_site *site, struct evpl *evpl, struct evpl_iovec *iovec)
{
	return release_hot(AT_SITE(site), evpl, iovec);
}

void
traced_iovecs_release(uint64_t where, struct evpl *evpl, struct evpl_iovec *iovecs, int niov)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);

	check_context(CALL_RELEASES, me, evpl, here);
	for (int i = 0; i < niov; i++)
		release_iovec(CALL_RELEASES, me, evpl, &iovecs[i], here);
}

int
traced_iovecs_alloc(uint64_t where, struct evpl *evpl, unsigned length, unsigned alignment, unsigned flags,
		    struct evpl_iovec *r_iovecs, unsigned n)
{
	int taken = 1;

	if (n == 0 || n > INT_MAX)
		return evpl_alloc_failed(evpl, EINVAL);
	for (unsigned i = 0; i < n; i++) {
		taken = take_iovecs(CALL_ALLOCS, where, evpl, length, alignment, 1, flags, r_iovecs + i);
		if (taken == 1)
			continue;
		traced_iovecs_release(where, evpl, r_iovecs, (int)i);
		return taken;
	}
	return (int)n;
}

/* Called below to_mbuf and tx_burst, when a packet has been attached to an iovec's bytes and takes its place. */
void
trace_iovec_sent(struct evpl *evpl, struct evpl_iovec *iovec)
{
	release_iovec(trace_me->call, trace_me, evpl, iovec, trace_me->here);
}
