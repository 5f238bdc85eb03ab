/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the library's files know of each other, one block per file. README.md beside this has the picture.
 */
#ifndef EVPL_INTERNAL_H
#define EVPL_INTERNAL_H

/* Zero or one in every build, so that "if (EVPL_TRACE_BYTES)" keeps both ways compiling. */
#ifndef EVPL_IOVEC_TRACE
#define EVPL_IOVEC_TRACE 0
#endif
#ifndef EVPL_TRACE_BYTES
#define EVPL_TRACE_BYTES 0
#endif

#if EVPL_IOVEC_TRACE
#define EVPL_BELOW_TRACE
#include "trace_names.h"
#endif

#include <evpl/evpl.h> /* first: its compat header decides what DPDK's headers declare */

#include <pthread.h>
#include <stdbool.h>
#include <sys/queue.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_memzone.h>
#include <rte_spinlock.h>

extern int evpl_logtype;
#define EVPL_LOG(level, ...)                                                                                           \
	rte_log(RTE_LOG_##level, (uint32_t)evpl_logtype,                                                               \
		RTE_FMT("EVPL: " RTE_FMT_HEAD(__VA_ARGS__, ) "\n", RTE_FMT_TAIL(__VA_ARGS__, )))

/* Counts of 16 bits are refused, or the program stops, above this: some room for threads that add at once. */
#define EVPL_COUNT_MAX 0xFF00u
/* Packets on one buffer are refused above this, so that mbufs that count for it past 16 bits still find room. */
#define EVPL_PACKETS_MAX 0xF000u

/* Most free buffers in a context's stash, and the bytes that the default comes to. */
#define EVPL_STASH_MAX 64u
#define EVPL_STASH_BYTES (4u << 20)

/*
 * Buffers of one size, in slabs of their own. The small class is for speed: its buffers are used again while they are in
 * cache. The large one keeps in one iovec what does not fit a small buffer. Both are carved by the same windows.
 */
struct evpl_class {
	unsigned index;		/* in evpl_global.classes */
	uint32_t size;		/* of a buffer */
	uint32_t align;		/* of every buffer's address */
	uint32_t max_alignment; /* that an alloc may ask of it */
	uint32_t lead; /* bytes before each buffer, for its anchor; 0: its packets count on its mbuf's shinfo */
	uint64_t slab_size;
	uint64_t no_growth_before[RTE_MAX_NUMA_NODES + 1]; /* TSC; [0] for SOCKET_ID_ANY, [n + 1] for node n */
};
#define EVPL_CLASSES 2u
#define EVPL_ANCHOR_REACH 65536u /* bytes behind an anchor: priv_size has 16 bits */
#define EVPL_ANCHOR_LEAD 256u	 /* bytes before a buffer, and its alignment: for the anchor 128 would do */

/* A context's free buffers of one class. */
struct evpl_stash {
	uint32_t size;				  /* at most so many */
	uint32_t count;				  /* written with relaxed stores: evpl_stats_get() reads it */
	struct rte_mbuf *buffers[EVPL_STASH_MAX]; /* the warmest last */
};

/* A context. The public part comes first, so the two pointers are one. */
struct evpl_context {
	struct evpl evpl;
	struct rte_mbuf *current[2];	 /* the buffers under evpl.window[], NULL when idle */
	struct rte_mempool *direct_pool; /* the last one seen to be of direct mbufs: known without a look into it */
	struct rte_mempool *packet_pool;
	uint32_t rx_flags;
	int socket_id;
	bool only_socket;		  /* never take from another NUMA node */
	unsigned slab_hint[EVPL_CLASSES]; /* where the last buffer came from */
	struct evpl_stash stash[EVPL_CLASSES];
	uint64_t rx_linearized, rx_too_long, rx_no_memory; /* relaxed, likewise */
	struct evpl_samples *samples;			   /* where this context notes its own; NULL: none are taken */
	struct evpl_sample_gate {			   /* how the windows come to the next one */
		struct evpl_sample *counted;		   /* as EVPL_IOVEC_COUNTED says; NULL */
		struct evpl_sample *ready; /* the same if all bytes until the next sample are in sight, or NULL */
		uint64_t left;		   /* bytes until the next one, beyond those in sight */
		uintptr_t end; /* of the current buffer, of which the window sees what comes before it; 0: none */
	} sample_gate[2];
	uint32_t sample_ticks;	    /* samples until one looks at the TSC again */
	uintptr_t sample_caller;    /* of the call that is under way */
	uintptr_t sample_committed; /* where the LOCAL window went on after the last commit; 0: it has gone on */
	uintptr_t sample_padding;   /* that was counted there */
	uint64_t trace_created, trace_used; /* tracing: trace_place of evpl_create(), and of the first use */
	uint64_t trace_owner;		    /* trace_thread.mark of that; 0: not used yet */
	uint64_t trace_number; /* in the upper half: what records of iovecs that were taken through it say */
	TAILQ_ENTRY(evpl_context) entry;
};

