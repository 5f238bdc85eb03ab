/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv4 and IPv6 reassembly (rte_ip_frag) of received fragments: in every order, with a fragment twice, and with a
 * fragment missing.
 *
 * What would break: fragments could get lost in the library's table or in its death row. An mbuf that is freed there
 * could still be in an iovec. evpl_iovecs_from_mbuf() could refuse a chain. Time is a number that the test passes in,
 * so a timeout takes no time.
 */
#include <rte_ethdev.h>
#include <rte_ip_frag.h>

#include "frame.h"
#include "support.h"
#include "wire.h"

#define N 5u	      /* of the 8 that DPDK is built for */
#define LENGTH 1400u  /* of a fragment's payload: a multiple of 8 */
#define LAST 333u     /* of the last one */
#define TIMEOUT 1000u /* in the test's own time */
#define DATAGRAM ((N - 1) * LENGTH + LAST)

static const struct evpl_global_config config = {.slab_size = 2 << 20, .packet_mbufs = 1023};

struct bench {
	struct wire wire;
	struct rte_ip_frag_tbl *table;
	struct rte_ip_frag_death_row dead;
	uint64_t now;
	bool ipv6;
};

static void
open_bench(struct bench *b, void **state, bool ipv6)
{
	struct home *home = *state;

	memset(b, 0, sizeof(*b));
	b->wire = wire_open(home->evpl);
	b->table = rte_ip_frag_table_create(16, 4, 64, TIMEOUT, SOCKET_ID_ANY);
	assert_non_null(b->table);
	b->now = 1;
	b->ipv6 = ipv6;
}

static void
bury(struct bench *b)
{
	rte_ip_frag_free_death_row(&b->dead, 3);
}

static void
close_bench(struct bench *b)
{
	bury(b);
	rte_ip_frag_table_destroy(b->table);
	wire_close(&b->wire);
}

static uint32_t
headers_length(const struct bench *b)
{
	return FRAME_ETHER + (b->ipv6 ? FRAME_IPV6 + (uint32_t)RTE_IPV6_FRAG_HDR_SIZE : FRAME_IPV4);
}

/* Hands fragment i of datagram `id` to the table; its bytes are those of stream `id`. */
static struct rte_mbuf *
fragment(struct bench *b, unsigned id, unsigned i)
{
	const struct frame frame = {.ipv6 = b->ipv6, .protocol = IPPROTO_UDP, .ip_id = (uint16_t)id};
	uint32_t length = i + 1 < N ? LENGTH : LAST, n = headers_length(b);
	uint16_t offset = (uint16_t)(i * LENGTH), more = i + 1 < N;
	struct rte_mbuf *packet;
	char headers[128];

	frame_headers(headers, &frame, length - FRAME_UDP); /* what it writes of UDP's header is overwritten */
	packet = wire_receive(&b->wire, headers, n, length, id, offset);
	packet->l2_len = FRAME_ETHER;
	packet->l3_len = (n - FRAME_ETHER) & 0x1ff; /* nine bits */
	if (b->ipv6) {
		struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod_offset(packet, struct rte_ipv6_hdr *, FRAME_ETHER);
		struct rte_ipv6_fragment_ext *ext = (struct rte_ipv6_fragment_ext *)(ip + 1);

		ip->proto = IPPROTO_FRAGMENT;
		ip->payload_len = rte_cpu_to_be_16((uint16_t)(RTE_IPV6_FRAG_HDR_SIZE + length));
		ext->next_header = IPPROTO_UDP;
		ext->reserved = 0;
		ext->frag_data = rte_cpu_to_be_16((uint16_t)(offset | more));
		ext->id = rte_cpu_to_be_32(id);
		return rte_ipv6_frag_reassemble_packet(b->table, &b->dead, packet, b->now, ip, ext);
	}
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(packet, struct rte_ipv4_hdr *, FRAME_ETHER);

	ip->fragment_offset = rte_cpu_to_be_16((uint16_t)(offset / 8 | (more ? RTE_IPV4_HDR_MF_FLAG : 0)));
	return rte_ipv4_frag_reassemble_packet(b->table, &b->dead, packet, b->now, ip);
}

/* The whole datagram, and the same after it was made iovecs and a packet that went through a port; frees it. */
static void
assert_datagram(struct bench *b, struct rte_mbuf *packet, unsigned id)
{
	uint32_t headers = FRAME_ETHER + (b->ipv6 ? FRAME_IPV6 : FRAME_IPV4);

	frame_assert_sound(packet);
	assert_int_equal(packet->nb_segs, N);
	assert_int_equal(rte_pktmbuf_pkt_len(packet), headers + DATAGRAM);
	frame_assert(packet, headers, DATAGRAM, id, 0);
	packet = wire_pass(&b->wire, frame_there_and_back(b->wire.evpl, packet));
	frame_assert(packet, headers, DATAGRAM, id, 0);
	rte_pktmbuf_free(packet);
}

