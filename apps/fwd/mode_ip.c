/* SPDX-License-Identifier: BSD-3-Clause */
/* Modes that rewrite IP and transport headers. */
#include <netinet/in.h>
#include <string.h>

#include <rte_hash_crc.h>
#include <rte_ip.h>
#include <rte_sctp.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "headers.h"
#include "mode.h"

/* The offset of the two addresses in an IP header, and the length of each. */
#define IPV4_ADDRESSES 12
#define IPV4_ADDRESS_LENGTH 4
#define IPV6_ADDRESSES 8
#define IPV6_ADDRESS_LENGTH 16

/* Swaps two adjacent fields of `length` bytes, at most 16. */
static inline void
swap_fields(uint8_t *data, size_t length)
{
	uint8_t first[16];

	memcpy(first, data, length);
	memcpy(data, data + length, length);
	memcpy(data + length, first, length);
}

static void
swap_layers(uint8_t *data, const struct fwd_headers *h)
{
	swap_fields(data, RTE_ETHER_ADDR_LEN);
	if (h->l3 == FWD_L3_IPV4)
		swap_fields(data + h->l3_offset + IPV4_ADDRESSES, IPV4_ADDRESS_LENGTH);
	else if (h->l3 == FWD_L3_IPV6)
		swap_fields(data + h->l3_offset + IPV6_ADDRESSES, IPV6_ADDRESS_LENGTH);
	/*
	 * Both begin with the source port and the destination port. The checksums stay true: sums do not depend on the
	 * order.
	 */
	if (h->l4_protocol == IPPROTO_TCP || h->l4_protocol == IPPROTO_UDP)
		swap_fields(data + h->l4_offset, sizeof(uint16_t));
}

/* Reads the headers of packet i of n, and counts it if they are wrong. Returns its bytes. */
static inline uint8_t *
parse_packet(struct fwd_stream *s, uint16_t i, uint16_t n, struct fwd_headers *h)
{
	uint8_t *data = evpl_iovec_data(&s->iovecs[i]);

	fwd_prefetch(s->iovecs, i, n);
	fwd_headers_parse(data, evpl_iovec_length(&s->iovecs[i]), h);
	if (unlikely(h->malformed))
		fwd_count(&s->count->rx_malformed, 1);
	return data;
}

uint16_t
fwd_5tswap(struct fwd_stream *s, uint16_t n)
{
	uint64_t bytes;

	n = fwd_receive(s, n, &bytes);
	if (unlikely(n == 0))
		return 0;
	for (uint16_t i = 0; i < n; i++) {
		struct fwd_headers h;
		uint8_t *data = parse_packet(s, i, n, &h);
		uint32_t length = evpl_iovec_length(&s->iovecs[i]);

		if (likely(length >= RTE_ETHER_HDR_LEN))
			swap_layers(data, &h);
	}
	fwd_send(s, &s->targets[0], s->iovecs, n, bytes);
	return n;
}

/*
 * The checksum of l4_covered bytes; the checksum field is zero already. rte_ipv4_udptcp_cksum() would not do: it sums
 * as many bytes as the IP header says, and there may be other bytes behind UDP's own length.
 */
static uint16_t
udp_tcp_checksum(const uint8_t *data, const struct fwd_headers *h)
{
	const uint8_t *l3 = data + h->l3_offset;
	uint32_t sum = rte_raw_cksum(data + h->l4_offset, h->l4_covered);

	if (h->l3 == FWD_L3_IPV4)
		sum += rte_raw_cksum(l3 + IPV4_ADDRESSES, 2 * IPV4_ADDRESS_LENGTH);
	else
		sum += rte_raw_cksum(l3 + IPV6_ADDRESSES, 2 * IPV6_ADDRESS_LENGTH);
	sum += rte_cpu_to_be_16(h->l4_protocol);
	sum += rte_cpu_to_be_16((uint16_t)h->l4_covered);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	sum = (sum & UINT16_MAX) + (sum >> 16);
	/* RFC 768: zero would mean "none". */
	return sum == UINT16_MAX && h->l4_protocol == IPPROTO_UDP ? UINT16_MAX : (uint16_t)~sum;
}

/*
 * RFC 9260, appendix A. Each word is copied out before it is summed, because rte_hash_crc() would load unaligned words.
 */
static uint32_t
sctp_checksum(const uint8_t *data, uint32_t length)
{
	uint32_t crc = UINT32_MAX;
	uint64_t word;

	for (; length >= sizeof(word); data += sizeof(word), length -= (uint32_t)sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		crc = rte_hash_crc_8byte(rte_le_to_cpu_64(word), crc);
	}
	for (; length > 0; data++, length--)
		crc = rte_hash_crc_1byte(*data, crc);
	return rte_cpu_to_le_32(~crc);
}

/*
 * Layer 4 stays unchanged if its sum cannot be known: for fragments, for headers that are cut short, and for false
 * lengths. A UDP checksum of zero means "none" and stays zero.
 */
static void
compute_checksums(uint8_t *data, const struct fwd_headers *h)
{
	uint8_t *l4 = data + h->l4_offset;

	if (h->l3 == FWD_L3_IPV4) {
		struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(data + h->l3_offset);

		ip->hdr_checksum = 0;
		ip->hdr_checksum = rte_ipv4_cksum(ip);
	}
	if (h->l4_covered == 0)
		return;
	if (h->l4_protocol == IPPROTO_UDP) {
		struct rte_udp_hdr *udp = (struct rte_udp_hdr *)l4;

		if (udp->dgram_cksum == 0)
			return;
		udp->dgram_cksum = 0;
		udp->dgram_cksum = udp_tcp_checksum(data, h);
	} else if (h->l4_protocol == IPPROTO_TCP) {
		struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)l4;

		tcp->cksum = 0;
		tcp->cksum = udp_tcp_checksum(data, h);
	} else if (h->l4_protocol == IPPROTO_SCTP) {
		struct rte_sctp_hdr *sctp = (struct rte_sctp_hdr *)l4;

		sctp->cksum = 0;
		sctp->cksum = sctp_checksum(l4, h->l4_covered);
	}
}

uint16_t
fwd_csum(struct fwd_stream *s, uint16_t n)
{
	struct fwd_target *t = &s->targets[0];
	uint8_t macs[2 * RTE_ETHER_ADDR_LEN];
	uint64_t bytes;

	n = fwd_receive(s, n, &bytes);
	if (unlikely(n == 0))
		return 0;
	fwd_macs(t, macs);
	for (uint16_t i = 0; i < n; i++) {
		struct fwd_headers h;
		uint8_t *data = parse_packet(s, i, n, &h);
		uint32_t length = evpl_iovec_length(&s->iovecs[i]);

		if (likely(length >= RTE_ETHER_HDR_LEN))
			memcpy(data, macs, sizeof(macs));
		if (h.l3 != FWD_L3_OTHER)
			compute_checksums(data, &h);
	}
	fwd_send(s, t, s->iovecs, n, bytes);
	return n;
}