static inline struct evpl_context *
evpl_context(struct evpl *evpl)
{
	return (struct evpl_context *)evpl;
}

/* A memzone cut into equal rooms, and the mempool of the mbufs pinned to them. */
struct evpl_slab {
	const struct rte_memzone *zone;
	struct rte_mempool *pool;
	struct evpl_class *class; /* of its buffers; NULL: an RX pool's */
	uint32_t n;
	int socket_id;
	TAILQ_ENTRY(evpl_slab) entry; /* of RX pools */
};

/*
 * In the private area of a buffer's mbuf. What each packet needs of it is one cache line.
 * packets is 1 while the buffer is free or has a reference, and counts more: the packets on it, what its lane has in stock,
 * and mbufs that count for its own (overflow.c). It is the anchor's refcnt, or that of the mbuf's shinfo.
 */
struct evpl_buffer {
	uint32_t
		lane; /* first: 0 there tells that another mbuf's is no buffer's. Whose the stock is: its number, or 0 */
	uint32_t stock;		    /* counts that the lane can hand out; at least 1 while there is a lane */
	uint16_t slot;		    /* in the lane's claims */
	bool ended;		    /* a hint: the last reference has ended */
	evpl_compat_count *packets; /* above */
	uintptr_t room;		    /* its bytes ... */
	rte_iova_t iova;	    /* ... for devices */
	uint64_t ol_flags;	    /* of packets on it: none, or RTE_MBUF_F_EXTERNAL */
	uintptr_t shinfo;	    /* of these: a mark (see attach.h), or the address of a shinfo */
	struct evpl_slab *slab;
	struct rte_mbuf *mbuf;
	struct evpl_sample *sample; /* the last one that was counted while the buffer was under a window */
	uint32_t trace_bytes;	    /* tracing: record of the bytes carved last; 0: none */
	uint32_t trace_first;	    /* and first */
	bool trace_filled;	    /* what no record tells of holds the free pattern */
};

/* global.c: what the process has. lock guards everything but slabs[] below slab_count, which only grows. */
struct evpl_global {
	pthread_mutex_t lock;
	unsigned users;
	unsigned class_count;			 /* 1 or 2 */
	struct evpl_class classes[EVPL_CLASSES]; /* smaller buffers first */
	unsigned max_slabs;			 /* of both classes together */
	unsigned packet_mbufs;
	unsigned sample_period;
	bool near;	     /* packets may be near: see attach.h */
	unsigned slab_count; /* stored with release after slabs[slab_count], loaded with acquire */
	unsigned next_id;    /* for names, unique for the life of the process */
	struct evpl_slab *slabs[EVPL_MAX_SLABS];
	struct rte_mempool *packet_pools[RTE_MAX_NUMA_NODES];
	struct rte_mempool *anchor_pool;
	TAILQ_HEAD(, evpl_slab) rx_pools;
	TAILQ_HEAD(, evpl_context) contexts;
	unsigned context_count;
	uint64_t rx_linearized, rx_too_long, rx_no_memory; /* of contexts that are gone */
};
extern struct evpl_global evpl_global;

/* Of the largest buffers. */
static inline const struct evpl_class *
evpl_class_largest(void)
{
	return &evpl_global.classes[evpl_global.class_count - 1];
}

