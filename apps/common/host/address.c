/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <string.h>

#include <lwip/netif.h>

#include <rte_config.h>

#include "../args.h"
#include "address.h"

#define DEFAULT_PREFIX 24

bool
address_parse(const char *text, bool with_bits, struct address *a)
{
	char copy[64], *address = copy, *slash, *comma;
	uint64_t port = 0, bits;

	memset(a, 0, sizeof(*a));
	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	comma = strchr(copy, ',');
	if (comma != NULL) {
		*comma = '\0';
		address = comma + 1;
		if (!args_number(copy, 0, RTE_MAX_ETHPORTS - 1, &port))
			return false;
	}
	a->port = (uint16_t)port;
	slash = strchr(address, '/');
	if (with_bits != (slash != NULL))
		return false;
	if (slash != NULL)
		*slash = '\0';
	a->v6 = strchr(address, ':') != NULL;
	if (inet_pton(a->v6 ? AF_INET6 : AF_INET, address, a->bytes) != 1)
		return false;
	/* lwIP knows no other prefix length on an IPv6 link. */
	if (slash != NULL && !args_number(slash + 1, a->v6 ? 64 : 1, a->v6 ? 64 : 32, &bits))
		return false;
	a->prefix = slash != NULL ? (unsigned)bits : 0;
	return true;
}

static void
set_ip4(struct netif *netif, const uint8_t bytes[4], unsigned prefix, const struct address_options *o)
{
	ip4_addr_t address, mask, gateway = {0};

	IP4_ADDR(&address, bytes[0], bytes[1], bytes[2], bytes[3]);
	ip4_addr_set_u32(&mask, htonl((uint32_t)(UINT64_C(0xFFFFFFFF) << (32 - prefix))));
	if (o->has_gateway)
		memcpy(&gateway.addr, o->gateway.bytes, sizeof(gateway.addr));
	netif_set_addr(netif, &address, &mask, &gateway);
}

static bool
add_ip6(struct netif *netif, const uint8_t bytes[16])
{
	ip6_addr_t address = {0};
	s8_t index;

	memcpy(address.addr, bytes, sizeof(address.addr));
	if (netif_add_ip6_address(netif, &address, &index) != ERR_OK)
		return false;
	netif_ip6_addr_set_state(netif, index, IP6_ADDR_PREFERRED);
	return true;
}

bool
addresses_set(struct netif *netif, uint16_t port, const struct address_options *o)
{
	const uint8_t usual[4] = {198, 18, (uint8_t)port, 1};
	bool any4 = false;

	for (unsigned i = 0; i < o->count; i++) {
		const struct address *a = &o->list[i];

		if (a->port != port)
			continue;
		if (a->v6 ? !add_ip6(netif, a->bytes) : any4)
			return false;
		if (!a->v6) {
			set_ip4(netif, a->bytes, a->prefix, o);
			any4 = true;
		}
	}
	if (!any4)
		set_ip4(netif, usual, DEFAULT_PREFIX, o);
	if (o->has_gateway && o->gateway.port == port)
		netif_set_default(netif);
	return true;
}

void
addresses_print(FILE *out, const struct netif *netif)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET, &netif_ip4_addr(netif)->addr, text, sizeof(text));
	fprintf(out, "%s", text);
	for (unsigned i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
		if (ip6_addr_isinvalid(netif_ip6_addr_state(netif, i)))
			continue;
		inet_ntop(AF_INET6, netif_ip6_addr(netif, i)->addr, text, sizeof(text));
		fprintf(out, ", [%s]", text);
	}
}
