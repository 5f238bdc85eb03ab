/* SPDX-License-Identifier: BSD-3-Clause */
/* A mempool handler that the thread sanitizer sees into. */
#ifndef TEST_POOL_OPS_H
#define TEST_POOL_OPS_H

#include <stdbool.h>

#if defined(__SANITIZE_THREAD__)
#define TEST_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TEST_THREAD_SANITIZER 1
#endif
#endif

#define TEST_POOL_OPS "evpl_test_seen_ring"

/** Registers the handler with DPDK, before rte_eal_init(); @return false where it is not needed. */
bool pool_ops_register(void);

#endif /* TEST_POOL_OPS_H */
