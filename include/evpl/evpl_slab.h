/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Slabs that come and go: memory goes back to EAL, and a program is told of each slab.
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
	void *addr;			/**< where it begins; a multiple of a cache line, not always of page_size */
	uint64_t length;		/**< bytes */
	uint64_t page_size;		/**< bytes of EAL's page under it; without huge pages the system's */
	const struct rte_memzone *zone; /**< the memzone. Its iova is valid for the first page only */
	int socket_id;			/**< the NUMA node; SOCKET_ID_ANY: unknown */
	uint32_t reserved_word;		/**< zero: for later versions */
	uint64_t reserved[4];		/**< zero: for later versions */
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
 *	evpl_trim(), evpl_cleanup(), evpl_rx_pool_create(), evpl_rx_pool_destroy() or evpl_slab_notify(). Never two
 *	callbacks at a time. It must not call the library, because it holds the library's lock.
 * Cost: others that need the lock wait meanwhile: evpl_create(), evpl_stats_get(), an alloc that needs a new slab.
 */
typedef int (*evpl_slab_callback)(enum evpl_slab_event event, const struct evpl_slab_info *slab, void *arg);

/**
 * Has @p callback called for each slab and each RX pool that comes and goes, so that a program can register its memory
 * with a device of its own: RDMA, io_uring, a GPU. It is called with EVPL_SLAB_ADDED for all that exist, before this
 * call returns. The last evpl_cleanup() calls it with EVPL_SLAB_REMOVED for all that are left, and then forgets it.
 * @return 0, or a negative errno.
 * @retval -EINVAL  callback is NULL.
 * @retval -EPERM   evpl_init() has not run.
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

#ifdef __cplusplus
}
#endif

#endif /* EVPL_SLAB_H */
