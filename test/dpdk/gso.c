/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rte_gso_segment of packets made of iovecs: a 64 KiB TCP packet, whose payload is clone segments of one iovec, becomes
 * 45 frames.
 *
 * What would break: frames could have a neighbour's bytes (GSO attaches to segments at offsets of its own). Bytes could
 * be recycled while a frame still shows them (the packet is freed first, the frames are freed later). Frames that GSO
 * made before it ran out of mbufs could be lost. Every DPDK so far gives the header mbuf of each frame the flags of the
 * packet's first segment, including RTE_MBUF_F_EXTERNAL, although that mbuf has a data room of its own. Freeing it
 * crashes. So either the packet's headers are in an mbuf of a plain pool (nothing has to be undone, also when GSO
 * fails), or the test clears the flag.
 */
#include <rte_ethdev.h>
#include <rte_gso.h>
#include <rte_net.h>

#include "frame.h"
#include "support.h"

#define PAYLOAD (65535u - 20u - 20u) /* the most that IPv4 can say */
#define GSO_SIZE 1514u
#define MSS (GSO_SIZE - 54u)
#define FRAMES ((PAYLOAD + MSS - 1) / MSS)

static const struct evpl_global_config config = {.slab_size = 2 << 20, .packet_mbufs = 1023};
static const struct frame tcp4 = {.protocol = IPPROTO_TCP, .ip_id = 100, .seq = 1000};

struct bench {
	struct evpl *evpl;
	struct rte_mempool *direct, *indirect;
	unsigned n_indirect;
};

static struct bench
open_bench(void **state, unsigned n_indirect)
{
	struct home *home = *state;
	struct bench b = {.evpl = home->evpl, .n_indirect = n_indirect};

	b.direct = plain_pool("gso_direct", 127, RTE_MBUF_DEFAULT_BUF_SIZE);
	b.indirect = plain_pool("gso_indirect", n_indirect, 0);
	return b;
}

static void
close_bench(struct bench *b)
{
	home_assert_pool(b->direct, 127);
	home_assert_pool(b->indirect, b->n_indirect);
	rte_mempool_free(b->direct);
	rte_mempool_free(b->indirect);
}

static int
segment(const struct bench *b, struct rte_mbuf *packet, struct rte_mbuf **frames, uint16_t n)
{
	const struct rte_gso_ctx ctx = {.direct_pool = b->direct,
					.indirect_pool = b->indirect,
					.gso_types = RTE_ETH_TX_OFFLOAD_TCP_TSO,
					.gso_size = GSO_SIZE};

	packet->ol_flags |= RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	packet->l2_len = FRAME_ETHER;
	packet->l3_len = FRAME_IPV4;
	packet->l4_len = FRAME_TCP;
	packet->tso_segsz = MSS;
	return rte_gso_segment(packet, &ctx, frames, n);
}

/* Headers in an mbuf of a plain pool, and the payload's iovecs behind it. */
static struct rte_mbuf *
behind_a_direct_header(const struct bench *b, const struct evpl_iovec *payload, unsigned n)
{
	struct evpl_iovec iovec[128];
	struct rte_mbuf *head = rte_pktmbuf_alloc(b->direct), *tail;

	assert_non_null(head);
	assert_in_range(n, 1, DIM(iovec));
	frame_headers(rte_pktmbuf_append(head, 54), &tcp4, evpl_iovec_length(payload));
	frame_cut(b->evpl, iovec, n, payload);
	tail = evpl_iovecs_to_mbuf(b->evpl, iovec, (int)n);
	assert_non_null(tail);
	assert_int_equal(rte_pktmbuf_chain(head, tail), 0);
	return head;
}

/* The headers of frame i of FRAMES; DPDK fills in the checksums' fields only where a NIC or rte_ipv4_cksum() does. */
static void
assert_headers(const struct rte_mbuf *frame, unsigned i, uint32_t payload)
{
	uint8_t room[54];
	const uint8_t *headers = frame_read(frame, 0, sizeof(room), room);
	struct rte_ipv4_hdr ip;
	struct rte_tcp_hdr tcp;

	memcpy(&ip, headers + FRAME_ETHER, sizeof(ip));
	memcpy(&tcp, headers + FRAME_ETHER + FRAME_IPV4, sizeof(tcp));
	assert_int_equal(rte_be_to_cpu_16(ip.total_length), FRAME_IPV4 + FRAME_TCP + payload);
	assert_int_equal(rte_be_to_cpu_16(ip.packet_id), tcp4.ip_id + i);
	assert_int_equal(rte_be_to_cpu_32(tcp.sent_seq), tcp4.seq + i * MSS);
	assert_int_equal(rte_be_to_cpu_32(ip.dst_addr), FRAME_TARGET);
}

