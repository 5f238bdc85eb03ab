/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>

#include <rte_ether.h>

#include "frame.h"
#include "support.h"

#define SEGMENTS_MAX 512

static uint32_t
ipv4_header(struct rte_ipv4_hdr *ip, const struct frame *frame, uint32_t payload)
{
	memset(ip, 0, sizeof(*ip));
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = htons((uint16_t)(sizeof(*ip) + payload));
	ip->packet_id = htons(frame->ip_id);
	ip->time_to_live = 64;
	ip->next_proto_id = frame->protocol;
	ip->src_addr = htonl(FRAME_SOURCE);
	ip->dst_addr = htonl(FRAME_TARGET);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	return sizeof(*ip);
}

static uint32_t
ipv6_header(struct rte_ipv6_hdr *ip, const struct frame *frame, uint32_t payload)
{
	static const uint8_t source[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1},
			     target[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 2};

	memset(ip, 0, sizeof(*ip));
	ip->vtc_flow = htonl(6u << 28);
	ip->payload_len = htons((uint16_t)payload);
	ip->proto = frame->protocol;
	ip->hop_limits = 64;
	memcpy(&ip->src_addr, source, sizeof(source)); /* arrays before DPDK 24.11, structs since */
	memcpy(&ip->dst_addr, target, sizeof(target));
	return sizeof(*ip);
}

static uint32_t
transport_length(const struct frame *frame)
{
	return frame->protocol == IPPROTO_TCP ? FRAME_TCP : FRAME_UDP;
}

static void
transport_header(void *to, const struct frame *frame, uint32_t payload)
{
	struct rte_tcp_hdr tcp = {.src_port = htons(1024),
				  .dst_port = htons(80),
				  .sent_seq = htonl(frame->seq),
				  .recv_ack = htonl(1),
				  .data_off = (FRAME_TCP / 4) << 4,
				  .tcp_flags = RTE_TCP_ACK_FLAG,
				  .rx_win = htons(1000)};
	struct rte_udp_hdr udp = {
		.src_port = htons(1024), .dst_port = htons(53), .dgram_len = htons((uint16_t)(FRAME_UDP + payload))};

	if (frame->protocol == IPPROTO_TCP)
		memcpy(to, &tcp, sizeof(tcp));
	else
		memcpy(to, &udp, sizeof(udp));
}

uint32_t
frame_headers(void *to, const struct frame *frame, uint32_t payload)
{
	struct rte_ether_hdr ether = {
		.dst_addr = {{2, 0xbb, 0, 0, 0, 1}},
		.src_addr = {{2, 0xaa, 0, 0, 0, 1}},
		.ether_type = htons(frame->ipv6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4),
	};
	uint32_t l4 = transport_length(frame);
	uint8_t *at = to;

	memcpy(at, &ether, sizeof(ether));
	at += sizeof(ether);
	if (frame->ipv6) {
		struct rte_ipv6_hdr ip;

		at = (uint8_t *)memcpy(at, &ip, ipv6_header(&ip, frame, l4 + payload)) + sizeof(ip);
	} else {
		struct rte_ipv4_hdr ip;

		at = (uint8_t *)memcpy(at, &ip, ipv4_header(&ip, frame, l4 + payload)) + sizeof(ip);
	}
	transport_header(at, frame, payload);
	return (uint32_t)(at - (uint8_t *)to) + l4;
}

uint32_t
frame_set_lengths(struct rte_mbuf *packet, const struct frame *frame)
{
	packet->l2_len = FRAME_ETHER;
	packet->l3_len = frame->ipv6 ? FRAME_IPV6 : FRAME_IPV4;
	packet->l4_len = (uint8_t)transport_length(frame);
	return (frame->ipv6 ? FRAME_IPV6 : FRAME_IPV4) + transport_length(frame);
}

const void *
frame_read(const struct rte_mbuf *packet, uint32_t offset, uint32_t length, void *room)
{
	const void *p = rte_pktmbuf_read(packet, offset, length, room);

	if (p == NULL)
		fail_msg("%u bytes at %u are not in a packet of %u", length, offset, rte_pktmbuf_pkt_len(packet));
	return p;
}

