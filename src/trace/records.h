/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tracing: what the library remembers of every iovec. Only in builds with -Diovec_trace=true.
 *
 *	iovec.flags   | handle: generation 7, index 21 | the library's 4 |
 *	                                          |
 *	slots[]       64 bytes each: owner, bytes, where taken, where let go     (one table, mapped for good)
 *	                                         ^
 *	thread        goes round its chunks of 4,096, taking what was let go 2,048 takes ago or more
 *
 * An iovec names its record by a handle in the bits of its flags that the API leaves alone, so it keeps its size. The
 * record says which address the iovec lives at: a copy made by "=" names the same record from another address. Records
 * are written by whoever holds the iovec, as the iovec itself is; a leak report reads them at any time, so fields that
 * it looks at are stored whole (relaxed atomics).
 */
#ifndef EVPL_SRC_TRACE_RECORDS_H
#define EVPL_SRC_TRACE_RECORDS_H

#include "base.h"

/* As in evpl_trace.h, which is for programs. */
struct evpl_site {
	const char *file;
	const char *function;
	unsigned line;
};

/* CALL_ALLOC and so on. */
enum trace_call {
	CALL_NONE,
#define CALL(type, name, id, params, args) CALL_##id,
#define CALL_VOID(name, id, params, args) CALL_##id,
#define CALL_BARE(type, name, id) CALL_##id,
#include "trace/calls.def"
	CALL_COUNT
};

/*
 * Where, and by which thread. The upper 16 bits are the number of the thread. Below is the address of a site (bit 47
 * set) or a return address; both have 47 bits, as user-space addresses have. 0: nowhere.
 */
typedef uint64_t trace_place;
#define TRACE_PLACE_SITE (UINT64_C(1) << 47)

#define TRACE_INDEX_BITS 21
#define TRACE_RECORDS (1u << TRACE_INDEX_BITS)
#define TRACE_HANDLE_BITS EVPL_IOVEC_HANDLE_BITS
#define TRACE_HANDLE_SHIFT EVPL_IOVEC_HANDLE_SHIFT
#define TRACE_GENERATIONS 127u
#define TRACE_HANDLE_MASK (((1u << TRACE_HANDLE_BITS) - 1) << TRACE_HANDLE_SHIFT)
#define TRACE_UNTRACED (1u << TRACE_INDEX_BITS) /* handle of an iovec that found no record free */

/* trace_slot.state is the handle; of an iovec's record, plus one of the first two, and perhaps the third. */
#define TRACE_HANDLE ((1u << TRACE_HANDLE_BITS) - 1)
#define TRACE_SHARED (1u << 28) /* where iovec.flags, rotated by TRACE_HANDLE_SHIFT, have theirs */
#define TRACE_LIVE (2u << 28)
#define TRACE_GONE (4u << 28)	/* taken off again half a round before the record's turn, see trace_turn() */
#define TRACE_PACKET (8u << 28) /* of a packet that has not ended */
#define TRACE_BYTES (TRACE_LIVE | TRACE_GONE)		      /* of bytes; kept when they are spare */
#define TRACE_IN_USE (TRACE_LIVE | TRACE_GONE | TRACE_PACKET) /* some of these: not to be taken */

/* trace_record.commit */
enum trace_commit { COMMIT_NEVER, COMMIT_MAY, COMMIT_DONE };

/* What one iovec is. */
struct trace_record {
	uint32_t state;
	union {
		uint32_t when;	   /* of a live one: TSC >> TRACE_WHEN_SHIFT */
		uint32_t gone_how; /* of one that is gone: enum trace_call */
	};
	const struct evpl_iovec *owner; /* where the iovec lives */
	struct rte_mbuf *ref;
	trace_place taken, gone;
	void *data;	 /* as taken */
	uint32_t length; /* as taken */
	uint32_t bytes;	 /* record of the bytes it shows; 0: they are not watched */
	union {
		uint32_t kinds; /* the fields below in one word */
		struct {
			uint8_t taken_how; /* enum trace_call */
			uint8_t commit;	   /* enum trace_commit */
			bool cut;	   /* it shows less than was taken */
		};
	};
	uint32_t context; /* evpl_context.trace_number of the one it was taken through */
};

/*
 * The bytes of one allocation. Any number of iovecs and packets show them. The record is kept until the buffer is used
 * again.
 */
