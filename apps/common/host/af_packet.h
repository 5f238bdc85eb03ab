/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The longest frames of net_af_packet. Before DPDK 26.03 it reports 1,518 bytes, so rte_eth_dev_configure() and
 * rte_eth_dev_set_mtu() refuse more. But it carries whatever a frame of its rings holds (--vdev=...,framesz=9216). It
 * drops longer packets when it sends (counted as errors), and cuts them when it receives (not counted).
 */
#ifndef HOST_AF_PACKET_H
#define HOST_AF_PACKET_H

#include <stdbool.h>
#include <stdint.h>

struct rte_eth_dev_info;

/* Whether the port is net_af_packet. The functions below are only for such ports. */
bool af_packet_is(const struct rte_eth_dev_info *info);

/* Bytes of L3 that a frame of its rings holds. */
unsigned af_packet_mtu_max(const struct rte_eth_dev_info *info);

/* Bytes behind the headroom that its RX mbufs must have. */
unsigned af_packet_data_room(const struct rte_eth_dev_info *info);

/* Sets the MTU of the kernel's interface, as the driver would if ethdev let it. 0, or a negative errno. */
int af_packet_set_mtu(const struct rte_eth_dev_info *info, uint16_t mtu);

#endif /* HOST_AF_PACKET_H */
