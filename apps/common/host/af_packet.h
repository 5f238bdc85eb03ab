/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How long net_af_packet's frames may be. Before DPDK 26.03 it says 1,518 bytes, so rte_eth_dev_configure() and
 * rte_eth_dev_set_mtu() refuse more; but it carries whatever a frame of its rings holds (--vdev=...,framesz=9216). What is longer
 * it drops when it sends (counted as an error), and cuts when it receives (not counted).
 */
#ifndef HOST_AF_PACKET_H
#define HOST_AF_PACKET_H

#include <stdbool.h>
#include <stdint.h>

struct rte_eth_dev_info;

/* Whether the port is one. The functions below are for those that are. */
bool af_packet_is(const struct rte_eth_dev_info *info);

/* Bytes of L3 that a frame of its rings holds. */
unsigned af_packet_mtu_max(const struct rte_eth_dev_info *info);

/* Bytes behind the headroom without which it takes no RX mbufs. */
unsigned af_packet_data_room(const struct rte_eth_dev_info *info);

/* Sets the MTU of the kernel's interface, as the driver would if ethdev let it. 0, or a negative errno. */
int af_packet_set_mtu(const struct rte_eth_dev_info *info, uint16_t mtu);

#endif /* HOST_AF_PACKET_H */
