/* SPDX-License-Identifier: BSD-3-Clause */
/* IP addresses: from the command line to lwIP's netifs, and as text. */
#ifndef HOST_ADDRESS_H
#define HOST_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct netif;

#define ADDRESSES_MAX 64

struct address {
	uint16_t port; /* DPDK's */
	bool v6;
	uint8_t bytes[16]; /* network order; 4 bytes if not v6 */
	unsigned prefix;   /* bits */
};

struct address_options {
	struct address list[ADDRESSES_MAX]; /* if a port has no IPv4 address here: 198.18.PORT.1/24 */
	unsigned count;
	struct address gateway; /* IPv4 */
	bool has_gateway;
};

/* Reads "[PORT,]ADDRESS/BITS", or "[PORT,]ADDRESS" without with_bits. False: text has another form. */
bool address_parse(const char *text, bool with_bits, struct address *address);

/* Gives a netif the port's addresses, and the gateway. False: there is no room for all. */
bool addresses_set(struct netif *netif, uint16_t port, const struct address_options *o);

/* Writes a netif's addresses, like "198.18.0.1, [fe80::1]". */
void addresses_print(FILE *out, const struct netif *netif);

#endif /* HOST_ADDRESS_H */
