/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FWD_OPTIONS_H
#define FWD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_config.h>
#include <rte_ether.h>

#include <evpl/evpl.h>

struct fwd_mode;

#define FWD_BURST_MAX 512
#define FWD_SEGMENTS_MAX 64

enum fwd_topology {
	FWD_PAIRED,
	FWD_CHAINED,
	FWD_LOOP,
};

/* The memory of received packets. */
enum fwd_rx_pool {
	FWD_RX_POOL_AUTO,
	FWD_RX_POOL_SLAB, /* evpl_rx_pool_create() */
	FWD_RX_POOL_MBUF, /* rte_pktmbuf_pool_create(), as in testpmd */
};

/* Which NUMA nodes memory is taken on. Arrays have one member for each port id; -1: not given. */
struct fwd_numa {
	bool none; /* all ports share one node */
	int node;  /* that node, or -1: the first one */
	int port[RTE_MAX_ETHPORTS];
	int rx[RTE_MAX_ETHPORTS], tx[RTE_MAX_ETHPORTS]; /* of the rings, and of what the RX ring is filled with */
};

/* How received packets are distributed over the RX queues; bits of RTE_ETH_RSS_... */
struct fwd_rss {
	uint64_t types; /* 0: not by RSS */
	uint64_t level;
	bool given; /* on the command line */
};

/* What the command line asks for. Zero means "not given" in fields without a default of their own. */
struct fwd_options {
	const struct fwd_mode *mode;
	unsigned cores;
	uint64_t coremask; /* lcores that may forward; 0: all but the main one */

	uint16_t rxq, txq;
	uint16_t rxd, txd; /* 0: the port's default */
	uint16_t burst;

	uint16_t ports[RTE_MAX_ETHPORTS]; /* in the order given; none: all ports */
	unsigned port_count;
	uint16_t port_limit; /* --nb-ports; 0: all of them */
	enum fwd_topology topology;
	bool no_promiscuous;
	uint32_t mtu;	    /* bytes of L3 */
	uint32_t max_frame; /* bytes, including Ethernet header and FCS, as in --max-pkt-len */
	struct fwd_rss rss;
	bool no_link_check;
	bool no_removal_interrupt;

	double stats_period_s; /* < 0: one second on a terminal, else never */
	double duration_s;
	uint64_t packets;
	const char *json;
	const char *xstats; /* names, with commas between them */
	bool record_cycles;

	uint32_t mbufs; /* RX mbufs per NUMA node; 0: computed */
	uint16_t mbuf_size;
	enum fwd_rx_pool rx_pool;
	struct evpl_global_config library; /* all but packet_mbufs, which is computed */
	uint64_t quota;			   /* bytes; 0: none */
	const char *external_slab;	   /* a file */
	bool shared;
	struct fwd_numa numa;

	struct rte_ether_addr peers[RTE_MAX_ETHPORTS];

	/* Generated packets. */
	uint16_t segments[FWD_SEGMENTS_MAX];
	unsigned segment_count;
	uint32_t length; /* the sum of the segments, without FCS */
	uint32_t ip_src, ip_dst;
	uint16_t udp_src, udp_dst;
	uint32_t flows;
	bool tx_first;	 /* each stream sends a burst of txonly before it forwards */
	bool multi_flow; /* txonly: the source address varies */
};

/*
 * Splits argv at "--" and parses what follows it. Returns the number of EAL's arguments, including the program's name.
 * 0: help or version was printed, and the program ends. -1: one line on stderr says what is wrong.
 */
int options_parse(int argc, char **argv, struct fwd_options *o);

/* Whether generated packets fit into buffers of that size. 0; else the exit status, and an error line was printed. */
int options_check_lengths(const struct fwd_options *o, uint32_t buffer_size);

#endif /* FWD_OPTIONS_H */
