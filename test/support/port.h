/* SPDX-License-Identifier: BSD-3-Clause */
/* Virtual ports that live as long as a case, and mempools that are not the library's. */
#ifndef TEST_PORT_H
#define TEST_PORT_H

#include <stdint.h>

#include <rte_mempool.h>

/** The packets that a port of port_loop() holds. rte_eth_tx_burst() refuses more. */
#define PORT_LOOP_DEPTH 1023

/** A net_ring port whose RX queue is its own TX queue: the mbuf that is sent is received again. */
uint16_t port_loop(struct rte_mempool *rx_pool);

/** A net_null port: it frees immediately what is sent, and always receives packets of @p size bytes from @p rx_pool. */
uint16_t port_null(struct rte_mempool *rx_pool, unsigned size);

/** Ends the port. All packets must have been taken out of it. */
void port_close(uint16_t port);

/** Bytes of EAL's heap that closed ports did not give back: DPDK's drivers leak some, and the tests ignore that. */
size_t port_lost(void);

/** Adds bytes of EAL's heap that a driver kept which the case itself opened and closed. */
void port_keeps(size_t bytes);

/** A plain pool, with data inside the mbufs. */
struct rte_mempool *plain_pool(const char *name, unsigned n, uint16_t data_room);

/** An mbuf of @p pool with @p length bytes of stream @p seed. Fails the case if there is none. */
struct rte_mbuf *filled_mbuf(struct rte_mempool *pool, uint16_t length, uint64_t seed);

/** As filled_mbuf(), but a chain of @p n segments, which hold the stream one after the other. */
struct rte_mbuf *filled_chain(struct rte_mempool *pool, const uint16_t *length, unsigned n, uint64_t seed);

#endif /* TEST_PORT_H */
