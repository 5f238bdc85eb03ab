/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A mempool handler, only for builds with the thread sanitizer.
 *
 * The ring of DPDK's mempools is in a library that the sanitizer does not see. If one thread frees an mbuf and another
 * thread takes it, the sanitizer sees nothing that orders the two. This handler passes every call on to that ring, and
 * tells the sanitizer what the ring does: the thread that takes an object comes after the thread that put that object,
 * and after nothing else. (A handler with a lock of its own would order all threads, and hide races in the library.)
 * EAL's --mbuf-pool-ops-name makes every mbuf pool use it (program.c), so nothing has to be suppressed.
 */
#include "pool_ops.h"
#include "support.h"

#ifdef TEST_THREAD_SANITIZER

#include <stdatomic.h>

#include <sanitizer/tsan_interface.h>

#define DPDK_RING "ring_mp_mc"

/* Relaxed, because all threads find the same value here, and this variable must not order them. */
static _Atomic(const struct rte_mempool_ops *) found;

static const struct rte_mempool_ops *
ring(void)
{
	return atomic_load_explicit(&found, memory_order_relaxed);
}

static int
seen_alloc(struct rte_mempool *pool)
{
	/* Looked up here, and not in pool_ops_register(): the ring comes with a plugin, which rte_eal_init() loads. */
	for (unsigned i = 0; ring() == NULL && i < rte_mempool_ops_table.num_ops; i++) {
		if (strcmp(rte_mempool_ops_table.ops[i].name, DPDK_RING) == 0)
			atomic_store_explicit(&found, &rte_mempool_ops_table.ops[i], memory_order_relaxed);
	}
	return ring() != NULL ? ring()->alloc(pool) : -ENOENT;
}

static void
seen_free(struct rte_mempool *pool)
{
	ring()->free(pool);
}

static int
seen_enqueue(struct rte_mempool *pool, void *const *objects, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		__tsan_release(objects[i]);
	return ring()->enqueue(pool, objects, n);
}

static int
seen_dequeue(struct rte_mempool *pool, void **objects, unsigned n)
{
	int rc = ring()->dequeue(pool, objects, n);

	for (unsigned i = 0; rc == 0 && i < n; i++)
		__tsan_acquire(objects[i]);
	return rc;
}

static unsigned
seen_count(const struct rte_mempool *pool)
{
	return ring()->get_count(pool);
}

static const struct rte_mempool_ops ops = {
	.name = TEST_POOL_OPS,
	.alloc = seen_alloc,
	.free = seen_free,
	.enqueue = seen_enqueue,
	.dequeue = seen_dequeue,
	.get_count = seen_count,
};

bool
pool_ops_register(void)
{
	return rte_mempool_register_ops(&ops) >= 0;
}

void
clone_free(struct rte_mbuf *clone)
{
	uint16_t *count = &rte_mbuf_from_indirect(clone)->refcnt;

	__tsan_release(count);
	rte_pktmbuf_free(clone);
	__tsan_acquire(count);
}

#else

bool
pool_ops_register(void)
{
	return false;
}

void
clone_free(struct rte_mbuf *clone)
{
	rte_pktmbuf_free(clone);
}

#endif
