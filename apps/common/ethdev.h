/* SPDX-License-Identifier: BSD-3-Clause */
/* One of DPDK's ports, from its name to its end. No rte_ethdev.h here, for lwIP's headers do not go with it. */
#ifndef APPS_ETHDEV_H
#define APPS_ETHDEV_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_config.h>
#include <rte_ether.h>

struct rte_eth_dev_info;
struct rte_mempool;

struct ethdev {
	uint16_t id;
	int socket; /* NUMA node; the main lcore's where the port has none */
	bool started;
	char name[64];
	struct rte_ether_addr mac;
};

/* The ids of all ports; how many there are. */
unsigned ethdev_list(uint16_t ids[RTE_MAX_ETHPORTS]);

/* The functions below that return int: 0; else 1, the exit status, and an error line was printed. */

/* Prints what could not be done with the port, and why: rc is a negative errno. Returns 1. */
int ethdev_failed(const struct ethdev *d, const char *what, int rc);

/* Fills *d and *info. */
int ethdev_init(struct ethdev *d, uint16_t id, struct rte_eth_dev_info *info);

/* The queues of a configured port, on its NUMA node; rxd, txd: descriptors of each, 0 is the port's default. */
struct ethdev_queues {
	uint16_t rx, tx;
	uint16_t rxd, txd;
	struct rte_mempool *rx_pool;
};
int ethdev_setup_queues(const struct ethdev *d, const struct ethdev_queues *queues);

/* Starts the port, whose queues are set up. mtu: 0 leaves the port's own. */
int ethdev_start(struct ethdev *d, uint16_t mtu);

/* Waits while the link is down, *ms at most, and takes from *ms what that took; not if signals_stop_requested(). */
void ethdev_wait_link(const struct ethdev *d, unsigned *ms);

/*
 * What is still in an RX queue comes out, because not every port frees it when it is closed (net_ring does not).
 * A port may also never run dry, so no more than about `most` packets are taken.
 */
void ethdev_drain(const struct ethdev *d, uint16_t queue, uint32_t most);

/* Stops the port if it was started, and closes it. */
void ethdev_close(struct ethdev *d);

#endif /* APPS_ETHDEV_H */
