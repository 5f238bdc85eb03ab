/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Slabs that come and go: memory goes back to EAL, a program is told of each slab, and brings memory of its own.
 *
 * Slabs come when buffers are needed, or ahead of it (evpl_global_config.low_watermark). They go when nobody needs them
 * (evpl_global_config.idle_trim_ms, evpl_trim()), and at the last evpl_cleanup(). A slab can go when all its buffers
 * are home. These are not home:
 * - a buffer that an iovec or a packet holds
 * - a buffer in a context's stash, or current in a context. evpl_destroy() brings both home. A context keeps up to
 *   evpl_thread_config.stash_buffers, so choose a small number where contexts are idle for long.
 * Buffers that only a TX cache keeps (see evpl_thread_config.stash_buffers) are brought home by evpl_trim().
 *
 * Alloc takes from the oldest slabs first, so the younger ones can go.
 */
#ifndef EVPL_SLAB_H
#define EVPL_SLAB_H

#include <stdint.h>

#include <evpl/evpl_core.h>

#include <rte_memzone.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Gives slabs back to EAL whose every buffer is home, however long they have been idle. The slabs of
 * evpl_global_config.preallocate_slabs stay, and so do as many others as evpl_global_config.high_watermark asks for.
 * EAL gives huge pages back to the system, unless it was told to keep them (--legacy-mem, --socket-mem).
 * @return bytes of the slabs that went: 0 if none could go, or if the library is not running.
 * Owns: nothing of the caller's changes.
 * Threads: any thread, while others allocate and release. Not from a callback of evpl_slab_notify().
 * Cost: takes a lock and walks every slab. EAL writes zeros over what it gets back, without the library's lock: about
 *	5 ms per 16 MiB, and more for pages that were never used. Not for the data path.
 */
EVPL_PVT_EXPORT uint64_t evpl_trim(void);

/** What happens to a slab. */
enum evpl_slab_event {
	EVPL_SLAB_ADDED = 1,   /**< it was reserved, and no buffer of it has been used yet */
	EVPL_SLAB_REMOVED = 2, /**< all its buffers are home, and its memory is about to be freed */
};

/** The memory of a slab, or of an RX pool. */
struct evpl_slab_info {
	void *addr;	    /**< where it begins; a multiple of a cache line, not always of page_size */
	uint64_t length;    /**< bytes */
	uint64_t page_size; /**< bytes of a page of it: EAL's, without huge pages the system's; or as given */
	const struct rte_memzone *zone; /**< the memzone; NULL: external. Its iova is valid for the first page only */
	int socket_id;	      /**< the NUMA node; SOCKET_ID_ANY: unknown; EVPL_EXTERNAL(n): external, group n */
	uint32_t flags;	      /**< EVPL_EXTERNAL_ flags of an external slab */
	uint64_t reserved[4]; /**< zero: for later versions */
};

/**
 * A callback of evpl_slab_notify().
 * @param event  what happens to the slab.
 * @param slab   the slab; valid until the callback returns. slab->addr tells slabs apart.
 * @param arg    as given to evpl_slab_notify().
 * @return 0, or an errno, positive or negative: the slab cannot be used. Then the slab is freed at once, and who needed
 *	it gets ENOMEM, or rte_errno from evpl_rx_pool_create(). The result for EVPL_SLAB_REMOVED is ignored.
 * Owns: nothing.
 * Threads: the thread that needs the slab, which may be a data path's; the keeper; or who calls evpl_init(),
 *	evpl_trim(), evpl_cleanup(), evpl_rx_pool_create(), evpl_rx_pool_destroy(), evpl_slab_notify(),
 *	evpl_slab_add_external() or evpl_slab_remove_external(). Never two callbacks at a time. It must not call the
 *	library, because it holds the library's lock.
 * Cost: others that need the lock wait meanwhile: evpl_create(), evpl_stats_get(), an alloc that needs a new slab.
 */
typedef int (*evpl_slab_callback)(enum evpl_slab_event event, const struct evpl_slab_info *slab, void *arg);

/**
 * Has @p callback called for each slab and each RX pool that comes and goes, so that a program can register its memory
 * with a device of its own: RDMA, io_uring, a GPU. It is called with EVPL_SLAB_ADDED for all that exist, before this
 * call returns. The last evpl_cleanup() calls it with EVPL_SLAB_REMOVED for all that are left, and then forgets it.
 * @return 0, or a negative errno.
 * @retval -EINVAL  callback is NULL.
 * @retval -EPERM   evpl_init() has not run, or evpl_cleanup_deferred() has begun.
 * @retval -EEXIST  the same callback with the same arg is there already.
 * @retval -ENOMEM  no memory.
 * @retval others   what the callback returned for a slab that exists. It was called with EVPL_SLAB_REMOVED for those
 *	before it, and is not called again.
 * Owns: arg must stay valid until evpl_slab_notify_end() or the last evpl_cleanup().
 * Threads: any thread.
 * Cost: takes a lock; calls the callback for every slab.
 */
EVPL_PVT_EXPORT int evpl_slab_notify(evpl_slab_callback callback, void *arg);

/**
 * Ends what evpl_slab_notify() began. @p callback is called with EVPL_SLAB_REMOVED for all slabs and RX pools that
 * exist, although these stay. After this call returns it is not called any more.
 * @return 0, or a negative errno.
 * @retval -ENOENT  there is no such callback with that arg.
 * Owns: arg is the caller's again.
 * Threads: any thread, not from a callback. Cost: takes a lock; calls the callback for every slab.
 */
EVPL_PVT_EXPORT int evpl_slab_notify_end(evpl_slab_callback callback, void *arg);

