/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A child of fork() that plays a secondary process. Without huge pages DPDK has no secondary, but EAL's memory is
 * shared with children, too, at the same addresses. In the child rte_eal_process_type() says "secondary". So there the
 * library does what it does in a secondary process, in the same memory, and the child can be killed.
 */
#ifndef TEST_SECONDARY_H
#define TEST_SECONDARY_H

/** From this call on, this process is a secondary one. */
void secondary_become(void);

#endif /* TEST_SECONDARY_H */
