/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DPDK ports instead of libevpl's sockets: two net_ring ports. What is sent on one comes out of the same one. The
 * client sends on the first and receives from the second; the server does it the other way round.
 */
#ifndef LIBEVPL_WIRE_H
#define LIBEVPL_WIRE_H

#include <stdint.h>

#include <evpl/evpl.h>

struct wire {
	uint16_t request, reply; /* port numbers */
	struct rte_mempool *pool;
};

void wire_open(struct wire *wire);

/** Nothing may lie on the wire any more. */
void wire_close(struct wire *wire);

/** In place of evpl_sendv() with EVPL_SEND_FLAG_TAKE_REF: all iovecs are one message, and belong to the port then. */
void wire_sendv(struct evpl *evpl, uint16_t port, struct evpl_iovec *iovecs, int n);

/** In place of evpl_recvv() and of a received message: waits for one. @return its iovecs. */
int wire_recvv(struct evpl *evpl, uint16_t port, struct evpl_iovec *iovecs, unsigned max);

#endif /* LIBEVPL_WIRE_H */
