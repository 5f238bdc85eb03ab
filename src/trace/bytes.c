/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Watches bytes.
 *
 *	buffer  ...|guard|  bytes  |guard| ...     live: the guards must not change
 *	        ddd|ddddd|ddddddddd|ddddd|ddd      released, or never handed out: nothing may change
 *
 * Each allocation's bytes have their own record, because they end with the last of all iovecs and packets that show
 * them. A buffer that nothing holds has the free pattern from end to end. So it is checked as a whole, when it is
 * handed out again and at clean-up. This costs less than one check per record, and also finds writes to bytes that were
 * never handed out. The linked records tell whose bytes they were. Some time should pass before the check, so buffers
 * are not rewound in place: they wait in their context's stash until others wait behind them.
 */
#include "trace/bytes.h"

#include "buffer.h"
#include "class.h"
#include "context.h"
#include "global.h"
#include "slab.h"
#include "trace/hooks.h"
#include "trace/records.h"
#include "trace/report.h"

#include <rte_mempool.h>

int
trace_bytes_take(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs, unsigned flags,
		 bool reserve, struct evpl_iovec *r_iovec, bool *guards)
{
	unsigned before = RTE_MAX(alignment, TRACE_GUARD);
	uint64_t total = (uint64_t)before + length + TRACE_GUARD;
	const struct evpl_class *class = evpl_class_for(length, alignment); /* guards must not ask for larger buffers */
	int n = -1;

	/*
	 * An iovec that fills a buffer has no room for guards. A call that fails is repeated below without guards, so
	 * that errno is about what the caller asked for. Then only the call below counts as one that failed.
	 */
	if (likely(length > 0 && max_iovecs > 0 && evpl_pvt_is_alignment(alignment) &&
		   total <= evpl_class_capacity(class, before) && evpl != NULL &&
		   !evpl_bank_is_untouched(evpl_context(evpl)->bank))) {
		evpl_context(evpl)->hook.first_try = true;
		if (reserve)
			n = evpl_iovec_reserve(evpl, (unsigned)total, before, 1, r_iovec);
		else
			n = evpl_iovec_alloc(evpl, (unsigned)total, before, 1, flags, r_iovec);
		evpl_context(evpl)->hook.first_try = false;
		if (likely(n == 1)) {
			r_iovec->data = (char *)r_iovec->data + before;
			r_iovec->length = length;
			*guards = true;
			return 1;
		}
	}
	*guards = false;
	return reserve ? evpl_iovec_reserve(evpl, length, alignment, max_iovecs, r_iovec)
		       : evpl_iovec_alloc(evpl, length, alignment, max_iovecs, flags, r_iovec);
}

/* Reports the damaged guard: first the one behind the bytes, where most overruns start. */
void
trace_bytes_overrun(enum trace_call call, const struct trace_bytes *bytes, trace_place here)
{
	const void *at = trace_find_other(bytes->data + bytes->length, TRACE_GUARD, GUARD_BYTE);

	if (at != NULL)
		trace_stop_bytes(call, bytes, here, at, "write past the end");
	at = trace_find_other(bytes->data - TRACE_GUARD, TRACE_GUARD, GUARD_BYTE);
	trace_stop_bytes(call, bytes, here, at, "write before the start");
}

