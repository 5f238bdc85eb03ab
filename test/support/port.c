/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>

#include "support.h"

/* Bytes of EAL's heap that each running port holds, and bytes that closed ports did not give back. */
static size_t held[RTE_MAX_ETHPORTS];
static size_t lost;

size_t
port_lost(void)
{
	return lost;
}

void
port_keeps(size_t bytes)
{
	lost += bytes;
}

static uint16_t
start(const char *name, const char *args, struct rte_mempool *rx_pool)
{
	struct rte_eth_conf conf = {0};
	size_t heap = home_heap();
	uint16_t port;

	assert_int_equal(rte_eal_hotplug_add("vdev", name, args), 0);
	assert_int_equal(rte_eth_dev_get_port_by_name(name, &port), 0);
	assert_int_equal(rte_eth_dev_configure(port, 1, 1, &conf), 0);
	assert_int_equal(rte_eth_rx_queue_setup(port, 0, 512, (unsigned)SOCKET_ID_ANY, NULL, rx_pool), 0);
	assert_int_equal(rte_eth_tx_queue_setup(port, 0, 512, (unsigned)SOCKET_ID_ANY, NULL), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
	held[port] = home_heap() - heap;
	return port;
}

uint16_t
port_loop(struct rte_mempool *rx_pool)
{
	char name[32];
	static unsigned n;

	/* The name is a new one each time, because closing the port leaves the ring. */
	snprintf(name, sizeof(name), "net_ring_loop%u", n++);
	return start(name, "", rx_pool);
}

uint16_t
port_null(struct rte_mempool *rx_pool, unsigned size)
{
	char args[32];

	snprintf(args, sizeof(args), "size=%u", size);
	return start("net_null0", args, rx_pool);
}

void
port_close(uint16_t port)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	size_t heap = home_heap();

	assert_int_equal(rte_eth_dev_get_name_by_port(port, name), 0);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(rte_eal_hotplug_remove("vdev", name), 0);
	lost += held[port] - (heap - home_heap());
}

struct rte_mempool *
plain_pool(const char *name, unsigned n, uint16_t data_room)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create(name, n, 0, 0, data_room, SOCKET_ID_ANY);

	assert_non_null(pool);
	return pool;
}

struct rte_mbuf *
filled_mbuf(struct rte_mempool *pool, uint16_t length, uint64_t seed)
{
	return filled_chain(pool, &length, 1, seed);
}

struct rte_mbuf *
filled_chain(struct rte_mempool *pool, const uint16_t *length, unsigned n, uint64_t seed)
{
	struct rte_mbuf *head = NULL;
	uint64_t offset = 0;

	for (unsigned i = 0; i < n; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
		char *data;

		assert_non_null(m);
		data = rte_pktmbuf_append(m, length[i]);
		assert_non_null(data);
		bytes_fill(data, length[i], seed, offset);
		offset += length[i];
		if (head == NULL)
			head = m;
		else
			assert_int_equal(rte_pktmbuf_chain(head, m), 0);
	}
	return head;
}