/* packet_pool.c: with the lock held */
struct rte_mempool *evpl_packet_pool(int socket_id); /* of a node, made on first use; NULL with rte_errno */
struct rte_mempool *evpl_anchor_pool(void);	     /* likewise; of what lies before buffers */
void evpl_packet_pools_free(void);
void evpl_packet_pool_return(struct rte_mempool *pool, struct rte_mbuf **mbufs, unsigned n); /* of a lane; any thread */
extern int evpl_packet_ops;	     /* index of their operations; -1: there is none */
bool evpl_packet_ops_attach(void);   /* in a secondary process; false: it must not free the primary's packets */
bool evpl_packet_ops_register(void); /* false: it cannot be */
/* Up to n, of which no field is set; fewer: rte_errno is ENOMEM. */
unsigned evpl_packet_alloc(struct rte_mempool *pool, struct rte_mbuf **mbufs, unsigned n);
struct rte_mbuf *evpl_packet_alloc_one(struct rte_mempool *pool);		      /* likewise; NULL */
void evpl_packet_free(struct rte_mempool *pool, struct rte_mbuf **mbufs, unsigned n); /* such, unused */

/* lane.c: what a thread that sends has at hand. With no lock, and its thread's alone. */
#define EVPL_LANE_CLAIMS 32u /* buffers: 2 MiB with the default size */
#define EVPL_LANE_MBUFS 384u
struct evpl_lane {
	uint32_t number;			      /* from 1 on; other processes have none */
	struct rte_mempool *pool;		      /* of the mbufs: the first that the thread sent from; NULL */
	uint32_t most;				      /* mbufs that it may keep */
	uint32_t count;				      /* relaxed stores: others read it */
	rte_spinlock_t lock;			      /* of claims: its thread's, or evpl_lanes_reap() */
	unsigned next;				      /* the claim that ends when there is a new one */
	struct evpl_buffer *claims[EVPL_LANE_CLAIMS]; /* NULL: free; relaxed stores, likewise */
	TAILQ_ENTRY(evpl_lane) entry;
	struct rte_mbuf *mbufs[EVPL_LANE_MBUFS];
};
extern struct evpl_lane evpl_no_lane; /* of threads that have not sent: always empty */
extern __thread struct evpl_lane *evpl_lane __attribute__((tls_model("initial-exec")));
void evpl_lane_begin(struct rte_mempool *pool, unsigned most);
/* As evpl_packet_alloc() of one; NULL. */
static inline struct rte_mbuf *
evpl_lane_take(struct rte_mempool *pool)
{
	struct evpl_lane *lane = evpl_lane;
	uint32_t count = lane->count;

	if (unlikely(lane->pool != pool || count == 0))
		return evpl_packet_alloc_one(pool);
	__atomic_store_n(&lane->count, count - 1, __ATOMIC_RELAXED);
	return lane->mbufs[count - 1];
}

bool evpl_lane_claim(struct evpl_buffer *buffer);			    /* then it has more than 1 in stock */
void evpl_lane_unclaim(struct evpl_lane *lane, struct evpl_buffer *buffer); /* the stock is accounted for */
bool evpl_lane_leave(struct evpl_buffer *buffer);			    /* see evpl_buffer_finish() */
bool evpl_lanes_reap(void); /* brings home of what nothing but stock is left, on any lane; true: some */
void evpl_lane_flush(void); /* every claim */
unsigned evpl_lanes_mbufs(const struct rte_mempool *pool);
void evpl_lanes_count(uint32_t *free); /* buffers that reaping would find, per class; with the lock held */
void evpl_lanes_settle(void);	       /* brings them home, and forgets all mbufs; nothing is in use */

/* slab.c */
struct evpl_slab *evpl_slab_create(const char *name, size_t lead, size_t room, size_t distance, unsigned n,
				   unsigned cache_size, unsigned priv_size, int socket_id);
void evpl_slab_destroy(struct evpl_slab *slab);
bool evpl_slab_is_home(const struct evpl_slab *slab);			   /* every mbuf in its pool */
struct evpl_slab *evpl_slab_grow(struct evpl_class *class, int socket_id); /* with the lock held */
void evpl_slab_retry(void); /* EAL may have memory again; with the lock held */
/* A free buffer; NULL. */
struct rte_mbuf *evpl_slab_take(struct evpl_context *ctx, struct evpl_class *class, bool grow);

