/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Life cycle: the library, one context per thread, configuration and statistics.
 *
 *	rte_eal_init -> evpl_init -> evpl_create ... evpl_destroy -> evpl_cleanup -> rte_eal_cleanup
 *
 * Fixed phrases of the "Threads" lines below:
 * - any thread: EAL lcores and plain threads may call it, also at the same time
 * - the owner: the one thread that uses the context: the first thread that used it. Another thread may call
 *   evpl_destroy()
 * - holder: SHARED iovecs: any thread. LOCAL iovecs: the one thread that they live on
 */
#ifndef EVPL_CORE_H
#define EVPL_CORE_H

#include <stdint.h>
#include <stdio.h>

#include <evpl/evpl_compat_pvt.h>

/* The comments of this and the other headers mention calls and constants of these. */
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_memory.h>

#define EVPL_PVT_EXPORT __attribute__((visibility("default")))

/*
 * Inline functions are static in every program. src/inline_exports.c compiles the same text once more into exported
 * symbols, for function pointers, debuggers and other languages.
 */
#if !defined(EVPL_PVT_INLINE) && defined(__OPTIMIZE__)
#define EVPL_PVT_INLINE static inline
#elif !defined(EVPL_PVT_INLINE)
/* Sampling notes the place that takes an iovec. Without optimization that would be a function of this library. */
#define EVPL_PVT_INLINE static inline __attribute__((always_inline))
#endif

/**
 * 1 in programs that use a tracing library. pkg-config defines it. A program whose value differs from the library's
 * does not link.
 */
#ifndef EVPL_IOVEC_TRACE
#define EVPL_IOVEC_TRACE 0
#endif

/* The calls that are inline functions, except in a program that is traced. */
#if EVPL_IOVEC_TRACE && !defined(EVPL_PVT_BELOW_TRACE)
#define EVPL_PVT_HOT EVPL_PVT_EXPORT
#else
#define EVPL_PVT_HOT EVPL_PVT_INLINE
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The defaults of evpl_global_config: what a zero in a field means. */
#define EVPL_DEFAULT_SLAB_SIZE (16u << 20)	  /**< default of evpl_global_config.slab_size */
#define EVPL_DEFAULT_BUFFER_SIZE (64u << 10)	  /**< default of evpl_global_config.buffer_size */
#define EVPL_DEFAULT_LARGE_BUFFER_SIZE (2u << 20) /**< default of evpl_global_config.large_buffer_size */
#define EVPL_DEFAULT_PACKET_MBUFS 8191u		  /**< default of evpl_global_config.packet_mbufs */
/** The smallest buffer_size, in bytes. */
#define EVPL_MIN_BUFFER_SIZE 1024u
/**
 * The highest max_slabs. EAL's own limit is usually lower: each slab takes one of EAL's memzones, of which there are
 * 2,560, also for everything else. From DPDK 23.07 on, rte_memzone_max_set() before rte_eal_init() raises that.
 */
#define EVPL_MAX_SLABS 65536u

/*
 * How the three structs below grow. Each ends with reserved bytes, and its size never changes. A later version takes
 * the first reserved bytes for a new field. In a configuration, zero in the new field means its default. An older
 * program has zeros there. A library that does not know the field refuses any other value (EINVAL). In evpl_stats, a
 * library that does not know the field writes zero.
 *
 * A member that holds the struct's size is not used. A program would have to set it, and could no longer write just
 * {.slab_size = N}. If a program forgot it, the size would be 0, and the library would silently ignore its new fields.
 */

