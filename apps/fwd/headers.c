/* SPDX-License-Identifier: BSD-3-Clause */
#include <netinet/in.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_icmp.h>
#include <rte_ip.h>
#include <rte_sctp.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "headers.h"

static uint16_t
be16_at(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* The L4 header, of which `room` bytes can be there at most. */
static void
parse_l4(struct fwd_headers *h, uint8_t protocol, uint32_t room)
{
	uint32_t need;

	switch (protocol) {
	case IPPROTO_TCP:
		need = sizeof(struct rte_tcp_hdr);
		break;
	case IPPROTO_UDP:
		need = sizeof(struct rte_udp_hdr);
		break;
	case IPPROTO_ICMP:
		need = sizeof(struct rte_icmp_hdr);
		break;
	case IPPROTO_SCTP:
		need = sizeof(struct rte_sctp_hdr);
		break;
	default:
		return;
	}
	if (room < need)
		h->malformed = true;
	else
		h->l4_protocol = protocol;
}

static void
parse_ipv4(const uint8_t *data, uint32_t room, struct fwd_headers *h)
{
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)data;
	uint32_t header_length, total;
	uint16_t fragment;

	if (room < sizeof(*ip) || ip->version_ihl >> 4 != 4) {
		h->malformed = true;
		return;
	}
	header_length = rte_ipv4_hdr_len(ip);
	if (header_length < sizeof(*ip) || header_length > room) {
		h->malformed = true;
		return;
	}
	h->l3 = FWD_L3_IPV4;
	h->l4_offset = h->l3_offset + header_length;
	total = rte_be_to_cpu_16(ip->total_length);
	h->lengths_hold = total >= header_length && total <= room;
	if (!h->lengths_hold) {
		h->malformed = true;
		total = room;
	}
	h->l4_length = total - header_length;
	fragment = rte_be_to_cpu_16(ip->fragment_offset);
	h->fragment = (fragment & (RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)) != 0;
	if ((fragment & RTE_IPV4_HDR_OFFSET_MASK) == 0)
		parse_l4(h, ip->next_proto_id, h->l4_length);
}

static void
parse_ipv6(const uint8_t *data, uint32_t room, struct fwd_headers *h)
{
	const struct rte_ipv6_hdr *ip = (const struct rte_ipv6_hdr *)data;

	if (room < sizeof(*ip) || data[0] >> 4 != 6) {
		h->malformed = true;
		return;
	}
	room -= (uint32_t)sizeof(*ip);
	h->l3 = FWD_L3_IPV6;
	h->l4_offset = h->l3_offset + (uint32_t)sizeof(*ip);
	h->l4_length = rte_be_to_cpu_16(ip->payload_len);
	h->lengths_hold = h->l4_length <= room;
	if (!h->lengths_hold) {
		h->malformed = true;
		h->l4_length = room;
	}
	parse_l4(h, ip->proto, h->l4_length);
}

void
fwd_headers_parse(const uint8_t *data, uint32_t length, struct fwd_headers *h)
{
	uint32_t offset = RTE_ETHER_HDR_LEN;
	uint16_t type;

	memset(h, 0, sizeof(*h));
	if (length < RTE_ETHER_HDR_LEN) {
		h->malformed = true;
		return;
	}
	type = be16_at(data + 2 * RTE_ETHER_ADDR_LEN);
	while (type == RTE_ETHER_TYPE_VLAN || type == RTE_ETHER_TYPE_QINQ) {
		if (length - offset < RTE_VLAN_HLEN) {
			h->malformed = true;
			break;
		}
		type = be16_at(data + offset + 2);
		offset += RTE_VLAN_HLEN;
	}
	h->ether_type = type;
	h->l3_offset = offset;
	if (type == RTE_ETHER_TYPE_IPV4)
		parse_ipv4(data + offset, length - offset, h);
	else if (type == RTE_ETHER_TYPE_IPV6)
		parse_ipv6(data + offset, length - offset, h);
}