/* buffer.c: a buffer is free (in a pool or stash, refcnt 1, packets 1), or under a window, or only held. */
static inline struct evpl_buffer *
evpl_buffer(struct rte_mbuf *buffer)
{
	return rte_mbuf_to_priv(buffer);
}

static inline const struct evpl_class *
evpl_buffer_class(struct rte_mbuf *buffer)
{
	return evpl_buffer(buffer)->slab->class;
}

/* Whether its stock is this thread's. */
static inline bool
evpl_buffer_is_claimed(const struct evpl_buffer *buffer, const struct evpl_lane *lane)
{
	return __atomic_load_n(&buffer->lane, __ATOMIC_RELAXED) == lane->number;
}

/* Of a buffer whose references have ended another thread may take the stock meanwhile. */
static inline uint32_t
evpl_buffer_stock(const struct evpl_buffer *buffer)
{
	return __atomic_load_n(&buffer->stock, __ATOMIC_RELAXED);
}

/* The lane's thread's; released for evpl_lanes_reap(), and whole for evpl_lanes_count(). */
static inline void
evpl_buffer_set_stock(struct evpl_buffer *buffer, uint32_t stock)
{
	__atomic_store_n(&buffer->stock, stock, __ATOMIC_RELEASE);
}

/* Whether nothing but stock is left of it. The stock is read first: without a reference it only grows, so what is equal then stays so. */
static inline bool
evpl_buffer_is_spent(const struct evpl_buffer *buffer)
{
	uint32_t stock = __atomic_load_n(&buffer->stock, __ATOMIC_ACQUIRE);

	return evpl_compat_count_load(buffer->packets) == stock;
}

/* Takes it off this thread's lane if it is spent. False: it is not, or another thread has taken it. */
static inline bool
evpl_buffer_finish(struct evpl_buffer *buffer)
{
	return unlikely(evpl_buffer_is_spent(buffer)) && evpl_lane_leave(buffer);
}

void evpl_buffer_packets_last(struct evpl_buffer *buffer); /* of all counts, not only of packets */

/* One packet less, on any thread. */
static inline void
evpl_buffer_packet_ended(struct evpl_buffer *buffer, const struct evpl_lane *lane)
{
	if (likely(evpl_buffer_is_claimed(buffer, lane))) {
		evpl_buffer_set_stock(buffer, evpl_buffer_stock(buffer) + 1);
		if (unlikely(__atomic_load_n(&buffer->ended, __ATOMIC_RELAXED)) && evpl_buffer_finish(buffer))
			evpl_buffer_packets_last(buffer);
	} else if (evpl_compat_count_sub(buffer->packets, 1) == 0) {
		evpl_buffer_packets_last(buffer);
	}
}

struct rte_mbuf *evpl_buffer_take(struct evpl_context *ctx, struct evpl_class *class);
void evpl_buffer_home(struct evpl_context *ctx, struct rte_mbuf *buffer); /* ctx may be NULL */
void evpl_buffer_pinned(struct evpl_slab *slab);			  /* prepares the mbufs of a new slab */
struct rte_mbuf *evpl_buffer_of(const struct rte_mbuf *ref);		  /* the buffer under a reference, or NULL */
void evpl_stash_flush(struct evpl_context *ctx);
void evpl_ref_last(struct evpl_context *ctx, struct rte_mbuf *ref); /* the caller holds the only count */
void evpl_ref_drop(struct rte_mbuf *ref);			    /* one atomic count, wherever it was counted */

/* window.c: a context's current buffers */
void evpl_window_idle(struct evpl_context *ctx, unsigned kind); /* gives the buffer back */
bool evpl_window_is_home(const struct evpl_context *ctx, unsigned kind);
bool evpl_window_rewind(struct evpl_context *ctx, unsigned kind, const struct evpl_class *class);
void evpl_window_install(struct evpl_context *ctx, unsigned kind, struct rte_mbuf *buffer);
bool evpl_window_pay(struct evpl_context *ctx, unsigned kind); /* at least one reference to hand out */
void evpl_window_trim(struct evpl_window *w, bool shared);     /* half of a full stock back */

