/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mbufs that become pbufs, and pbufs that become packets (apps/lwip/pbuf.c), without a port.
 *
 * What would break: headers could change in a packet that a port still has. Packets could never be freed. lwIP could
 * hold so many received mbufs that a port has none to receive into.
 */
#include "stack.h"

static void
packet_has_its_own_headers_and_the_iovec_s_payload(void **state)
{
	struct evpl *evpl = stack_start(state, 0, false);
	struct tcp_pcb *pcb = connect_pcb();
	struct evpl_iovec iovec;
	struct rte_mbuf *m;
	uint8_t *header, before;

	alloc_filled(evpl, 1000, 5, &iovec);
	assert_int_equal(glue_write(pcb, &iovec, 0, 1000, 0), ERR_OK);
	m = glue_pbuf_to_mbuf(pcb->unsent->p, 16, &stats);
	assert_non_null(m);
	assert_int_equal(m->nb_segs, 2);
	assert_int_equal(m->data_len, TCP_HEADER);
	assert_ptr_equal(rte_pktmbuf_mtod(m->next, void *), evpl_iovec_data(&iovec));
	assert_int_equal(stats.tx_bytes_copied, TCP_HEADER);
	/* lwIP writes its header anew for the next try. */
	header = pcb->unsent->p->payload;
	before = header[4];
	header[4] ^= 0xFF;
	assert_int_equal(rte_pktmbuf_mtod(m, uint8_t *)[4], before);
	rte_pktmbuf_free(m);
	evpl_iovec_release(evpl, &iovec);
	stack_stop();
}

static void
packet_for_a_port_of_one_segment_is_in_one_piece(void **state)
{
	struct evpl *evpl = stack_start(state, 0, false);
	struct tcp_pcb *pcb = connect_pcb();
	struct evpl_iovec iovec;
	struct rte_mbuf *m;

	alloc_filled(evpl, 1000, 6, &iovec);
	assert_int_equal(glue_write(pcb, &iovec, 0, 1000, 0), ERR_OK);
	m = glue_pbuf_to_mbuf(pcb->unsent->p, 1, &stats);
	assert_non_null(m);
	assert_int_equal(m->nb_segs, 1);
	assert_int_equal(bytes_right(rte_pktmbuf_mtod_offset(m, void *, TCP_HEADER), 1000, 6, 0), 1000);
	rte_pktmbuf_free(m);
	evpl_iovec_release(evpl, &iovec);
	stack_stop();
}

static void
assert_pbuf(struct pbuf *p, uint64_t seed)
{
	char copy[768];

	assert_non_null(p);
	assert_int_equal(p->tot_len, sizeof(copy));
	assert_int_equal(pbuf_copy_partial(p, copy, sizeof(copy), 0), sizeof(copy));
	assert_int_equal(bytes_right(copy, sizeof(copy), seed, 0), sizeof(copy));
}

static void
received_segments_are_pbufs_where_they_lie(void **state)
{
	struct rte_mempool *pool;
	struct pbuf *p;

	stack_start(state, 6, false);
	pool = small_rooms();
	p = glue_pbuf_from_mbuf(received_packet(pool, 7), &stats);
	assert_pbuf(p, 7);
	assert_int_equal(pbuf_clen(p), 3);
	for (struct pbuf *q = p; q != NULL; q = q->next)
		assert_ptr_equal(evpl_iovec_data(glue_pbuf_iovec(q)), q->payload);
	assert_int_equal(stats.rx_copied, 0);
	pbuf_free(p);
	stack_stop();
}

static void
received_packets_beyond_the_hold_are_copied(void **state)
{
	struct rte_mempool *pool;
	struct pbuf *held, *copied, *again;

	stack_start(state, 5, false);
	pool = small_rooms();
	held = glue_pbuf_from_mbuf(received_packet(pool, 8), &stats);
	copied = glue_pbuf_from_mbuf(received_packet(pool, 9), &stats);
	assert_int_equal(rte_mempool_in_use_count(pool), 3);
	assert_null(glue_pbuf_iovec(copied));
	assert_pbuf(held, 8);
	assert_pbuf(copied, 9);
	assert_int_equal(stats.rx_copied, 1);
	pbuf_free(held);
	again = glue_pbuf_from_mbuf(received_packet(pool, 10), &stats);
	assert_non_null(glue_pbuf_iovec(again));
	pbuf_free(again);
	pbuf_free(copied);
	stack_stop();
}

