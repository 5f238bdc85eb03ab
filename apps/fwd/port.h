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

/* Whether a port is still there. What is not there any more is not polled, and not asked for anything. */
enum fwd_gone {
	FWD_HERE,
	FWD_REMOVED,   /* the driver says so; the port can still be closed */
	FWD_UNPLUGGED, /* there is no such port any more */
	FWD_NO_NETDEV, /* its network interface was deleted; the port can still be closed */
};

struct fwd_port {
	struct ethdev dev;
	int rx_socket, tx_socket; /* NUMA nodes of the rings; mbufs for the RX rings are on the first one, too */
	int gone;		  /* enum fwd_gone; atomic */
	uint16_t rx_queues;	  /* --rxq; with txonly at least --txq, if the port has that many */
	struct rte_eth_dev_info info;
	struct rte_eth_stats stats; /* at the end of forwarding */
};

static inline enum fwd_gone
fwd_port_gone(const struct fwd_port *p)
{
	return (enum fwd_gone)__atomic_load_n(&p->gone, __ATOMIC_SEQ_CST);
}

static inline bool
fwd_port_is_here(const struct fwd_port *p)
{
	return fwd_port_gone(p) == FWD_HERE;
}

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

/* What the port's RSS is configured to: what was asked for, as far as the port can do it; 0: no RSS. */
uint64_t fwd_port_rss(const struct rte_eth_dev_info *info, const struct fwd_options *o);

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
