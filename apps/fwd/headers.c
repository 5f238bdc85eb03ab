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

/* What the IP header says about the bytes behind it. */
struct payload {
	const uint8_t *data;
	uint32_t length; /* only the bytes that are in the frame */
	uint8_t protocol;
	bool whole;    /* not a fragment, and all bytes are in the frame */
	bool fragment; /* the first fragment of an IPv4 packet; the others have no L4 header */
};

/*
 * The length in the UDP header: at least that header, and not more than IP has (a fragment has only a part). 0: it is
 * false.
 */
static uint32_t
udp_length(const struct payload *p)
{
	const struct rte_udp_hdr *udp = (const struct rte_udp_hdr *)p->data;
	uint32_t length = rte_be_to_cpu_16(udp->dgram_len);

	return length < sizeof(*udp) || (length > p->length && !p->fragment) ? 0 : length;
}

/*
 * The bytes of TCP. TCP has no length field, but a header length, which must end within the packet. 0: that one is
 * false.
 */
static uint32_t
tcp_length(const struct payload *p)
{
	const struct rte_tcp_hdr *tcp = (const struct rte_tcp_hdr *)p->data;
	uint32_t header_length = (uint32_t)(tcp->data_off >> 4) * 4;

	return header_length < sizeof(*tcp) || header_length > p->length ? 0 : p->length;
}

static void
parse_l4(struct fwd_headers *h, const struct payload *p)
{
	uint32_t need, length = p->length;

	switch (p->protocol) {
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
	if (p->length < need) {
		h->malformed = true;
		return;
	}
	h->l4_protocol = p->protocol;
	if (p->protocol == IPPROTO_UDP)
		length = udp_length(p);
	else if (p->protocol == IPPROTO_TCP)
		length = tcp_length(p);
	if (length == 0)
		h->malformed = true;
	if (p->whole)
		h->l4_covered = length;
}

static void
parse_ipv4(const uint8_t *data, uint32_t room, struct fwd_headers *h)
{
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)data;
	struct payload payload;
	uint32_t header_length, total;
	uint16_t fragment;
	bool in_frame;

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
	in_frame = total >= header_length && total <= room;
	if (!in_frame) {
		h->malformed = true;
		total = room;
	}
	fragment = rte_be_to_cpu_16(ip->fragment_offset);
	if ((fragment & RTE_IPV4_HDR_OFFSET_MASK) != 0)
		return;
	payload.data = data + header_length;
	payload.length = total - header_length;
	payload.protocol = ip->next_proto_id;
	payload.fragment = (fragment & RTE_IPV4_HDR_MF_FLAG) != 0;
	payload.whole = in_frame && !payload.fragment;
	parse_l4(h, &payload);
}

static void
parse_ipv6(const uint8_t *data, uint32_t room, struct fwd_headers *h)
{
	const struct rte_ipv6_hdr *ip = (const struct rte_ipv6_hdr *)data;
	struct payload payload;

	if (room < sizeof(*ip) || data[0] >> 4 != 6) {
		h->malformed = true;
		return;
	}
	room -= (uint32_t)sizeof(*ip);
	h->l3 = FWD_L3_IPV6;
	h->l4_offset = h->l3_offset + (uint32_t)sizeof(*ip);
	payload.data = data + sizeof(*ip);
	payload.length = rte_be_to_cpu_16(ip->payload_len);
	payload.protocol = ip->proto;
	payload.fragment = false; /* a fragment has an extension header, and is not parsed */
	payload.whole = payload.length <= room;
	if (!payload.whole) {
		h->malformed = true;
		payload.length = room;
	}
	parse_l4(h, &payload);
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
