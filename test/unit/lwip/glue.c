/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The glue between lwIP and iovecs (apps/lwip), without a port: what lwIP queues, and the packets that come out of it.
 *
 * What would break: bytes of a neighbouring iovec could be sent. References could end before the peer has acknowledged.
 * Headers could change in a packet that a port still has. Packets could never be freed. A stack could be unable to send
 * what it has queued, because queueing took all memory. Neighbours here are two views of one iovec, because tracing
 * builds put guards between allocations.
 */
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>

#include "fixes/tcp_order.h"
#include "glue_memory.h"
#include "glue_pbuf.h"
#include "support.h"

#define TCP_HEADER 20u
#define MSS 1460
#define FRAME_ROOM (1514 + RTE_PKTMBUF_HEADROOM)

static const struct evpl_global_config one_slab = {.slab_size = 256 << 10, .buffer_size = 16 << 10, .max_slabs = 1};

static struct glue_netif_stats stats;

static struct evpl *
start_limited(void **state, unsigned rx_hold, bool copy, uint64_t memory)
{
	struct home *home = *state;
	struct glue_config config = {.evpl = home->evpl, .rx_hold = rx_hold, .copy = copy, .memory = memory};

	config.tx_pool = evpl_rx_pool_create("tx", 63, FRAME_ROOM, SOCKET_ID_ANY);
	assert_non_null(config.tx_pool);
	assert_int_equal(glue_init(&config), 0);
	stats = (struct glue_netif_stats){0};
	return home->evpl;
}

static struct evpl *
start(void **state, unsigned rx_hold, bool copy)
{
	return start_limited(state, rx_hold, copy, 0);
}

/* As after a handshake, with a peer that takes a lot. */
static struct tcp_pcb *
connect_pcb(void)
{
	struct tcp_pcb *pcb = tcp_new();

	assert_non_null(pcb);
	pcb->state = ESTABLISHED;
	pcb->local_port = pcb->remote_port = 80;
	pcb->mss = MSS;
	pcb->snd_wnd = pcb->snd_wnd_max = 1 << 20;
	TCP_REG_ACTIVE(pcb);
	return pcb;
}

static void
stop(void)
{
	glue_stop();
	glue_finish();
}

static void
alloc_filled(struct evpl *evpl, unsigned length, uint64_t seed, struct evpl_iovec *iovec)
{
	assert_int_equal(evpl_iovec_alloc(evpl, length, 0, 1, 0, iovec), 1);
	iovec_fill(iovec, seed);
}

/* The packet of the first segment begins with these bytes, behind its TCP header. */
static void
assert_segment_begins(struct tcp_pcb *pcb, unsigned length, uint64_t seed)
{
	struct rte_mbuf *m = glue_pbuf_to_mbuf(pcb->unsent->p, 16, &stats);
	char copy[MSS];
	const void *bytes;

	assert_non_null(m);
	bytes = rte_pktmbuf_read(m, TCP_HEADER, length, copy);
	assert_non_null(bytes);
	assert_int_equal(bytes_right(bytes, length, seed, 0), length);
	rte_pktmbuf_free(m);
}

/* ... and has no others. */
static void
assert_segment(struct tcp_pcb *pcb, unsigned length, uint64_t seed)
{
	assert_int_equal(pcb->unsent->p->tot_len, TCP_HEADER + length);
	assert_segment_begins(pcb, length, seed);
}

static void
write_of_neighbours_keeps_a_pbuf_for_each(void **state)
{
	struct evpl *evpl = start(state, 0, false);
	struct tcp_pcb *pcb = connect_pcb();
	struct evpl_iovec whole, first, second;

	alloc_filled(evpl, 1000, 1, &whole);
	evpl_iovec_clone_segment(&first, &whole, 0, 400);
	evpl_iovec_clone_segment(&second, &whole, 400, 600);
	evpl_iovec_release(evpl, &whole);
	assert_int_equal(glue_write(pcb, &first, 0, 400, 0), ERR_OK);
	assert_int_equal(glue_write(pcb, &second, 0, 600, 0), ERR_OK);
	evpl_iovec_release(evpl, &first);
	evpl_iovec_release(evpl, &second);
	assert_null(pcb->unsent->next);
	assert_int_equal(pbuf_clen(pcb->unsent->p), 3); /* header, first, second */
	assert_segment(pcb, 1000, 1);
	stop();
}

static void
write_of_one_iovec_in_parts_keeps_one_pbuf(void **state)
{
	struct evpl *evpl = start(state, 0, false);
	struct tcp_pcb *pcb = connect_pcb();
	struct evpl_iovec iovec;

	alloc_filled(evpl, 1000, 2, &iovec);
	assert_int_equal(glue_write(pcb, &iovec, 0, 400, 0), ERR_OK);
	assert_int_equal(glue_write(pcb, &iovec, 400, 600, 0), ERR_OK);
	evpl_iovec_release(evpl, &iovec);
	assert_int_equal(pbuf_clen(pcb->unsent->p), 2);
	assert_segment(pcb, 1000, 2);
	stop();
}