/* overflow.c: mbufs that count for others whose 16 bits are spent */
extern unsigned evpl_overflow_kept; /* relaxed; 0: evpl_overflow_drop() has nothing to do */
struct rte_mbuf *evpl_overflow_root(const struct rte_mbuf *ref);	 /* whose bytes it counts for: maybe its own */
bool evpl_overflow_end(struct rte_mbuf *m);				 /* its last count; false: it is no such mbuf */
struct rte_mbuf *evpl_overflow_new(struct rte_mbuf *base);		 /* a fresh one, refcnt 1; NULL */
struct rte_mbuf *evpl_overflow_take(struct rte_mbuf *base, bool shared); /* one more count; NULL */
uintptr_t evpl_views_end(const struct rte_mbuf *ref);			 /* of its bytes: how far a view may grow */
void evpl_overflow_retry(void);						 /* EAL may have memory again */
bool evpl_overflow_has(const struct rte_mbuf *base);			 /* others count for it */
bool evpl_overflow_drop(struct rte_mbuf *base); /* its own count is at its end; true: others keep base */
unsigned evpl_overflow_in_use(void);		/* with the lock held */
void evpl_overflow_free(void);			/* likewise, and with none in use */

/* packet.c: packets from iovecs and back */

/* Of the small mbufs that are attached to iovecs. Unused, but rte_pktmbuf_copy(m, m->pool, ...) needs one to end. */
#define EVPL_PACKET_DATA_ROOM (RTE_PKTMBUF_HEADROOM + 256)

/* What the iovec of a received segment is: LOCAL only where DPDK does not count on the same field as we do. */
uint32_t evpl_packet_flags(struct rte_mbuf *m, uint32_t flags);
bool evpl_packet_is_whole(const struct evpl_iovec *iovec);
void evpl_packet_trim(const struct evpl_iovec *iovec);

/* Whether it is the mbuf of a packet pool. */
static inline bool
evpl_packet_is_ours(const struct rte_mbuf *m)
{
	return m->pool != NULL && m->pool->ops_index == evpl_packet_ops;
}

/* Whether its mbufs and their external buffers stay together for life, as in receive pools. */
static inline bool
evpl_pool_is_pinned(struct rte_mempool *pool)
{
	return (rte_pktmbuf_priv_flags(pool) & RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF) != 0;
}

/* Whether an mbuf is one of these. */
static inline bool
evpl_is_pinned(const struct rte_mbuf *m)
{
	return RTE_MBUF_HAS_EXTBUF(m) && evpl_pool_is_pinned(m->pool);
}

/* Whether no clone counts elsewhere: else a count of 1 does not tell that a reference is the only one. */
static inline bool
evpl_overflow_is_idle(void)
{
	return likely(__atomic_load_n(&evpl_overflow_kept, __ATOMIC_RELAXED) == 0);
}

/* Whether the iovec is all that there is of a packet as it came from a port; if then evpl_overflow_is_idle(). */
static inline bool
evpl_packet_is_untouched(const struct evpl_iovec *iovec)
{
	struct rte_mbuf *m = iovec->ref;

	return (iovec->flags & EVPL_IOVEC_FLAG_PACKET) && evpl_compat_ref_load(m) == 1 &&
	       iovec->data == rte_pktmbuf_mtod(m, void *) && iovec->length == m->data_len && iovec->length != 0;
}

/* An iovec asks for no offload, so its mbuf that goes out as itself must not: whoever sent it before may have asked. */
static inline void
evpl_packet_ask_nothing(struct rte_mbuf *m)
{
	m->ol_flags &= ~RTE_MBUF_F_TX_OFFLOAD_MASK;
}

/* A packet of the iovecs' bytes, whose references stay; or NULL with rte_errno. nb_segs 0: some, whose nb_segs are 0, too, are the iovecs' own. */
struct rte_mbuf *evpl_packet_build(struct evpl_context *ctx, struct evpl_iovec *iovecs, int niovs);