/* Every byte of every frame, as it is and after it was made iovecs and a packet again; frees them. */
static void
assert_frames(struct evpl *evpl, struct rte_mbuf **frames, uint64_t seed)
{
	for (unsigned i = 0; i < FRAMES; i++) {
		uint32_t payload = i + 1 < FRAMES ? MSS : PAYLOAD - (FRAMES - 1) * MSS;

		frame_assert_sound(frames[i]);
		assert_int_equal(rte_pktmbuf_pkt_len(frames[i]), 54 + payload);
		assert_headers(frames[i], i, payload);
		frame_assert(frames[i], 54, payload, seed, i * MSS);
		if (i % 2 == 0) {
			frames[i] = frame_there_and_back(evpl, frames[i]);
			assert_headers(frames[i], i, payload);
			frame_assert(frames[i], 54, payload, seed, i * MSS);
		}
	}
	/* The other way round than they were made, so that the payload's last holder is the first frame. */
	for (unsigned i = FRAMES; i-- > 0;)
		rte_pktmbuf_free(frames[i]);
}

static void
gso_of_iovecs_behind_a_direct_header_shows_their_bytes(void **state)
{
	struct bench b = open_bench(state, 511);

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned n = 1; n <= 100; n = n * 3 + 1) {
			struct evpl_iovec payload;
			struct rte_mbuf *packet, *frames[FRAMES];

			frame_payload(b.evpl, PAYLOAD, flags, n, &payload);
			packet = behind_a_direct_header(&b, &payload, n);
			assert_int_equal(segment(&b, packet, frames, FRAMES), FRAMES);
			/* Now only the frames hold the bytes. */
			rte_pktmbuf_free(packet);
			evpl_iovec_release(b.evpl, &payload);
			assert_frames(b.evpl, frames, n);
		}
	}
	close_bench(&b);
}

static void
gso_of_nothing_but_iovecs_wants_a_flag_taken_away(void **state)
{
	struct bench b = open_bench(state, 511);
	struct evpl_iovec payload;
	struct rte_mbuf *packet, *frames[FRAMES];

	frame_payload(b.evpl, PAYLOAD, LOCAL, 7, &payload);
	packet = frame_build(b.evpl, &tcp4, &payload, 5);
	assert_int_equal(segment(&b, packet, frames, FRAMES), FRAMES);
	rte_pktmbuf_free(packet);
	evpl_iovec_release(b.evpl, &payload);
	for (unsigned i = 0; i < FRAMES; i++) {
		assert_ptr_equal(frames[i]->pool, b.direct);
		assert_ptr_equal(frames[i]->buf_addr, rte_mbuf_to_baddr(frames[i]));
		frames[i]->ol_flags &= ~RTE_MBUF_F_EXTERNAL;
	}
	assert_frames(b.evpl, frames, 7);
	close_bench(&b);
}

static void
gso_without_mbufs_leaves_the_packet_whole(void **state)
{
	struct bench b = open_bench(state, 31); /* fewer than it needs, so that it fails in the middle */
	struct evpl_iovec payload;
	struct rte_mbuf *packet, *frames[FRAMES];

	frame_payload(b.evpl, PAYLOAD, SHARED, 8, &payload);
	packet = behind_a_direct_header(&b, &payload, 10);
	assert_true(segment(&b, packet, frames, FRAMES) < 0);
	assert_true(segment(&b, packet, frames, 3) < 0); /* no room for them, either */
	frame_assert_sound(packet);
	frame_assert(packet, 54, PAYLOAD, 8, 0);
	rte_pktmbuf_free(packet);
	iovec_assert(&payload, 8, 0);
	evpl_iovec_release(b.evpl, &payload);
	close_bench(&b);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		home_case(gso_of_iovecs_behind_a_direct_header_shows_their_bytes, config),
		home_case(gso_of_nothing_but_iovecs_wants_a_flag_taken_away, config),
		home_case(gso_without_mbufs_leaves_the_packet_whole, config),
	};
	const struct program program = {.name = "gso", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
