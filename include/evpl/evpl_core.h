/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Life cycle: the library, one context per thread, configuration and statistics.
 *
 *	rte_eal_init -> evpl_init -> evpl_create ... evpl_destroy -> evpl_cleanup -> rte_eal_cleanup
 *
 * Fixed phrases of the "Threads" lines below:
 *	any thread        safe from every EAL lcore and every plain thread at once
 *	the owner         the thread that uses the context: the first one that does; evpl_destroy() may be another's
 *	holder            any thread for SHARED iovecs; for LOCAL ones the one thread they live on
 */
#ifndef EVPL_CORE_H
#define EVPL_CORE_H

#include <stdint.h>
#include <stdio.h>

#include <evpl/evpl_compat.h>

/* What is documented here and in the other headers is used with these. */
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_memory.h>

#define EVPL_EXPORT __attribute__((visibility("default")))

/*
 * Inline functions are static for everybody, and src/inline.c compiles the same text once more into
 * exported symbols, for function pointers, debuggers and other languages.
 */
#ifndef EVPL_INLINE
#define EVPL_INLINE static inline
#endif

/** 1 in programs of a tracing library: pkg-config says so, and a program that does not agree does not link. */
#ifndef EVPL_IOVEC_TRACE
#define EVPL_IOVEC_TRACE 0
#endif

/* Of calls that are inline, but for a program that is traced. */
#if EVPL_IOVEC_TRACE && !defined(EVPL_BELOW_TRACE)
#define EVPL_HOT EVPL_EXPORT
#else
#define EVPL_HOT EVPL_INLINE
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** evpl_global_config: what a zero means. */
#define EVPL_DEFAULT_SLAB_SIZE (16u << 20)
#define EVPL_DEFAULT_BUFFER_SIZE (64u << 10)
#define EVPL_DEFAULT_LARGE_BUFFER_SIZE (2u << 20)
#define EVPL_DEFAULT_PACKET_MBUFS 8191u
/** Smallest buffer that can be asked for, in bytes. */
#define EVPL_MIN_BUFFER_SIZE 1024u
/** Most slabs a process can have (each takes four of EAL's memzones, of which there are 2,560). */
#define EVPL_MAX_SLABS 512u

/*
 * How the three structs below grow. Each ends with reserved bytes, and its size never changes. A later version takes
 * the first reserved bytes for a new field. In a configuration, zero there means that field's default; a program that
 * was compiled before has zeros there. A library that does not know the field refuses any other value (EINVAL). In
 * evpl_stats, a library that does not know the field writes zero.
 *
 * The reason for reserved bytes, and against a member that holds the struct's size: {.slab_size = N} and NULL stay all
 * that a program writes. A size that a program forgets would be 0, and the library would ignore its new fields without
 * a word.
 */

/** What evpl_init is asked for. Zero in a field means its default. */
struct evpl_global_config {
	/**
	 * Bytes of a slab; default 16 MiB. At most 64 GiB. Rounded up to a whole number of buffers. With EAL's --legacy-mem and
	 * IOVA as PA a slab lies in huge pages that are neighbours in physical memory, so a slab that is larger than the longest
	 * such row cannot be had (ENOMEM). Choose a small one there, such as 2 MiB.
	 */
	uint64_t slab_size;
	/** Bytes of a small buffer, 1 KiB to slab_size; default 64 KiB. Rounded up to whole cache lines. */
	uint32_t buffer_size;
	/**
	 * Bytes of a large buffer, buffer_size to slab_size; default 2 MiB, or none where slab_size is less. Up to that size a
	 * request is one iovec. Large buffers are in slabs of their own, made on first use. The same as buffer_size: one class
	 * of buffers for all. Rounded up to whole cache lines. With IOVA as PA a buffer that is larger than a huge page needs
	 * huge pages that are neighbours in physical memory: a slab has fewer buffers where these are rare, or none (ENOMEM).
	 */
	uint32_t large_buffer_size;
	/** Slabs of small buffers reserved by evpl_init itself, on the caller's NUMA node; default 0: on first use. */
	unsigned preallocate_slabs;
	/** Most slabs, of all nodes and of small and large buffers together, up to EVPL_MAX_SLABS; default EVPL_MAX_SLABS. */
	unsigned max_slabs;
	/**
	 * Packet mbufs per NUMA node: what may be in flight on ports at once, and up to 384 that each thread keeps that
	 * sends; default 8,191.
	 */
	unsigned packet_mbufs;
	/**
	 * Of every so many allocations of a context and kind (evpl_iovec_alloc, evpl_iovecs_alloc, evpl_iovec_reserve; not what
	 * ports deliver) one is noted with its caller's address, and clones inherit it: evpl_leak_report() and
	 * telemetry (/evpl/held) then tell where those that are held come from. 0: none. If all allocations have one size,
	 * exactly every Nth is sampled. Otherwise the chance of each grows with its size. (One size: one length and one
	 * alignment.) Costs 0 when off, and when on about 5 ns per sample, more while the one before is held. A context keeps
	 * some 500 samples that are held at once, and the process those of 256 contexts; more are not noted. Ages are to
	 * within 64 samples of the context. In a program compiled with -O0 the address is that of the inline function.
	 * Tracing builds know all iovecs and ignore it.
	 */
	unsigned sample_period;
	/**
	 * Not 0: packets of iovecs are all mbufs with external buffers (RTE_MBUF_F_EXTERNAL), which cost twice as much as those that
	 * the library prefers: see evpl_mbuf.h. For ports of which evpl_port_check() says so.
	 */
	unsigned far_packets;
	uint32_t reserved_word; /**< zero: for later versions */
	uint64_t reserved[11];	/**< zero: for later versions */
};

