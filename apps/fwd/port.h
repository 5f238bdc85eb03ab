/* SPDX-License-Identifier: BSD-3-Clause */
/* The ports that are forwarded between: chosen, set up, started, and closed again. */
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
	uint16_t rx_queues; /* --rxq; with txonly at least --txq, as far as the port goes */
	struct rte_eth_dev_info info;
	struct rte_eth_stats stats; /* when forwarding ended */
};

/* Ports are named by index below: their place in this list, which makes pairs and chains. */
struct fwd_ports {
	unsigned count;
	struct fwd_port port[RTE_MAX_ETHPORTS];
	struct rte_mempool *rx_pool[RTE_MAX_NUMA_NODES]; /* NULL: none of that node's ports was started */
	bool no_slab;	   /* a port loses something of what it receives into pools of slabs */
	bool rx_pool_ours; /* of rte_pktmbuf_pool_create(): the library does not know them */
};

/* Finds the ports asked for, and checks that they can do it. 0; else the exit status, an error line was printed. */
int fwd_ports_choose(struct fwd_ports *ports, const struct fwd_options *o);

/* RX mbufs that one NUMA node's ports need, and packet mbufs in flight on all of them. */
uint32_t fwd_ports_rx_mbufs(const struct fwd_ports *ports, const struct fwd_options *o, int socket, unsigned lcores);
uint32_t fwd_ports_packet_mbufs(const struct fwd_ports *ports, const struct fwd_options *o, unsigned lcores);

/* Makes the RX pools and starts every port. evpl_init() must have run. 0; else the exit status. */
int fwd_ports_start(struct fwd_ports *ports, const struct fwd_options *o, unsigned lcores);

/* Waits a while for links that are down. */
void fwd_ports_wait_links(const struct fwd_ports *ports);

/* What the library holds, and the RX pools if they are ours. */
void fwd_ports_memory(const struct fwd_ports *ports, struct evpl_stats *stats);

/* Notes the ports' own counters. */
void fwd_ports_stats(struct fwd_ports *ports);

/* Empties the RX queues, stops and closes every port that was started. */
void fwd_ports_close(struct fwd_ports *ports, const struct fwd_options *o);

/* Frees the RX pools that are ours, once they were counted. */
void fwd_ports_free(struct fwd_ports *ports);

#endif /* FWD_PORT_H */
