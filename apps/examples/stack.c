/* SPDX-License-Identifier: BSD-3-Clause */
#include "stack.h"

#include <rte_ethdev.h>

#define STACK_PORT 7

static struct rte_mempool *pool;

struct rte_mempool *
stack_start(void)
{
	pool = rte_pktmbuf_pool_create("stack", 4095, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	return pool;
}

/* Whether the packet is a datagram for us: no byte is believed before it was checked. */
static bool
is_ours(const struct rte_mbuf *m, const struct stack_headers *h)
{
	unsigned length = rte_be_to_cpu_16(h->ip.total_length);

	return h->ether.ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4) && h->ip.version_ihl == 0x45 &&
	       !rte_is_multicast_ether_addr(&h->ether.dst_addr) && h->ip.next_proto_id == IPPROTO_UDP &&
	       (h->ip.fragment_offset & rte_cpu_to_be_16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)) == 0 &&
	       length > sizeof(h->ip) + sizeof(h->udp) && length <= m->pkt_len - sizeof(h->ether) &&
	       rte_be_to_cpu_16(h->udp.dgram_len) == length - sizeof(h->ip) &&
	       h->udp.dst_port == rte_cpu_to_be_16(STACK_PORT) && h->udp.src_port != rte_cpu_to_be_16(STACK_PORT);
}

bool
stack_input(struct rte_mbuf *m, struct stack_peer *r_peer)
{
	const struct stack_headers *h = rte_pktmbuf_read(m, 0, sizeof(*h), &r_peer->headers);

	if (h != NULL && is_ours(m, h)) {
		uint16_t padding = (uint16_t)(m->pkt_len - sizeof(h->ether) - rte_be_to_cpu_16(h->ip.total_length));

		if (h != &r_peer->headers)
			r_peer->headers = *h;
		if (rte_pktmbuf_trim(m, padding) == 0 && rte_pktmbuf_adj(m, sizeof(*h)) != NULL)
			return true;
	}
	rte_pktmbuf_free(m);
	return false;
}

bool
stack_output(struct rte_mbuf *payload, const struct stack_peer *peer)
{
	const struct stack_headers *to = &peer->headers;
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct stack_headers *h;
	unsigned length = payload->pkt_len;

	/* A packet of iovecs has no headroom, so the headers are a segment of their own in front. */
	if (m == NULL || length > RTE_ETHER_MTU - sizeof(h->ip) - sizeof(h->udp) ||
	    (h = (struct stack_headers *)rte_pktmbuf_append(m, sizeof(*h))) == NULL ||
	    rte_pktmbuf_chain(m, payload) != 0) {
		rte_pktmbuf_free(m);
		rte_pktmbuf_free(payload);
		return false;
	}
	*h = (struct stack_headers){
		.ether = {.dst_addr = to->ether.src_addr,
			  .src_addr = to->ether.dst_addr,
			  .ether_type = to->ether.ether_type},
		.ip = {.version_ihl = 0x45,
		       .total_length = rte_cpu_to_be_16((uint16_t)(sizeof(h->ip) + sizeof(h->udp) + length)),
		       .time_to_live = 64,
		       .next_proto_id = IPPROTO_UDP,
		       .src_addr = to->ip.dst_addr,
		       .dst_addr = to->ip.src_addr},
		.udp = {.src_port = to->udp.dst_port,
			.dst_port = to->udp.src_port,
			.dgram_len = rte_cpu_to_be_16((uint16_t)(sizeof(h->udp) + length))},
	};
	h->ip.hdr_checksum = rte_ipv4_cksum(&h->ip);
	if (rte_eth_tx_burst(0, 0, &m, 1) == 1)
		return true;
	rte_pktmbuf_free(m);
	return false;
}