struct trace_bytes {
	uint32_t state;
	uint32_t unused;
	char *data;
	uint32_t next; /* what was carved before it from the same buffer, or the next spare record; 0: none */
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

/* A packet on watched bytes has a shared info of its own, so that its end is seen. */
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

#define TRACE_CHUNK 4096u /* records: 256 KiB, which are still in the second-level cache when their turn comes */
#define TRACE_TICK 64u	  /* takes between two looks at the TSC, which costs as much as all the rest of a take */

struct trace_thread {
	trace_place here; /* of the call that is under way, for what happens below it */
	enum trace_call call;
	uint64_t place_bits; /* its number, where a trace_place has it */
	int16_t lcore;	     /* -1: none */
	char name[16];
	int tid;
	uint64_t now;		    /* in the upper half: TSC >> TRACE_WHEN_SHIFT, at most TRACE_TICK takes old */
	uint32_t in_use;	    /* records that it passed in this round of its chunk */
	union trace_slot *cursor;   /* the record to look at next ... */
	union trace_slot *stop;	    /* ... but here turn: TRACE_TICK further, or the end of the chunk */
	union trace_slot *chunk;    /* NULL: none yet, or the thread has ended */
	unsigned chunk_count, full; /* its chunks; how many in a row were half in use or more */
	bool ended;
	unsigned credit; /* records that it may look at in vain before it takes another chunk */
	uint64_t looked; /* that it looked at in vain until now, for tests */
	uint32_t rest;	 /* takes until it looks for a record again, where there was none */
	uint32_t spare;	 /* records of bytes, which no iovec names and which need not wait; 0: none */
};

/* Pages that are never touched cost nothing. It is there for good: a stale iovec may name a record at any time. */
extern union trace_slot trace_slots[TRACE_RECORDS];
extern _Thread_local struct trace_thread *trace_me __attribute__((tls_model("initial-exec")));
extern struct trace_thread trace_nobody; /* whom trace_me names in a thread that made no call yet: owns no context */

struct trace_thread *trace_thread_begin(void);
void trace_thread_look(struct trace_thread *me); /* which lcore it is now */
void trace_thread_name(struct trace_thread *me); /* and what it is called */
const struct trace_thread *trace_thread_of(trace_place place);
bool trace_spare_take(struct trace_thread *me); /* more of them; false: there is no chunk left */
bool trace_turn(struct trace_thread *me);	/* cursor is at stop; false: no record is left that is not in use */
void trace_spare_give(struct trace_thread *me); /* all but TRACE_SPARE */
bool trace_is_short(void);			/* all chunks are some thread's */
unsigned trace_records_used(void);		/* no index at or above was ever used */

static inline struct trace_thread *
trace_self(void)
{
	return likely(trace_me != &trace_nobody) ? trace_me : trace_thread_begin();
}

static inline trace_place
trace_place_make(const struct trace_thread *me, uint64_t where)
{
	return where | me->place_bits;
}

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

#define TRACE_SPARE 4096u /* most spare records of a thread, when records are short */

/* Two neighbouring fields at once: a store less is a cycle less. */
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
 * Loads both at once. A load of the second alone would wait until the store of both has left the store queue (Zen 4:
 * 22 -> 19 ns).
 */
static inline uint64_t
trace_load_pair(const uint32_t *first)
{
	return __atomic_load_n((const uint64_t __attribute__((may_alias)) *)(const void *)first, __ATOMIC_ACQUIRE);
}

/* What the state of its record is while it may be used. */
static inline uint32_t
trace_live(const struct evpl_iovec *iovec)
{
	uint32_t flags = evpl_iovec_view_flags(iovec);

	uint32_t state = flags >> TRACE_HANDLE_SHIFT | flags << TRACE_HANDLE_BITS;

	return (state & (TRACE_HANDLE | TRACE_SHARED)) | TRACE_LIVE;
}

static inline uint32_t
trace_state(const union trace_slot *slot)
{
	/* Acquires: whoever let it go is done with it. */
	return __atomic_load_n(&slot->iovec.state, __ATOMIC_ACQUIRE);
}

/* What names the record when it is used again. */
static inline uint32_t
trace_next_handle(uint32_t state)
{
	return (state + TRACE_RECORDS) & TRACE_HANDLE;
}

/* A record that is not in use, and its new handle; NULL when all are. */
static inline union trace_slot *
trace_slot_take(struct trace_thread *me, uint32_t *handle)
{
	for (;;) {
		union trace_slot *slot = me->cursor;

		if (unlikely(slot == me->stop)) {
			if (!trace_turn(me))
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

/* It may be taken when its thread comes round. The last touch. */
static inline void
trace_slot_free(union trace_slot *slot)
{
	__atomic_store_n(&slot->iovec.state, slot->iovec.state & TRACE_HANDLE, __ATOMIC_RELEASE);
}

#endif /* EVPL_SRC_TRACE_RECORDS_H */