/** The slab has large buffers (evpl_large_buffer_size()) instead of small ones (evpl_buffer_size()). */
#define EVPL_EXTERNAL_LARGE 1u
/**
 * The library never reads or writes a byte of the slab. Set it for memory that the CPU cannot reach (of a GPU), and for
 * memory whose bytes matter after their release (a file). Without it, two things write: a tracing build writes guards
 * around iovecs and a pattern into released bytes, and evpl_rx_burst() copies packets of several segments. With it,
 * tracing does not watch these bytes, and evpl_rx_burst() drops such packets (counted in rx_no_memory).
 */
#define EVPL_EXTERNAL_UNTOUCHED 2u
/**
 * The memory need not have IO addresses. Then only ports that copy with the CPU may send from it (virtual devices, such
 * as net_ring, net_tap, net_af_packet or net_memif): their packets have RTE_BAD_IOVA. evpl_port_check() reports a port
 * that needs IO addresses (EVPL_PORT_NO_IOVA), once the slab is there.
 */
#define EVPL_EXTERNAL_NO_IOVA 4u

/**
 * The end of an external slab: called once, when all its buffers are home and the library has forgotten it.
 * @param addr,length,arg  as given to evpl_slab_add_external(). The memory is the program's again.
 * Threads: who calls evpl_slab_remove_external() or evpl_cleanup(). It must not call the library.
 */
typedef void (*evpl_slab_free_callback)(void *addr, uint64_t length, void *arg);

/**
 * Makes a slab of memory that the program brings: a file mapping, a memfd that another program maps, too, a region of
 * rte_extmem_register(), memory of a GPU. Iovecs of it are used as all others.
 *
 * A context takes from it only if it asks for that group of slabs, by evpl_thread_config.socket_id. Such a context
 * takes no other memory, so the program decides for each alloc which memory the bytes are in: it uses that context, or
 * another one of the same thread. When the group has no free buffer, an alloc fails (ENOMEM).
 *
 * Nothing but the bytes of iovecs is in the memory: the library's own data are in EAL's. So packets of these iovecs are
 * far (see evpl_mbuf.h), which cost twice as much as near ones, and another process cannot free them.
 *
 * The slab is cut into buffers of one class, at addresses that are multiples of the largest power of two that divides
 * the buffer's size (2 MiB at most). What is left over at both ends is not used. A buffer lies in pages that are
 * neighbours for devices, too.
 *
 * The IO address of a page is:
 * - what @p iova says, if it is not NULL. DPDK does not check it;
 * - otherwise what EAL knows of it (rte_extmem_register() with a table, or memory of EAL itself);
 * - otherwise, if IOVA is VA (rte_eal_iova_mode()), the address itself. A device then still has to be told of the
 *   memory: rte_extmem_register() and rte_dev_dma_map().
 * @param addr       where the memory begins: a multiple of page_size. It stays mapped until free_cb is called.
 * @param length     bytes: a multiple of page_size.
 * @param page_size  bytes: a power of two, at least 4 KiB.
 * @param iova       the IO address of each page, in order; RTE_BAD_IOVA: the page has none. It is read during the call
 *	only. NULL: see above.
 * @param socket_id  EVPL_EXTERNAL(n), the group; n is 0 to EVPL_EXTERNAL_GROUPS - 1.
 * @param flags      0, or EVPL_EXTERNAL_ flags. EVPL_EXTERNAL_UNTOUCHED must be the same for all slabs of a group.
 * @param free_cb    called when the slab goes; NULL: nothing is called.
 * @param arg        for free_cb.
 * @return 0, or a negative errno. On failure nothing is kept, free_cb is not called, and a log line says why.
 * @retval -EINVAL   an argument that the parameters do not allow, or there is no room for one buffer.
 * @retval -EPERM    evpl_init() has not run, or evpl_cleanup_deferred() has begun.
 * @retval -EEXIST   a part of the memory is in a slab or RX pool already.
 * @retval -ENOTSUP  pages without IO addresses, and flags has no EVPL_EXTERNAL_NO_IOVA.
 * @retval -ENOMEM   no memory for the mbufs of the buffers, or there are evpl_global_config.max_slabs.
 * @retval others    what a callback of evpl_slab_notify() returned.
 * Owns: the memory is the library's until free_cb is called, or evpl_slab_remove_external() returns 0.
 * Threads: any thread, not from a callback.
 * Cost: takes a lock; writes an mbuf (about 450 bytes) per buffer. It does not touch the memory itself.
 */
EVPL_PVT_EXPORT int evpl_slab_add_external(void *addr, uint64_t length, uint64_t page_size, const rte_iova_t *iova,
					   int socket_id, unsigned flags, evpl_slab_free_callback free_cb, void *arg);

/**
 * Ends what evpl_slab_add_external() began. Neither evpl_trim() nor the keeper gives an external slab back, because the
 * program knows what it is for. The last evpl_cleanup() ends all that are left.
 * @param addr  as given to evpl_slab_add_external().
 * @return 0: free_cb was called. Or a negative errno: nothing has changed.
 * @retval -EBUSY   buffers are not home: held by iovecs or packets, in the stash of a context, or current in one. The
 *	last two come home by evpl_destroy().
 * @retval -ENOENT  there is no external slab at addr.
 * Owns: after 0 the memory is the program's.
 * Threads: any thread, not from a callback.
 * Cost: takes a lock; walks all slabs.
 */
EVPL_PVT_EXPORT int evpl_slab_remove_external(void *addr);

#ifdef __cplusplus
}
#endif

#endif /* EVPL_SLAB_H */
