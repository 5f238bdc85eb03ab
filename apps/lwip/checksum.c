/* SPDX-License-Identifier: BSD-3-Clause */
/* Internet checksums: by the CPU for lwIP, or left to the port that sends. */
#include <netinet/in.h>
#include <stdbool.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_net.h>
#include <rte_tcp.h>

#include "arch/cc.h"
#include "glue_queue.h"

/* lwIP's LWIP_CHKSUM: the sum of the bytes as 16-bit words of this machine, folded, not inverted. */
uint16_t
glue_checksum(const void *data, int length)
{
	return rte_raw_cksum(data, (size_t)length);
}

/* Where the TCP header is, if the first segment has all headers of a TCP packet; else 0. */
static uint16_t
find_tcp(const struct rte_mbuf *m, uint64_t *ip_version)
{
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	uint16_t type = rte_be_to_cpu_16(ether->ether_type), at = 0;

	if (type == RTE_ETHER_TYPE_IPV4 && m->data_len >= sizeof(*ether) + sizeof(struct rte_ipv4_hdr)) {
		const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(ether + 1);

		*ip_version = RTE_MBUF_F_TX_IPV4;
		if (ip->next_proto_id == IPPROTO_TCP &&
		    (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK | RTE_IPV4_HDR_MF_FLAG)) == 0)
			at = (uint16_t)(sizeof(*ether) + rte_ipv4_hdr_len(ip));
	} else if (type == RTE_ETHER_TYPE_IPV6 && m->data_len >= sizeof(*ether) + sizeof(struct rte_ipv6_hdr)) {
		*ip_version = RTE_MBUF_F_TX_IPV6;
		if (((const struct rte_ipv6_hdr *)(ether + 1))->proto == IPPROTO_TCP)
			at = sizeof(*ether) + sizeof(struct rte_ipv6_hdr);
	}
	return at != 0 && m->data_len >= at + sizeof(struct rte_tcp_hdr) ? at : 0;
}

static bool
odd_inside(const struct rte_mbuf *m)
{
	for (; m->next != NULL; m = m->next) {
		if (m->data_len % 2 != 0)
			return true;
	}
	return false;
}

/* The checksum of all from the TCP header on, added to that of the pseudo header. */
static uint16_t
sum_segments(const struct rte_mbuf *m, uint16_t tcp, uint32_t sum)
{
	bool odd = false;

	for (uint32_t at = tcp; m != NULL; m = m->next, at = 0) {
		uint32_t length = m->data_len - at;
		uint16_t part = rte_raw_cksum(rte_pktmbuf_mtod_offset(m, const void *, at), length);

		sum += odd ? rte_bswap16(part) : part;
		odd ^= length % 2 != 0;
	}
	sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

void
glue_queue_offload(struct rte_mbuf *m)
{
	uint64_t ip_version = 0;
	uint16_t at = find_tcp(m, &ip_version);
	const void *ip = rte_pktmbuf_mtod_offset(m, const void *, RTE_ETHER_HDR_LEN);
	struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, at);

	if (at == 0)
		return;
	/* Software may go wrong behind a segment of odd length: net_tap and rte_raw_cksum_mbuf() do, in 22.11 at least. */
	if (odd_inside(m)) {
		tcp->cksum = 0;
		tcp->cksum = sum_segments(m, at,
					  ip_version == RTE_MBUF_F_TX_IPV4 ? rte_ipv4_phdr_cksum(ip, 0)
									   : rte_ipv6_phdr_cksum(ip, 0));
		return;
	}
	m->l2_len = RTE_ETHER_HDR_LEN;
	m->l3_len = (unsigned)(at - RTE_ETHER_HDR_LEN) & 0x1FFu;
	m->l4_len = (unsigned)tcp->data_off >> 4 << 2;
	m->ol_flags |= ip_version | RTE_MBUF_F_TX_TCP_CKSUM;
	/* Ports take the sum of the pseudo header from the packet. */
	rte_net_intel_cksum_prepare(m);
}
