/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tracing: what the library remembers of every iovec. Only in builds with -Diovec_trace=true.
 *
 *	iovec.flags   | handle: generation 7, index 21 | the library's 4 |
 *	                                          |
 *	slots[]       64 bytes each: owner, bytes, where taken, where released   (one table, never unmapped)
 *	                                         ^
 *	thread        goes round its chunks of 4,096, and takes what was released 2,048 takes ago or more
 *
 * An iovec names its record by a handle in those bits of its flags that the API does not use, so its size stays the
 * same. The record has the address at which the iovec lives: a copy made by "=" names the same record from another
 * address. The holder of an iovec writes its record, as it writes the iovec itself. A leak report reads records at any
 * time, so the fields that it reads are stored whole (relaxed atomics).
 */
#ifndef EVPL_SRC_TRACE_RECORDS_H
#define EVPL_SRC_TRACE_RECORDS_H

#include "base.h"
#include "trace/thread.h"

/* CALL_ALLOC and so on. */
enum trace_call {
	CALL_NONE,
#define CALL(type, name, id, params, args) CALL_##id,
#define CALL_VOID(name, id, params, args) CALL_##id,
#define CALL_BARE(type, name, id) CALL_##id,
#include "trace/calls.def"
	CALL_COUNT
};

#define TRACE_INDEX_BITS 21
#define TRACE_RECORDS (1u << TRACE_INDEX_BITS)
#define TRACE_HANDLE_BITS EVPL_PVT_IOVEC_HANDLE_BITS
#define TRACE_HANDLE_SHIFT EVPL_PVT_IOVEC_HANDLE_SHIFT
#define TRACE_GENERATIONS 127u
#define TRACE_HANDLE_MASK (((1u << TRACE_HANDLE_BITS) - 1) << TRACE_HANDLE_SHIFT)
#define TRACE_UNTRACED (1u << TRACE_INDEX_BITS) /* handle of an iovec that found no record free */

/* trace_slot.state is the handle and these flags. An iovec's record has LIVE, later GONE, and maybe SHARED. */
#define TRACE_HANDLE ((1u << TRACE_HANDLE_BITS) - 1)
#define TRACE_SHARED (1u << 28) /* at its place in iovec.flags rotated by TRACE_HANDLE_SHIFT */
#define TRACE_LIVE (2u << 28)
#define TRACE_GONE (4u << 28)	/* cleared half a round before the record's turn, see trace_begin_turn() */
#define TRACE_PACKET (8u << 28) /* of a packet that has not ended */
#define TRACE_BYTES (TRACE_LIVE | TRACE_GONE)		      /* of bytes; spare records keep it */
#define TRACE_IN_USE (TRACE_LIVE | TRACE_GONE | TRACE_PACKET) /* any of these: must not be taken */

/* trace_record.commit */
enum trace_commit { COMMIT_NEVER, COMMIT_MAY, COMMIT_DONE };

/* The record of one iovec. */
struct trace_record {
	uint32_t state;
	union {
		uint32_t when;	   /* if live: TSC >> TRACE_WHEN_SHIFT */
		uint32_t gone_how; /* if gone: enum trace_call */
	};
	const struct evpl_iovec *owner; /* where the iovec lives */
	struct rte_mbuf *ref;
	trace_place taken, gone;
	void *data;	 /* as taken */
	uint32_t length; /* as taken */
	uint32_t bytes;	 /* record of its bytes; 0: not watched */
	union {
		uint32_t kinds; /* the fields below in one word */
		struct {
			uint8_t taken_how; /* enum trace_call */
			uint8_t commit;	   /* enum trace_commit */
			bool cut;	   /* it shows less than was taken */
		};
	};
	uint32_t context; /* evpl_context.hook.number of the context that it was taken through */
};

/*
 * The record of one allocation's bytes. Any number of iovecs and packets show them. The record stays until the buffer
 * is used again.
 */
struct trace_bytes {
	uint32_t state;
	uint32_t unused;
	char *data;
	uint32_t next; /* carved before it from the same buffer, or the next spare record; 0: none */
	uint32_t length;
	trace_place taken, gone;
	uint32_t watchers; /* iovecs and packets that show them; atomic */
	union {
		uint32_t kinds; /* the fields below in one word */
		struct {
			uint8_t taken_how, gone_how;
			bool shared;
			bool guards; /* TRACE_GUARD bytes on both sides */
		};
	};
};

