/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers ARP and ICMP echo requests in place; all other packets are dropped here. */
#include <netinet/in.h>
#include <string.h>

#include <rte_arp.h>
#include <rte_icmp.h>
#include <rte_ip.h>

#include "headers.h"
#include "mode.h"

/* DPDK renamed its constants in 24.11. */
#define ICMP_ECHO_REPLY 0
#define ICMP_ECHO_REQUEST 8

#define MULTICAST 0xE /* 224.0.0.0/4 */
#define BROADCAST 0xFFFFFFFF

enum verdict {
	ANSWER,
	NOT_A_REQUEST,
	MALFORMED,
};

/* Whether it may be the address of one host, so that a reply may have it as source or destination. */
static bool
is_host(rte_be32_t address)
{
	uint32_t a = rte_be_to_cpu_32(address);

	return a != 0 && a >> 28 != MULTICAST && a != BROADCAST;
}

static enum verdict
answer_arp(uint8_t *data, uint32_t length, const struct fwd_headers *h, const struct rte_ether_addr *mac)
{
	struct rte_ether_hdr *eth = (struct rte_ether_hdr *)data;
	struct rte_arp_hdr *arp = (struct rte_arp_hdr *)(data + h->l3_offset);
	rte_be32_t asker;

	if (length - h->l3_offset < sizeof(*arp))
		return MALFORMED;
	if (arp->arp_hardware != RTE_BE16(RTE_ARP_HRD_ETHER) || arp->arp_protocol != RTE_BE16(RTE_ETHER_TYPE_IPV4) ||
	    arp->arp_hlen != RTE_ETHER_ADDR_LEN || arp->arp_plen != sizeof(asker) ||
	    arp->arp_opcode != RTE_BE16(RTE_ARP_OP_REQUEST))
		return NOT_A_REQUEST;
	/*
	 * A host that asks for its own address announces it, and wants no answer. A probe has no sender address (RFC
	 * 5227).
	 */
	if (!rte_is_unicast_ether_addr(&eth->src_addr) || !rte_is_unicast_ether_addr(&arp->arp_data.arp_sha) ||
	    !is_host(arp->arp_data.arp_tip) || arp->arp_data.arp_tip == arp->arp_data.arp_sip ||
	    !(arp->arp_data.arp_sip == 0 || is_host(arp->arp_data.arp_sip)))
		return NOT_A_REQUEST;

	rte_ether_addr_copy(&eth->src_addr, &eth->dst_addr);
	rte_ether_addr_copy(mac, &eth->src_addr);
	arp->arp_opcode = RTE_BE16(RTE_ARP_OP_REPLY);
	rte_ether_addr_copy(&arp->arp_data.arp_sha, &arp->arp_data.arp_tha);
	rte_ether_addr_copy(mac, &arp->arp_data.arp_sha);
	asker = arp->arp_data.arp_sip;
	arp->arp_data.arp_sip = arp->arp_data.arp_tip;
	arp->arp_data.arp_tip = asker;
	return ANSWER;
}

static enum verdict
answer_echo(uint8_t *data, const struct fwd_headers *h)
{
	struct rte_ether_hdr *eth = (struct rte_ether_hdr *)data;
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(data + h->l3_offset);
	struct rte_icmp_hdr *icmp = (struct rte_icmp_hdr *)(data + h->l4_offset);
	rte_be32_t asker = ip->src_addr;
	struct rte_ether_addr mac;
	uint32_t sum;

	if (icmp->icmp_type != ICMP_ECHO_REQUEST || icmp->icmp_code != 0)
		return NOT_A_REQUEST;
	/* The source of the reply is the address that was asked. It must not be a group (RFC 1122, 3.2.1.3). */
	if (!rte_is_unicast_ether_addr(&eth->dst_addr) || !rte_is_unicast_ether_addr(&eth->src_addr) ||
	    !is_host(ip->dst_addr) || !is_host(asker))
		return NOT_A_REQUEST;

	rte_ether_addr_copy(&eth->src_addr, &mac);
	rte_ether_addr_copy(&eth->dst_addr, &eth->src_addr);
	rte_ether_addr_copy(&mac, &eth->dst_addr);
	ip->src_addr = ip->dst_addr;
	ip->dst_addr = asker;
	icmp->icmp_type = ICMP_ECHO_REPLY;
	/* RFC 1624: only the type changed. A wrong checksum stays wrong, so that the asker sees it. */
	sum = (uint16_t)~icmp->icmp_cksum;
	sum += (uint16_t)~RTE_BE16(ICMP_ECHO_REQUEST << 8);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	icmp->icmp_cksum = (uint16_t)~sum;
	return ANSWER;
}

static enum verdict
make_answer(uint8_t *data, uint32_t length, const struct rte_ether_addr *mac)
{
	struct fwd_headers h;

	fwd_headers_parse(data, length, &h);
	if (h.malformed)
		return MALFORMED;
	if (h.ether_type == RTE_ETHER_TYPE_ARP)
		return answer_arp(data, length, &h, mac);
	if (h.l3 == FWD_L3_IPV4 && h.l4_protocol == IPPROTO_ICMP)
		return answer_echo(data, &h);
	return NOT_A_REQUEST;
}

uint16_t
fwd_icmpecho(struct fwd_stream *s, uint16_t n)
{
	uint16_t answers = 0, others = 0, malformed = 0;
	uint64_t bytes;

	n = fwd_receive(s, n, &bytes);
	if (n == 0)
		return 0;
	for (uint16_t i = 0; i < n; i++) {
		struct evpl_iovec *iovec = &s->iovecs[i];

		fwd_prefetch(s->iovecs, i, n);
		switch (make_answer(evpl_iovec_data(iovec), evpl_iovec_length(iovec), &s->targets[0].mac)) {
		case ANSWER:
			evpl_iovec_move(&s->iovecs[answers++], iovec);
			continue;
		case NOT_A_REQUEST:
			others++;
			break;
		case MALFORMED:
			malformed++;
			break;
		}
		evpl_iovec_release(s->evpl, iovec);
	}
	fwd_count(&s->count->rx_consumed, others);
	fwd_count(&s->count->rx_malformed, malformed);
	fwd_count(&s->count->drop_malformed, malformed);
	if (answers != 0)
		fwd_send(s, &s->targets[0], s->iovecs, answers, fwd_bytes(s->iovecs, answers));
	return n;
}
