/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * What to do when memory gets short: be told before it ends, and wait for it after ENOMEM. What one context may take
 * is limited by evpl_thread_config.quota.
 *
 * Before an alloc fails with ENOMEM, the library looks everywhere for a free buffer: in the context's stash, in all
 * slabs, in buffers that only a TX cache keeps, in memory that EAL has for one more slab, and at last in the stashes of
 * all other contexts. What it finds in other stashes goes to the slabs. For 10 ms after that, no context keeps free
 * buffers for itself.
 *
 * While waits (evpl_alloc_wait()) claim all free buffers of a NUMA node, an alloc takes none there and makes no slab
 * there. evpl_alloc_wait_poll() makes slabs for the waits.
 */
#ifndef EVPL_PRESSURE_H
#define EVPL_PRESSURE_H

#include <stdint.h>

#include <evpl/evpl_core.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Which threshold the memory in use has reached. */
enum evpl_pressure_event {
	EVPL_PRESSURE_HIGH = 1, /**< `high` bytes or more are in use */
	EVPL_PRESSURE_LOW = 2,	/**< after that, `low` bytes or less are in use */
};

/**
 * A callback of evpl_pressure_notify().
 * @param event  what has happened. HIGH and LOW alternate, and HIGH is the first.
 * @param used   bytes of the buffers that are in use; see evpl_pressure_notify().
 * @param arg    as given to evpl_pressure_notify().
 * Owns: nothing.
 * Threads: the keeper's thread, a control thread of DPDK; never two callbacks at a time. It must not call the library.
 *	Set a flag that your loops read.
 * Cost: the keeper makes no slab meanwhile.
 */
typedef void (*evpl_pressure_callback)(enum evpl_pressure_event event, uint64_t used, void *arg);

/**
 * Has @p callback called when @p high bytes are in use, and again when only @p low bytes are. In use are the bytes of
 * all buffers, small and large, of all NUMA nodes, that are not free in a slab: an iovec or a packet holds them, or a
 * context has them in its stash or as its current buffer. RX pools and external slabs do not count.
 *
 * The keeper looks once in a millisecond, and is started if there is none. So no data path pays for this. Less than a
 * millisecond above @p high may not be seen. For thresholds that mean "nearly all", set evpl_global_config.max_slabs,
 * and take per cents of max_slabs * slab_size.
 * @param high  bytes; at least 1.
 * @param low   bytes; less than high.
 * @return 0, or a negative errno.
 * @retval -EINVAL  callback is NULL, high is 0, or low is not less than high. A log line names which.
 * @retval -EPERM   evpl_init() has not run, or evpl_cleanup_deferred() has begun.
 * @retval -EEXIST  the same callback with the same arg is there already.
 * @retval -ENOMEM  no memory, or the keeper's thread cannot be made.
 * Owns: arg must stay valid until evpl_pressure_notify_end() or the last evpl_cleanup().
 * Threads: any thread; not from a callback. Cost: takes a lock.
 */
EVPL_PVT_EXPORT int evpl_pressure_notify(uint64_t high, uint64_t low, evpl_pressure_callback callback, void *arg);

/**
 * Ends what evpl_pressure_notify() began. After this call returns, the callback is not called any more.
 * @return 0, or a negative errno.
 * @retval -ENOENT  there is no such callback with that arg.
 * Owns: arg is the caller's again.
 * Threads: any thread, not from a callback. Cost: takes a lock; waits for a callback that runs.
 */
EVPL_PVT_EXPORT int evpl_pressure_notify_end(evpl_pressure_callback callback, void *arg);

struct evpl_wait;

/**
 * A callback of evpl_alloc_wait().
 * @param evpl  the context that waited.
 * @param wait  the wait, which is over. The callback may begin it again, or free it.
 * @param arg   as given to evpl_alloc_wait().
 * Owns: the wait is the caller's again.
 * Threads: the owner, in evpl_alloc_wait_poll(). It may call the library, evpl_alloc_wait() and
 *	evpl_alloc_wait_cancel() included, but not evpl_destroy() of this context.
 */