/** The configuration that evpl_init() takes. Zero in a field means its default. */
struct evpl_global_config {
	/**
	 * Bytes of a slab, at most 64 GiB; default 16 MiB. Rounded up to a whole number of buffers. With EAL's
	 * --legacy-mem and IOVA as PA, a slab lies in physically contiguous huge pages. A slab that is larger than the
	 * longest run of such pages cannot be reserved (ENOMEM). Choose a small slab_size there, such as 2 MiB.
	 */
	uint64_t slab_size;
	/** Bytes of a small buffer, 1 KiB to slab_size; default 64 KiB. Rounded up to whole cache lines. */
	uint32_t buffer_size;
	/**
	 * Bytes of a large buffer, buffer_size to slab_size. The default is 2 MiB, or no large buffers if slab_size is
	 * less. Rounded up to whole cache lines. A request of up to that size is one iovec. Large buffers are in slabs
	 * of their own, which are made on first use. If large_buffer_size equals buffer_size, there is one class of
	 * buffers for all requests. With IOVA as PA, a buffer that is larger than a huge page needs physically
	 * contiguous huge pages. Where these are rare, a slab has fewer buffers, or has none (ENOMEM).
	 */
	uint32_t large_buffer_size;
	/**
	 * The number of slabs of small buffers that evpl_init() itself reserves, on the caller's NUMA node. It writes
	 * to each of their pages, so no alloc waits for them later. Threads on the CPUs of that node's lcores help it.
	 * These slabs are never given back before evpl_cleanup(). Default 0: slabs are reserved on first use.
	 */
	unsigned preallocate_slabs;
	/**
	 * The most slabs, of all NUMA nodes, of small and large buffers, and external ones together, up to
	 * EVPL_MAX_SLABS. The default is EVPL_MAX_SLABS: as many as EAL has memory and memzones for.
	 */
	unsigned max_slabs;
	/**
	 * Packet mbufs per NUMA node; default 8,191. They must suffice for the packets that are in flight on ports at
	 * once, and for up to 384 that each sending thread keeps for itself.
	 */
	unsigned packet_mbufs;
	/**
	 * Samples one of every sample_period allocations; 0: none. An allocation is a call of evpl_iovec_alloc(),
	 * evpl_iovecs_alloc() or evpl_iovec_reserve(). Packets that ports deliver are not sampled. Allocations are
	 * counted per context, LOCAL and SHARED ones separately. A sample is the caller's address, and clones inherit
	 * it. evpl_leak_report() and telemetry (/evpl/held) print where the samples that are still held were
	 * allocated, and an estimate of all that are held there: what was sampled, times sample_period.
	 *
	 * If all allocations have one size (one length and one alignment), exactly every Nth is sampled. Otherwise the
	 * chance of each grows with its size.
	 *
	 * Costs nothing when it is 0. Otherwise a sample costs about 5 ns, and more while the sample before it is held.
	 * A context keeps about 500 samples that are held at once, and a process keeps the samples of 256 contexts;
	 * further ones are not kept. Ages are exact to within 64 samples of the context. In a program compiled with -O0
	 * the address is that of the inline function. Tracing builds know all iovecs and ignore this field.
	 */
	unsigned sample_period;
	/**
	 * Not 0: all packets of iovecs are mbufs with external buffers (RTE_MBUF_F_EXTERNAL). Such packets cost twice
	 * as much as those that the library prefers: see "near" and "far" in evpl_mbuf.h. Set it for ports for which
	 * evpl_port_check() says so.
	 */
	unsigned far_packets;
	/**
	 * Milliseconds for which a slab must have been idle (all its buffers home, and none taken) before the keeper
	 * gives it back to EAL. The time is exact to a fourth. 0 (default): slabs go by evpl_trim() and evpl_cleanup()
	 * only. See evpl_slab.h for what keeps a slab.
	 */
	uint32_t idle_trim_ms;
	/**
	 * The keeper's low watermark: bytes of free buffers, per NUMA node and per class of buffers (small, large).
	 * When fewer are free, the keeper makes a slab and writes to each of its pages. So no alloc waits for that,
	 * unless it finds no free buffer: then it makes a slab itself, as without a keeper.
	 *
	 * The keeper is a control thread of DPDK, which looks once in a millisecond. So choose more than your threads
	 * take in a few milliseconds: at 10 GB/s 64 MiB. EAL runs control threads on CPUs that no lcore has. Leave it
	 * one, or the keeper shares the CPU of the main lcore. A node gets slabs of small buffers when a context uses
	 * it, and slabs of large ones after the first large alloc. Choose preallocate_slabs for the first allocs.
	 *
	 * 0 (default): no slab is made ahead of need. There is a keeper if this or idle_trim_ms is not 0, or
	 * after evpl_pressure_notify().
	 */
	uint64_t low_watermark;
	/**
	 * Bytes of free buffers, per NUMA node and class, that must be left when slabs are given back (idle_trim_ms,
	 * evpl_trim()); at least low_watermark. Default: low_watermark.
	 */
	uint64_t high_watermark;
	uint64_t reserved[9]; /**< zero: for later versions */
};