/* A packet on watched bytes has its own shared info, so that its end is seen. */
struct trace_packet {
	uint32_t state;
	uint32_t when;
	struct rte_mbuf_ext_shared_info shinfo;
	struct rte_mbuf_ext_shared_info *buffer;
	trace_place sent;
	uint32_t bytes;
	uint8_t sent_how;
};

union trace_slot {
	struct trace_record iovec;
	struct trace_bytes bytes;
	struct trace_packet packet;
	char line[RTE_CACHE_LINE_SIZE];
};
_Static_assert(sizeof(union trace_slot) == RTE_CACHE_LINE_SIZE, "a record is one cache line");

#define TRACE_WHEN_SHIFT 20

#define TRACE_CHUNK 4096u /* records: 256 KiB, still in the second-level cache when their turn comes */
#define TRACE_TICK 64u	  /* takes between two reads of the TSC, which costs as much as the rest of a take */

/* Pages that are never touched cost nothing. The table stays for good: a stale iovec may name a record at any time. */
extern union trace_slot trace_slots[TRACE_RECORDS];

bool trace_spare_take(struct trace_thread *me); /* adds spare records; false: no chunk is left */
bool trace_begin_turn(struct trace_thread *me); /* call with cursor at stop; false: all records are in use */
void trace_spare_give(struct trace_thread *me); /* gives back all but TRACE_SPARE */
bool trace_has_no_chunk(void);			/* every chunk has a thread */
unsigned trace_records_used(void);		/* no index from here on was ever used */

static inline uint32_t
trace_handle(const struct evpl_iovec *iovec)
{
	return iovec->flags >> TRACE_HANDLE_SHIFT;
}

static inline uint32_t
trace_index(const void *slot)
{
	return (uint32_t)((const union trace_slot *)slot - trace_slots);
}

#define TRACE_SPARE 4096u /* spare records that a thread keeps at most, when records are short */

/* Stores two neighbouring fields at once: one store less saves a cycle. */
static inline void
trace_store_word(uint32_t *first, uint64_t word)
{
	__atomic_store_n((uint64_t __attribute__((may_alias)) *)(void *)first, word, __ATOMIC_RELEASE);
}

static inline void
trace_store_pair(uint32_t *first, uint32_t a, uint32_t b)
{
	trace_store_word(first, a | (uint64_t)b << 32);
}

/*
 * Loads both at once. A load of only the second would wait until the store of both has left the store queue (Zen 4: 22
 * -> 19 ns).
 */
static inline uint64_t
trace_load_pair(const uint32_t *first)
{
	return __atomic_load_n((const uint64_t __attribute__((may_alias)) *)(const void *)first, __ATOMIC_ACQUIRE);
}

/* The state of the iovec's record as long as the iovec may be used. */
static inline uint32_t
trace_live(const struct evpl_iovec *iovec)
{
	uint32_t flags = evpl_pvt_iovec_view_flags(iovec);

	uint32_t state = flags >> TRACE_HANDLE_SHIFT | flags << TRACE_HANDLE_BITS;

	return (state & (TRACE_HANDLE | TRACE_SHARED)) | TRACE_LIVE;
}

static inline uint32_t
trace_state(const union trace_slot *slot)
{
	/* Acquires: the thread that released it is done with it. */
	return __atomic_load_n(&slot->iovec.state, __ATOMIC_ACQUIRE);
}

/* The handle for the record's next use. */
static inline uint32_t
trace_next_handle(uint32_t state)
{
	return (state + TRACE_RECORDS) & TRACE_HANDLE;
}

/* Takes a record that is not in use, and makes its new handle. NULL: all are in use. */
static inline union trace_slot *
trace_slot_take(struct trace_thread *me, uint32_t *handle)
{
	for (;;) {
		union trace_slot *slot = me->cursor;

		if (unlikely(slot == me->stop)) {
			if (!trace_begin_turn(me))
				return NULL;
			continue;
		}
		me->cursor++;
		if (likely((trace_state(slot) & TRACE_IN_USE) == 0)) {
			*handle = trace_next_handle(trace_state(slot));
			return slot;
		}
		me->in_use++;
	}
}

/* Lets the record be taken when its thread comes round. Must be the last access. */
static inline void
trace_slot_free(union trace_slot *slot)
{
	__atomic_store_n(&slot->iovec.state, slot->iovec.state & TRACE_HANDLE, __ATOMIC_RELEASE);
}

#endif /* EVPL_SRC_TRACE_RECORDS_H */
