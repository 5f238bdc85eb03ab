/* SPDX-License-Identifier: BSD-3-Clause */
/* Internet checksums: by the CPU for lwIP, or left to the port that sends. */
#include <netinet/in.h>

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

void
glue_queue_offload(struct rte_mbuf *m)
{
	uint64_t ip_version = 0;
	uint16_t tcp = find_tcp(m, &ip_version);

	if (tcp == 0)
		return;
	m->l2_len = RTE_ETHER_HDR_LEN;
	m->l3_len = (unsigned)(tcp - RTE_ETHER_HDR_LEN) & 0x1FFu;
	m->l4_len = rte_pktmbuf_mtod_offset(m, const struct rte_tcp_hdr *, tcp)->data_off >> 4 << 2;
	m->ol_flags |= ip_version | RTE_MBUF_F_TX_TCP_CKSUM;
	/* Ports take the sum of the pseudo header from the packet. */
	rte_net_intel_cksum_prepare(m);
}