/* A driver could deliver such packets. What lies behind their bytes was not received: it is another packet's. */
static void
received_packets_with_false_lengths_are_dropped(void **state)
{
	struct rte_mempool *pool;
	struct rte_mbuf *m;

	/* With room to keep their mbufs, and without: then they would be copied. */
	stack_start(state, 3, false);
	pool = small_rooms();
	for (unsigned i = 0; i < 8; i++) {
		struct pbuf *held = i < 4 ? NULL : glue_pbuf_from_mbuf(received_packet(pool, 1), &stats);

		m = received_packet(pool, 2);
		if (i % 4 == 0)
			m->pkt_len += 1;
		else if (i % 4 == 1)
			m->pkt_len -= 1;
		else if (i % 4 == 2)
			m->next->data_off = (uint16_t)(m->next->buf_len - 255);
		else
			m->next->data_len = 0;
		assert_null(glue_pbuf_from_mbuf(m, &stats));
		if (held != NULL)
			pbuf_free(held);
		assert_int_equal(rte_mempool_in_use_count(pool), 0);
	}
	m = received_packet(pool, 2);
	m->pkt_len = UINT16_MAX + 1;
	assert_null(glue_pbuf_from_mbuf(m, &stats));
	assert_int_equal(stats.rx_refused, 9);
	assert_int_equal(stats.rx_no_memory, 0);
	assert_int_equal(stats.rx_copied, 0);
	stack_stop();
}

/* A port must have mbufs to receive into: with few of them left none is kept, whoever holds the others. */
static void
received_packets_are_copied_when_the_pool_runs_low(void **state)
{
	struct rte_mempool *pool;
	struct pbuf *p[30];
	unsigned kept = 0;

	stack_start(state, 100, false);
	pool = small_rooms();
	for (unsigned i = 0; i < DIM(p); i++) {
		p[i] = glue_pbuf_from_mbuf(received_packet(pool, i), &stats);
		assert_non_null(p[i]);
		kept += glue_pbuf_iovec(p[i]) != NULL;
		assert_true(rte_mempool_avail_count(pool) >= 60);
	}
	assert_in_range(kept, 15, 22);
	assert_int_equal(stats.rx_copied, DIM(p) - kept);
	for (unsigned i = 0; i < DIM(p); i++)
		pbuf_free(p[i]);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
	stack_stop();
}

static void
received_packet_without_memory_is_dropped(void **state)
{
	struct evpl *evpl = stack_start(state, 0, false);
	struct rte_mempool *pool = small_rooms();
	struct evpl_iovec spent[64];
	unsigned n = 0;

	glue_memory_trim();
	while (n < 64 && evpl_iovec_alloc(evpl, 16 << 10, 0, 1, 0, &spent[n]) == 1)
		n++;
	while (n < 64 && evpl_iovec_alloc(evpl, 64, 0, 1, 0, &spent[n]) == 1)
		n++;
	assert_null(glue_pbuf_from_mbuf(received_packet(pool, 11), &stats));
	assert_int_equal(stats.rx_no_memory, 1);
	assert_int_equal(stats.rx_refused, 0);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
	evpl_iovecs_release(evpl, spent, (int)n);
	stack_stop();
}

static const struct CMUnitTest cases[] = {
	home_case(packet_has_its_own_headers_and_the_iovec_s_payload, home_small),
	home_case(packet_for_a_port_of_one_segment_is_in_one_piece, home_small),
	home_case(received_segments_are_pbufs_where_they_lie, home_small),
	home_case(received_packets_beyond_the_hold_are_copied, home_small),
	home_case(received_packets_with_false_lengths_are_dropped, home_small),
	home_case(received_packets_are_copied_when_the_pool_runs_low, home_small),
	home_case(received_packet_without_memory_is_dropped, one_slab),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "glue_pbuf", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