/** evpl_thread_config.socket_id for node 0, where 0 itself means the default. */
#define EVPL_SOCKET_ID_0 (-2)

/** What evpl_create is asked for. Zero in a field means its default. */
struct evpl_thread_config {
	/**
	 * NUMA node the context takes slabs from. 0 (default) or SOCKET_ID_ANY: the node of the calling
	 * thread, and any other when that one has no memory left. n > 0: node n, and no other;
	 * EVPL_SOCKET_ID_0: node 0, and no other.
	 */
	int socket_id;
	/** EVPL_IOVEC_FLAG_SHARED: evpl_rx_burst hands out SHARED iovecs; default LOCAL where that is safe. */
	unsigned rx_flags;
	/**
	 * Free buffers that the context keeps for itself, last in first out, 1 to 64; default 4 MiB worth,
	 * at least 2. Of large buffers it keeps as many, but no more than that default.
	 * Others cannot take them, so with few slabs and many contexts choose it small. (Buffers that a thread sent from, and of which
	 * nothing is left, are found by any thread that needs one.)
	 */
	unsigned stash_buffers;
	uint32_t reserved_word; /**< zero: for later versions */
	uint64_t reserved[6];	/**< zero: for later versions */
};

struct evpl; /* a context: evpl_inline.h has the part that inline functions read */

/**
 * Starts the library; rte_eal_init() must have run. Calls are counted: a second caller gets the running
 * library, and a zero field (or NULL) there means "whatever it is", not the default.
 * @param config  NULL: all defaults.
 * @return 0; -EINVAL: a size out of range, or reserved bytes that are not zero;
 *	-EALREADY: it runs with another configuration than asked for;
 *	-ENODEV: no rte_eal_init() yet; -ENOTSUP: this is a secondary process, which can have no iovecs, and after this
 *	call can free near packets of the primary (see evpl_mbuf.h), if no error is logged; -ENOMEM: not enough memory
 *	for preallocate_slabs (the pool of packet mbufs is made by evpl_create()). On failure nothing is kept.
 * Owns: the caller owes one evpl_cleanup() per success.
 * Threads: any thread.
 * Cost: takes a lock and reserves memory.
 */
EVPL_EXPORT int evpl_init(const struct evpl_global_config *config);

/**
 * Undoes one evpl_init(); the last one gives every slab and pool back to EAL. EAL writes zeros over all that it is given
 * back (rte_memzone_free()), so the bytes of a slab that were never used come to be in memory then. A container whose memory
 * limit is below EAL's -m kills the program there. Choose a small slab_size (2 MiB): slabs are made as they are needed, so no
 * more than one per class of buffers and NUMA node is touched beyond what was used. Or leave the call out: the end of the
 * process gives all memory back.
 * @return 0; -EBUSY: contexts, iovecs or packets are still held: a log line says how many of which,
 *	nothing was freed, and the call may be repeated; -EPERM: without a matching evpl_init().
 * Owns: after 0 from the last one no iovec, packet, context or RX pool of the library exists.
 * Threads: any thread.
 * Cost: takes a lock; walks every slab.
 */
