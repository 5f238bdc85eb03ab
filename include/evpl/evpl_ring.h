/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * A queue of iovecs from thread to thread: an rte_ring whose bursts move iovecs.
 *
 *	producer  evpl_ring_enqueue_burst()          evpl_ring_dequeue_burst()  consumer
 *	[ A ][ B ] ----> [ A ][ B ] held by the ring ----> [ A ][ B ]
 *	 become empty                                       hold the references
 *
 * A raw rte_ring copies the bytes of an iovec. Two structs then name one reference, and the source looks usable. A
 * tracing build stops at the copy. A burst of this ring moves each iovec, as evpl_iovec_move() does: the source becomes
 * empty, and tracing follows the iovec.
 *
 * SHARED iovecs may come out on any thread. LOCAL iovecs must come out on the thread that they live on, so a ring of
 * LOCAL iovecs is a queue of one thread. (A tracing build stops where another thread takes a LOCAL iovec out.)
 *
 * The ring is DPDK's in all else: lock-free, first in first out, for one or many producers and consumers.
 */
#ifndef EVPL_RING_H
#define EVPL_RING_H

#include <evpl/evpl_memory.h>

#include <rte_atomic.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The most iovecs that a ring can have room for. */
#define EVPL_RING_MAX_CAPACITY (RTE_RING_SZ_MASK / 3)

struct evpl_ring; /* an rte_ring of three words per iovec */

/**
 * Makes a ring.
 * @param name       at most RTE_RING_NAMESIZE - 1 (28) characters, unique among the rings of the process.
 * @param capacity   iovecs that the ring has room for, 1 to EVPL_RING_MAX_CAPACITY: exactly that many. It need not be a
 *	power of two. The ring takes 24 bytes per iovec, all together rounded up to a power of two.
 * @param socket_id  NUMA node, or SOCKET_ID_ANY.
 * @param flags      0: any threads may enqueue and dequeue. RING_F_SP_ENQ: one thread enqueues. RING_F_SC_DEQ: one
 *	thread dequeues. RING_F_MP_RTS_ENQ, RING_F_MP_HTS_ENQ, RING_F_MC_RTS_DEQ and RING_F_MC_HTS_DEQ are as for
 *	rte_ring_create(). At most one flag for each end.
 * @return the ring; or NULL, and rte_errno is EINVAL (capacity, flags, a NULL), ENAMETOOLONG, EEXIST (the name), or
 *	ENOMEM or ENOSPC (EAL's memory or memzones).
 * Owns: the caller owes one evpl_ring_free(). The library need not be started (evpl_init()).
 * Threads: any thread.
 * Cost: takes a lock and reserves memory.
 */
EVPL_PVT_EXPORT struct evpl_ring *evpl_ring_create(const char *name, unsigned capacity, int socket_id, unsigned flags);

/**
 * Frees a ring. Iovecs that are still in it are released, as by evpl_iovecs_release().
 * @param evpl  the context of the calling thread. NULL is allowed, as for evpl_iovec_release().
 * @param ring  NULL is allowed.
 * Owns: the ring and the references that it held are gone.
 * Threads: holder of every iovec in it. No thread may use the ring any more. Call it before evpl_cleanup(), which
 *	returns -EBUSY while a ring holds iovecs.
 * Cost: takes a lock; one release per iovec.
 */
EVPL_PVT_EXPORT void evpl_ring_free(struct evpl *evpl, struct evpl_ring *ring);

/**
 * Returns the number of iovecs in the ring, 0 to its capacity. Other threads may change it meanwhile.
 * Threads: any thread. Cost: a call and two loads.
 */
EVPL_PVT_EXPORT unsigned evpl_ring_count(const struct evpl_ring *ring);

/**
 * Moves up to @p n iovecs into the ring, in order.
 * @param iovecs        not empty. LOCAL ones may enter only if this thread takes them out again.
 * @param n             0 moves nothing; at most EVPL_RING_MAX_CAPACITY.
 * @param r_free_space  iovecs that there is room for afterwards; may be NULL.
 * @return the number of iovecs moved, 0 to n; fewer than n if the ring became full. They are the first ones.
 * Owns: the ring holds the references of the iovecs that were moved. These are empty now, as after evpl_iovec_move().
 *	The other iovecs stay the caller's, unchanged: try again, or release them.
 * Threads: holder of every iovec; any number of threads at the same time, or one with RING_F_SP_ENQ.
 * Cost: with the dequeue 38 instructions per iovec in bursts of 32 (gcc 12), and one compare-and-swap per burst (none
 *	with RING_F_SP_ENQ). With rte_ring_enqueue_burst_elem() of 24 bytes it would be 48: that copies words of 4
 *	bytes.
 */
EVPL_PVT_HOT unsigned evpl_ring_enqueue_burst(struct evpl_ring *ring, struct evpl_iovec *iovecs, unsigned n,
					      unsigned *r_free_space);

/**
 * Moves up to @p n iovecs out of the ring, in the order in which they came in.
 * @param r_iovecs     room for n iovecs. What was there is written over.
 * @param n            0 moves nothing; at most EVPL_RING_MAX_CAPACITY.
 * @param r_available  iovecs that are left in the ring afterwards; may be NULL.
 * @return the number of iovecs moved, 0 to n; fewer than n if the ring became empty.
 * Owns: the caller holds one reference per iovec.
 * Threads: SHARED iovecs: any number of threads at the same time, or one with RING_F_SC_DEQ. LOCAL iovecs: the one
 *	thread that they live on.
 * Cost: see evpl_ring_enqueue_burst(); one compare-and-swap per burst (none with RING_F_SC_DEQ).
 */
EVPL_PVT_HOT unsigned evpl_ring_dequeue_burst(struct evpl_ring *ring, struct evpl_iovec *r_iovecs, unsigned n,
					      unsigned *r_available);

#if !EVPL_IOVEC_TRACE || defined(EVPL_PVT_BELOW_TRACE)

/*
 * An iovec is three words of 8 bytes in the ring. Every burst moves a multiple of three words, and there is room for a
 * multiple of three. So the ring always has whole iovecs. The ring reads and writes iovecs as words of another type,
 * and the barriers tell the compiler so.
 */
EVPL_PVT_INLINE unsigned
evpl_ring_enqueue_burst(struct evpl_ring *ring, struct evpl_iovec *iovecs, unsigned n, unsigned *r_free_space)
{
	unsigned words, left;

	rte_compiler_barrier();
	words = rte_ring_enqueue_burst_elem((struct rte_ring *)ring, iovecs, 8, 3 * n, &left);
	rte_compiler_barrier();
	n = words / 3;
	if (r_free_space != NULL)
		*r_free_space = left / 3;
	for (unsigned i = 0; i < n; i++) { /* the length stays, as in evpl_iovec_move() */
		iovecs[i].data = NULL;
		iovecs[i].flags = 0;
		iovecs[i].ref = NULL;
	}
	return n;
}

EVPL_PVT_INLINE unsigned
evpl_ring_dequeue_burst(struct evpl_ring *ring, struct evpl_iovec *r_iovecs, unsigned n, unsigned *r_available)
{
	unsigned words, left;

	rte_compiler_barrier();
	words = rte_ring_dequeue_burst_elem((struct rte_ring *)ring, r_iovecs, 8, 3 * n, &left);
	rte_compiler_barrier();
	if (r_available != NULL)
		*r_available = left / 3;
	return words / 3;
}

#endif /* no tracing */

#ifdef __cplusplus
}
#endif

#endif /* EVPL_RING_H */
