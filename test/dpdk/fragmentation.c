/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP fragmentation (rte_ip_frag) of packets made of iovecs, by attaching to their bytes and by copying them.
 *
 * What would break: fragments could show a neighbour's bytes, or bytes that were recycled after the packet was freed.
 * The test reads every fragment's place from its own header, as a receiver would.
 */
#include <rte_ethdev.h>
#include <rte_ip_frag.h>

#include "frame.h"
#include "support.h"

#define PAYLOAD 20000u
#define MTU 1500u
#define FRAGMENTS 16u

static const struct evpl_global_config config = {.slab_size = 2 << 20, .packet_mbufs = 1023};

enum how { ATTACH_IPV4, COPY_IPV4, ATTACH_IPV6, HOWS };

struct bench {
	struct evpl *evpl;
	struct rte_mempool *direct, *indirect;
	unsigned n_direct;
};

static struct bench
open_bench(void **state, unsigned n_direct)
{
	struct home *home = *state;
	struct bench b = {.evpl = home->evpl, .n_direct = n_direct};

	b.direct = plain_pool("frag_direct", n_direct, RTE_MBUF_DEFAULT_BUF_SIZE);
	b.indirect = plain_pool("frag_indirect", 255, 0);
	return b;
}

static void
close_bench(struct bench *b)
{
	home_assert_pool(b->direct, b->n_direct);
	home_assert_pool(b->indirect, 255);
	rte_mempool_free(b->direct);
	rte_mempool_free(b->indirect);
}

static int
fragment(const struct bench *b, enum how how, struct rte_mbuf *packet, struct rte_mbuf **fragments)
{
	switch (how) {
	case ATTACH_IPV4:
		return rte_ipv4_fragment_packet(packet, fragments, FRAGMENTS, MTU, b->direct, b->indirect);
	case COPY_IPV4:
		return rte_ipv4_fragment_copy_nonseg_packet(packet, fragments, FRAGMENTS, MTU, b->direct);
	default:
		return rte_ipv6_fragment_packet(packet, fragments, FRAGMENTS, MTU, b->direct, b->indirect);
	}
}

/* A datagram without its Ethernet header, as these calls want it: the IP header in one iovec, n more for the rest. */
static struct rte_mbuf *
datagram(struct evpl *evpl, bool ipv6, const struct evpl_iovec *payload, unsigned n)
{
	const struct frame udp = {.ipv6 = ipv6, .protocol = IPPROTO_UDP, .ip_id = 77};
	struct rte_mbuf *packet = frame_build(evpl, &udp, payload, n);

	assert_non_null(rte_pktmbuf_adj(packet, FRAME_ETHER));
	return packet;
}

/* Where a fragment's payload begins in it, and in the datagram. */
static uint32_t
place(const struct rte_mbuf *fragment, bool ipv6, uint32_t *offset)
{
	char room[FRAME_IPV6 + RTE_IPV6_FRAG_HDR_SIZE];

	if (ipv6) {
		const char *headers = frame_read(fragment, 0, sizeof(room), room);
		struct rte_ipv6_fragment_ext ext;

		memcpy(&ext, headers + FRAME_IPV6, sizeof(ext));
		*offset = (uint32_t)rte_be_to_cpu_16(ext.frag_data) & ~7u;
		return sizeof(room);
	}
	struct rte_ipv4_hdr ip;

	memcpy(&ip, frame_read(fragment, 0, sizeof(ip), room), sizeof(ip));
	*offset = (rte_be_to_cpu_16(ip.fragment_offset) & RTE_IPV4_HDR_OFFSET_MASK) * 8u;
	assert_int_equal(rte_be_to_cpu_16(ip.total_length), rte_pktmbuf_pkt_len(fragment));
	assert_int_equal(rte_be_to_cpu_16(ip.packet_id), 77);
	return sizeof(ip);
}

/* Checks all fragments and frees them, last first. */
static void
assert_fragments(struct evpl *evpl, struct rte_mbuf **fragments, int n, bool ipv6, uint64_t seed)
{
	uint32_t bytes = 0;

	for (int i = 0; i < n; i++) {
		uint32_t offset, headers = place(fragments[i], ipv6, &offset), length;

		frame_assert_sound(fragments[i]);
		assert_in_range(rte_pktmbuf_pkt_len(fragments[i]), headers + 1, MTU);
		length = rte_pktmbuf_pkt_len(fragments[i]) - headers;
		assert_int_equal(offset, bytes);
		bytes += length;
		fragments[i] = frame_there_and_back(evpl, fragments[i]);
		if (offset == 0)
			frame_assert(fragments[i], headers + FRAME_UDP, length - FRAME_UDP, seed, 0);
		else
			frame_assert(fragments[i], headers, length, seed, offset - FRAME_UDP);
	}
	assert_int_equal(bytes, FRAME_UDP + PAYLOAD);
	while (n > 0)
		rte_pktmbuf_free(fragments[--n]);
}

static void
fragmentation_of_iovecs_shows_their_bytes(void **state)
{
	struct bench b = open_bench(state, 63);

	for (unsigned how = 0; how < HOWS; how++) {
		for (unsigned n = 1; n <= 50; n = n * 3 + 1) {
			struct evpl_iovec payload;
			struct rte_mbuf *packet;
			struct rte_mbuf *fragments[FRAGMENTS];
			int got;

			frame_payload(b.evpl, PAYLOAD, n & 1, n, &payload);
			packet = datagram(b.evpl, how == ATTACH_IPV6, &payload, n);
			got = fragment(&b, (enum how)how, packet, fragments);
			assert_in_range(got, 14, FRAGMENTS);
			/* Now only the fragments hold the bytes, or have their own. */
			rte_pktmbuf_free(packet);
			evpl_iovec_release(b.evpl, &payload);
			assert_fragments(b.evpl, fragments, got, how == ATTACH_IPV6, n);
		}
	}
	close_bench(&b);
}

static void
fragmentation_without_mbufs_leaves_the_packet_whole(void **state)
{
	struct bench b = open_bench(state, 7); /* fewer than it needs, so that it fails in the middle */

	for (unsigned how = 0; how < HOWS; how++) {
		bool ipv6 = how == ATTACH_IPV6;
		struct evpl_iovec payload;
		struct rte_mbuf *packet, *fragments[FRAGMENTS];

		frame_payload(b.evpl, PAYLOAD, LOCAL, 9, &payload);
		packet = datagram(b.evpl, ipv6, &payload, 4);
		assert_true(fragment(&b, (enum how)how, packet, fragments) < 0);
		frame_assert_sound(packet);
		frame_assert(packet, (ipv6 ? FRAME_IPV6 : FRAME_IPV4) + FRAME_UDP, PAYLOAD, 9, 0);
		rte_pktmbuf_free(packet);
		evpl_iovec_release(b.evpl, &payload);
	}
	close_bench(&b);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		home_case(fragmentation_of_iovecs_shows_their_bytes, config),
		home_case(fragmentation_without_mbufs_leaves_the_packet_whole, config),
	};
	const struct program program = {.name = "fragmentation", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
