/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The side of the glue (apps/lwip) without lwIP: which received checksums it believes, which checksums it leaves to a
 * port, what happens to packets that a driver refuses to send, and to packets that it takes from a port ahead of lwIP.
 *
 * What would break: a datagram whose fragments nobody has summed could count as correct. A checksum could be written by
 * nobody. Packets behind a refused one could be lost, sent twice or sent out of order.
 */
#include <netinet/in.h>

#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "queue.h"
#include "support.h"

#define POOL 255
#define IP_GOOD RTE_MBUF_F_RX_IP_CKSUM_GOOD
#define L4_GOOD RTE_MBUF_F_RX_L4_CKSUM_GOOD

static struct rte_mempool *pool;

static int
setup(void **state)
{
	(void)state;
	pool = plain_pool("glue_queue", POOL, 2048);
	return pool == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	home_assert_pool(pool, POOL);
	rte_mempool_free(pool);
	return 0;
}

/* A frame with headers of IPv4 or IPv6, and behind them `length` bytes, whose first 20 may be a TCP header. */
static struct rte_mbuf *
frame(unsigned version, uint8_t protocol, uint16_t length)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct rte_ether_hdr *ether;
	struct rte_tcp_hdr *tcp;

	assert_non_null(m);
	ether = (struct rte_ether_hdr *)rte_pktmbuf_append(m, sizeof(*ether));
	memset(ether, 2, sizeof(*ether));
	if (version == 4) {
		struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)rte_pktmbuf_append(m, sizeof(*ip));

		ether->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
		*ip = (struct rte_ipv4_hdr){.version_ihl = 0x45,
					    .total_length = rte_cpu_to_be_16((uint16_t)(sizeof(*ip) + length)),
					    .next_proto_id = protocol,
					    .src_addr = RTE_BE32(0xC6120001),
					    .dst_addr = RTE_BE32(0xC6120002)};
	} else {
		struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)rte_pktmbuf_append(m, sizeof(*ip));

		ether->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV6);
		*ip = (struct rte_ipv6_hdr){
			.vtc_flow = RTE_BE32(6u << 28), .payload_len = rte_cpu_to_be_16(length), .proto = protocol};
	}
	if (length > 0) {
		tcp = (struct rte_tcp_hdr *)rte_pktmbuf_append(m, length);
		assert_non_null(tcp);
		bytes_fill(tcp, length, 1, 0);
		if (protocol == IPPROTO_TCP && length >= sizeof(*tcp)) {
			tcp->data_off = 5 << 4;
			tcp->cksum = 0x5555;
		}
	}
	return m;
}

static struct rte_ipv4_hdr *
ip4(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN);
}

/* What is believed of a packet that a port marked so; frees it. */
static unsigned
checked(struct rte_mbuf *m, uint64_t marks)
{
	unsigned good;

	m->ol_flags |= marks;
	good = glue_queue_good_checksums(m);
	rte_pktmbuf_free(m);
	return good;
}

static void
received_sums_are_believed_as_the_port_says(void **state)
{
	(void)state;
	for (unsigned version = 4; version <= 6; version += 2) {
		assert_int_equal(checked(frame(version, IPPROTO_TCP, 40), L4_GOOD), GLUE_L4_GOOD);
		assert_int_equal(checked(frame(version, IPPROTO_UDP, 40), L4_GOOD | IP_GOOD),
				 GLUE_L4_GOOD | GLUE_IP_GOOD);
		assert_int_equal(checked(frame(version, IPPROTO_TCP, 40), RTE_MBUF_F_RX_L4_CKSUM_NONE), GLUE_L4_GOOD);
		assert_int_equal(checked(frame(version, IPPROTO_TCP, 40), RTE_MBUF_F_RX_L4_CKSUM_BAD), 0);
		assert_int_equal(checked(frame(version, IPPROTO_TCP, 40), 0), 0);
	}
	assert_int_equal(checked(frame(4, IPPROTO_ICMP, 40), IP_GOOD), GLUE_IP_GOOD);
	assert_int_equal(checked(frame(4, IPPROTO_ICMP, 40), RTE_MBUF_F_RX_IP_CKSUM_NONE), GLUE_IP_GOOD);
	assert_int_equal(checked(frame(4, IPPROTO_ICMP, 40), RTE_MBUF_F_RX_IP_CKSUM_BAD), 0);
}

