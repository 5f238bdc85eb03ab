/* SPDX-License-Identifier: BSD-3-Clause */
#include "neighbours.h"

#include <lwip/etharp.h>

#if LWIP_NETIF_HWADDRHINT

#define HINT_BITS 16

static struct netif_hint hints[1 << HINT_BITS];

err_t
neighbours_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *address)
{
	struct netif_hint *of_connection = netif->hints;
	err_t result;

	netif->hints = &hints[ip4_addr_get_u32(address) * UINT32_C(0x9e3779b1) >> (32 - HINT_BITS)];
	result = etharp_output(netif, p, address);
	netif->hints = of_connection;
	return result;
}

#else

err_t
neighbours_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *address)
{
	return etharp_output(netif, p, address);
}

#endif
