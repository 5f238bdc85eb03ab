/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Iovecs in a secondary process of DPDK: the primary process lends them, and gets them back even if that process dies.
 *
 *	primary                                          secondary
 *	evpl_init, evpl_create
 *	evpl_process_create("worker")
 *	                                                 evpl_attach("worker")
 *	evpl_process_send     --[ iovecs ]-------------> evpl_process_receive
 *	                                                 reads, clones, releases, makes packets
 *	evpl_process_receive  <-------------[ iovecs ]-- evpl_process_send
 *	                          (the process dies)
 *	evpl_reclaim("worker"): what it held is home
 *
 * The memory of iovecs is mapped at the same address in both processes, so nothing is copied. But a process that is
 * killed gives nothing back. Therefore each iovec that goes there is a loan. A loan keeps one reference of the primary,
 * in a ledger that both processes share. All that the secondary does with the iovec counts in the loan: clones, and
 * packets that are made of it. When its last count is released there, or in the primary, the loan is returned. The
 * primary then gives its reference up: when it receives, before an alloc or a send fails with ENOMEM or ENOBUFS, in
 * evpl_alloc_wait_poll(), evpl_stats_get(), evpl_process_get(), evpl_process_free(), evpl_rx_pool_destroy(),
 * evpl_slab_remove_external(), evpl_trim() and evpl_cleanup(), and in the keeper's thread. A primary that lends
 * received mbufs must call one of these also while nothing arrives: nothing else fills its RX pool again. No function
 * of one process is called in the other. The free_cb of an external buffer whose bytes are lent must call nothing of
 * this header.
 *
 * What the secondary may do with an iovec that it received (it has no contexts, so `evpl` is NULL in each call):
 * - read and write its bytes;
 * - evpl_iovec_clone(), evpl_iovec_move() and their like, evpl_iovec_set_length(), evpl_iovec_release(),
 *   evpl_iovecs_release(), on any thread. It is SHARED. More than 65,000 clones of one iovec stop the program;
 * - evpl_ring calls between its own threads;
 * - evpl_process_send(): the iovec goes back to the primary, with what was written;
 * - evpl_iovecs_to_mbuf() and evpl_tx_burst(): a packet for a port or a ring. Each iovec is a near packet or segment
 *   (evpl_mbuf.h). rte_errno is ENOTSUP if only far packets are possible on its bytes, EMSGSIZE if it has more than
 *   65,535 bytes, and ENOMEM if as many packets are sent as there can be. This process may free the packet while it is
 *   attached. The primary may free it at any time, or make iovecs of it. A free in a third process, or after
 *   evpl_detach(), does nothing: the packet counts as sent until evpl_reclaim() with EVPL_RECLAIM_PACKETS.
 * It cannot make other iovecs: evpl_create() fails there (ENOTSUP).
 *
 * Who holds an iovec:
 * - from evpl_process_send() of the primary on, it is the other process's, also while it waits in the queue;
 * - what the other process sends is still its own until evpl_process_receive() in the primary returns it;
 * - a packet is DPDK's. It may be in a port or a ring when its process dies, so evpl_reclaim() leaves it and its bytes
 *   until it is freed.
 *
 * A process may be killed between any two instructions, also inside of these calls, once evpl_attach() has returned.
 * These calls use no lock that a dead process could keep. DPDK's own calls do. A process can stop the others for ever
 * if it is killed
 * - inside rte_eal_init(), rte_malloc(), rte_memzone_lookup(), rte_ring_lookup(), rte_ring_create(),
 *   rte_mempool_create() or their like. So make and look up everything before evpl_attach();
 * - inside an operation of an rte_ring or rte_mempool, and others use the same end of it. So give each end of a ring to
 *   one process, and let no process take mbufs from a mempool of another.
 *
 * When the primary asks EAL for more memory, EAL waits up to 5 seconds for a secondary that is killed at that moment,
 * and the alloc fails (ENOMEM). Reserve memory at the start (EAL's -m, preallocate_slabs) if that matters.
 *
 * rte_pktmbuf_clone() of a packet counts in the buffer, not in the loan. If the process that holds such a clone is
 * killed, that buffer stays in use (evpl_stats.buffers_in_use) until the primary ends. Clone the iovec instead.
 *
 * Both processes must have the same version of this library, and plain builds: tracing has its records in the memory of
 * one process. Both see the same files of EAL (--file-prefix).
 */
#ifndef EVPL_PROCESS_H
#define EVPL_PROCESS_H

#include <evpl/evpl_mbuf.h>

/* The comments mention their calls. */
#include <rte_malloc.h>
#include <rte_memzone.h>
#include <rte_ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The most characters of a process's name. */
#define EVPL_PROCESS_NAME_MAX 16
/** Default of evpl_process_create(): loans. */
#define EVPL_DEFAULT_PROCESS_IOVECS 1024u
/** Default of evpl_process_create(): packets. */
#define EVPL_DEFAULT_PROCESS_PACKETS 1024u
/** The most loans, and the most packets. */
#define EVPL_PROCESS_MAX (1u << 20)

/** In evpl_reclaim(): no port and no ring has packets of the process any more, so their bytes are reclaimed, too. */
#define EVPL_RECLAIM_PACKETS 1u

struct evpl_process; /* what the primary lends to one other process; in that process: what it was lent */

/** Whether a process uses what evpl_process_create() made. */
enum evpl_process_state {
	EVPL_PROCESS_ABSENT,   /**< none has attached, or the last one has detached */
	EVPL_PROCESS_ATTACHED, /**< it is there */
	EVPL_PROCESS_DEAD,     /**< it ended without evpl_detach(). evpl_reclaim() takes back what it held */
};

/** What evpl_process_get() says. */
struct evpl_process_info {
	char name[EVPL_PROCESS_NAME_MAX + 1]; /**< as given to evpl_process_create() */
	uint8_t reserved_bytes[3];	      /**< zero */
	int pid;			      /**< of the process that attached last, as it sees itself; 0: none */
	enum evpl_process_state state;	      /**< of that process */
	uint32_t iovecs;		      /**< loans that there can be at once */
	uint32_t iovecs_lent;		      /**< loans: iovecs that the other process has, or that wait for it */
	uint32_t packets;		      /**< packets that there can be at once */
	uint32_t packets_sent;		      /**< packets that it made and that were not freed yet */
	uint32_t waiting_there;		      /**< iovecs that it has not received yet */
	uint32_t waiting_here;		      /**< iovecs that it sent, and the primary has not received yet */
	uint64_t reclaimed;		      /**< loans that evpl_reclaim() took back so far */
	uint64_t reserved[4];		      /**< zero: for later versions */
};

/**
 * In the primary: makes the ledger and the queues for one other process.
 * @param name     1 to EVPL_PROCESS_NAME_MAX letters, digits, '-', '_' or '.', unique among those that exist.
 * @param iovecs   loans that there can be at once, up to EVPL_PROCESS_MAX. 0: EVPL_DEFAULT_PROCESS_IOVECS.
 * @param packets  packets that the other process can have made at once, likewise. 0: EVPL_DEFAULT_PROCESS_PACKETS.
 * @return the process; or NULL, and rte_errno says why. A log line says it, too.
 * @retval EINVAL   a name or a number that the parameters do not allow.
 * @retval EEXIST   there is one of that name.
 * @retval EPERM    evpl_init() has not run, or evpl_cleanup_deferred() has begun.
 * @retval ENODEV   rte_eal_init() has not run.
 * @retval ENOTSUP  this is a secondary process or a tracing build, or no mempool operations can be registered.
 * @retval ENOMEM   not enough memory.
 * @retval ENOSPC   no memzone is left.
 * @retval others   the errno of open() or fcntl(), of a file in EAL's runtime directory
 *	(rte_eal_get_runtime_dir()). The other process locks it while it lives.
 * Owns: the caller owes one evpl_process_free(), before evpl_cleanup().
 * Threads: any thread.
 * Cost: takes a lock and reserves memory: about 300 bytes per loan, 200 per packet.
 */
EVPL_PVT_EXPORT struct evpl_process *evpl_process_create(const char *name, unsigned iovecs, unsigned packets);

/**
 * In the primary: undoes evpl_process_create().
 * @param process  NULL is allowed.
 * @return 0, or a negative errno.
 * @retval -EBUSY    a process is attached or in evpl_attach(), or died attached, or iovecs or packets are still lent
 *	(see evpl_reclaim()). Nothing was freed.
 * @retval -ENOTSUP  this is a secondary process.
 * @retval others    the errno of fcntl(), negative: the file could not be locked (ENOLCK: the kernel has no memory for
 *	the lock). A log line says it, too. Nothing was freed.
 * Owns: after 0 the process is gone.
 * Threads: any thread; no other thread may use the process any more. A process that is in evpl_attach() of its name
 *	gets ENOENT or EBUSY there.
 * Cost: takes a lock.
 */
EVPL_PVT_EXPORT int evpl_process_free(struct evpl_process *process);

/**
 * In the primary: finds what evpl_process_create() made.
 * @return the process; or NULL, and rte_errno is ENOENT.
 * Owns: nothing.
 * Threads: any thread. Cost: takes a lock.
 */
EVPL_PVT_EXPORT struct evpl_process *evpl_process_find(const char *name);

/**
 * In a secondary process: takes the place that the primary made by evpl_process_create(). One process at a time has it.
 * A process may attach under several names. It need not call evpl_init().
 * @return the process; or NULL, and rte_errno says why. A log line says it, too.
 * @retval EINVAL      a name that evpl_process_create() does not allow.
 * @retval ENODEV      rte_eal_init() has not run yet.
 * @retval ENOTSUP     this is the primary process, or a tracing build.
 * @retval ENOENT      the primary did not call evpl_process_create() with this name, has not finished that call, or is
 *	in evpl_process_free(); or it does not use this library.
 * @retval EPROTO      the primary's library has another version, or other structs, or other addresses.
 * @retval EXDEV       the primary's mempool operations have another number here. Both processes must load the same
 *	drivers of mempools, in the same way: both with DPDK's shared libraries, or both with its static ones.
 * @retval EBUSY       another process has the place, or the primary is in evpl_process_create(), evpl_reclaim() or
 *	evpl_process_free().
 * @retval EOWNERDEAD  the process that had it ended without evpl_detach(). The primary must call evpl_reclaim() first.
 * @retval ENOMEM      no memory.
 * @retval others      the errno of open(), fcntl() or fstat(), of the file that the primary made. ENOLCK: the kernel
 *	has no memory for a lock, or the file is on a file system without locks.
 * Owns: the caller owes one evpl_detach(). A child of fork() that executes no other program has the file open, too: if
 *	this process dies, it counts as attached until that child has ended.
 * Threads: any thread.
 * Cost: looks up a memzone and opens a file.
 */
EVPL_PVT_EXPORT struct evpl_process *evpl_attach(const char *name);

/**
 * In a secondary process: gives the place back. Iovecs that wait in the queue to this process are released. Packets may
 * still be on their way to the primary.
 * @param process  NULL is allowed.
 * @return 0, or a negative errno.
 * @retval -EBUSY    iovecs are still held (a log line says how many), or the primary is receiving some at this moment.
 *	The process is still attached. What waited in the queue was released.
 * @retval -ENOTSUP  this is the primary process.
 * Owns: after 0 the process is gone. What the primary sends at this moment may stay in the queue, for evpl_reclaim() or
 *	for the next process.
 * Threads: any thread; no other thread may use the process or iovecs of it any more.
 * Cost: walks the ledger.
 */
EVPL_PVT_EXPORT int evpl_detach(struct evpl_process *process);

/**
 * Sends iovecs to the other process.
 *
 * In the primary each one becomes a loan. It must be SHARED, and its bytes must be in EAL's own memory, which both
 * processes map. In the secondary each one must have come from this process's evpl_process_receive(), or be a clone of
 * such an iovec.
 * @param n  0 sends nothing.
 * @return the number of iovecs sent, 0 to n. They are the first ones. If it is less than n, rte_errno says why.
 * @retval EINVAL    the next iovec is LOCAL, empty, or (in the secondary) not of this process.
 * @retval ENOTSUP   the bytes of the next iovec are not in EAL's memory.
 * @retval ENOTCONN  in the primary: no process is attached.
 * @retval ENOBUFS   as many iovecs are lent as there can be; in the secondary: the queue is full. It may be gone at the
 *	next call.
 * Owns: the other process holds the iovecs that were sent, see above. They are empty now, as after evpl_iovec_move().
 *	The other iovecs stay the caller's, unchanged.
 * Threads: holder of every iovec.
 * Cost: in the primary a lock, and one atomic per iovec. In the secondary one compare-and-swap for all.
 */
EVPL_PVT_EXPORT unsigned evpl_process_send(struct evpl_process *process, struct evpl_iovec *iovecs, unsigned n);

/**
 * Receives iovecs from the other process, in the order in which it sent them.
 * @param r_iovecs  room for n iovecs.
 * @return the number of iovecs received, 0 to n.
 * Owns: the caller holds one reference per iovec. In the primary they are ordinary iovecs: SHARED, and the loan is over
 *	unless the other process still holds clones or packets of it.
 * Threads: any thread.
 * Cost: in the primary a lock; one atomic per iovec that the other process still has clones of. In the secondary one
 *	compare-and-swap.
 */
EVPL_PVT_EXPORT unsigned evpl_process_receive(struct evpl_process *process, struct evpl_iovec *r_iovecs, unsigned n);

/**
 * In the primary: says who has attached, and what is lent.
 * @return 0, or a negative errno.
 * @retval -EINVAL   a NULL.
 * @retval -ENOTSUP  this is a secondary process.
 * @retval others    the errno of fcntl(), negative: nobody could find out whether the process is alive. A log line says
 *	it, too. `state` is EVPL_PROCESS_ATTACHED then, and the rest is right.
 * Threads: any thread.
 * Cost: takes a lock; walks the ledger's packets; gives returned loans back.
 */
EVPL_PVT_EXPORT int evpl_process_get(struct evpl_process *process, struct evpl_process_info *info);

/**
 * In the primary: takes back all iovecs that a dead process held, whatever it was doing when it died: those that it
 * had, and those that were in either queue. Packets that it made are left, until whoever has them frees them. (If it
 * died with a packet that it had not handed over, or while it freed one, only EVPL_RECLAIM_PACKETS takes that back.)
 * Afterwards another process may attach. This may also be called after evpl_detach().
 * @param flags  0, or EVPL_RECLAIM_PACKETS: no port, ring or thread has packets of the process any more. A packet that
 *	is freed later all the same may end a packet of the next process.
 * @return the number of loans taken back; or a negative errno.
 * @retval -ENOTSUP this is a secondary process.
 * @retval -EBUSY   the process is alive. Nothing has changed.
 * @retval -EINVAL  process is NULL, or an unknown flag.
 * @retval others   the errno of fcntl(), negative: the file could not be locked or unlocked. A log line says it, too.
 *	What was reclaimed counts in evpl_process_info.reclaimed. Nobody can attach until a further call succeeds.
 * Owns: the references that the dead process held are gone.
 * Threads: any thread. Threads of the primary may free packets of the dead process meanwhile.
 * Cost: walks the ledger; one release per loan.
 */
EVPL_PVT_EXPORT int evpl_reclaim(struct evpl_process *process, unsigned flags);

#ifdef __cplusplus
}
#endif

#endif /* EVPL_PROCESS_H */
