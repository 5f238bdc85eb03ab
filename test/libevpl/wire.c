/* SPDX-License-Identifier: BSD-3-Clause */
#include <sched.h>

#include <rte_ethdev.h>

#include "port.h"
#include "startup.h"
#include "wire.h"

void
wire_open(struct wire *wire)
{
	wire->pool = evpl_rx_pool_create("wire", 63, 0, SOCKET_ID_ANY);
	check(wire->pool != NULL);
	wire->request = port_loop(wire->pool);
	wire->reply = port_loop(wire->pool);
}

void
wire_close(struct wire *wire)
{
	port_close(wire->request);
	port_close(wire->reply);
	check(evpl_rx_pool_destroy(wire->pool) == 0);
}

void
wire_sendv(struct evpl *evpl, uint16_t port, struct evpl_iovec *iovecs, int n)
{
	struct rte_mbuf *packet = evpl_iovecs_to_mbuf(evpl, iovecs, n);

	check(packet != NULL);
	while (rte_eth_tx_burst(port, 0, &packet, 1) == 0)
		sched_yield();
}

int
wire_recvv(struct evpl *evpl, uint16_t port, struct evpl_iovec *iovecs, unsigned max)
{
	struct rte_mbuf *packet;
	int n;

	while (rte_eth_rx_burst(port, 0, &packet, 1) == 0)
		sched_yield();
	n = evpl_iovecs_from_mbuf(evpl, packet, 0, max, iovecs);
	check(n >= 1);
	return n;
}
