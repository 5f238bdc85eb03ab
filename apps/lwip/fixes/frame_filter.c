/* SPDX-License-Identifier: BSD-3-Clause */
#include "frame_filter.h"

#include <lwip/netif.h>
#include <lwip/prot/etharp.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/icmp6.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <lwip/prot/nd6.h>

#include "ip6_filter.h"

#define OPTION_UNIT 8u /* of an option's length: RFC 4861 */

/* Bytes before the options of a neighbour discovery message; 0: it has no options. */
static unsigned
options_at(u8_t type)
{
	switch (type) {
	case ICMP6_TYPE_RA:
		return sizeof(struct ra_header);
	case ICMP6_TYPE_NS:
		return sizeof(struct ns_header);
	case ICMP6_TYPE_NA:
		return sizeof(struct na_header);
	case ICMP6_TYPE_RD:
		return sizeof(struct redirect_header);
	default:
		return 0;
	}
}

/* RFC 4861: a message is dropped if an option has length 0, or ends behind the message. */
static bool
options_are_whole(const struct pbuf *frame)
{
	unsigned start = SIZEOF_ETH_HDR + IP6_HLEN, at, end;
	const u8_t *ip6 = (const u8_t *)frame->payload + SIZEOF_ETH_HDR;

	if (ip6[6] != IP6_NEXTH_ICMP6 || frame->len <= start || (at = options_at(ip6[IP6_HLEN])) == 0)
		return true;
	end = start + (unsigned)(ip6[4] << 8 | ip6[5]);
	if (end > frame->tot_len)
		return false;
	for (at += start; at < end;) {
		unsigned length = at + 1 < end ? pbuf_get_at(frame, (u16_t)(at + 1)) * OPTION_UNIT : 0;

		if (length == 0 || length > end - at)
			return false;
		at += length;
	}
	return true;
}

/* Such a fragment adds only an empty pbuf to a datagram, and lwIP's ARP queue stops at an empty pbuf. */
static bool
is_empty_fragment(const u8_t *ip)
{
	unsigned header = (ip[0] & 15u) * 4, length = (unsigned)(ip[2] << 8 | ip[3]);

	return ((ip[6] & 0x3f) != 0 || ip[7] != 0) && length <= header;
}

enum frame_verdict
frame_filter(const struct pbuf *frame)
{
	const u8_t *ethernet = frame->payload;

	if (frame->len <= SIZEOF_ETH_HDR)
		return FRAME_SHORT;
	switch (ethernet[12] << 8 | ethernet[13]) {
	case ETHTYPE_ARP:
		return frame->len < SIZEOF_ETH_HDR + SIZEOF_ETHARP_HDR ? FRAME_SHORT : FRAME_PASSES;
	case ETHTYPE_IP:
		if (frame->len < SIZEOF_ETH_HDR + IP_HLEN)
			return FRAME_SHORT;
		return is_empty_fragment(ethernet + SIZEOF_ETH_HDR) ? FRAME_REFUSED : FRAME_PASSES;
	case ETHTYPE_IPV6:
		if (frame->len < SIZEOF_ETH_HDR + IP6_HLEN || !options_are_whole(frame))
			return FRAME_SHORT;
		return ip6_filter_passes(frame) ? FRAME_PASSES : FRAME_REFUSED;
	default:
		return FRAME_PASSES;
	}
}
