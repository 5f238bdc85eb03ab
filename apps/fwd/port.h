/* SPDX-License-Identifier: BSD-3-Clause */
/* The ports that packets are forwarded between: they are chosen, set up, started and closed here. */
#ifndef FWD_PORT_H
#define FWD_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>

#include <evpl/evpl.h>

#include "../common/ethdev.h"
#include "options.h"

struct fwd_port {
	struct ethdev dev;
	uint16_t rx_queues; /* --rxq; with txonly at least --txq, if the port has that many */
	struct rte_eth_dev_info info;
	struct rte_eth_stats stats; /* at the end of forwarding */
};

/* Functions name a port by its index: its place in this list. The list makes pairs and chains. */
struct fwd_ports {
	unsigned count;
	struct fwd_port port[RTE_MAX_ETHPORTS];
	struct rte_mempool *rx_pool[RTE_MAX_NUMA_NODES]; /* NULL: no port of that node was started */
	bool no_slab;	   /* a port loses a part of what it receives into pools of slabs */
	bool rx_pool_ours; /* they are of rte_pktmbuf_pool_create(), and the library does not know them */
};

/*
 * Finds the ports that were asked for, and checks their limits. 0; else the exit status, and an error line was printed.
 */
int fwd_ports_choose(struct fwd_ports *ports, const struct fwd_options *o);

/* The RX mbufs that the ports of one NUMA node need, and the packet mbufs in flight on all ports. */
uint32_t fwd_ports_rx_mbufs(const struct fwd_ports *ports, const struct fwd_options *o, int socket, unsigned lcores);
uint32_t fwd_ports_packet_mbufs(const struct fwd_ports *ports, const struct fwd_options *o, unsigned lcores);

/* Makes the RX pools and starts every port. evpl_init() must have run. 0; else the exit status. */
int fwd_ports_start(struct fwd_ports *ports, const struct fwd_options *o, unsigned lcores);

/* Waits a limited time for links that are down. */
void fwd_ports_wait_links(const struct fwd_ports *ports);

/* The library's statistics, including the RX pools of rte_pktmbuf_pool_create(). */
void fwd_ports_memory(const struct fwd_ports *ports, struct evpl_stats *stats);

/* Reads the ports' own counters. */
void fwd_ports_stats(struct fwd_ports *ports);

/* Empties the RX queues, and stops and closes every port that was started. */
void fwd_ports_close(struct fwd_ports *ports, const struct fwd_options *o);

/* Frees the RX pools of rte_pktmbuf_pool_create(), after their mbufs were counted. */
void fwd_ports_free(struct fwd_ports *ports);

#endif /* FWD_PORT_H */
