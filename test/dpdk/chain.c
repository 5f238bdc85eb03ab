/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DPDK's calls on chains: of iovecs, and of iovecs behind a received mbuf. (For one segment:
 * test/unit/lib/dpdk_mbuf.c.)
 *
 * What would break: a call could write over a neighbour, because windows are exactly the iovecs' bytes. A call that
 * refuses could leave something behind. The remedies that evpl_port_check() names are tested here, too: a copy of a
 * chain that a port cannot send, and a tag that is written into the first iovec because rte_vlan_insert() refuses.
 */
#include <rte_ether.h>

#include "frame.h"
#include "support.h"
#include "wire.h"

#define PAYLOAD 9000u
#define HEADERS (FRAME_ETHER + FRAME_IPV4 + FRAME_UDP)

static const struct evpl_global_config config = {.slab_size = 2 << 20, .packet_mbufs = 1023};
static const struct frame udp4 = {.protocol = IPPROTO_UDP};

enum kind { OF_IOVECS, BEHIND_RECEIVED, KINDS };

struct bench {
	struct wire wire;
	struct rte_mempool *plain;
	struct evpl_iovec payload;
};

static void
open_bench(struct bench *b, void **state)
{
	struct home *home = *state;

	b->wire = wire_open(home->evpl);
	b->plain = plain_pool("chain", 127, RTE_MBUF_DEFAULT_BUF_SIZE);
	frame_payload(b->wire.evpl, PAYLOAD, SHARED, 5, &b->payload);
}

/* What was cloned all the time has not changed. */
static void
close_bench(struct bench *b)
{
	iovec_assert(&b->payload, 5, 0);
	evpl_iovec_release(b->wire.evpl, &b->payload);
	home_assert_pool(b->plain, 127);
	rte_mempool_free(b->plain);
	wire_close(&b->wire);
}

/* Headers and PAYLOAD bytes of stream 5 in seven segments. */
static struct rte_mbuf *
chain(const struct bench *b, enum kind kind)
{
	struct evpl_iovec segment[6];
	struct rte_mbuf *head, *tail;
	char headers[64];
	uint32_t n;

	if (kind == OF_IOVECS)
		return frame_build(b->wire.evpl, &udp4, &b->payload, 6);
	n = frame_headers(headers, &udp4, PAYLOAD);
	head = wire_receive(&b->wire, headers, n, 0, 0, 0);
	frame_cut(b->wire.evpl, segment, 6, &b->payload);
	tail = evpl_iovecs_to_mbuf(b->wire.evpl, segment, 6);
	assert_non_null(tail);
	assert_int_equal(rte_pktmbuf_chain(head, tail), 0);
	return head;
}

static void
assert_chain(struct rte_mbuf *packet, uint32_t headers)
{
	frame_assert_sound(packet);
	assert_int_equal(packet->nb_segs, 7);
	assert_int_equal(rte_pktmbuf_pkt_len(packet), headers + PAYLOAD);
	frame_assert(packet, headers, PAYLOAD, 5, 0);
}

static void
copy_of_a_chain_is_one_that_any_port_sends(struct bench *b, struct rte_mbuf *packet)
{
	struct rte_mbuf *copy = rte_pktmbuf_copy(packet, b->plain, 0, UINT32_MAX);
	struct rte_mbuf *part = rte_pktmbuf_copy(packet, b->plain, HEADERS + 1499, 3);

	assert_non_null(copy);
	assert_non_null(part);
	assert_true(RTE_MBUF_DIRECT(copy));
	frame_assert(part, 0, 3, 5, 1499); /* over the border of two segments */
	rte_pktmbuf_free(packet);
	frame_assert(copy, HEADERS, PAYLOAD, 5, 0);
	copy = wire_pass(&b->wire, frame_there_and_back(b->wire.evpl, copy));
	frame_assert(copy, HEADERS, PAYLOAD, 5, 0);
	rte_pktmbuf_free(copy);
	rte_pktmbuf_free(part);
}

static void
clone_of_a_chain_outlives_it(struct bench *b, struct rte_mbuf *packet)
{
	struct rte_mbuf *clone = rte_pktmbuf_clone(packet, b->plain);

	assert_non_null(clone);
	rte_pktmbuf_free(packet);
	assert_chain(clone, HEADERS);
	clone = wire_pass(&b->wire, clone);
	clone = frame_there_and_back(b->wire.evpl, clone);
	assert_chain(clone, HEADERS);
	rte_pktmbuf_free(clone);
}

/* There is no room behind the first segment's bytes, and so nothing may be written there. */
static void
linearize_of_iovecs_is_refused(struct bench *b, struct rte_mbuf *packet)
{
	RTE_SET_USED(b);
	assert_true(rte_pktmbuf_linearize(packet) < 0);
	assert_chain(packet, HEADERS);
	rte_pktmbuf_free(packet);
}

static void
read_of_a_chain_crosses_its_borders(struct bench *b, struct rte_mbuf *packet)
{
	char room[PAYLOAD];

	RTE_SET_USED(b);
	assert_ptr_equal(rte_pktmbuf_read(packet, HEADERS, PAYLOAD, room), room);
	assert_int_equal(bytes_right(room, PAYLOAD, 5, 0), PAYLOAD);
	assert_null(rte_pktmbuf_read(packet, HEADERS + 1, PAYLOAD, room));
	rte_pktmbuf_free(packet);
}