struct trace_bytes *
trace_bytes_begin(struct trace_thread *me, struct rte_mbuf *mbuf, const struct evpl_iovec *iovec, bool guards,
		  unsigned how, trace_place here)
{
	struct evpl_buffer *buffer = rte_mbuf_to_priv(mbuf);
	char *from = (char *)iovec->data - (guards ? TRACE_GUARD : 0);
	size_t room = (size_t)iovec->length + (guards ? 2 * TRACE_GUARD : 0);
	union trace_slot *slot;
	uint32_t handle;

	if (unlikely(evpl_slab_is_untouched(buffer->slab)))
		return NULL;
	if (me->spare != 0 || trace_spare_take(me)) {
		slot = &trace_slots[me->spare];
		me->spare = slot->bytes.next;
	} else {
		slot = trace_slot_take(me, &handle);
		if (slot != NULL)
			slot->bytes.state = handle | TRACE_BYTES;
	}
	if (trace_hiding)
		trace_show(from, room);
	if (slot == NULL) {
		buffer->hook.filled = false; /* bytes without a record may be written: that would look like a bug */
		return NULL;
	}
	trace_bytes_note(&slot->bytes, buffer, iovec->data, iovec->length, iovec->flags & EVPL_IOVEC_FLAG_SHARED,
			 guards, how, here);
	if (trace_hiding && guards) {
		trace_hide(from, TRACE_GUARD);
		trace_hide(from + room - TRACE_GUARD, TRACE_GUARD);
	}
	return &slot->bytes;
}

static void
guards_reveal(const struct trace_bytes *bytes)
{
	trace_reveal(bytes->data - TRACE_GUARD, TRACE_GUARD);
	trace_reveal(bytes->data + bytes->length, TRACE_GUARD);
}

static void
guards_hide(const struct trace_bytes *bytes)
{
	trace_hide(bytes->data - TRACE_GUARD, TRACE_GUARD);
	trace_hide(bytes->data + bytes->length, TRACE_GUARD);
}

void
trace_bytes_check_hidden(enum trace_call call, const struct trace_bytes *bytes, trace_place here)
{
	guards_reveal(bytes);
	if (!guards_hold(bytes->data, bytes->length))
		trace_bytes_overrun(call, bytes, here);
	guards_hide(bytes);
}

/* Keeps what was written over guards for buffer_written() to find: the thread that ends a packet is not to blame. */
__attribute__((no_sanitize("address"))) static void
guards_end(struct trace_bytes *bytes)
{
	unsigned char *c[2] = {(unsigned char *)bytes->data - TRACE_GUARD,
			       (unsigned char *)bytes->data + bytes->length};

	for (unsigned i = 0; i < 2 * TRACE_GUARD; i++) {
		unsigned char *guard = &c[i / TRACE_GUARD][i % TRACE_GUARD];

		if (*guard == GUARD_BYTE)
			*guard = FREE_BYTE;
	}
}

void
trace_bytes_end_hidden(struct trace_bytes *bytes)
{
	trace_reveal(bytes->data, bytes->length);
	fill_bytes(bytes->data, bytes->length, FREE_BYTE);
	trace_hide(bytes->data, bytes->length);
	if (bytes->guards) {
		guards_reveal(bytes);
		guards_end(bytes);
		guards_hide(bytes);
	}
}

void
trace_bytes_commit(struct evpl *evpl, unsigned alignment, struct evpl_iovec *iovec, struct trace_bytes *bytes)
{
	struct evpl_iovec whole = *iovec;
	uintptr_t next = evpl->window[0].next;
	uintptr_t data = (uintptr_t)iovec->data;
	char *end = bytes->data + iovec->length;

	if (iovec->data != bytes->data) { /* its start was cut: nothing is given back */
		iovec->flags &= ~(uint32_t)EVPL_IOVEC_FLAG_RESERVED;
		return;
	}
	/* The reservation starts and ends with the guards. */
	if (bytes->guards && evpl->reserved_end != 0 && data > evpl->reserved && data < evpl->reserved_end) {
		whole.data = (void *)evpl->reserved;
		whole.length = (uint32_t)(data - evpl->reserved) + iovec->length + TRACE_GUARD;
	}
	evpl_iovec_commit(evpl, alignment, &whole, 1);
	iovec->flags = whole.flags;
	if (evpl->window[0].next >= next)
		return;
	/* The tail belongs to the window again. */
	bytes->length = iovec->length;
	if (trace_hiding)
		trace_reveal(end, next - (uintptr_t)end);
	fill_bytes(end, next - (uintptr_t)end, FREE_BYTE);
	if (bytes->guards)
		fill_bytes(end, TRACE_GUARD, GUARD_BYTE);
	if (trace_hiding)
		trace_hide(end, next - (uintptr_t)end);
}

