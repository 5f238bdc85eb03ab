/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's side: its headers do not go with lwIP's into one file. */
#include <rte_ethdev.h>

#include "port.h"

int
port_start(uint16_t id, struct rte_mempool *pool, uint8_t mac[6])
{
	const struct rte_eth_conf conf = {.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS};
	struct rte_ether_addr address;

	if (rte_eth_dev_configure(id, 1, 1, &conf) != 0 || rte_eth_rx_queue_setup(id, 0, 0, 0, NULL, pool) != 0 ||
	    rte_eth_tx_queue_setup(id, 0, 0, 0, NULL) != 0 || rte_eth_dev_start(id) != 0 ||
	    rte_eth_macaddr_get(id, &address) != 0)
		return -1;
	for (int i = 0; i < 6; i++)
		mac[i] = address.addr_bytes[i];
	mac[3] ^= 1; /* both ends of a tap device have one address */
	return 0;
}

void
port_stop(uint16_t id)
{
	rte_eth_dev_stop(id);
	rte_eth_dev_close(id);
}
