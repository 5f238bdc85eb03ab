/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A forwarder in the manner of l2fwd: bursts, TX buffers, callbacks that clone, a multicast to all ports, ports that
 * stop and start. Port 0 is net_null, port 1 net_ring. Planted bug: a packet is changed after it was sent.
 */
#include "program.h"

#include <rte_malloc.h>

#define BURST 32u

static struct rte_mempool *pool, *clones;
static struct rte_eth_dev_tx_buffer *buffer;
static struct rte_mbuf *kept;

static uint16_t
keep_a_clone(uint16_t port, uint16_t queue, struct rte_mbuf *packets[], uint16_t n, uint16_t most, void *arg)
{
	(void)port;
	(void)queue;
	(void)most;
	(void)arg;
	if (n > 0) {
		rte_pktmbuf_free(kept);
		kept = rte_pktmbuf_clone(packets[0], clones);
	}
	return n;
}

static uint16_t
mark(uint16_t port, uint16_t queue, struct rte_mbuf *packets[], uint16_t n, void *arg)
{
	(void)port;
	(void)queue;
	(void)arg;
	for (uint16_t i = 0; i < n; i++)
		*rte_pktmbuf_mtod(packets[i], uint8_t *) = (uint8_t)i;
	return n;
}

/* One packet to every port: the same bytes, by reference count. */
static void
multicast(struct rte_mbuf *packet)
{
	uint16_t port;

	for (port = rte_eth_find_next(0); port < RTE_MAX_ETHPORTS; port = rte_eth_find_next((uint16_t)(port + 1))) {
		struct rte_mbuf *header = rte_pktmbuf_alloc(pool), *clone = rte_pktmbuf_clone(packet, clones);

		need(header != NULL && clone != NULL);
		memset(rte_pktmbuf_append(header, sizeof(struct rte_ether_hdr)), 1, sizeof(struct rte_ether_hdr));
		need(rte_pktmbuf_chain(header, clone) == 0);
		if (rte_eth_tx_burst(port, 0, &header, 1) == 0)
			rte_pktmbuf_free(header);
	}
	rte_pktmbuf_free(packet);
}

static void
poll(void)
{
	struct rte_mbuf *burst[BURST];
	uint16_t port;

	for (port = rte_eth_find_next(0); port < RTE_MAX_ETHPORTS; port = rte_eth_find_next((uint16_t)(port + 1))) {
		uint16_t n = rte_eth_rx_burst(port, 0, burst, BURST);

		for (uint16_t i = 0; i < n; i++) {
			if (i == 3) {
				multicast(burst[i]);
				continue;
			}
			memset(rte_pktmbuf_mtod(burst[i], void *), 2, 12);
			rte_eth_tx_buffer(port ^ 1, 0, buffer, burst[i]);
		}
		rte_eth_tx_buffer_flush(port ^ 1, 0, buffer);
		if (n > 0 && program_bug)
			*rte_pktmbuf_mtod(burst[0], char *) = 3;
	}
}

/* What is on its way from port 1 to itself. */
static void
drain(void)
{
	struct rte_mbuf *burst[BURST];
	uint16_t n;

	while ((n = rte_eth_rx_burst(1, 0, burst, BURST)) > 0)
		rte_pktmbuf_free_bulk(burst, n);
}

void
forward(void)
{
	const struct rte_eth_rxtx_callback *rx, *tx;

	pool = program_pool("rx", 2047, 0, RTE_MBUF_DEFAULT_BUF_SIZE);
	clones = program_pool("clones", 1023, 0, 0);
	buffer = rte_zmalloc_socket("buffer", RTE_ETH_TX_BUFFER_SIZE(BURST), 0, (int)rte_socket_id());
	need(buffer != NULL && rte_eth_tx_buffer_init(buffer, BURST) == 0);
	need(rte_eth_dev_count_avail() == 2);
	program_ports(pool, 1);
	rx = rte_eth_add_rx_callback(0, 0, keep_a_clone, NULL);
	tx = rte_eth_add_tx_callback(1, 0, mark, NULL);
	need(rx != NULL && tx != NULL);
	for (unsigned i = 0; i < 20 * ROUNDS; i++) {
		poll();
		if (i % ROUNDS == 7) {
			need(rte_eth_dev_stop(0) == 0);
			need(rte_eth_dev_start(0) == 0);
		}
	}
	drain();
	program_close_ports();
	rte_pktmbuf_free(kept);
	rte_free(buffer);
	rte_mempool_free(clones);
	rte_mempool_free(pool);
}
