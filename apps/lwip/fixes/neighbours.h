/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which neighbour a packet of IPv4 goes to. lwIP looks through its whole table for that: 9 microseconds on average with 8,192
 * neighbours. A connection remembers the place, but its first packet and answers that belong to no connection have no such hint.
 * Here each address has one. A hint that is wrong costs a search, no more. (IPv6: nd6_wide.c.)
 */
#ifndef NEIGHBOURS_H
#define NEIGHBOURS_H

#include <lwip/netif.h>

/* A netif's output. */
err_t neighbours_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *address);

#endif /* NEIGHBOURS_H */