typedef void (*evpl_wait_callback)(struct evpl *evpl, struct evpl_wait *wait, void *arg);

/** One wait for memory. The caller has the memory of it, zeroed before its first use. All fields are private. */
struct evpl_wait {
	struct evpl_wait *next;	     /**< private */
	struct evpl_wait **previous; /**< private */
	struct evpl *evpl;	     /**< private */
	evpl_wait_callback callback; /**< private */
	void *arg;		     /**< private */
	uint64_t ticket;	     /**< private: its place in the queue */
	unsigned length;	     /**< private */
	uint16_t waits;		     /**< private: 1 while it is in the queue */
	uint16_t claims;	     /**< private: 1 while buffers are kept for it */
};

/**
 * After an alloc failed with ENOMEM: has @p callback called on this thread, by evpl_alloc_wait_poll(), when there are
 * @p length bytes again. So a protocol stack can stop reading meanwhile, instead of dropping packets.
 *
 * All waits of the process form one queue, first come, first served. What is free belongs to the waits in this order:
 * each wait claims as many buffers as its alloc needs, on its context's NUMA node or in its group. An alloc of a
 * context that is not being called back takes a buffer of that size there only if more are free than the waits claim.
 * Otherwise it makes no slab there: it tries the other nodes and the other size, and fails with ENOMEM if they have
 * nothing for it. So nobody who waits is overtaken, and nobody starves. An alloc that its context's current buffers or
 * stash can serve succeeds in any case.
 *
 * The memory is not set aside: a callback that takes nothing leaves it to the next wait. In rare cases (two threads
 * took the last buffers at the same moment) an alloc in the callback fails nevertheless. A wait that is begun again in
 * its own callback keeps its place in the queue.
 * @param wait      must stay valid until its callback, or evpl_alloc_wait_cancel(), or evpl_destroy() of the context.
 * @param length    bytes of the alloc that failed, 1 to 64 buffers of the largest class. If it asked for an alignment,
 *	add that. More bytes than a small buffer has may be there in several small ones: an alloc that has room for one
 *	iovec only can then fail in the callback.
 * @return 0, or a negative errno.
 * @retval -EINVAL    evpl, wait or callback is NULL, or length is 0.
 * @retval -EALREADY  the wait waits already.
 * @retval -EMSGSIZE  length is more than 64 of the largest buffers, or these bytes and two more buffers are more than
 *	the context's quota.
 * Owns: the library uses the wait until it is over.
 * Threads: the owner. Cost: takes a lock that is held for a moment only.
 */
EVPL_PVT_EXPORT int evpl_alloc_wait(struct evpl *evpl, struct evpl_wait *wait, unsigned length,
				    evpl_wait_callback callback, void *arg);

/**
 * Ends a wait without its callback.
 * @return 0, or a negative errno.
 * @retval -EINVAL  evpl or wait is NULL.
 * @retval -ENOENT  the wait does not wait, or it waits in another context.
 * Owns: the wait is the caller's again.
 * Threads: the owner. Cost: as evpl_alloc_wait().
 */
EVPL_PVT_EXPORT int evpl_alloc_wait_cancel(struct evpl *evpl, struct evpl_wait *wait);

/**
 * Calls the callbacks of this context's waits for which there is memory now. If less is free than the waits claim, it
 * first takes other contexts' stashes back, or makes a slab. Call it in each turn of a loop that may have waits, and
 * after releases. Others cannot have what the waits claim, so a thread that has waits and does not call this for long
 * makes others fail.
 * @return how many callbacks were called.
 * Owns: nothing.
 * Threads: the owner; not from a callback.
 * Cost: a call and a load when the context has no wait. Otherwise it looks for memory as an alloc does that fails.
 */
EVPL_PVT_EXPORT unsigned evpl_alloc_wait_poll(struct evpl *evpl);

#ifdef __cplusplus
}
#endif

#endif /* EVPL_PRESSURE_H */