/* Called inside rx_burst, when an iovec was taken for a packet of several segments, before its bytes are written. */
void
trace_iovec_linearized(struct evpl_iovec *iovec)
{
	struct trace_thread *me = trace_self();

	(void)trace_bytes_begin(me, evpl_buffer_of(iovec->ref), iovec, false, CALL_RX_BURST, me->here);
}

/* The record of the iovec's bytes: the buffer's latest that begins there. */
uint32_t
trace_bytes_find(const struct evpl_iovec *iovec)
{
	struct rte_mbuf *mbuf = evpl_buffer_of(iovec->ref);
	uint32_t next = mbuf != NULL ? ((struct evpl_buffer *)rte_mbuf_to_priv(mbuf))->hook.bytes : 0;

	while (next != 0 && trace_slots[next].bytes.data != iovec->data)
		next = trace_slots[next].bytes.next;
	return next;
}

/*
 * A buffer that nobody holds has a byte that is not free. If the bytes' last packet ended unseen (see
 * trace_packet_shinfo()), the write may have been allowed. Otherwise this reports whose bytes they were, or which bytes
 * lie before them.
 */
static void
buffer_written(struct evpl_buffer *buffer, const unsigned char *at)
{
	const struct trace_thread *me = trace_me;
	const struct trace_bytes *near = NULL;

	for (uint32_t next = buffer->hook.bytes; next != 0; next = trace_slots[next].bytes.next) {
		const struct trace_bytes *bytes = &trace_slots[next].bytes;
		uint32_t guard = bytes->guards ? TRACE_GUARD : 0;

		if ((const char *)at < bytes->data - guard)
			continue;
		if ((const char *)at < bytes->data + bytes->length + guard && bytes->watchers != 0)
			return;
		near = near == NULL || near->data < bytes->data ? bytes : near;
	}
	if (near == NULL)
		trace_stop_buffer(me->call, buffer->mbuf, me->here, at);
	else if ((const char *)at < near->data)
		trace_stop_bytes(me->call, near, me->here, at, "write before the start");
	else if ((const char *)at < near->data + near->length)
		trace_stop_bytes(me->call, near, me->here, at, "write after release");
	else
		trace_stop_bytes(me->call, near, me->here, at, "write past the end");
}

/* Checks that nobody wrote to a buffer that nobody holds. Its records are spare afterwards. */
static void
buffer_check(struct evpl_buffer *buffer)
{
	struct trace_thread *me = trace_self();
	const void *from = buffer->mbuf->buf_addr;
	size_t size = buffer->slab->class->size;
	const unsigned char *at;

	if (buffer->hook.filled) {
		if (trace_hiding)
			trace_reveal(from, size);
		at = trace_find_other(from, size, FREE_BYTE);
		if (unlikely(at != NULL)) {
			buffer_written(buffer, at);
			buffer->hook.filled = false;
		}
		if (trace_hiding)
			trace_hide(from, size);
	}
	if (buffer->hook.bytes != 0) {
		trace_slots[buffer->hook.first].bytes.next = me->spare;
		me->spare = buffer->hook.bytes;
		buffer->hook.bytes = 0;
		if (unlikely(trace_has_no_chunk()))
			trace_spare_give(me);
	}
}

/* A buffer came home. If records are short, its own are freed now, not when it is used again. */
void
trace_buffer_home(struct rte_mbuf *mbuf)
{
	if (unlikely(trace_has_no_chunk()))
		buffer_check(rte_mbuf_to_priv(mbuf));
}

