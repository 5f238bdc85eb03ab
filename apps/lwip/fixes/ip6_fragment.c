/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip6_fragment.h"

#include <string.h>

#include <lwip/ip6_addr.h>
#include <lwip/nd6.h>

#include "glue_netif.h"
#include "glue_pbuf.h"

#define ETHERNET 14u
#define IP6 40u
#define FRAGMENT 8u
#define HEADERS (ETHERNET + IP6) /* of the frame */
#define MTU_MIN 1280u		 /* RFC 8200: every path takes that */
#define FRAGMENT_HEADER 44	 /* as the next header */

/* Offsets of the fields in a fragment. */
enum { LENGTH = ETHERNET + 4, NEXT = ETHERNET + 6, DESTINATION = ETHERNET + 24, FRAGMENT_AT = HEADERS };

static void
put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

unsigned
ip6_fragment_mtu(const struct glue_netif *n, const struct pbuf *frame)
{
	const uint8_t *bytes = frame->payload;
	ip6_addr_t destination;
	unsigned mtu;

	if (frame->tot_len <= ETHERNET + MTU_MIN || frame->len < HEADERS || bytes[12] != 0x86 || bytes[13] != 0xdd)
		return 0;
	memset(&destination, 0, sizeof(destination));
	memcpy(destination.addr, bytes + DESTINATION, sizeof(destination.addr));
	ip6_addr_assign_zone(&destination, IP6_UNKNOWN, &n->netif);
	/* lwIP believes a "packet too big" whose MTU is larger than the port's. */
	mtu = LWIP_MIN(nd6_get_destination_mtu(&destination, LWIP_CONST_CAST(struct netif *, &n->netif)),
		       n->netif.mtu6);
	return frame->tot_len > ETHERNET + mtu ? mtu : 0;
}

err_t
ip6_fragment_send(struct glue_netif *n, const struct pbuf *frame, unsigned mtu)
{
	static uint32_t identification;
	uint8_t head[HEADERS + FRAGMENT] = {0}, *fragment = head + FRAGMENT_AT;
	unsigned most = (mtu - IP6 - FRAGMENT) & ~7u, length;

	pbuf_copy_partial(frame, head, HEADERS, 0);
	fragment[0] = head[NEXT];
	head[NEXT] = FRAGMENT_HEADER;
	/* Nobody must guess it: with a known identification others could mix their fragments with ours. */
	identification += 1 + ((uint32_t)LWIP_RAND() & 0xff);
	put16(fragment + 4, identification >> 16);
	put16(fragment + 6, identification & 0xffff);
	for (unsigned at = HEADERS; at < frame->tot_len; at += length) {
		unsigned left = frame->tot_len - at;
		struct rte_mbuf *m;

		length = LWIP_MIN(left, most);
		put16(head + LENGTH, FRAGMENT + length);
		put16(fragment + 2, (at - HEADERS) | (left > most));
		if (glue_netif_is_full(n))
			return ERR_MEM;
		m = glue_pbuf_part(frame, head, sizeof(head), at, length, &n->stats);
		if (glue_netif_send(n, m, (unsigned)sizeof(head) + length) != ERR_OK)
			return ERR_MEM;
	}
	return ERR_OK;
}
