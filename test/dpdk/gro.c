/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rte_gro of received TCP segments: it makes one packet of several received mbufs, by cutting their headers off and
 * chaining them, in one burst and over several bursts (with a context that is flushed).
 *
 * What would break: the lengths of a chain could differ from those of its segments, and evpl_iovecs_from_mbuf() would
 * refuse it. Mbufs of an RX pool could come home in a state that only a chain has (next, nb_segs, a moved data_off). So
 * the segments come in order and out of order, and from two flows. What was merged is made iovecs, and then a packet
 * again, which goes through a port once more.
 */
#include <rte_ethdev.h>
#include <rte_gro.h>
#include <rte_mbuf_ptype.h>

#include "frame.h"
#include "support.h"
#include "wire.h"

#define N 20u
#define MSS 1400u

static const struct evpl_global_config config = {.slab_size = 2 << 20, .packet_mbufs = 1023};

/* Segment i of a flow, whose payload is stream `seed`; flows differ in their source ports. */
static struct rte_mbuf *
receive(const struct wire *wire, unsigned i, unsigned flow, uint64_t seed)
{
	const struct frame tcp = {.protocol = IPPROTO_TCP, .ip_id = (uint16_t)(100 + i), .seq = 1000 + i * MSS};
	struct rte_tcp_hdr *header;
	struct rte_mbuf *packet;
	char headers[54];
	uint32_t n = frame_headers(headers, &tcp, MSS);

	packet = wire_receive(wire, headers, n, MSS, seed, (uint64_t)i * MSS);
	header = rte_pktmbuf_mtod_offset(packet, struct rte_tcp_hdr *, FRAME_ETHER + FRAME_IPV4);
	header->src_port = rte_cpu_to_be_16((uint16_t)(2000 + flow));
	frame_set_lengths(packet, &tcp);
	packet->packet_type = RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4 | RTE_PTYPE_L4_TCP;
	return packet;
}

/* One packet of all N segments; frees it. */
static void
assert_merged(const struct wire *wire, struct rte_mbuf *packet, uint64_t seed)
{
	char room[FRAME_IPV4];
	struct rte_ipv4_hdr ip;

	frame_assert_sound(packet);
	assert_int_equal(packet->nb_segs, N);
	assert_int_equal(rte_pktmbuf_pkt_len(packet), 54 + N * MSS);
	memcpy(&ip, frame_read(packet, FRAME_ETHER, FRAME_IPV4, room), sizeof(ip));
	assert_int_equal(rte_be_to_cpu_16(ip.total_length), 40 + N * MSS);
	frame_assert(packet, 54, N * MSS, seed, 0);
	packet = wire_pass(wire, frame_there_and_back(wire->evpl, packet));
	frame_assert(packet, 54, N * MSS, seed, 0);
	rte_pktmbuf_free(packet);
}

/* In order; two neighbours exchanged everywhere; last first. */
static unsigned
order(unsigned kind, unsigned i)
{
	return kind == 0 ? i : kind == 1 ? i ^ 1 : N - 1 - i;
}

static void
gro_of_a_burst_merges_each_flow(void **state)
{
	const struct rte_gro_param param = {.gro_types = RTE_GRO_TCP_IPV4, .max_flow_num = 4, .max_item_per_flow = 32};
	struct home *home = *state;
	struct wire wire = wire_open(home->evpl);

	for (unsigned kind = 0; kind < 3; kind++) {
		struct rte_mbuf *packet[2 * N];
		uint16_t n;

		for (unsigned i = 0; i < N; i++) {
			packet[2 * i] = receive(&wire, order(kind, i), 1, 11);
			packet[2 * i + 1] = receive(&wire, order(kind, i), 2, 12);
		}
		n = rte_gro_reassemble_burst(packet, 2 * N, &param);
		if (kind == 0) {
			assert_int_equal(n, 2);
			assert_merged(&wire, packet[0], 11);
			assert_merged(&wire, packet[1], 12);
			continue;
		}
		/* Not every order can be merged; nothing may be lost all the same. */
		for (uint32_t bytes = 0, i = 0; i < n; i++) {
			struct rte_tcp_hdr tcp;
			char room[FRAME_TCP];

			frame_assert_sound(packet[i]);
			memcpy(&tcp, frame_read(packet[i], 34, FRAME_TCP, room), sizeof(tcp));
			frame_assert(packet[i], 54, rte_pktmbuf_pkt_len(packet[i]) - 54,
				     rte_be_to_cpu_16(tcp.src_port) == 2001 ? 11 : 12,
				     rte_be_to_cpu_32(tcp.sent_seq) - 1000);
			bytes += rte_pktmbuf_pkt_len(packet[i]) - 54;
			rte_pktmbuf_free(packet[i]);
			if (i + 1 == n)
				assert_int_equal(bytes, 2 * N * MSS);
		}
	}
	wire_close(&wire);
}