EVPL_EXPORT int evpl_cleanup(void);

/**
 * Makes a context for the calling thread: an EAL lcore, a registered thread or a plain pthread.
 * @param config  NULL: all defaults.
 * @return the context; NULL with rte_errno: EINVAL (a field out of range, or reserved bytes that are not zero),
 *	EPERM (no evpl_init()),
 *	ENOMEM (no memory for the context, or for its NUMA node's packet pool).
 * Owns: the caller owes one evpl_destroy().
 * Threads: any thread; the context then belongs to one.
 * Cost: takes a lock and allocates; the first one on a NUMA node also makes its packet pool.
 */
EVPL_EXPORT struct evpl *evpl_create(const struct evpl_thread_config *config);

/**
 * Ends a context and gives its buffers back. Iovecs taken through it stay valid: release them through
 * another context or with NULL (LOCAL ones on the thread they live on).
 * @param evpl  NULL is allowed.
 * Owns: the context is gone.
 * Threads: the owner.
 * Cost: takes a lock.
 */
EVPL_EXPORT void evpl_destroy(struct evpl *evpl);

/** What the library holds, and what is away from its pools. */
struct evpl_stats {
	uint32_t contexts;		/**< evpl_create() less evpl_destroy() */
	uint32_t slabs;			/**< slabs of buffers, small and large (RX pools are counted below) */
	uint64_t slab_bytes;		/**< bytes of those slabs */
	uint32_t buffers;		/**< buffers in those slabs */
	uint32_t buffers_in_use;	/**< of these, held by an iovec, a packet, or as a context's current one */
	uint32_t buffers_current;	/**< of these, a context's current one (up to two per context) */
	uint32_t large_buffers;		/**< of buffers, large ones; 0 where there is one class */
	uint32_t large_buffers_in_use;	/**< of buffers_in_use, large ones */
	uint32_t rx_buffers;		/**< mbufs in RX pools */
	uint32_t rx_buffers_in_use;	/**< of these, held by a port's queue, a packet or an iovec */
	uint32_t packet_mbufs;		/**< packet mbufs in all pools */
	uint32_t packet_mbufs_in_use;	/**< of these, in flight */
	uint32_t overflow_mbufs_in_use; /**< mbufs that count references beyond EVPL_REF_LIMIT of another */
	uint64_t rx_linearized;		/**< packets of several segments that evpl_rx_burst copied into one iovec */
	uint64_t
		rx_too_long; /**< packets of several segments dropped by evpl_rx_burst: longer than a buffer, or without a byte */
	uint64_t rx_no_memory; /**< the same, for want of a buffer */
	uint64_t reserved[6];  /**< zero: for later versions */
};

/**
 * Fills @p stats; all zero when the library is not running. Counts of running threads are read without
 * stopping them, so they may be a moment old; when all are quiet they are exact.
 * Owns: nothing.
 * Threads: any thread.
 * Cost: takes a lock; walks every slab and context. Not for the data path.
 */
EVPL_EXPORT void evpl_stats_get(struct evpl_stats *stats);

/**
 * Prints what is held, grouped by the place that took it: iovecs, bytes, age of the oldest, thread. In a tracing build
 * (EVPL_IOVEC_TRACE) that is every live iovec; ages are to within 128 takes of that thread. In others it is the samples
 * (evpl_global_config.sample_period), by the address of the call.
 * Owns: nothing. Threads: any thread; stops none. Cost: walks all records. Not for the data path.
 */
EVPL_EXPORT void evpl_leak_report(FILE *out);

/** Bytes of a small buffer after rounding; 0 when the library is not running. Threads: any thread. Cost: takes a lock. */
EVPL_EXPORT uint32_t evpl_buffer_size(void);

/** Bytes that fit one iovec: those of a large buffer after rounding; otherwise as evpl_buffer_size(). */
EVPL_EXPORT uint32_t evpl_large_buffer_size(void);

#ifdef __cplusplus
}
#endif

#endif /* EVPL_CORE_H */
