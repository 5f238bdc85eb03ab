/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The calls of a tracing build for rings. An iovec in a ring has a record, too: its owner is the ring. So a use of the
 * source is found, and a report of what is held has the place where the iovec went into the ring.
 */
#include "base.h"
#include "trace/records.h"
#include "trace/report.h"
#include "trace/calls.h" /* last: from here on the names are the public ones */

#define BURST 32u

static const struct evpl_iovec *
owner_of(const struct evpl_ring *ring)
{
	return (const struct evpl_iovec *)(const void *)ring;
}

/*
 * At most BURST. The copies that go into the ring get their records before, because another thread may take them out at
 * once. What finds no room keeps the record that it has.
 */
static unsigned
put_in_ring(struct trace_thread *me, struct evpl_ring *ring, struct evpl_iovec *iovecs, unsigned n,
	    unsigned *r_free_space, trace_place here)
{
	struct trace_record *old[BURST], *fresh[BURST];
	struct evpl_iovec copies[BURST];
	unsigned sent;

	for (unsigned i = 0; i < n; i++) {
		old[i] = check_iovec(CALL_RING_ENQUEUE, me, &iovecs[i], here);
		copies[i] = iovecs[i];
		fresh[i] = NULL;
		if (old[i] == NULL)
			continue;
		fresh[i] = note_moved(CALL_RING_ENQUEUE, me, &copies[i], old[i], here);
		if (fresh[i] != NULL)
			fresh[i]->owner = owner_of(ring);
	}
	sent = evpl_plain_ring_enqueue_burst(ring, copies, n, r_free_space);
	for (unsigned i = 0; i < n; i++) {
		uint32_t handle = trace_handle(&iovecs[i]);

		if (i >= sent) {
			if (fresh[i] != NULL)
				trace_slot_free((union trace_slot *)fresh[i]);
			continue;
		}
		evpl_plain_iovec_move(&copies[i], &iovecs[i]);
		set_handle(&iovecs[i], handle); /* so that a use of it is known for what it is */
		if (old[i] != NULL)
			note_gone(CALL_RING_ENQUEUE, old[i], here);
	}
	return sent;
}

unsigned
traced_ring_enqueue_burst(uint64_t where, struct evpl_ring *ring, struct evpl_iovec *iovecs, unsigned n,
			  unsigned *r_free_space)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);
	unsigned done = 0, sent, wanted;

	if (iovecs == NULL && n != 0)
		trace_stop_iovec(CALL_RING_ENQUEUE, iovecs, here);
	do {
		wanted = RTE_MIN(n - done, BURST);
		sent = put_in_ring(me, ring, iovecs + done, wanted, r_free_space, here);
		done += sent;
	} while (done < n && sent == wanted);
	return done;
}

/* The iovecs leave the ring, and go on under records of this thread. */
static void
take_out_of_ring(enum trace_call call, struct trace_thread *me, const struct evpl_ring *ring, struct evpl_iovec *iovecs,
		 unsigned n, trace_place here)
{
	for (unsigned i = 0; i < n; i++) {
		struct trace_record *r = &trace_slots[trace_handle(&iovecs[i]) % TRACE_RECORDS].iovec, old;

		if (trace_handle(&iovecs[i]) == TRACE_UNTRACED)
			continue;
		if (r->owner == owner_of(ring))
			r->owner = &iovecs[i];
		old = *check_iovec(call, me, &iovecs[i], here);
		note_gone(call, r, here);
		note_moved(call, me, &iovecs[i], &old, here);
	}
}

unsigned
traced_ring_dequeue_burst(uint64_t where, struct evpl_ring *ring, struct evpl_iovec *r_iovecs, unsigned n,
			  unsigned *r_available)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);

	if (r_iovecs == NULL && n != 0)
		trace_stop_iovec(CALL_RING_DEQUEUE, r_iovecs, here);
	n = evpl_plain_ring_dequeue_burst(ring, r_iovecs, n, r_available);
	take_out_of_ring(CALL_RING_DEQUEUE, me, ring, r_iovecs, n, here);
	return n;
}

void
traced_ring_free(uint64_t where, struct evpl *evpl, struct evpl_ring *ring)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);
	struct evpl_iovec left[BURST];
	unsigned n;

	if (ring == NULL)
		return;
	check_context(CALL_RING_FREE, me, evpl, here);
	while ((n = evpl_plain_ring_dequeue_burst(ring, left, BURST, NULL)) > 0) {
		take_out_of_ring(CALL_RING_FREE, me, ring, left, n, here);
		traced_iovecs_release(where, evpl, left, (int)n);
	}
	evpl_plain_ring_free(evpl, ring);
}
