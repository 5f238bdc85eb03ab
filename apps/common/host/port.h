/* SPDX-License-Identifier: BSD-3-Clause */
/* The ports that are served: set up, started, made netifs of lwIP's, and closed again. */
#ifndef HTTPD_PORT_H
#define HTTPD_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "../ethdev.h"
#include "address.h"
#include "glue.h"

#define PORTS_MAX 16

struct port_options {
	bool copy;
	bool rx_offload, tx_offload; /* of checksums, where the port can */
	uint16_t rxd, txd;	     /* descriptors; 0: what the port prefers */
	uint16_t mtu;		     /* bytes of L3 */
	uint32_t mbufs;		     /* RX mbufs per port */
	uint16_t mbuf_size;	     /* of RX mbufs, bytes with headroom; 0: the usual, or more if the port wants it */
	uint32_t rx_hold;	     /* 0: half of what a port's RX ring leaves */
};

struct httpd_port {
	struct ethdev dev;
	bool netif_added;
	uint16_t mtu;
	bool mtu_behind_ethdev;				/* the driver carries more than ethdev lets it: af_packet.h */
	bool tx_checksum, rx_checksum;			/* the port does them */
	uint64_t missed, no_mbuf, rx_errors, tx_errors; /* the port's own counters, taken before it is closed */
	struct rte_mempool *rx_pool;
	struct glue_netif glue;
};

struct httpd_ports {
	unsigned count;
	struct httpd_port port[PORTS_MAX];
	struct rte_mempool *tx_pool; /* for what is copied to be sent */
	bool pools_ours;	     /* --copy: of rte_pktmbuf_pool_create(), so the library does not know them */
};

/* Finds all ports; addresses are to be of these. 0; else the exit status, an error line was printed. So for the others. */
int ports_choose(struct httpd_ports *ports, const struct address_options *addresses);

/* Packet mbufs that may be in flight on all ports. */
uint32_t ports_packet_mbufs(const struct httpd_ports *ports, const struct port_options *o);

/* Received mbufs that lwIP may hold, of all ports together: none may be left without. */
unsigned ports_rx_hold(const struct httpd_ports *ports, const struct port_options *o);

/* Makes the pools and starts every port. evpl_init() must have run. */
int ports_start(struct httpd_ports *ports, const struct port_options *o);

/* Makes them netifs, with their addresses. glue_init() must have run. */
int ports_add_netifs(struct httpd_ports *ports, const struct port_options *options, const struct address_options *o);

/* Waits a while for links that are down. */
void ports_wait_links(const struct httpd_ports *ports);

/* The netifs go. */
void ports_remove_netifs(struct httpd_ports *ports);

/* Stops and closes every port. */
void ports_close(struct httpd_ports *ports);

/* Pools that are not the library's: mbufs still away from them. They are freed. */
unsigned ports_free(struct httpd_ports *ports);

#endif /* HTTPD_PORT_H */