/* The last one's mark would count for the whole datagram. */
static void
received_sums_of_fragments_are_not_believed(void **state)
{
	const uint16_t parts[] = {RTE_IPV4_HDR_MF_FLAG, RTE_IPV4_HDR_MF_FLAG | 10, 10};

	(void)state;
	for (unsigned i = 0; i < DIM(parts); i++) {
		struct rte_mbuf *m = frame(4, IPPROTO_UDP, 40);

		ip4(m)->fragment_offset = rte_cpu_to_be_16(parts[i]);
		assert_int_equal(checked(m, L4_GOOD | IP_GOOD), GLUE_IP_GOOD);
	}
	assert_int_equal(checked(frame(6, IPPROTO_FRAGMENT, 48), L4_GOOD), 0);
}

static void
received_sums_of_what_has_no_such_header_are_not_believed(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	for (uint16_t length = 0; length < RTE_ETHER_HDR_LEN + sizeof(struct rte_ipv4_hdr); length++) {
		m = frame(4, IPPROTO_TCP, 0);
		rte_pktmbuf_trim(m, (uint16_t)(m->data_len - length));
		assert_int_equal(checked(m, L4_GOOD), 0);
	}
	m = frame(4, IPPROTO_TCP, 40);
	rte_pktmbuf_mtod(m, struct rte_ether_hdr *)->ether_type = RTE_BE16(RTE_ETHER_TYPE_VLAN);
	assert_int_equal(checked(m, L4_GOOD), 0);
}

static void
sums_of_tcp_are_left_to_the_port(void **state)
{
	(void)state;
	for (unsigned version = 4; version <= 6; version += 2) {
		struct rte_mbuf *m = frame(version, IPPROTO_TCP, 101);
		uint64_t type = version == 4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6;

		glue_queue_offload_checksum(m);
		assert_int_equal(m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK, type | RTE_MBUF_F_TX_TCP_CKSUM);
		assert_int_equal(m->l2_len, RTE_ETHER_HDR_LEN);
		assert_int_equal(m->l3_len, version == 4 ? 20 : 40);
		assert_int_equal(m->l4_len, 20);
		rte_pktmbuf_free(m);
	}
}

static void
sums_of_others_are_not(void **state)
{
	struct rte_mbuf *m[4];

	(void)state;
	m[0] = frame(4, IPPROTO_UDP, 40);
	m[1] = frame(4, IPPROTO_TCP, 40);
	ip4(m[1])->fragment_offset = RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
	m[2] = frame(6, IPPROTO_ICMPV6, 40);
	m[3] = frame(4, IPPROTO_TCP, 19); /* no whole header */
	for (unsigned i = 0; i < DIM(m); i++) {
		glue_queue_offload_checksum(m[i]);
		assert_int_equal(m[i]->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK, 0);
		rte_pktmbuf_free(m[i]);
	}
}

