/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP's IPv6 neighbour discovery with as many neighbours as IPv4 has. nd6_lwip.h is lwIP's nd6.c, in which the build
 * made the indexes of neighbours 16 bits wide. 8 bits have room for 127 neighbours.
 *
 * lwIP searches its tables from the start, for each packet that it sends and for each acknowledgement that it receives.
 * This file starts where it found the address last time. A wrong hint costs one search, no more.
 *
 * lwIP lets any number of packets wait for a neighbour that does not answer. This file allows as many as ARP does.
 */
#include <stdint.h>

#include <lwip/nd6.h>

/* lwIP's functions get these names. The functions that lwIP calls are below. */
#define nd6_get_next_hop_addr_or_queue nd6_lwip_get_next_hop
#define nd6_reachability_hint nd6_lwip_reachability_hint
#include "nd6_lwip.h"
#undef nd6_get_next_hop_addr_or_queue
#undef nd6_reachability_hint

_Static_assert(LWIP_ND6_NUM_NEIGHBORS < INT16_MAX && LWIP_ND6_NUM_DESTINATIONS < INT16_MAX, "more than 16 bits");
_Static_assert(sizeof(nd6_cached_neighbor_index) == sizeof(u16_t) &&
		       sizeof(nd6_cached_destination_index) == sizeof(u16_t) &&
		       sizeof(nd6_find_neighbor_cache_entry(NULL)) == sizeof(s16_t) &&
		       sizeof(nd6_new_neighbor_cache_entry()) == sizeof(s16_t) &&
		       sizeof(nd6_get_next_hop_entry(NULL, NULL)) == sizeof(s16_t),
	       "this nd6.c still has indexes of 8 bits: see meson.build");

#define HINT_BITS 16

static struct hint {
	u16_t destination, neighbour; /* its entries in lwIP's tables */
} hints[1 << HINT_BITS];

/* Sets the table entries that lwIP tries first for that address. */
static struct hint *
use_hint(const ip6_addr_t *address)
{
	u32_t mixed = ((address->addr[0] * 31 + address->addr[1]) * 31 + address->addr[2]) * 31 + address->addr[3];
	struct hint *hint = &hints[mixed * UINT32_C(0x9e3779b1) >> (32 - HINT_BITS)];

	if (ip6_addr_cmp(address, &destination_cache[hint->destination].destination_addr)) {
		nd6_cached_destination_index = hint->destination;
		nd6_cached_neighbor_index = hint->neighbour;
	}
	return hint;
}

/* Drops the oldest packet when one too many waits. */
static void
limit_waiting(struct nd6_neighbor_cache_entry *neighbour)
{
	struct nd6_q_entry *oldest = neighbour->q;
	unsigned count = 0;

	for (struct nd6_q_entry *q = oldest; q != NULL; q = q->next)
		count++;
	if (count <= ARP_QUEUE_LEN)
		return;
	neighbour->q = oldest->next;
	oldest->next = NULL;
	nd6_free_q(oldest);
}

err_t
nd6_get_next_hop_addr_or_queue(struct netif *netif, struct pbuf *q, const ip6_addr_t *address, const u8_t **mac)
{
	struct hint *hint = use_hint(address);
	err_t result;

	/* lwIP would prefer the connection's own hint, so that one is set, too. */
	if (netif->hints != NULL)
		netif->hints->addr_hint = nd6_cached_destination_index;
	result = nd6_lwip_get_next_hop(netif, q, address, mac);
	hint->destination = nd6_cached_destination_index;
	hint->neighbour = nd6_cached_neighbor_index;
	limit_waiting(&neighbor_cache[nd6_cached_neighbor_index]);
	return result;
}

void
nd6_reachability_hint(const ip6_addr_t *address)
{
	use_hint(address);
	nd6_lwip_reachability_hint(address);
}