void
frame_assert(const struct rte_mbuf *packet, uint32_t from, uint32_t length, uint64_t seed, uint64_t offset)
{
	uint8_t room[1000];

	for (uint32_t at = 0; at < length; at += sizeof(room)) {
		uint32_t n = length - at < sizeof(room) ? length - at : (uint32_t)sizeof(room);
		uint64_t right = bytes_right(frame_read(packet, from + at, n, room), n, seed, offset + at);

		if (right != n)
			fail_msg("byte %u of a packet of %u is wrong", from + at + (uint32_t)right,
				 rte_pktmbuf_pkt_len(packet));
	}
}

void
frame_assert_sound(struct rte_mbuf *packet)
{
	const char *reason = "";
	uint32_t bytes = 0;

	if (rte_mbuf_check(packet, 1, &reason) != 0)
		fail_msg("rte_mbuf_check: %s", reason);
	for (struct rte_mbuf *m = packet; m != NULL; m = m->next)
		bytes += m->data_len;
	assert_int_equal(rte_pktmbuf_pkt_len(packet), bytes);
}

void
frame_payload(struct evpl *evpl, unsigned length, unsigned flags, uint64_t seed, struct evpl_iovec *r_iovec)
{
	assert_int_equal(evpl_iovec_alloc(evpl, length, 0, 1, flags, r_iovec), 1);
	iovec_fill(r_iovec, seed);
}

void
frame_cut(struct evpl *evpl, struct evpl_iovec *segments, unsigned n, const struct evpl_iovec *payload)
{
	unsigned length = evpl_iovec_length(payload), offset = 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned bytes = length / n + (i < length % n);

		if (i % 2 == 0) {
			evpl_iovec_clone_segment(&segments[i], payload, offset, bytes);
		} else {
			assert_int_equal(evpl_iovec_alloc(evpl, bytes, 0, 1, SHARED, &segments[i]), 1);
			memcpy(evpl_iovec_data(&segments[i]), (char *)evpl_iovec_data(payload) + offset, bytes);
		}
		offset += bytes;
	}
}

struct rte_mbuf *
frame_build(struct evpl *evpl, const struct frame *frame, const struct evpl_iovec *payload, unsigned n)
{
	struct evpl_iovec iovec[SEGMENTS_MAX + 1];
	struct rte_mbuf *packet;
	uint32_t l3_l4 = (frame->ipv6 ? FRAME_IPV6 : FRAME_IPV4) + transport_length(frame);

	assert_in_range(n, 1, SEGMENTS_MAX);
	assert_int_equal(evpl_iovec_alloc(evpl, FRAME_ETHER + l3_l4, 0, 1, LOCAL, &iovec[0]), 1);
	frame_headers(evpl_iovec_data(&iovec[0]), frame, evpl_iovec_length(payload));
	frame_cut(evpl, iovec + 1, n, payload);
	packet = evpl_iovecs_to_mbuf(evpl, iovec, (int)n + 1);
	assert_non_null(packet);
	frame_set_lengths(packet, frame);
	return packet;
}

struct rte_mbuf *
frame_there_and_back(struct evpl *evpl, struct rte_mbuf *packet)
{
	struct evpl_iovec iovec[SEGMENTS_MAX];
	uint32_t bytes = rte_pktmbuf_pkt_len(packet);
	struct rte_mbuf *back;
	int n = evpl_iovecs_from_mbuf(evpl, packet, LOCAL, DIM(iovec), iovec);

	assert_in_range(n, 1, SEGMENTS_MAX);
	for (int i = 0; i < n; i++) {
		assert_null(iovec[i].ref->next);
		assert_int_equal(iovec[i].ref->nb_segs, 1);
	}
	back = evpl_iovecs_to_mbuf(evpl, iovec, n);
	assert_non_null(back);
	frame_assert_sound(back);
	assert_int_equal(rte_pktmbuf_pkt_len(back), bytes);
	return back;
}
