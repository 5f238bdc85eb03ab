/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames as a program with this library receives them: mbufs of a pool of evpl_rx_pool_create(), from a net_ring port,
 * as iovecs.
 */
#ifndef TEST_WIRE_H
#define TEST_WIRE_H

#include <stdint.h>

#include <evpl/evpl.h>

struct wire {
	struct evpl *evpl;
	struct rte_mempool *pool;
	uint16_t port;
};

struct wire wire_open(struct evpl *evpl);

/** Also asserts that every mbuf of the pool is home. */
void wire_close(struct wire *wire);

/**
 * One frame, received: @p n_headers bytes of headers, then @p length bytes of stream @p seed from @p offset on.
 * @return the packet that evpl_iovecs_to_mbuf() makes of the iovec: the RX mbuf itself.
 */
struct rte_mbuf *wire_receive(const struct wire *wire, const void *headers, unsigned n_headers, unsigned length,
			      uint64_t seed, uint64_t offset);

/** Sends a packet through the port and takes it out again, which must be the same mbuf. */
struct rte_mbuf *wire_pass(const struct wire *wire, struct rte_mbuf *packet);

#endif /* TEST_WIRE_H */