static void
adj_trim_of_a_chain_move_its_ends_only(struct bench *b, struct rte_mbuf *packet)
{
	assert_non_null(rte_pktmbuf_adj(packet, FRAME_ETHER));
	assert_int_equal(rte_pktmbuf_trim(packet, 500), 0);
	assert_int_equal(rte_pktmbuf_trim(packet, 1500), -1); /* more than the last segment has */
	assert_null(rte_pktmbuf_adj(packet, HEADERS));	      /* and than the first has */
	packet = frame_there_and_back(b->wire.evpl, packet);
	assert_int_equal(rte_pktmbuf_pkt_len(packet), HEADERS - FRAME_ETHER + PAYLOAD - 500);
	frame_assert(packet, HEADERS - FRAME_ETHER, PAYLOAD - 500, 5, 0);
	rte_pktmbuf_free(packet);
}

/* What was cut off in front can be had back; more only where the mbuf has a headroom. */
static void
prepend_of_a_chain_stays_in_the_window(struct bench *b, struct rte_mbuf *packet)
{
	bool of_iovecs = rte_pktmbuf_headroom(packet) == 0;

	RTE_SET_USED(b);
	assert_non_null(rte_pktmbuf_adj(packet, FRAME_ETHER));
	assert_non_null(rte_pktmbuf_prepend(packet, FRAME_ETHER));
	assert_chain(packet, HEADERS);
	assert_int_equal(rte_pktmbuf_prepend(packet, 1) == NULL, of_iovecs);
	if (!of_iovecs)
		assert_chain(packet, HEADERS + 1);
	rte_pktmbuf_free(packet);
}

static void
append_to_a_chain_is_refused(struct bench *b, struct rte_mbuf *packet)
{
	RTE_SET_USED(b);
	assert_null(rte_pktmbuf_append(packet, 1));
	assert_chain(packet, HEADERS);
	rte_pktmbuf_free(packet);
}

static void
vlan_insert_is_refused_and_a_tag_of_ones_own_is_not(struct bench *b, struct rte_mbuf *packet)
{
	static const unsigned char tag[4] = {0x81, 0x00, 0x00, 0x05};
	struct evpl_iovec iovec[9], tagged[9];
	unsigned char room[HEADERS + 4];
	int n;

	packet->vlan_tci = 5;
	/* It is not the mbuf's own data, or there is no headroom: which DPDK sees first. */
	assert_true(rte_vlan_insert(&packet) < 0);
	assert_chain(packet, HEADERS);
	/* The addresses, the tag, the rest: the payload is not touched. */
	n = evpl_iovecs_from_mbuf(b->wire.evpl, packet, LOCAL, DIM(iovec), iovec);
	assert_int_equal(n, 7);
	assert_int_equal(evpl_iovec_alloc(b->wire.evpl, 16, 0, 1, LOCAL, &tagged[0]), 1);
	memcpy(evpl_iovec_data(&tagged[0]), evpl_iovec_data(&iovec[0]), 12);
	memcpy((char *)evpl_iovec_data(&tagged[0]) + 12, tag, sizeof(tag));
	evpl_iovec_move_segment(&tagged[1], &iovec[0], 12, HEADERS - 12);
	for (int i = 1; i < n; i++)
		evpl_iovec_move(&tagged[i + 1], &iovec[i]);
	packet = evpl_iovecs_to_mbuf(b->wire.evpl, tagged, n + 1);
	assert_non_null(packet);
	frame_assert_sound(packet);
	assert_memory_equal((const char *)frame_read(packet, 0, sizeof(room), room) + 12, tag, sizeof(tag));
	frame_assert(packet, HEADERS + 4, PAYLOAD, 5, 0);
	rte_pktmbuf_free(packet);
}

/* A case per call: each on both kinds of chains. */
#define X(call)                                                                                                        \
	static void call##_case(void **state)                                                                          \
	{                                                                                                              \
		struct bench b;                                                                                        \
                                                                                                                       \
		open_bench(&b, state);                                                                                 \
		for (unsigned kind = 0; kind < KINDS; kind++)                                                          \
			call(&b, chain(&b, (enum kind)kind));                                                          \
		close_bench(&b);                                                                                       \
	}
X(copy_of_a_chain_is_one_that_any_port_sends)
X(clone_of_a_chain_outlives_it)
X(linearize_of_iovecs_is_refused)
X(read_of_a_chain_crosses_its_borders)
X(adj_trim_of_a_chain_move_its_ends_only)
X(prepend_of_a_chain_stays_in_the_window)
X(append_to_a_chain_is_refused)
X(vlan_insert_is_refused_and_a_tag_of_ones_own_is_not)

#define chain_case(call) home_case_named(#call, call##_case, config)

int
main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		chain_case(copy_of_a_chain_is_one_that_any_port_sends),
		chain_case(clone_of_a_chain_outlives_it),
		chain_case(linearize_of_iovecs_is_refused),
		chain_case(read_of_a_chain_crosses_its_borders),
		chain_case(adj_trim_of_a_chain_move_its_ends_only),
		chain_case(prepend_of_a_chain_stays_in_the_window),
		chain_case(append_to_a_chain_is_refused),
		chain_case(vlan_insert_is_refused_and_a_tag_of_ones_own_is_not),
	};
	const struct program program = {.name = "chain", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
