/* SPDX-License-Identifier: BSD-3-Clause */
#include "glue_port.h"

#include <string.h>

#include <rte_ethdev.h>

unsigned
glue_port_segments(const struct rte_eth_dev_info *info)
{
	unsigned most = GLUE_FRAME_SEGMENTS;

	if ((info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) == 0)
		return 1;
	if (info->tx_desc_lim.nb_seg_max != 0)
		most = RTE_MIN(most, info->tx_desc_lim.nb_seg_max);
	if (info->tx_desc_lim.nb_mtu_seg_max != 0)
		most = RTE_MIN(most, info->tx_desc_lim.nb_mtu_seg_max);
	return most;
}

void
glue_port_change_mac(const struct rte_eth_dev_info *info, uint8_t mac[6])
{
	if (strcmp(info->driver_name, "net_tap") == 0)
		mac[3] ^= 1;
}

static int
start(struct glue_port *port, uint16_t id, struct rte_mempool *rx_pool)
{
	struct rte_eth_dev_info info;
	struct rte_eth_conf conf = {0};
	struct rte_ether_addr address;
	int rc = rte_eth_dev_info_get(id, &info);

	if (rc != 0)
		return rc;
	port->segments = glue_port_segments(&info);
	if (port->segments > 1)
		conf.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	rc = rte_eth_dev_configure(id, 1, 1, &conf);
	if (rc == 0)
		rc = rte_eth_rx_queue_setup(id, 0, 0, (unsigned)rte_eth_dev_socket_id(id), NULL, rx_pool);
	if (rc == 0)
		rc = rte_eth_tx_queue_setup(id, 0, 0, (unsigned)rte_eth_dev_socket_id(id), NULL);
	if (rc == 0)
		rc = rte_eth_dev_start(id);
	if (rc == 0)
		rc = rte_eth_dev_get_mtu(id, &port->mtu);
	if (rc == 0)
		rc = rte_eth_macaddr_get(id, &address);
	if (rc == 0) {
		memcpy(port->mac, address.addr_bytes, sizeof(port->mac));
		glue_port_change_mac(&info, port->mac);
	}
	return rc;
}

int
glue_port_start(struct glue_port *port, uint16_t id, struct rte_mempool *rx_pool)
{
	int rc;

	*port = (struct glue_port){0};
	rc = start(port, id, rx_pool);
	if (rc != 0)
		glue_port_close(id);
	return rc;
}

void
glue_port_close(uint16_t id)
{
	rte_eth_dev_stop(id);
	rte_eth_dev_close(id);
}
