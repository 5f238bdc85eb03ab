/* SPDX-License-Identifier: BSD-3-Clause */
/* Internet checksums: the CPU computes them for lwIP, or the port that sends does. */
#include <netinet/in.h>
#include <stdbool.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "arch/cc.h"
#include "queue.h"

/* lwIP's LWIP_CHKSUM: the sum of the bytes as 16-bit words of this machine, folded, not inverted. */
uint16_t
glue_checksum(const void *data, int length)
{
	return rte_raw_cksum(data, (size_t)length);
}

/* The header behind an IP header: its offset and its protocol. at is 0 for fragments, and behind other headers. */
struct behind_ip {
	uint64_t ip_version; /* RTE_MBUF_F_TX_IPV4 or _IPV6 */
	uint16_t at;
	uint8_t protocol;
};

static struct behind_ip
find_behind_ip(const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	struct behind_ip found = {0};

	if (m->data_len >= sizeof(*ether) + sizeof(struct rte_ipv4_hdr) &&
	    ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4)) {
		const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(ether + 1);

		found.ip_version = RTE_MBUF_F_TX_IPV4;
		found.protocol = ip->next_proto_id;
		if ((ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK | RTE_IPV4_HDR_MF_FLAG)) == 0)
			found.at = (uint16_t)(sizeof(*ether) + rte_ipv4_hdr_len(ip));
	} else if (m->data_len >= sizeof(*ether) + sizeof(struct rte_ipv6_hdr) &&
		   ether->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6)) {
		found.ip_version = RTE_MBUF_F_TX_IPV6;
		found.protocol = ((const struct rte_ipv6_hdr *)(ether + 1))->proto;
		found.at = sizeof(*ether) + sizeof(struct rte_ipv6_hdr);
	}
	return found;
}

/* The sum is good, or the sender left it out. On virtio a host leaves out the sums of its own packets. */
static bool
is_verified(uint64_t flags, uint64_t good, uint64_t none)
{
	return flags == good || flags == none;
}

/* lwIP asks once per reassembled datagram. It would take the last fragment's answer for all fragments. */
unsigned
glue_queue_good_checksums(const struct rte_mbuf *m)
{
	unsigned good = 0;

	if (is_verified(m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK, RTE_MBUF_F_RX_IP_CKSUM_GOOD,
			RTE_MBUF_F_RX_IP_CKSUM_NONE))
		good |= GLUE_IP_GOOD;
	if (is_verified(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK, RTE_MBUF_F_RX_L4_CKSUM_GOOD,
			RTE_MBUF_F_RX_L4_CKSUM_NONE)) {
		struct behind_ip found = find_behind_ip(m);

		if (found.at != 0 && (found.protocol == IPPROTO_TCP || found.protocol == IPPROTO_UDP))
			good |= GLUE_L4_GOOD;
	}
	return good;
}

static bool
has_odd_segment(const struct rte_mbuf *m)
{
	for (; m->next != NULL; m = m->next) {
		if (m->data_len % 2 != 0)
			return true;
	}
	return false;
}

/* The checksum of everything from the TCP header on, added to the pseudo header's. */
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
glue_queue_offload_checksum(struct rte_mbuf *m)
{
	struct behind_ip found = find_behind_ip(m);
	uint16_t at = found.at;
	const void *ip = rte_pktmbuf_mtod_offset(m, const void *, RTE_ETHER_HDR_LEN);
	struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, at);

	if (at == 0 || found.protocol != IPPROTO_TCP || m->data_len < at + sizeof(*tcp))
		return;
	/* Behind a segment of odd length, net_tap and rte_raw_cksum_mbuf() sum wrongly, in 22.11 at least. */
	if (has_odd_segment(m)) {
		tcp->cksum = 0;
		tcp->cksum = sum_segments(m, at,
					  found.ip_version == RTE_MBUF_F_TX_IPV4 ? rte_ipv4_phdr_cksum(ip, 0)
										 : rte_ipv6_phdr_cksum(ip, 0));
		return;
	}
	m->l2_len = RTE_ETHER_HDR_LEN;
	m->l3_len = (unsigned)(at - RTE_ETHER_HDR_LEN) & 0x1FFu;
	m->l4_len = (unsigned)tcp->data_off >> 4 << 2;
	m->ol_flags |= found.ip_version | RTE_MBUF_F_TX_TCP_CKSUM;
}