/** The value of evpl_thread_config.socket_id for node 0, because 0 itself means the default. */
#define EVPL_SOCKET_ID_0 (-2)
/** The number of groups of external slabs: see evpl_slab_add_external(). */
#define EVPL_EXTERNAL_GROUPS 16
/** The value of evpl_thread_config.socket_id for group n of external slabs, 0 to EVPL_EXTERNAL_GROUPS - 1. */
#define EVPL_EXTERNAL(n) (1000 + (n))

/** The configuration that evpl_create() takes. Zero in a field means its default. */
struct evpl_thread_config {
	/**
	 * The NUMA node that the context takes slabs from. 0 (default) or SOCKET_ID_ANY: the node of the calling
	 * thread, and any other node when that one has no free buffer and no memory for a slab. Nearer nodes come
	 * first, and evpl_stats.other_node counts it. n > 0: node n only. EVPL_SOCKET_ID_0: node 0 only.
	 * EVPL_EXTERNAL(n): group n of the slabs that the program brings, and no other memory (see
	 * evpl_slab_add_external()).
	 */
	int socket_id;
	/**
	 * EVPL_IOVEC_FLAG_SHARED: evpl_rx_burst() returns SHARED iovecs. 0 (default): it returns LOCAL iovecs where
	 * that is safe.
	 */
	unsigned rx_flags;
	/**
	 * The number of free small buffers that the context keeps for itself, 1 to 64. The last one in is the first one
	 * out. The default is the number that fits into 4 MiB, and at least 2. The context keeps the same number of
	 * large buffers, but at most as many as fit into 4 MiB (at most 2, if fewer fit). Other contexts cannot take
	 * these buffers, so choose a small number with few slabs and many contexts. (A buffer from which a thread sent
	 * packets may not be home yet although no iovec and no packet of it is left. Any thread that needs a buffer can
	 * take such a buffer.)
	 */
	unsigned stash_buffers;
	uint32_t reserved_word; /**< zero: for later versions */
	/**
	 * The most bytes of buffers that the context's iovecs may hold, its two current buffers and packets in flight
	 * included; at least three large buffers. A buffer counts until it comes home, on whatever thread. An alloc
	 * over the quota fails with ENOMEM. 0 (default): no limit.
	 */
	uint64_t quota;
	uint64_t reserved[5]; /**< zero: for later versions */
};

struct evpl; /* a context; evpl_inline_pvt.h has the part that inline functions read */

/**
 * Starts the library. rte_eal_init() must have run before. Calls are counted: a second caller gets the library that is
 * running. For a second caller a zero field (or NULL) accepts the value that the library runs with, not the default.
 * @param config  NULL: all defaults.
 * @return 0, or a negative errno. On failure nothing is kept.
 * @retval -EINVAL    a field is out of range, or reserved bytes are not zero. A log line names the field and its range.
 * @retval -EALREADY  the library runs with another configuration than this one. A log line names the field.
 * @retval -ENODEV    rte_eal_init() has not run yet.
 * @retval -EBUSY     evpl_cleanup_deferred() has not ended yet.
 * @retval -ENOTSUP   this is a secondary process: evpl_attach() is what it needs for iovecs. If no error is logged, it
 *	can free near packets of the primary process after this call (see evpl_mbuf.h).
 * @retval -ENOMEM    not enough memory for preallocate_slabs (the pool of packet mbufs is made by evpl_create()), or
 *	the keeper's thread cannot be made.
 * Owns: the caller owes one evpl_cleanup() per success.
 * Threads: any thread.
 * Cost: takes a lock and reserves memory.
 */
EVPL_PVT_EXPORT int evpl_init(const struct evpl_global_config *config);