/* The next arrangement of p[0..n), in lexical order; false after the last. */
static bool
next_order(unsigned *p, unsigned n)
{
	unsigned i = n - 1, j = n - 1, t;

	while (i > 0 && p[i - 1] >= p[i])
		i--;
	if (i == 0)
		return false;
	while (p[j] <= p[i - 1])
		j--;
	t = p[i - 1], p[i - 1] = p[j], p[j] = t;
	for (j = n - 1; i < j; i++, j--)
		t = p[i], p[i] = p[j], p[j] = t;
	return true;
}

static void
every_order(void **state, bool ipv6)
{
	unsigned order[N] = {0, 1, 2, 3, 4}, id = 1;
	struct bench b;

	open_bench(&b, state, ipv6);
	do {
		struct rte_mbuf *whole = NULL;

		for (unsigned i = 0; i < N; i++) {
			assert_null(whole);
			whole = fragment(&b, id, order[i]);
		}
		assert_non_null(whole);
		assert_datagram(&b, whole, id);
		id++;
	} while (next_order(order, N));
	assert_int_equal(id, 121);
	assert_int_equal(b.dead.cnt, 0);
	close_bench(&b);
}

static void
reassembly_of_ipv4_fragments_in_every_order(void **state)
{
	every_order(state, false);
}

static void
reassembly_of_ipv6_fragments_in_every_order(void **state)
{
	every_order(state, true);
}

/* DPDK versions treat a fragment that comes twice differently. Wrong bytes and lost buffers are wrong in all. */
static void
twice(void **state, bool ipv6)
{
	unsigned whole = 0;
	struct bench b;

	open_bench(&b, state, ipv6);
	for (unsigned twin = 0; twin < N; twin++) {
		for (unsigned i = 0; i < N; i++) {
			for (unsigned times = 0; times < 1 + (i == twin); times++) {
				struct rte_mbuf *packet = fragment(&b, 500 + twin, i);

				if (packet == NULL)
					continue;
				assert_datagram(&b, packet, 500 + twin);
				whole++;
			}
		}
		bury(&b);
	}
	assert_in_range(whole, 0, N);
	/* What is left in the table is old at last. */
	b.now += TIMEOUT + 1;
	rte_ip_frag_table_del_expired_entries(b.table, &b.dead, b.now);
	close_bench(&b);
}

static void
reassembly_of_ipv4_fragments_that_come_twice_loses_nothing(void **state)
{
	twice(state, false);
}

static void
reassembly_of_ipv6_fragments_that_come_twice_loses_nothing(void **state)
{
	twice(state, true);
}

static void
missing(void **state, bool ipv6)
{
	struct evpl_stats stats;
	struct bench b;

	open_bench(&b, state, ipv6);
	for (unsigned gap = 0; gap < N; gap++) {
		for (unsigned i = 0; i < N; i++) {
			if (i != gap)
				assert_null(fragment(&b, 600 + gap, i));
		}
	}
	assert_int_equal(b.dead.cnt, 0);
	evpl_stats_get(&stats);
	assert_int_equal(stats.rx_buffers_in_use, N * (N - 1));
	/* Too late by one: the table lets go of the others, and this one begins anew. */
	b.now += TIMEOUT + 1;
	assert_null(fragment(&b, 600, 0));
	rte_ip_frag_table_del_expired_entries(b.table, &b.dead, b.now);
	assert_int_equal(b.dead.cnt, N * (N - 1));
	bury(&b);
	evpl_stats_get(&stats);
	assert_int_equal(stats.rx_buffers_in_use, 1);
	for (unsigned i = 1; i < N; i++) {
		struct rte_mbuf *packet = fragment(&b, 600, i);

		assert_true((packet != NULL) == (i + 1 == N));
		if (packet != NULL)
			assert_datagram(&b, packet, 600);
	}
	close_bench(&b);
}

static void
reassembly_of_ipv4_without_a_fragment_gives_up_by_the_death_row(void **state)
{
	missing(state, false);
}

static void
reassembly_of_ipv6_without_a_fragment_gives_up_by_the_death_row(void **state)
{
	missing(state, true);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		home_case(reassembly_of_ipv4_fragments_in_every_order, config),
		home_case(reassembly_of_ipv6_fragments_in_every_order, config),
		home_case(reassembly_of_ipv4_fragments_that_come_twice_loses_nothing, config),
		home_case(reassembly_of_ipv6_fragments_that_come_twice_loses_nothing, config),
		home_case(reassembly_of_ipv4_without_a_fragment_gives_up_by_the_death_row, config),
		home_case(reassembly_of_ipv6_without_a_fragment_gives_up_by_the_death_row, config),
	};
	const struct program program = {.name = "reassembly", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
