/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_ethdev.h>

#include "support.h"
#include "wire.h"

#define MBUFS 511

struct wire
wire_open(struct evpl *evpl)
{
	struct wire wire = {.evpl = evpl, .pool = evpl_rx_pool_create("wire", MBUFS, 0, SOCKET_ID_ANY)};

	assert_non_null(wire.pool);
	wire.port = port_loop(wire.pool);
	return wire;
}

void
wire_close(struct wire *wire)
{
	port_close(wire->port);
	home_assert_pool(wire->pool, MBUFS);
	assert_int_equal(evpl_rx_pool_destroy(wire->pool), 0);
}

struct rte_mbuf *
wire_receive(const struct wire *wire, const void *headers, unsigned n_headers, unsigned length, uint64_t seed,
	     uint64_t offset)
{
	struct evpl_iovec sent, received;
	struct rte_mbuf *packet;
	char *at;

	assert_int_equal(evpl_packets_alloc(wire->evpl, wire->pool, n_headers + length, LOCAL, &sent, 1), 1);
	at = evpl_iovec_data(&sent);
	memcpy(at, headers, n_headers);
	bytes_fill(at + n_headers, length, seed, offset);
	assert_int_equal(evpl_tx_burst(wire->evpl, wire->port, 0, &sent, 1), 1);
	assert_int_equal(evpl_rx_burst(wire->evpl, wire->port, 0, &received, 1), 1);
	packet = evpl_iovecs_to_mbuf(wire->evpl, &received, 1);
	assert_non_null(packet);
	assert_ptr_equal(packet->pool, wire->pool);
	return packet;
}

struct rte_mbuf *
wire_pass(const struct wire *wire, struct rte_mbuf *packet)
{
	struct rte_mbuf *received;

	assert_int_equal(rte_eth_tx_burst(wire->port, 0, &packet, 1), 1);
	assert_int_equal(rte_eth_rx_burst(wire->port, 0, &received, 1), 1);
	assert_ptr_equal(received, packet);
	return received;
}