/* sample.c: every so many allocations remember their callers */
#define EVPL_SAMPLE_SLOTS 512u	/* samples of one context that can be held at once */
#define EVPL_SAMPLE_BLOCKS 256u /* contexts that take samples at once */
struct evpl_sample {
	uintptr_t where; /* in the program's text */
	uint64_t when;	 /* TSC */
	uint32_t bytes;
	union {
		struct {
			uint32_t held; /* iovecs; if it is counted, more by what its window has counted */
			uint32_t kind; /* 1 + that window; 0: it is not counted */
		};
		uint64_t both; /* for those who must not see one without the other */
	};
};
struct evpl_samples {
	const struct evpl_context *ctx; /* NULL: free, though those of a context that is gone may still be held */
	unsigned block;
	unsigned at; /* the slot used last */
	struct evpl_sample slot[EVPL_SAMPLE_SLOTS];
};
extern struct evpl_samples *evpl_sample_blocks[EVPL_SAMPLE_BLOCKS];
/* Iovecs that are held, of one place in the program. sample.c has them of samples, trace_report.c of all. */
struct evpl_held {
	char where[160];
	uint64_t count, bytes;
	double age_s; /* of the oldest */
};
unsigned evpl_held_get(struct evpl_held *held, unsigned n); /* most bytes first; takes the lock */
void evpl_samples_begin(struct evpl_context *ctx);	    /* with the lock held */
void evpl_samples_end(struct evpl_context *ctx);
void evpl_samples_free(void);
void evpl_samples_settle(struct evpl_context *ctx, unsigned kind); /* the window is about to have another ref */

#if !EVPL_IOVEC_TRACE
void evpl_sample_drop(const struct evpl_iovec *iovec);				    /* one less */
void evpl_samples_committed(struct evpl *evpl, uintptr_t from, unsigned alignment); /* of the LOCAL window */
#endif

/* evpl_iovec_alloc_slow() for a call of the library's own, whose caller is to be told. In sample.c, or, of a tracing build, iovec.c. */
int evpl_iovec_alloc_from(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs, unsigned flags,
			  struct evpl_iovec *r_iovec, uintptr_t caller);

/* iovec.c */

int evpl_iovec_take(struct evpl *evpl, unsigned length, unsigned alignment, unsigned max_iovecs, unsigned flags,
		    bool reserve, struct evpl_iovec *r_iovec);
struct evpl_class *evpl_class_for(uint32_t length, unsigned alignment);
/* Bytes that a fresh buffer has at that alignment; 0: it has no such address. */
uint32_t evpl_class_capacity(const struct evpl_class *class, unsigned alignment);

/* trace_calls.c, trace_bytes.c: what tracing wants to know of the library below it */
void trace_iovec_sent(struct evpl *evpl, struct evpl_iovec *iovec);
void trace_iovec_linearized(struct evpl_iovec *iovec);
void trace_buffer_reuse(struct rte_mbuf *buffer);
void trace_buffer_home(struct rte_mbuf *buffer);
struct rte_mbuf_ext_shared_info *trace_packet_buffer(struct rte_mbuf_ext_shared_info *shinfo);
void trace_slab_begin(struct evpl_slab *slab);
void trace_slab_end(struct evpl_slab *slab);
struct rte_mbuf_ext_shared_info *trace_packet_shinfo(const struct evpl_iovec *iovec,
						     struct rte_mbuf_ext_shared_info *buffer);

/* Gives the reference of an iovec back whose bytes a packet has been attached to. */
static inline void
evpl_iovec_sent(struct evpl *evpl, struct evpl_iovec *iovec)
{
	if (EVPL_IOVEC_TRACE)
		trace_iovec_sent(evpl, iovec);
	else
		evpl_iovec_release(evpl, iovec);
}

static inline void
evpl_iovecs_sent(struct evpl *evpl, struct evpl_iovec *iovecs, int niovs)
{
	if (EVPL_IOVEC_TRACE) {
		for (int i = 0; i < niovs; i++)
			trace_iovec_sent(evpl, &iovecs[i]);
	} else {
		evpl_iovecs_release(evpl, iovecs, niovs);
	}
}

/* stats.c: with the lock held */
void evpl_stats_collect(struct evpl_stats *stats);

/* telemetry.c */
void evpl_telemetry_register(void);

#endif /* EVPL_INTERNAL_H */
