/* SPDX-License-Identifier: BSD-3-Clause */
/* Watching bytes: what every take and release does. bytes.c has the picture. */
#ifndef EVPL_SRC_TRACE_BYTES_H
#define EVPL_SRC_TRACE_BYTES_H

#include "buffer.h"
#include "trace/pattern.h"
#include "trace/records.h"

#define TRACE_GUARD 16u
int trace_bytes_take(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs, unsigned flags,
		     bool reserve, struct evpl_iovec *r_iovec, bool *guards);
uint32_t trace_bytes_find(const struct evpl_iovec *iovec);
void trace_bytes_commit(struct evpl *evpl, unsigned alignment, struct evpl_iovec *iovec, struct trace_bytes *bytes);
void trace_bytes_overrun(enum trace_call call, const struct trace_bytes *bytes, trace_place here)
	__attribute__((noreturn, cold));

/* Both guards, in words: the guard's byte in each. */
__attribute__((no_sanitize("address"))) static inline void
guards_set(char *data, uint32_t length)
{
	*(chunk *)(data - TRACE_GUARD) = chunk_of(GUARD_BYTE);
	*(chunk *)(data + length) = chunk_of(GUARD_BYTE);
}

__attribute__((no_sanitize("address"))) static inline bool
guards_hold(const char *data, uint32_t length)
{
	chunk before = *(const chunk *)(data - TRACE_GUARD), after = *(const chunk *)(data + length);
	chunk differ = (before ^ chunk_of(GUARD_BYTE)) | (after ^ chunk_of(GUARD_BYTE));

	return (differ[0] | differ[1]) == 0;
}

/* Their record becomes the latest of its buffer. */
static inline void
trace_bytes_note(struct trace_bytes *bytes, struct evpl_buffer *buffer, char *data, uint32_t length, uint32_t shared,
		 bool guards, unsigned how, trace_place here)
{
	uint32_t next = buffer->hook.bytes;

	if (likely(guards))
		guards_set(data, length);
	bytes->data = data;
	trace_store_pair(&bytes->next, next, length);
	bytes->taken = here;
	trace_store_pair(&bytes->watchers, 1, how | shared << 16 | (uint32_t)guards << 24);
	buffer->hook.bytes = trace_index(bytes);
	if (unlikely(next == 0))
		buffer->hook.first = buffer->hook.bytes;
}

struct trace_bytes *trace_bytes_begin(struct trace_thread *me, struct rte_mbuf *mbuf, const struct evpl_iovec *iovec,
				      bool guards, unsigned how, trace_place here);
void trace_bytes_check_hidden(enum trace_call call, const struct trace_bytes *bytes, trace_place here);
void trace_bytes_end_hidden(struct trace_bytes *bytes);

/* The guards of live bytes. */
static inline void
trace_bytes_check(enum trace_call call, const struct trace_bytes *bytes, trace_place here)
{
	if (unlikely(!bytes->guards))
		return;
	if (unlikely(trace_hiding))
		trace_bytes_check_hidden(call, bytes, here);
	else if (unlikely(!guards_hold(bytes->data, bytes->length)))
		trace_bytes_overrun(call, bytes, here);
}

/*
 * No iovec or packet shows these bytes any more. They and their guards take the free pattern, so that one look checks
 * the whole buffer.
 */
static inline void
trace_bytes_end(enum trace_call call, struct trace_bytes *bytes, trace_place here)
{
	bytes->gone = here;
	trace_store_pair(&bytes->watchers, 0, bytes->kinds | (uint32_t)call << 8);
	if (unlikely(trace_hiding))
		trace_bytes_end_hidden(bytes);
	else if (likely(bytes->guards))
		fill_bytes(bytes->data - TRACE_GUARD, (size_t)bytes->length + 2 * TRACE_GUARD, FREE_BYTE);
	else
		fill_bytes(bytes->data, bytes->length, FREE_BYTE);
}

/* One iovec, or packet, no longer shows them; true when it was the last. */
static inline bool
trace_bytes_drop(struct trace_bytes *bytes)
{
	/*
	 * Whoever reads 1 is the last and needs no atomic. Acquires what the others did with the bytes before they let
	 * go.
	 */
	return __atomic_load_n(&bytes->watchers, __ATOMIC_ACQUIRE) == 1 ||
	       __atomic_sub_fetch(&bytes->watchers, 1, __ATOMIC_ACQ_REL) == 0;
}

#endif /* EVPL_SRC_TRACE_BYTES_H */
