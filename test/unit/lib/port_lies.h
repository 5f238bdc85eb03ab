/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports that report what hardware would report. Functions of the test program replace DPDK's (the dynamic linker finds
 * them first), and change the one answer in question.
 */
#ifndef TEST_PORT_LIES_H
#define TEST_PORT_LIES_H

#include "support.h"

#include <rte_ethdev.h>

/** Other answers than DPDK's; zero: its own. */
extern struct lies {
	const char *driver;
	const char *other_driver; /* of all ports but driver_of */
	uint16_t driver_of;
	const char *bus;
	const char *devargs;
	bool secondary;
	bool iova_pa;
	bool huge_pages;
	bool queues_tell;
	uint64_t tx_offload_hidden; /* what the port must not announce */
	uint64_t tx_offload_capa;
	uint64_t tx_queue_offload_capa;
	uint64_t tx_offloads;
	uint64_t rx_offloads;
	uint64_t queue_offloads[2];
	struct rte_mempool *rx_pool;
	uint32_t min_rx_bufsize;
	uint16_t nb_seg_max, nb_mtu_seg_max;
	bool no_driver, no_queues;
	bool no_seg_max; /* the driver fills in neither of them */
	uint16_t max_mtu;
	uint32_t max_rx_pktlen;
	struct rte_eth_stats stats; /* used if ipackets is not 0 */
} lies;

#endif /* TEST_PORT_LIES_H */
