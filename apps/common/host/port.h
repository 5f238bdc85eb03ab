/* SPDX-License-Identifier: BSD-3-Clause */
/* A host's ports: configured, started, added to lwIP as netifs, and closed. */
#ifndef HOST_PORT_H
#define HOST_PORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "../ethdev.h"
#include "address.h"
#include "glue.h"

#define PORTS_MAX 16

struct port_options {
	bool copy;
	bool no_offload;
	bool rx_offload, tx_offload; /* of checksums, where the port can; --no-offload: none */
	uint16_t rxd, txd;	     /* descriptors; 0: what the port prefers */
	uint16_t mtu;		     /* bytes of L3 */
	uint32_t mbufs;		     /* RX mbufs per port */
	uint16_t mbuf_size;	     /* of RX mbufs, bytes with headroom; 0: usual, or what the port wants */
	uint32_t rx_hold;	     /* 0: half of what a port's RX ring leaves */
};

struct host_port {
	struct ethdev dev;
	uint16_t mtu;
	bool mtu_behind_ethdev;				/* ethdev allows less than the driver: af_packet.h */
	bool tx_checksum, rx_checksum;			/* the port computes or checks them */
	uint64_t missed, no_mbuf, rx_errors, tx_errors; /* the port's counters, read before it is closed */
	struct rte_mempool *rx_pool;
	struct glue_netif glue;
};

struct host_ports {
	unsigned count;
	struct host_port port[PORTS_MAX];
	struct rte_mempool *tx_pool; /* for bytes that are copied when they are sent */
	bool pools_ours;	     /* --copy: from rte_pktmbuf_pool_create(), unknown to the library */
};

/*
 * Finds all ports, and checks that each address is for one of them. This call, ports_start() and ports_add_netifs()
 * return 0, or the exit status after an error line.
 */
int ports_choose(struct host_ports *ports, const struct address_options *addresses);

/* Packet mbufs that may be in flight on all ports. */
uint32_t ports_packet_mbufs(const struct host_ports *ports, const struct port_options *o);

/* Received mbufs that lwIP may hold, for all ports together. No port may be left without mbufs. */
unsigned ports_rx_hold(const struct host_ports *ports, const struct port_options *o);

/* Makes the pools and starts every port. evpl_init() must have run. */
int ports_start(struct host_ports *ports, const struct port_options *o);

/* Adds all ports to lwIP as netifs, with their addresses. glue_init() must have run. glue_stop() removes them. */
int ports_add_netifs(struct host_ports *ports, const struct port_options *options, const struct address_options *o);

/* Writes the addresses of all ports, like "198.18.0.1, [fe80::1]; 198.18.1.1". */
void ports_print_addresses(const struct host_ports *ports, FILE *out);

/* Waits for links that are down, a few seconds at most. */
void ports_wait_links(const struct host_ports *ports);

/* Stops and closes every port. */
void ports_close(struct host_ports *ports);

/* Frees the pools that are not the library's. Returns the number of mbufs that were still away from them. */
unsigned ports_free(struct host_ports *ports);

#endif /* HOST_PORT_H */