/* The caller's iovec is gone before anything is sent, and the bytes would be another's by then. */
static void
write_holds_the_bytes_until_the_connection_ends(void **state)
{
	struct evpl *evpl = start(state, 0, false);
	struct tcp_pcb *pcb = connect_pcb();
	struct evpl_iovec iovec, other[64];
	unsigned n = 0;

	alloc_filled(evpl, 1400, 3, &iovec);
	assert_int_equal(glue_write(pcb, &iovec, 0, 1400, 0), ERR_OK);
	evpl_iovec_release(evpl, &iovec);
	while (n < 64 && evpl_iovec_alloc(evpl, 16 << 10, 0, 1, 0, &other[n]) == 1)
		iovec_fill(&other[n++], 99);
	assert_segment(pcb, 1400, 3);
	evpl_iovecs_release(evpl, other, (int)n);
	stop();
}

static void
write_out_of_range_is_err_arg(void **state)
{
	struct evpl *evpl = start(state, 0, false);
	struct tcp_pcb *pcb = connect_pcb();
	struct evpl_iovec iovec;

	alloc_filled(evpl, 100, 4, &iovec);
	assert_int_equal(glue_write(pcb, &iovec, 0, 0, 0), ERR_ARG);
	assert_int_equal(glue_write(pcb, &iovec, 0, 101, 0), ERR_ARG);
	assert_int_equal(glue_write(pcb, &iovec, 101, 1, 0), ERR_ARG);
	assert_int_equal(glue_write(pcb, &iovec, UINT32_MAX, 2, 0), ERR_ARG);
	assert_int_equal(glue_write(pcb, &iovec, 1, UINT32_MAX, 0), ERR_ARG);
	assert_null(pcb->unsent);
	evpl_iovec_release(evpl, &iovec);
	stop();
}

static void
packet_has_its_own_headers_and_the_iovec_s_payload(void **state)
{
	struct evpl *evpl = start(state, 0, false);
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
	stop();
}

static void
packet_for_a_port_of_one_segment_is_in_one_piece(void **state)
{
	struct evpl *evpl = start(state, 0, false);
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
	stop();
}

static struct rte_mempool *
small_rooms(void)
{
	struct rte_mempool *pool = evpl_rx_pool_create("rx", 127, RTE_PKTMBUF_HEADROOM + 256, SOCKET_ID_ANY);

	assert_non_null(pool);
	return pool;
}

/* Packets of an RX pool with little rooms, three to a packet. */
static struct rte_mbuf *
received_packet(struct rte_mempool *pool, uint64_t seed)
{
	struct rte_mbuf *head = NULL;

	for (unsigned i = 0; i < 3; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

		assert_non_null(m);
		bytes_fill(rte_pktmbuf_append(m, 256), 256, seed, i * 256);
		if (head == NULL)
			head = m;
		else
			assert_int_equal(rte_pktmbuf_chain(head, m), 0);
	}
	return head;
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

	start(state, 6, false);
	pool = small_rooms();
	p = glue_pbuf_from_mbuf(received_packet(pool, 7), &stats);
	assert_pbuf(p, 7);
	assert_int_equal(pbuf_clen(p), 3);
	for (struct pbuf *q = p; q != NULL; q = q->next)
		assert_ptr_equal(evpl_iovec_data(glue_pbuf_iovec(q)), q->payload);
	assert_int_equal(stats.rx_copied, 0);
	pbuf_free(p);
	stop();
}

static void
received_packets_beyond_the_hold_are_copied(void **state)
{
	struct rte_mempool *pool;
	struct pbuf *held, *copied, *again;

	start(state, 5, false);
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
	stop();
}

/* A port must have mbufs to receive into: with few of them left none is kept, whoever holds the others. */
static void
received_packets_are_copied_when_the_pool_runs_low(void **state)
{
	struct rte_mempool *pool;
	struct pbuf *p[30];
	unsigned kept = 0;

	start(state, 100, false);
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
	stop();
}

static void
received_packet_without_memory_is_dropped(void **state)
{
	struct evpl *evpl = start(state, 0, false);
	struct rte_mempool *pool = small_rooms();
	struct evpl_iovec spent[64];
	unsigned n = 0;

	glue_memory_trim();
	while (n < 64 && evpl_iovec_alloc(evpl, 16 << 10, 0, 1, 0, &spent[n]) == 1)
		n++;
	while (n < 64 && evpl_iovec_alloc(evpl, 64, 0, 1, 0, &spent[n]) == 1)
		n++;
	assert_null(glue_pbuf_from_mbuf(received_packet(pool, 11), &stats));
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
	evpl_iovecs_release(evpl, spent, (int)n);
	stop();
}