/**
 * Undoes one evpl_init(). The last evpl_cleanup() gives every slab and pool back to EAL.
 *
 * EAL writes zeros over all memory that it gets back (rte_memzone_free()). So bytes of a slab that were never used
 * become resident at that moment. A container whose memory limit is below EAL's -m kills the program there. To prevent
 * that, choose a small slab_size (2 MiB): slabs are made as they are needed, so per class of buffers and NUMA node at
 * most one slab more than was used becomes resident. Or do not call evpl_cleanup(): the end of the process gives all
 * memory back.
 * @return 0, or a negative errno.
 * @retval -EBUSY  contexts, iovecs, packets or processes (evpl_process_create()) are still held. Log lines say how many
 *	of each, which contexts took them, which slabs they are in, and which ports may have them. Nothing was freed,
 *	and the call may be repeated. See evpl_cleanup_deferred().
 * @retval -EPERM  there was no matching evpl_init(), or evpl_cleanup_deferred() has begun.
 * Owns: after the last call returned 0, no iovec, packet, context or RX pool of the library exists.
 * Threads: any thread.
 * Cost: takes a lock; walks every slab; waits for the keeper, and for an evpl_trim() of another thread.
 */
EVPL_PVT_EXPORT int evpl_cleanup(void);

/**
 * A callback of evpl_cleanup_deferred(): the memory went to EAL.
 * Threads: a control thread of DPDK, or the caller's.
 */
typedef void (*evpl_cleanup_callback)(void *arg);

/**
 * The last evpl_cleanup(), which need not wait until everything is home. If iovecs, packets or receive buffers are
 * still held, they stay valid. A control thread of DPDK looks once in a millisecond whether the last of them has come
 * home, on whatever thread. When all has been home for 100 ms, it does what evpl_cleanup() does. Meanwhile iovecs can
 * be used, sent and released with NULL as the context. evpl_init() and evpl_create() fail until the memory is EAL's
 * again.
 * @param callback  called once, when all memory is EAL's again: before this call returns if nothing is held. It may
 *	call evpl_init(). NULL: nothing is called.
 * @param arg  for the callback.
 * @return 0, or a negative errno.
 * @retval -EBUSY   contexts or processes (evpl_process_create()) exist, or others have called evpl_init(), too, and owe
 *	evpl_cleanup(). Log lines say which, and who holds what, as those of evpl_cleanup() do. Nothing has changed.
 * @retval -EPERM   there was no matching evpl_init(), or the call was made before.
 * @retval -ENOMEM  the thread cannot be made. Nothing has changed.
 * Owns: as evpl_cleanup(), once the callback was called. rte_eal_cleanup() must wait for that.
 * Threads: any thread.
 * Cost: takes a lock; the thread walks what evpl_stats_get() walks once in a millisecond.
 */
EVPL_PVT_EXPORT int evpl_cleanup_deferred(evpl_cleanup_callback callback, void *arg);

/**
 * Makes a context for the calling thread: an EAL lcore, a registered thread or a plain pthread.
 * @param config  NULL: all defaults.
 * @return the context; or NULL, and rte_errno says why.
 * @retval EINVAL  a field is out of range, or reserved bytes are not zero. A log line names the field.
 * @retval EPERM   evpl_init() has not run, or evpl_cleanup_deferred() has begun.
 * @retval ENOTSUP this is a secondary process: see evpl_process.h.
 * @retval ENOMEM  no memory for the context, or for the packet pool of its NUMA node.
 * Owns: the caller owes one evpl_destroy().
 * Threads: any thread; the context then belongs to one thread.
 * Cost: takes a lock and allocates; the first call on a NUMA node also makes the packet pool of that node.
 */
EVPL_PVT_EXPORT struct evpl *evpl_create(const struct evpl_thread_config *config);

/**
 * Ends a context and gives its buffers back. Its waits end without their callbacks. Iovecs that were taken through it
 * stay valid. Release them through another context or with NULL. Release LOCAL ones on the thread that they live on.
 * @param evpl  NULL is allowed.
 * Owns: the context is gone.
 * Threads: the owner.
 * Cost: takes a lock.
 */
EVPL_PVT_EXPORT void evpl_destroy(struct evpl *evpl);

