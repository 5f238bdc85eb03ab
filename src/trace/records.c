/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of records, and each thread's share of it. */
#include "trace/records.h"

#include <pthread.h>
#include <stdio.h>

#include <rte_cycles.h>

union trace_slot trace_slots[TRACE_RECORDS];

#define CHUNKS (TRACE_RECORDS / TRACE_CHUNK)
#define NONE UINT16_MAX

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* With the lock held: chunks without a thread. Some of their records may still be in use. */
static unsigned never_used;
static uint16_t left_behind = NONE;
/* The next chunk in a thread's round, or in the list of those left behind. */
static uint16_t next_chunk[CHUNKS];

static uint16_t
chunk_of(const union trace_slot *slot)
{
	return (uint16_t)(trace_index(slot) / TRACE_CHUNK);
}

static void
begin_chunk(struct trace_thread *me, uint16_t chunk)
{
	me->chunk = me->cursor = &trace_slots[chunk * TRACE_CHUNK];
	me->in_use = 0;
}

/* A thread that ends leaves its chunks behind. */
static void
leave_chunks(struct trace_thread *me)
{
	while (me->spare != 0) {
		union trace_slot *slot = &trace_slots[me->spare];

		me->spare = slot->bytes.next;
		trace_slot_free(slot);
	}
	pthread_mutex_lock(&lock);
	if (me->chunk != NULL) {
		uint16_t last = chunk_of(me->chunk), first = next_chunk[last];

		next_chunk[last] = left_behind;
		left_behind = first;
	}
	me->chunk = me->cursor = me->stop = NULL;
	me->chunk_count = 0;
	pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void
want_chunks_back(void)
{
	trace_thread_leaves = leave_chunks;
}

/* Adds a chunk to the thread's round, behind its current one. NONE: there is none. */
static uint16_t
add_chunk(struct trace_thread *me)
{
	uint16_t chunk = NONE, at;

	pthread_mutex_lock(&lock);
	if (left_behind != NONE) {
		chunk = left_behind;
		left_behind = next_chunk[chunk];
	} else if (never_used < CHUNKS) {
		chunk = (uint16_t)never_used;
		for (uint32_t i = 0; i < TRACE_CHUNK; i++)
			trace_slots[chunk * TRACE_CHUNK + i].iovec.state = chunk * TRACE_CHUNK + i;
		if (chunk == 0)
			trace_slots[0].iovec.state = TRACE_PACKET; /* nobody uses index 0 */
		__atomic_store_n(&never_used, never_used + 1, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&lock);
	if (chunk == NONE)
		return NONE;
	next_chunk[chunk] = chunk;
	if (me->chunk != NULL) {
		at = chunk_of(me->chunk);
		next_chunk[chunk] = next_chunk[at];
		next_chunk[at] = chunk;
	}
	me->chunk_count++;
	return chunk;
}

/* Takes a chunk of spare records for bytes. Among the records of iovecs they would be in the way. */
bool
trace_spare_take(struct trace_thread *me)
{
	uint16_t chunk = me->chunk != NULL ? add_chunk(me) : NONE;
	union trace_slot *slot;

	if (chunk == NONE)
		return false;
	slot = &trace_slots[chunk * TRACE_CHUNK];
	for (uint32_t i = 0; i < TRACE_CHUNK; i++, slot++) {
		if ((trace_state(slot) & TRACE_IN_USE) == 0) {
			slot->bytes.state = trace_next_handle(trace_state(slot)) | TRACE_BYTES;
			slot->bytes.next = me->spare;
			me->spare = trace_index(slot);
		}
	}
	return me->spare != 0;
}

/* Ends the wait of those of n records that are gone: they may be taken when their turn comes. */
static void
end_waiting(union trace_slot *slot, unsigned n)
{
	for (; n > 0; n--, slot++) {
		uint32_t state = __atomic_load_n(&slot->iovec.state, __ATOMIC_ACQUIRE);

		if ((state & TRACE_IN_USE) == TRACE_GONE)
			__atomic_store_n(&slot->iovec.state, state & ~TRACE_GONE, __ATOMIC_RELEASE);
	}
}

/* Begins the next stretch. Records half a round ahead that are gone now may be taken when their turn comes. */
static bool
begin_stretch(struct trace_thread *me)
{
	unsigned at = (unsigned)(me->cursor - me->chunk);
	unsigned some = RTE_MIN(TRACE_TICK, TRACE_CHUNK - at);
	unsigned ahead = (at + TRACE_CHUNK / 2) % TRACE_CHUNK;

	me->stop = me->cursor + some;
	end_waiting(me->chunk + ahead, RTE_MIN(some, TRACE_CHUNK - ahead));
	return true;
}

/* Ends a round of the chunk. Each record that was taken pays for two that are looked at in vain later. */
static void
end_chunk(struct trace_thread *me)
{
	me->looked += me->in_use;
	me->credit = RTE_MIN(me->credit + 2 * (TRACE_CHUNK - me->in_use), me->chunk_count * TRACE_CHUNK);
}

#define SEARCH 2u /* chunks to search if none can be added; then the thread rests for as long as that took */

/* Finds the first free record in the next few chunks. The next turn ends the last of these chunks, as any other. */
static bool
find_in_next_chunks(struct trace_thread *me)
{
	static bool said;

	for (unsigned i = 0; me->chunk != NULL && i < SEARCH; i++) {
		if (i > 0)
			end_chunk(me);
		begin_chunk(me, next_chunk[chunk_of(me->chunk)]);
		end_waiting(me->chunk, TRACE_CHUNK); /* earlier than usual */
		while (me->cursor < me->chunk + TRACE_CHUNK && (trace_state(me->cursor) & TRACE_IN_USE) != 0) {
			me->cursor++;
			me->in_use++;
		}
		if (me->cursor < me->chunk + TRACE_CHUNK)
			return begin_stretch(me);
	}
	if (!said)
		fprintf(stderr,
			"evpl: tracing finds none of its %u records free for this thread: iovecs that are taken while "
			"it is so are not checked\n",
			TRACE_RECORDS);
	said = true;
	me->stop = me->cursor;
	me->rest = SEARCH * TRACE_CHUNK / 2;
	return false;
}

/*
 * A chunk with less than half in use is gone through again, because it is in cache. Otherwise the next chunk follows,
 * as long as the takes so far pay for records in use that are passed. If they do not, or if no chunk of the thread has
 * half of its records free, another chunk is added. So a take looks at a few records on average, however many are in
 * use.
 */
bool
trace_begin_turn(struct trace_thread *me)
{
	uint16_t chunk;

	if (me->rest > 0) {
		me->rest--;
		return false;
	}
	me->now = (rte_rdtsc() >> TRACE_WHEN_SHIFT) << 32;
	trace_thread_look(me);
	if (me->chunk != NULL) {
		if (me->cursor != me->chunk + TRACE_CHUNK)
			return begin_stretch(me);
		end_chunk(me);
		if (me->in_use < TRACE_CHUNK / 2) {
			me->full = 0;
			begin_chunk(me, chunk_of(me->chunk)); /* its first half was looked at half a round ago */
			return begin_stretch(me);
		}
		if (++me->full < me->chunk_count && me->credit >= TRACE_CHUNK) {
			me->credit -= TRACE_CHUNK;
			begin_chunk(me, next_chunk[chunk_of(me->chunk)]);
			end_waiting(me->chunk, TRACE_CHUNK / 2);
			return begin_stretch(me);
		}
	}
	me->full = 0;
	chunk = add_chunk(me);
	if (chunk == NONE)
		return find_in_next_chunks(me);
	begin_chunk(me, chunk);
	end_waiting(me->chunk, TRACE_CHUNK / 2);
	return begin_stretch(me);
}

void
trace_spare_give(struct trace_thread *me)
{
	uint32_t *last = &me->spare;

	for (unsigned i = 0; i < TRACE_SPARE && *last != 0; i++)
		last = &trace_slots[*last].bytes.next;
	while (*last != 0) {
		union trace_slot *slot = &trace_slots[*last];

		*last = slot->bytes.next;
		trace_slot_free(slot);
	}
}

bool
trace_has_no_chunk(void)
{
	return __atomic_load_n(&never_used, __ATOMIC_RELAXED) == CHUNKS;
}

unsigned
trace_records_used(void)
{
	return __atomic_load_n(&never_used, __ATOMIC_ACQUIRE) * TRACE_CHUNK;
}