static void
gro_over_several_bursts_merges_what_is_flushed(void **state)
{
	const struct rte_gro_param param = {.gro_types = RTE_GRO_TCP_IPV4, .max_flow_num = 4, .max_item_per_flow = 32};
	struct home *home = *state;
	struct wire wire = wire_open(home->evpl);
	struct rte_mbuf *flushed[2 * N];
	void *ctx = rte_gro_ctx_create(&param);

	assert_non_null(ctx);
	for (unsigned i = 0; i < N; i++) {
		struct rte_mbuf *packet[2] = {receive(&wire, i, 1, 21), receive(&wire, i, 2, 22)};

		assert_int_equal(rte_gro_reassemble(packet, 2, ctx), 0); /* it keeps both */
	}
	assert_int_equal(rte_gro_get_pkt_count(ctx), 2);
	assert_int_equal(rte_gro_timeout_flush(ctx, 0, RTE_GRO_TCP_IPV4, flushed, DIM(flushed)), 2);
	assert_merged(&wire, flushed[0], 21);
	assert_merged(&wire, flushed[1], 22);
	assert_int_equal(rte_gro_get_pkt_count(ctx), 0);
	rte_gro_ctx_destroy(ctx);
	wire_close(&wire);
}

/* Bytes that a program still holds while GRO cuts and chains the packet that they came in. */
static void
gro_beside_held_payload_leaves_it_alone(void **state)
{
	const struct rte_gro_param param = {.gro_types = RTE_GRO_TCP_IPV4, .max_flow_num = 4, .max_item_per_flow = 32};
	struct home *home = *state;
	struct wire wire = wire_open(home->evpl);
	struct evpl_iovec held[N];
	struct rte_mbuf *packet[N];

	for (unsigned i = 0; i < N; i++) {
		struct evpl_iovec iovec;
		struct rte_mbuf *m = receive(&wire, i, 1, 31);
		uint32_t type = m->packet_type;

		assert_int_equal(evpl_iovecs_from_mbuf(wire.evpl, m, LOCAL, 1, &iovec), 1);
		evpl_iovec_clone_segment(&held[i], &iovec, 54, MSS);
		packet[i] = evpl_iovecs_to_mbuf(wire.evpl, &iovec, 1); /* attached: the mbuf itself is held */
		assert_non_null(packet[i]);
		frame_set_lengths(packet[i], &(struct frame){.protocol = IPPROTO_TCP});
		packet[i]->packet_type = type;
	}
	assert_int_equal(rte_gro_reassemble_burst(packet, N, &param), 1);
	assert_merged(&wire, packet[0], 31);
	for (unsigned i = 0; i < N; i++) {
		iovec_assert(&held[i], 31, (uint64_t)i * MSS);
		evpl_iovec_release(wire.evpl, &held[i]);
	}
	wire_close(&wire);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		home_case(gro_of_a_burst_merges_each_flow, config),
		home_case(gro_over_several_bursts_merges_what_is_flushed, config),
		home_case(gro_beside_held_payload_leaves_it_alone, config),
	};
	const struct program program = {.name = "gro", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
