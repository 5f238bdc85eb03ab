/* SPDX-License-Identifier: BSD-3-Clause */
/* A mempool handler that the thread sanitizer can see, and other things that DPDK's libraries hide from it. */
#ifndef TEST_POOL_OPS_H
#define TEST_POOL_OPS_H

#include <stdbool.h>

#include <rte_mbuf.h>

#if defined(__SANITIZE_THREAD__)
#define TEST_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TEST_THREAD_SANITIZER 1
#endif
#endif

#define TEST_POOL_OPS "evpl_test_seen_ring"

/** Registers the handler with DPDK, before rte_eal_init(). @return false if it is not needed. */
bool pool_ops_register(void);

/**
 * Calls rte_pktmbuf_free() for one clone. DPDK's atomic decrement of the count is in such a library, too, so this
 * function tells the sanitizer the order that the decrement makes.
 */
void clone_free(struct rte_mbuf *clone);

#endif /* TEST_POOL_OPS_H */
