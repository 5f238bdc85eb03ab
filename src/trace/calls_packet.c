/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The calls of a tracing build for packets.
 */
#include "base.h"
#include "context.h"
#include "trace/bytes.h"
#include "trace/free_mbuf.h"
#include "trace/records.h"
#include "trace/report.h"
#include "trace/calls.h" /* last: from here on the names are the public ones */

/* Those that are about to be sent. Empty ones that were never taken are for the call to refuse. */
static void
check_sendable(enum trace_call call, struct trace_thread *me, const struct evpl_iovec *iovecs, int niovs,
	       trace_place here)
{
	for (int i = 0; i < niovs; i++) {
		struct trace_record *r;

		if (iovecs[i].ref == NULL && trace_handle(&iovecs[i]) == 0)
			continue;
		r = check_iovec(call, me, &iovecs[i], here);
		check_view(call, &iovecs[i], r, here);
		if (bytes_of(r) != NULL)
			trace_bytes_check(call, bytes_of(r), here);
	}
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

struct rte_mbuf *
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

int
traced_iovecs_from_mbuf(uint64_t where, struct evpl *evpl, struct rte_mbuf *mbuf, unsigned flags, unsigned max_iovecs,
			struct evpl_iovec *r_iovec)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);
	int n;

	check_context(CALL_FROM_MBUF, me, evpl, here);
	unsigned left = mbuf != NULL ? mbuf->nb_segs : 0; /* a chain that lies is for the call to refuse */

	for (const struct rte_mbuf *m = mbuf; m != NULL && left-- > 0; m = m->next) {
		if (rte_mbuf_refcnt_read(m) == 0 || m->pool == NULL || trace_mbuf_is_free(m))
			trace_stop_mbuf(CALL_FROM_MBUF, m, here);
	}
	n = evpl_plain_iovecs_from_mbuf(evpl, mbuf, flags, max_iovecs, r_iovec);
	for (int i = 0; i < n; i++)
		note_taken(CALL_FROM_MBUF, me, &r_iovec[i], 0, evpl_context(evpl)->hook.number, here);
	return n;
}

int
traced_packets_alloc(uint64_t where, struct evpl *evpl, struct rte_mempool *pool, unsigned length, unsigned flags,
		     struct evpl_iovec *r_iovecs, unsigned n)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);
	int got;

	check_context(CALL_PACKETS_ALLOC, me, evpl, here);
	got = evpl_plain_packets_alloc(evpl, pool, length, flags, r_iovecs, n);
	for (int i = 0; i < got; i++)
		note_taken(CALL_PACKETS_ALLOC, me, &r_iovecs[i], 0, evpl_context(evpl)->hook.number, here);
	return got;
}

uint16_t
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
			   evpl_context(evpl)->hook.number, here);
	}
	return n;
}

uint16_t
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
