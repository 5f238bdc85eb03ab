/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One of DPDK's ports, from its name to its end. This header does not include rte_ethdev.h, which conflicts with lwIP's
 * headers.
 */
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
	int socket; /* NUMA node; the main lcore's if the port has none */
	bool started;
	char name[64];
	struct rte_ether_addr mac;
};

/* Fills in the ids of all ports. Returns their number. */
unsigned ethdev_list(uint16_t ids[RTE_MAX_ETHPORTS]);

/* The functions below that return int return 0, or 1 (the exit status) after an error line. */

/* Prints what could not be done with the port, and why. rc: a negative errno. Returns 1. */
int ethdev_failed(const struct ethdev *d, const char *what, int rc);

/* Fills *d and *info. */
int ethdev_init(struct ethdev *d, uint16_t id, struct rte_eth_dev_info *info);

/* The queues of a configured port. */
struct ethdev_queues {
	uint16_t rx, tx;
	uint16_t rxd, txd;		  /* descriptors of each queue; 0: the port's default */
	const int *rx_socket, *tx_socket; /* NUMA nodes of the rings; NULL: the port's */
	struct rte_mempool *rx_pool;
};
int ethdev_setup_queues(const struct ethdev *d, const struct ethdev_queues *queues);

/* Starts a port whose queues are set up. mtu: 0 keeps the port's own. */
int ethdev_start(struct ethdev *d, uint16_t mtu);

/*
 * Waits while the link is down, for *ms at most, and subtracts the time that it waited from *ms. It ends if
 * signals_stop_requested().
 */
void ethdev_wait_link(const struct ethdev *d, unsigned *ms);

/*
 * Frees the packets that are still in an RX queue, because not every port frees them when it is closed (net_ring does
 * not). Some ports never run empty, so at most about `most` packets are taken.
 */
void ethdev_drain(const struct ethdev *d, uint16_t queue, uint32_t most);

/* Stops the port if it was started, and closes it. */
void ethdev_close(struct ethdev *d);

#endif /* APPS_ETHDEV_H */
