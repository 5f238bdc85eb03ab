/* SPDX-License-Identifier: BSD-3-Clause */
/* lwIP on the glue, without a port: a connection that can be written to, and packets as a port delivers them. */
#ifndef TEST_STACK_H
#define TEST_STACK_H

#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>

#include "glue_memory.h"
#include "glue_pbuf.h"
#include "support.h"

#define TCP_HEADER 20u
#define MSS 1460

/** Little memory, which a case can spend. */
extern const struct evpl_global_config one_slab;

/** What the glue counts, from stack_start() on. */
extern struct glue_netif_stats stats;

/** Starts lwIP. stack_start_limited() also limits the memory that it may take. */
struct evpl *stack_start(void **state, unsigned rx_hold, bool copy);
struct evpl *stack_start_limited(void **state, unsigned rx_hold, bool copy, uint64_t memory);
void stack_stop(void);

/** A connection as after a handshake, with a peer that takes a lot. */
struct tcp_pcb *connect_pcb(void);

void alloc_filled(struct evpl *evpl, unsigned length, uint64_t seed, struct evpl_iovec *iovec);

/** The packet of the first segment begins with these bytes, behind its TCP header. */
void assert_segment_begins(struct tcp_pcb *pcb, unsigned length, uint64_t seed);

/** The same, and has no others. */
void assert_segment(struct tcp_pcb *pcb, unsigned length, uint64_t seed);

/** An RX pool with little rooms, and a packet of it in three segments of 256 bytes. */
struct rte_mempool *small_rooms(void);
struct rte_mbuf *received_packet(struct rte_mempool *pool, uint64_t seed);

#endif /* TEST_STACK_H */