/* A buffer is about to be used again. */
void
trace_buffer_reuse(struct rte_mbuf *mbuf)
{
	struct evpl_buffer *buffer = rte_mbuf_to_priv(mbuf);
	size_t size = buffer->slab->class->size;

	buffer_check(buffer);
	if (unlikely(!buffer->hook.filled && !evpl_slab_is_untouched(buffer->slab))) {
		if (trace_hiding)
			trace_reveal(mbuf->buf_addr, size);
		fill_bytes(mbuf->buf_addr, size, FREE_BYTE);
		if (trace_hiding)
			trace_hide(mbuf->buf_addr, size);
		buffer->hook.filled = true;
	}
}

void
trace_slab_begin(struct evpl_slab *slab)
{
	trace_hiding_begin();
	for (uint32_t i = 0; i < slab->n; i++) {
		struct evpl_buffer *buffer = evpl_slab_buffer(slab, i);

		buffer->hook.bytes = 0;
		buffer->hook.filled = false;
		if (!evpl_slab_is_untouched(slab))
			trace_hide((void *)buffer->room, slab->class->size);
	}
}

void
trace_slab_end(struct evpl_slab *slab)
{
	for (uint32_t i = 0; i < slab->n; i++) {
		struct evpl_buffer *buffer = evpl_slab_buffer(slab, i);

		buffer_check(buffer);
		if (!evpl_slab_is_untouched(slab))
			trace_show((void *)buffer->room, slab->class->size);
	}
}

/*
 * Runs when a packet on watched bytes ends, on any thread. Does what rte_pktmbuf_free() does at the end of the buffer's
 * own shared info.
 */
static void
packet_ended(void *addr, void *opaque)
{
	struct trace_packet *packet = opaque;
	struct rte_mbuf_ext_shared_info *buffer = packet->buffer;
	struct trace_bytes *bytes = &trace_slots[packet->bytes].bytes;

	evpl_compat_ext_ended(&packet->shinfo);
	if (trace_bytes_drop(bytes)) {
		bool written = bytes->guards && !trace_hiding && !guards_hold(bytes->data, bytes->length);

		if (written)
			guards_end(bytes);
		bytes->guards = bytes->guards && !written;
		trace_bytes_end(packet->sent_how, bytes, packet->sent);
		bytes->guards = bytes->guards || written;
	}
	trace_slot_free((union trace_slot *)packet);
	if (evpl_compat_ext_sub(buffer, 1) == 0)
		buffer->free_cb(addr, buffer->fcb_opaque);
}

struct rte_mbuf_ext_shared_info *
trace_packet_shinfo(const struct evpl_iovec *iovec, struct rte_mbuf_ext_shared_info *buffer)
{
	const struct trace_record *r = &trace_slots[trace_handle(iovec) % TRACE_RECORDS].iovec;
	struct trace_bytes *bytes;
	struct trace_thread *me = trace_self();
	struct trace_packet *packet;
	union trace_slot *slot;
	uint32_t handle;

	if (trace_index(r) == 0 || r->bytes == 0)
		return buffer;
	bytes = &trace_slots[r->bytes].bytes;
	__atomic_fetch_add(&bytes->watchers, 1, __ATOMIC_RELAXED);
	slot = trace_slot_take(me, &handle);
	if (slot == NULL) /* the packet's end will not be seen: its bytes are no longer watched */
		return buffer;
	packet = &slot->packet;
	packet->buffer = buffer;
	packet->bytes = r->bytes;
	packet->sent = me->here;
	packet->sent_how = (uint8_t)me->call;
	packet->shinfo.free_cb = packet_ended;
	packet->shinfo.fcb_opaque = packet;
	rte_mbuf_ext_refcnt_set(&packet->shinfo, 1);
	trace_store_word(&packet->state, (handle | TRACE_PACKET) | me->now);
	return &packet->shinfo;
}

/* The shared info that counts the packets on a buffer. Each packet may have its own beside it. */
struct rte_mbuf_ext_shared_info *
trace_packet_buffer(struct rte_mbuf_ext_shared_info *shinfo)
{
	return shinfo->free_cb == packet_ended ? ((struct trace_packet *)shinfo->fcb_opaque)->buffer : shinfo;
}