/* What was queued goes out when there is no memory left, and more is refused. */
static void
write_until_memory_ends_can_still_be_sent(void **state)
{
	struct evpl *evpl = start(state, 0, false);
	struct tcp_pcb *pcb = connect_pcb();
	struct evpl_iovec iovec, spent[64];
	err_t error = ERR_OK;
	unsigned n = 0, queued = 0;

	alloc_filled(evpl, 1400, 12, &iovec);
	while (n < 64 && evpl_iovec_alloc(evpl, 16 << 10, 0, 1, 0, &spent[n]) == 1)
		n++;
	assert_in_range(n, 1, 63);
	/* One buffer is left for what lwIP queues. */
	evpl_iovec_release(evpl, &spent[--n]);
	while (error == ERR_OK && queued++ < 1000)
		error = glue_write(pcb, &iovec, 0, 1400, 0);
	assert_int_equal(error, ERR_MEM);
	assert_in_range(queued, 2, 999);
	assert_segment_begins(pcb, 1400, 12);
	evpl_iovecs_release(evpl, spent, (int)n);
	evpl_iovec_release(evpl, &iovec);
	stop();
}

/* Nobody can have it all: lwIP stops at the limit, and keeps nothing out of order from half of it on. */
static void
write_until_the_limit_then_err_mem(void **state)
{
	struct evpl *evpl = start_limited(state, 0, false, 64 << 10);
	struct tcp_pcb *pcb = connect_pcb();
	struct glue_memory_stats memory;
	struct evpl_iovec iovec;
	unsigned queued = 0;

	alloc_filled(evpl, 1400, 14, &iovec);
	assert_false(glue_memory_is_low());
	assert_int_equal(glue_ooseq_bytes(), TCP_WND);
	while (glue_write(pcb, &iovec, 0, 1400, 0) == ERR_OK && queued++ < 1000) {
		glue_memory_stats_get(&memory);
		assert_int_equal(glue_memory_is_low(), memory.bytes > 32 << 10);
		assert_int_equal(glue_ooseq_bytes(), memory.bytes > 32 << 10 ? 0 : TCP_WND);
	}
	glue_memory_stats_get(&memory);
	assert_in_range(memory.peak_bytes, 55 << 10, 56 << 10); /* an eighth is for what is received */
	assert_in_range(queued, 100, 999);
	assert_true(memory.failed > 0);
	assert_segment_begins(pcb, 1400, 14);
	evpl_iovec_release(evpl, &iovec);
	stop();
	glue_memory_stats_get(&memory);
	assert_int_equal(memory.bytes, 0);
}

/* Echo: the bytes are sent from where they came, and stay though the pbuf is freed. */
static void
write_of_a_received_pbuf_does_not_copy(void **state)
{
	struct rte_mempool *pool;
	struct tcp_pcb *pcb;
	struct pbuf *p, *q;

	start(state, 6, false);
	pcb = connect_pcb();
	pool = small_rooms();
	p = glue_pbuf_from_mbuf(received_packet(pool, 15), &stats);
	assert_non_null(p);
	assert_int_equal(glue_write_pbuf(pcb, p, 257, 0), ERR_ARG);
	assert_int_equal(glue_write_pbuf(pcb, p, 0, 0), ERR_ARG);
	for (q = p; q != NULL; q = q->next)
		assert_int_equal(glue_write_pbuf(pcb, q, q->len, 0), ERR_OK);
	q = pcb->unsent->p->next;
	assert_ptr_equal(q->payload, p->payload);
	pbuf_free(p);
	assert_int_equal(rte_mempool_in_use_count(pool), 3);
	assert_segment(pcb, 768, 15);
	tcp_abort(pcb);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
	stop();
}

static void
write_of_a_copied_pbuf_copies(void **state)
{
	struct rte_mempool *pool;
	struct tcp_pcb *pcb;
	struct pbuf *p;

	start(state, 0, false);
	pcb = connect_pcb();
	pool = small_rooms();
	p = glue_pbuf_from_mbuf(received_packet(pool, 16), &stats);
	assert_non_null(p);
	assert_int_equal(glue_write_pbuf(pcb, p, p->len, 0), ERR_OK);
	assert_int_equal(p->len, 768);
	memset(p->payload, 0, p->len);
	pbuf_free(p);
	assert_segment(pcb, 768, 16);
	stop();
}

/* A netif that has no room when told so, and notes the number of the last segment that it took. */
static struct netif wire;
static bool wire_full;
static u32_t wire_last;