/**
 * What the library has, and how much of it is in use. Telemetry tells more: see include/telemetry.md.
 *
 * No figure costs an inline alloc, clone or release an instruction. So the figures are of three kinds:
 * - counted: what happens beside the hot path, such as refills, rewinds and failures. These are exact.
 * - derived on read, from counts and positions that the hot path keeps anyway: what is in use; in telemetry also live
 *   iovecs, packets in flight, and bytes that were carved. These are exact when no thread works.
 * - not known in a plain build: the number of allocs and releases, and the bytes that are live in a buffer that is
 *   partly released. Telemetry has estimates of the first (with evpl_global_config.sample_period) and of the last. A
 *   tracing build counts allocs and releases.
 *
 * Counts begin at zero with evpl_init().
 */
struct evpl_stats {
	uint32_t contexts;		/**< contexts that exist: evpl_create() less evpl_destroy() */
	uint32_t slabs;			/**< slabs of small and large buffers (RX pools are counted below) */
	uint64_t slab_bytes;		/**< bytes of those slabs */
	uint32_t buffers;		/**< buffers in those slabs */
	uint32_t buffers_in_use;	/**< of `buffers`: held by an iovec or a packet, or current in a context */
	uint32_t buffers_current;	/**< of `buffers_in_use`: current in a context (up to two per context) */
	uint32_t large_buffers;		/**< of `buffers`: large ones; 0 if there is one class */
	uint32_t large_buffers_in_use;	/**< of `buffers_in_use`: large ones */
	uint32_t rx_buffers;		/**< mbufs in RX pools */
	uint32_t rx_buffers_in_use;	/**< of `rx_buffers`: held by a port's queue, a packet or an iovec */
	uint32_t packet_mbufs;		/**< packet mbufs in all pools */
	uint32_t packet_mbufs_in_use;	/**< of `packet_mbufs`: in flight */
	uint32_t overflow_mbufs_in_use; /**< mbufs that count another mbuf's references beyond EVPL_REF_LIMIT */
	uint64_t rx_linearized;		/**< packets of several segments that evpl_rx_burst() copied into one */
	uint64_t rx_too_long;		/**< packets of several segments dropped: longer than a buffer, empty, broken */
	uint64_t rx_no_memory;		/**< packets of several segments dropped: no buffer was free */
	uint64_t refills;		/**< buffers that became current, so far */
	uint64_t rewinds;		/**< current buffers that were used again in place, so far */
	uint64_t remote_returns; /**< buffers so far that came home, but not through the context that took them */
	uint64_t alloc_enomem;	 /**< calls so far that found no memory for iovecs */
	uint64_t other_node;	 /**< buffers so far that a context took from another NUMA node than its own */
	uint64_t reserved[1];	 /**< zero: for later versions */
};

/**
 * Fills @p stats; all fields are zero when the library is not running. Counts of running threads are read without
 * stopping the threads, so the counts may be a moment old. When no thread works, they are exact.
 * Owns: nothing.
 * Threads: any thread.
 * Cost: takes a lock; walks every context and RX pool. The number of slabs does not matter. Not for the data path.
 */
EVPL_PVT_EXPORT void evpl_stats_get(struct evpl_stats *stats);

/**
 * Prints what is held, grouped by the place that took it: iovecs, bytes, age of the oldest, thread. In a tracing build
 * (EVPL_IOVEC_TRACE) it prints every live iovec, and ages are exact to within 128 takes of that thread. In other builds
 * it prints the samples (evpl_global_config.sample_period), by the address of the call.
 * Owns: nothing. Threads: any thread; it stops none. Cost: walks all records. Not for the data path.
 */
EVPL_PVT_EXPORT void evpl_leak_report(FILE *out);

/**
 * Bytes of a small buffer after rounding; 0 when the library is not running.
 * Owns: nothing. Threads: any thread. Cost: takes a lock.
 */
EVPL_PVT_EXPORT uint32_t evpl_buffer_size(void);

/**
 * The most bytes that fit into one iovec: those of a large buffer after rounding, or of a small one if there is one
 * class. 0 when the library is not running.
 * Owns: nothing. Threads: any thread. Cost: takes a lock.
 */
EVPL_PVT_EXPORT uint32_t evpl_large_buffer_size(void);

#ifdef __cplusplus
}
#endif

#endif /* EVPL_CORE_H */
