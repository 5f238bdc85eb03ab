/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The headers of a UDP datagram over IPv4.
 */
#ifndef HEADERS_H
#define HEADERS_H

#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>

struct headers {
	struct rte_ether_hdr ether;
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
};
_Static_assert(sizeof(struct headers) == 42, "without padding");

/* For a receiver of zero-copy-file.c. */
static inline void
fill_headers(struct headers *h, unsigned receiver, unsigned length)
{
	*h = (struct headers){
		.ether.dst_addr.addr_bytes = {0x02, 0, 0, 0, (uint8_t)(receiver >> 8), (uint8_t)receiver},
		.ether.ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4),
		.ip = {.version_ihl = 0x45,
		       .total_length = rte_cpu_to_be_16((uint16_t)(sizeof(h->ip) + sizeof(h->udp) + length)),
		       .time_to_live = 64,
		       .next_proto_id = IPPROTO_UDP,
		       .src_addr = rte_cpu_to_be_32(RTE_IPV4(198, 19, 0, 1)),
		       .dst_addr = rte_cpu_to_be_32(RTE_IPV4(198, 18, 0, 0) + receiver)},
		.udp = {.src_port = rte_cpu_to_be_16(9),
			.dst_port = rte_cpu_to_be_16(9),
			.dgram_len = rte_cpu_to_be_16((uint16_t)(sizeof(h->udp) + length))},
	};
	rte_eth_macaddr_get(0, &h->ether.src_addr);
	h->ip.hdr_checksum = rte_ipv4_cksum(&h->ip);
}

#endif /* HEADERS_H */