static err_t
wire_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
	struct tcp_hdr tcp;

	(void)netif;
	(void)to;
	if (wire_full)
		return ERR_MEM;
	assert_int_equal(pbuf_copy_partial(p, &tcp, sizeof(tcp), sizeof(struct ip_hdr)), sizeof(tcp));
	wire_last = lwip_ntohl(tcp.seqno);
	return ERR_OK;
}

static err_t
wire_start(struct netif *netif)
{
	netif->output = wire_output;
	netif->mtu = 1500;
	return ERR_OK;
}

static void
wire_add(struct tcp_pcb *pcb)
{
	ip4_addr_t address, mask;

	IP4_ADDR(&address, 198, 18, 0, 1);
	IP4_ADDR(&mask, 255, 255, 255, 0);
	assert_non_null(netif_add(&wire, &address, &mask, NULL, NULL, wire_start, netif_input));
	netif_set_link_up(&wire);
	netif_set_up(&wire);
	ip_addr_copy_from_ip4(pcb->local_ip, address);
	IP_ADDR4(&pcb->remote_ip, 198, 18, 0, 2);
	wire_full = false;
}

/* lwIP 2.1.3 itself would stop for good here: tcp_order.h. */
static void
first_segment_goes_first_again_when_it_found_no_room(void **state)
{
	struct evpl *evpl = start(state, 0, false);
	struct tcp_pcb *pcb = connect_pcb();
	struct evpl_iovec iovec;
	u32_t numbers[6];
	unsigned n = 0;

	wire_add(pcb);
	alloc_filled(evpl, MSS, 17, &iovec);
	pcb->cwnd = 4 * MSS;
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(glue_write(pcb, &iovec, 0, MSS, 0), ERR_OK);
	assert_int_equal(tcp_output(pcb), ERR_OK);
	assert_int_equal(wire_last, pcb->lastack + 3 * MSS);
	wire_full = true;
	assert_int_equal(tcp_rexmit(pcb), ERR_OK);
	assert_int_equal(tcp_output(pcb), ERR_MEM);
	assert_int_equal(tcp_rexmit_rto_prepare(pcb), ERR_OK);
	pcb->cwnd = MSS;
	wire_full = false;
	wire_last = 0;
	tcp_rexmit_rto_commit(pcb);
	assert_int_equal(wire_last, 0);
	tcp_order_mend();
	assert_int_equal(wire_last, pcb->lastack);
	numbers[n++] = wire_last;
	for (struct tcp_seg *s = pcb->unsent; s != NULL && n < DIM(numbers); s = s->next)
		numbers[n++] = lwip_ntohl(s->tcphdr->seqno);
	assert_int_equal(n, 6);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(numbers[i], pcb->lastack + i * MSS);
	evpl_iovec_release(evpl, &iovec);
	netif_remove(&wire);
	stop();
}

static void
copy_leaves_the_iovec_alone(void **state)
{
	struct evpl *evpl = start(state, 0, true);
	struct tcp_pcb *pcb = connect_pcb();
	struct evpl_iovec iovec;

	alloc_filled(evpl, 1000, 13, &iovec);
	assert_int_equal(glue_write(pcb, &iovec, 0, 1000, 0), ERR_OK);
	iovec_fill(&iovec, 98);
	assert_segment(pcb, 1000, 13);
	evpl_iovec_release(evpl, &iovec);
	assert_false(glue_zero_copy());
	stop();
}

static const struct CMUnitTest cases[] = {
	home_case(write_of_neighbours_keeps_a_pbuf_for_each, home_small),
	home_case(write_of_one_iovec_in_parts_keeps_one_pbuf, home_small),
	home_case(write_holds_the_bytes_until_the_connection_ends, one_slab),
	home_case(write_out_of_range_is_err_arg, home_small),
	home_case(packet_has_its_own_headers_and_the_iovec_s_payload, home_small),
	home_case(packet_for_a_port_of_one_segment_is_in_one_piece, home_small),
	home_case(received_segments_are_pbufs_where_they_lie, home_small),
	home_case(received_packets_beyond_the_hold_are_copied, home_small),
	home_case(received_packets_are_copied_when_the_pool_runs_low, home_small),
	home_case(received_packet_without_memory_is_dropped, one_slab),
	home_case(write_until_memory_ends_can_still_be_sent, one_slab),
	home_case(write_until_the_limit_then_err_mem, home_small),
	home_case(write_of_a_received_pbuf_does_not_copy, home_small),
	home_case(write_of_a_copied_pbuf_copies, home_small),
	home_case(first_segment_goes_first_again_when_it_found_no_room, home_small),
	home_case(copy_leaves_the_iovec_alone, home_small),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "glue", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