/* Drivers that sum in software go wrong behind those, so the sum is right already. */
static void
sums_over_odd_segments_are_written(void **state)
{
	const uint16_t lengths[] = {7, 100, 33};

	(void)state;
	for (unsigned version = 4; version <= 6; version += 2) {
		struct rte_mbuf *m = frame(version, IPPROTO_TCP, 21), *whole;
		struct rte_tcp_hdr *tcp;
		const void *ip;
		uint16_t sum;
		uint16_t payload = 21 + 7 + 100 + 33;

		assert_int_equal(rte_pktmbuf_chain(m, filled_chain(pool, lengths, DIM(lengths), 9)), 0);
		if (version == 4)
			ip4(m)->total_length = rte_cpu_to_be_16(20 + payload);
		else
			rte_pktmbuf_mtod_offset(m, struct rte_ipv6_hdr *, RTE_ETHER_HDR_LEN)->payload_len =
				rte_cpu_to_be_16(payload);
		glue_queue_offload_checksum(m);
		assert_int_equal(m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK, 0);
		whole = rte_pktmbuf_copy(m, pool, 0, UINT32_MAX);
		assert_non_null(whole);
		assert_int_equal(whole->nb_segs, 1);
		ip = rte_pktmbuf_mtod_offset(whole, const void *, RTE_ETHER_HDR_LEN);
		tcp = rte_pktmbuf_mtod_offset(whole, struct rte_tcp_hdr *,
					      RTE_ETHER_HDR_LEN + (version == 4 ? 20 : 40));
		sum = tcp->cksum;
		tcp->cksum = 0;
		assert_int_equal(version == 4 ? rte_ipv4_udptcp_cksum(ip, tcp) : rte_ipv6_udptcp_cksum(ip, tcp), sum);
		rte_pktmbuf_free(whole);
		rte_pktmbuf_free(m);
	}
}

/* Sends packets of `from` to `to` - 1 bytes through the port, which has them for us then. */
static void
send_lengths(struct glue_queue *q, uint16_t from, uint16_t to)
{
	for (uint16_t length = from; length < to; length++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

		assert_non_null(m);
		memset(rte_pktmbuf_append(m, length), 0, length);
		assert_false(glue_queue_is_full(q));
		glue_queue_send(q, m);
	}
	glue_queue_flush(q);
	assert_int_equal(q->waiting, 0);
}

/* As drivers do: up to the first packet that they cannot send. */
static uint16_t
refuse_odd(void *queue, struct rte_mbuf **packets, uint16_t count)
{
	(void)queue;
	for (uint16_t i = 0; i < count; i++) {
		if (packets[i]->pkt_len % 2 != 0) {
			rte_errno = EINVAL;
			return i;
		}
	}
	return count;
}

static void
refused_packets_are_freed_and_the_others_sent_in_turn(void **state)
{
	struct glue_queue q = {.tcp_checksum = true};
	struct rte_mbuf *got[PORT_LOOP_DEPTH];
	eth_tx_prep_t before;
	uint16_t n;

	(void)state;
	q.port_id = port_loop(pool);
	before = rte_eth_fp_ops[q.port_id].tx_pkt_prepare;
	rte_eth_fp_ops[q.port_id].tx_pkt_prepare = refuse_odd;
	send_lengths(&q, 200, 300);
	assert_int_equal(q.refused, 50);
	n = rte_eth_rx_burst(q.port_id, 0, got, DIM(got));
	assert_int_equal(n, 50);
	for (uint16_t i = 0; i < n; i++)
		assert_int_equal(got[i]->pkt_len, 200 + 2 * i);
	rte_pktmbuf_free_bulk(got, n);
	rte_eth_fp_ops[q.port_id].tx_pkt_prepare = before;
	port_close(q.port_id);
}

/* Takes one burst, and has it be packets of `from` to `to` - 1 bytes. */
static void
assert_received(struct glue_queue *q, uint16_t from, uint16_t to)
{
	struct rte_mbuf *got[GLUE_BURST];

	assert_int_equal(glue_queue_receive(q, got), to - from);
	for (uint16_t i = 0; i < to - from; i++) {
		assert_int_equal(got[i]->pkt_len, from + i);
		rte_pktmbuf_free(got[i]);
	}
}

/* What is not taken ahead stays with the port, and a port's queue is short. */
static void
packets_are_taken_ahead_and_given_in_turn(void **state)
{
	struct glue_queue q = {.ahead_max = 70};

	(void)state;
	q.port_id = port_loop(pool);
	send_lengths(&q, 200, 300);
	assert_received(&q, 200, 232);
	assert_int_equal(q.ahead, 32); /* full bursts only, so 64 of 70 were taken */
	assert_received(&q, 232, 264);
	send_lengths(&q, 300, 310);
	assert_received(&q, 264, 296);
	assert_int_equal(q.ahead, 14); /* all that the port had */
	assert_received(&q, 296, 310);
	assert_received(&q, 310, 310);
	port_close(q.port_id);
}

