/* SPDX-License-Identifier: BSD-3-Clause */
/* A port of DPDK, for the other files of the glue, and for programs that start their ports themselves. */
#ifndef GLUE_PORT_H
#define GLUE_PORT_H

#include <stdint.h>

struct rte_eth_dev_info;
struct rte_mempool;

/* A frame from lwIP has at most so many segments. */
#define GLUE_FRAME_SEGMENTS 16u

struct glue_port {
	unsigned segments; /* the most of a packet that the port sends */
	uint16_t mtu;
	uint8_t mac[6];
};

/* The most segments of a packet from lwIP that the port sends; 1: no RTE_ETH_TX_OFFLOAD_MULTI_SEGS. */
unsigned glue_port_segments(const struct rte_eth_dev_info *info);

/* Changes the MAC that lwIP uses if the port is a tap device. Its two ends have the same MAC. */
void glue_port_change_mac(const struct rte_eth_dev_info *info, uint8_t mac[6]);

/* Configures and starts a port with one queue pair. 0, or a negative errno; the port is closed then. */
int glue_port_start(struct glue_port *port, uint16_t id, struct rte_mempool *rx_pool);
void glue_port_close(uint16_t id);

#endif /* GLUE_PORT_H */
