/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The calls of a tracing build that make one view of bytes from another, or look at one.
 */
#include "base.h"
#include "trace/records.h"
#include "trace/report.h"
#include "trace/calls.h" /* last: from here on the names are the public ones */

void
traced_iovec_clone_segment(uint64_t where, struct evpl_iovec *dst, const struct evpl_iovec *src, unsigned offset,
			   unsigned length)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);
	struct trace_record *r = check_iovec(CALL_CLONE_SEGMENT, me, src, here);

	check_view(CALL_CLONE_SEGMENT, src, r, here);
	check_target(CALL_CLONE_SEGMENT, dst, src, here);
	if (offset > src->length || length > src->length - offset)
		trace_stop_range(CALL_CLONE_SEGMENT, src, here, offset, length, "a segment out of range");
	evpl_plain_iovec_clone_segment(dst, src, offset, length);
	note_taken(CALL_CLONE_SEGMENT, me, dst, share_bytes(r), context_of(r), here);
}

void
traced_iovec_clone(uint64_t where, struct evpl_iovec *dst, struct evpl_iovec *src)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);
	struct trace_record *r = check_iovec(CALL_CLONE, me, src, here);

	check_view(CALL_CLONE, src, r, here);
	check_target(CALL_CLONE, dst, src, here);
	evpl_plain_iovec_clone(dst, src);
	note_taken(CALL_CLONE, me, dst, share_bytes(r), context_of(r), here);
}

/* The source keeps its handle, so that a use of it is known for what it is. */
static void
record_move(enum trace_call call, struct trace_thread *me, struct evpl_iovec *dst, struct evpl_iovec *src,
	    struct trace_record *r, uint32_t handle, trace_place here)
{
	struct trace_record old, *fresh;

	set_handle(src, handle);
	if (r == NULL) { /* nothing is known of it, nor of where it goes */
		set_handle(dst, TRACE_UNTRACED);
		return;
	}
	old = *r;
	note_gone(call, r, here);
	fresh = note_moved(call, me, dst, &old, here);
	if (fresh != NULL && call == CALL_MOVE_SEGMENT) {
		fresh->length = dst->length;
		fresh->data = dst->data;
	}
}

void
traced_iovec_move(uint64_t where, struct evpl_iovec *dst, struct evpl_iovec *src)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);
	struct trace_record *r = check_iovec(CALL_MOVE, me, src, here);
	uint32_t handle = trace_handle(src);

	if (dst == NULL)
		trace_stop_iovec(CALL_MOVE, dst, here);
	if (dst == src)
		return;
	evpl_plain_iovec_move(dst, src);
	record_move(CALL_MOVE, me, dst, src, r, handle, here);
}

void
traced_iovec_move_segment(uint64_t where, struct evpl_iovec *dst, struct evpl_iovec *src, unsigned offset,
			  unsigned length)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);
	struct trace_record *r = check_iovec(CALL_MOVE_SEGMENT, me, src, here);
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
	record_move(CALL_MOVE_SEGMENT, me, dst, src, r, handle, here);
}

void *
traced_iovec_data(uint64_t where, const struct evpl_iovec *iovec)
{
	struct trace_thread *me = trace_self();

	(void)check_iovec(CALL_DATA, me, iovec, trace_place_make(me, where));
	return iovec->data;
}

unsigned
traced_iovec_length(uint64_t where, const struct evpl_iovec *iovec)
{
	struct trace_thread *me = trace_self();

	(void)check_iovec(CALL_LENGTH, me, iovec, trace_place_make(me, where));
	return iovec->length;
}

void
traced_iovec_set_length(uint64_t where, struct evpl_iovec *iovec, unsigned length)
{
	struct trace_thread *me = trace_self();
	trace_place here = trace_place_make(me, where);
	struct trace_record *r = check_iovec(CALL_SET_LENGTH, me, iovec, here);

	if (r != NULL && length > r->length)
		trace_stop_range(CALL_SET_LENGTH, iovec, here, 0, length, "a length beyond what was taken");
	evpl_plain_iovec_set_length(iovec, length);
}