static void
nothing_is_taken_ahead_where_the_pool_is_small(void **state)
{
	struct glue_queue q = {.ahead_max = 0};

	(void)state;
	q.port_id = port_loop(pool);
	send_lengths(&q, 200, 250);
	assert_received(&q, 200, 232);
	assert_int_equal(q.ahead, 0);
	assert_received(&q, 232, 250);
	port_close(q.port_id);
}

/* More than the ring of the queue has entries, so that its end is passed. */
static void
packets_taken_ahead_keep_their_turn_around_the_end(void **state)
{
	struct glue_queue q = {.ahead_max = GLUE_AHEAD};

	(void)state;
	q.port_id = port_loop(pool);
	for (unsigned n = 0; n < 2 * GLUE_AHEAD; n += 50) {
		send_lengths(&q, 200, 250);
		assert_received(&q, 200, 232);
		assert_received(&q, 232, 250);
	}
	port_close(q.port_id);
}

/* A pool must not run empty: some drivers then lose what they have read, and net_tap waits for ever. */
static void
packets_taken_ahead_count_with_all_of_their_mbufs(void **state)
{
	const uint16_t lengths[] = {100, 50, 50, 1};
	struct glue_queue q = {.ahead_max = 100};
	struct rte_mbuf *got[GLUE_BURST];

	(void)state;
	q.port_id = port_loop(pool);
	for (unsigned i = 0; i < POOL / DIM(lengths); i++) {
		got[0] = filled_chain(pool, lengths, DIM(lengths), i);
		assert_int_equal(rte_eth_tx_burst(q.port_id, 0, got, 1), 1);
	}
	for (unsigned left = POOL / DIM(lengths), n; left > 0; left -= n) {
		n = glue_queue_receive(&q, got);
		assert_int_equal(n, RTE_MIN(left, GLUE_BURST));
		assert_int_equal(q.ahead, 0); /* 128 mbufs of the first burst are more than may be ahead */
		assert_int_equal(q.ahead_mbufs, 0);
		rte_pktmbuf_free_bulk(got, n);
	}
	port_close(q.port_id);
}

/* The teardown sees that none is lost. */
static void
dropping_frees_what_was_taken_ahead(void **state)
{
	struct glue_queue q = {.ahead_max = 96};

	(void)state;
	q.port_id = port_loop(pool);
	send_lengths(&q, 200, 300);
	assert_received(&q, 200, 232);
	assert_int_equal(q.ahead, 64);
	glue_queue_drop(&q);
	assert_int_equal(q.ahead, 0);
	assert_received(&q, 296, 300);
	port_close(q.port_id);
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test_setup_teardown(received_sums_are_believed_as_the_port_says, setup, teardown),
	cmocka_unit_test_setup_teardown(received_sums_of_fragments_are_not_believed, setup, teardown),
	cmocka_unit_test_setup_teardown(received_sums_of_what_has_no_such_header_are_not_believed, setup, teardown),
	cmocka_unit_test_setup_teardown(sums_of_tcp_are_left_to_the_port, setup, teardown),
	cmocka_unit_test_setup_teardown(sums_of_others_are_not, setup, teardown),
	cmocka_unit_test_setup_teardown(sums_over_odd_segments_are_written, setup, teardown),
	cmocka_unit_test_setup_teardown(refused_packets_are_freed_and_the_others_sent_in_turn, setup, teardown),
	cmocka_unit_test_setup_teardown(packets_are_taken_ahead_and_given_in_turn, setup, teardown),
	cmocka_unit_test_setup_teardown(nothing_is_taken_ahead_where_the_pool_is_small, setup, teardown),
	cmocka_unit_test_setup_teardown(packets_taken_ahead_keep_their_turn_around_the_end, setup, teardown),
	cmocka_unit_test_setup_teardown(packets_taken_ahead_count_with_all_of_their_mbufs, setup, teardown),
	cmocka_unit_test_setup_teardown(dropping_frees_what_was_taken_ahead, setup, teardown),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "glue_queue", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
