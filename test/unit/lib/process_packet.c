/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_process.h: packets that another process makes of what was lent to it. They end in either process.
 *
 * What would break: a packet could lose its bytes when the process that made it is dead, or keep them for ever.
 */
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_mempool.h>

#include "process_there.h"

static struct rte_mbuf *
make_packet(struct evpl_iovec *iovecs, int n)
{
	struct rte_mbuf *m = evpl_iovecs_to_mbuf(NULL, iovecs, n);

	there_check(m != NULL && m->ol_flags == 0);
	for (const struct rte_mbuf *part = m; part != NULL && rte_eal_iova_mode() == RTE_IOVA_VA; part = part->next)
		there_check(rte_pktmbuf_iova(part) == (uintptr_t)rte_pktmbuf_mtod(part, void *));
	return m;
}

static uint16_t loop;

static void
plays_sending(struct evpl_process *process)
{
	struct evpl_iovec iovecs[PROCESS_MANY], kept;
	unsigned n = evpl_process_receive(process, iovecs, PROCESS_MANY);
	struct rte_mbuf *m;

	there_check(n == 9);
	evpl_iovec_clone(&kept, &iovecs[0]);
	m = make_packet(&iovecs[0], 3); /* a chain, of which one part is held here as well */
	there_check(m->nb_segs == 3 && m->pkt_len == 3 * PROCESS_LENGTH);
	rte_pktmbuf_free(m); /* in this process */
	there_check(there_is_stream(&kept, 0));
	evpl_iovec_release(NULL, &kept);
	m = make_packet(&iovecs[3], 2);
	there_check(rte_eth_tx_burst(loop, 0, &m, 1) == 1);
	there_check(evpl_tx_burst(NULL, loop, 0, &iovecs[5], 3) == 3);
	iovecs[0].ref = NULL;
	there_check(evpl_tx_burst(NULL, loop, 0, iovecs, 1) == 0 && rte_errno == EINVAL);
	there_check(evpl_iovecs_to_mbuf(NULL, iovecs, 1) == NULL && rte_errno == EINVAL);
	there_check(evpl_process_send(process, iovecs, 1) == 0 && rte_errno == EINVAL);
	/* What does not fit the port's queue stays here. */
	while (rte_errno = EINVAL, evpl_iovec_clone(&kept, &iovecs[8]), evpl_tx_burst(NULL, loop, 0, &kept, 1) == 1)
		there_check(rte_errno == 0);
	there_check(rte_errno == 0 || rte_errno == ENOMEM);
	there_check(there_is_stream(&kept, 8));
	evpl_iovec_release(NULL, &kept);
	evpl_iovec_release(NULL, &iovecs[8]);
	there_check(evpl_detach(process) == 0);
}

/* Packets of the other process end here, in a port and in iovecs of the primary, after that process is gone. */
static void
packets_are_made_there_and_freed_here(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mbuf *packets[64], *m = NULL;
	struct evpl_process *process;
	struct evpl_iovec iovecs[4];
	struct rte_mempool *pool;
	struct there there;
	unsigned n;

	there_only();
	pool = plain_pool("loop", 63, 256);
	loop = port_loop(pool);
	process = process_create(0, 256);
	there_begin(&there, "worker", plays_sending);
	process_send_streams(evpl, process, PROCESS_LENGTH, 9, 0);
	there_end(&there);
	assert_int_equal(rte_eth_rx_burst(loop, 0, &m, 1), 1);
	assert_int_equal(m->nb_segs, 2);
	assert_int_equal(evpl_iovecs_from_mbuf(evpl, m, 0, 4, iovecs), 2);
	iovec_assert(&iovecs[0], 3, 0);
	iovec_assert(&iovecs[1], 4, 0);
	evpl_iovec_release(evpl, &iovecs[0]);
	/* Back out through the port, as the mbuf that it is; and in a packet of the primary's own. */
	evpl_iovec_clone(&iovecs[2], &iovecs[1]);
	m = evpl_iovecs_to_mbuf(evpl, &iovecs[2], 1);
	assert_non_null(m);
	mbuf_assert(m, PROCESS_LENGTH, 4);
	evpl_iovec_release(evpl, &iovecs[1]);
	mbuf_assert(m, PROCESS_LENGTH, 4);
	rte_pktmbuf_free(m);
	assert_int_equal(evpl_rx_burst(evpl, loop, 0, iovecs, 3), 3);
	for (unsigned i = 0; i < 3; i++)
		iovec_assert(&iovecs[i], 5 + i, 0);
	assert_int_equal(evpl_tx_burst(evpl, loop, 0, iovecs, 3), 3);
	while ((n = rte_eth_rx_burst(loop, 0, packets, DIM(packets))) > 0)
		rte_pktmbuf_free_bulk(packets, n);
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
	home_assert_held(0);
	port_close(loop);
	rte_mempool_free(pool);
	assert_int_equal(evpl_process_free(process), 0);
}

/* Makes a packet of one iovec, whose stream begins at that offset, and frees it. */
static void
check_one_packet(struct evpl_process *process, unsigned length, uint64_t stream, uint64_t offset)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *m;

	there_check(evpl_process_receive(process, &iovec, 1) == 1);
	m = make_packet(&iovec, 1);
	there_check(bytes_right(rte_pktmbuf_mtod(m, void *), length, stream, offset) == length);
	rte_pktmbuf_free(m);
	there_check(evpl_detach(process) == 0);
}

static void
plays_the_last_byte(struct evpl_process *process)
{
	check_one_packet(process, 1, 7, UINT16_MAX);
}

/* A packet has 16 bits for the way from the beginning of the buffer. */
static void
packet_of_the_last_byte_of_a_64_kib_buffer_is_made(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_process *process;
	struct evpl_iovec all, last;
	struct there there;

	there_only();
	process = process_create(0, 0);
	there_begin(&there, "worker", plays_the_last_byte);
	iovec_take(evpl, UINT16_MAX + 1, SHARED, &all, 7);
	evpl_iovec_clone_segment(&last, &all, UINT16_MAX, 1);
	assert_int_equal(evpl_process_send(process, &last, 1), 1);
	there_end(&there);
	evpl_iovec_release(evpl, &all);
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
	assert_int_equal(evpl_process_free(process), 0);
}

static struct rte_mbuf **shared_packet;

static void
plays_showing(struct evpl_process *process)
{
	struct evpl_iovec iovec;

	there_check(evpl_process_receive(process, &iovec, 1) == 1);
	*shared_packet = make_packet(&iovec, 1);
	there_wait();
	there_check(evpl_detach(process) == 0);
	rte_pktmbuf_free(*shared_packet);
}

static void
plays_third(struct evpl_process *process)
{
	rte_pktmbuf_free(*shared_packet);
	there_check(evpl_detach(process) == 0);
}

/* The primary cannot keep a third process out of the ledger while it reclaims, nor one that has detached. */
static void
only_the_primary_and_the_maker_end_packets(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_process *process, *other;
	struct there there, third;

	there_only();
	shared_packet = rte_zmalloc(NULL, sizeof(struct rte_mbuf *), 0);
	assert_non_null(shared_packet);
	process = process_create(0, 0);
	other = evpl_process_create("other", 0, 0);
	assert_non_null(other);
	there_begin(&there, "worker", plays_showing);
	process_send_streams(evpl, process, PROCESS_LENGTH, 1, 0);
	there_go(&there);
	there_waits(&there);
	there_begin(&third, "other", plays_third);
	there_end(&third);
	process_assert_lent(process, EVPL_PROCESS_ATTACHED, 1, 1);
	there_end(&there);
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 1, 1);
	mbuf_assert(*shared_packet, PROCESS_LENGTH, 0);
	rte_pktmbuf_free(*shared_packet);
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
	rte_free(shared_packet);
	assert_int_equal(evpl_process_free(other), 0);
	assert_int_equal(evpl_process_free(process), 0);
}

static void
plays_sent(struct evpl_process *process)
{
	struct evpl_iovec iovecs[2], kept;
	struct rte_mbuf *m;

	there_check(evpl_process_receive(process, iovecs, 2) == 2);
	evpl_iovec_clone(&kept, &iovecs[0]); /* it dies with the process, and the packet alone keeps the bytes */
	(void)make_packet(&iovecs[1], 1);    /* it is lost with the process */
	m = make_packet(&iovecs[0], 1);
	there_check(rte_eth_tx_burst(loop, 0, &m, 1) == 1);
	there_wait();
	there_wait();
}

/* A packet is in a port when its process dies, and another one is lost. */
static void
packets_of_a_dead_process_keep_their_bytes(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_process *process;
	struct rte_mempool *pool;
	struct rte_mbuf *m;
	struct there there;

	there_only();
	pool = plain_pool("loop", 63, 256);
	loop = port_loop(pool);
	process = process_create(0, 2);
	there_begin(&there, "worker", plays_sent);
	process_send_streams(evpl, process, PROCESS_LENGTH, 2, 0);
	there_go(&there);
	there_waits(&there);
	there_kill(&there);
	assert_int_equal(evpl_reclaim(process, 0), 0);
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 2, 2);
	home_assert_held(0); /* but for the current buffer */
	assert_int_equal(rte_eth_rx_burst(loop, 0, &m, 1), 1);
	mbuf_assert(m, PROCESS_LENGTH, 0);
	rte_pktmbuf_free(m);
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 1, 1);
	assert_int_equal(evpl_process_free(process), -EBUSY);
	assert_int_equal(evpl_reclaim(process, EVPL_RECLAIM_PACKETS), 1);
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
	/* A packet that ends too late is ignored. */
	there_begin(&there, "worker", plays_sent);
	process_send_streams(evpl, process, PROCESS_LENGTH, 2, 0);
	there_go(&there);
	there_waits(&there);
	there_kill(&there);
	assert_int_equal(evpl_reclaim(process, EVPL_RECLAIM_PACKETS), 2);
	assert_int_equal(rte_eth_rx_burst(loop, 0, &m, 1), 1);
	rte_pktmbuf_free(m);
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
	port_close(loop);
	rte_mempool_free(pool);
	assert_int_equal(evpl_process_free(process), 0);
}

/* The process gets n iovecs, and nothing of them is lent when it has played to its end. */
static void
assert_nothing_is_left(struct evpl *evpl, unsigned packets, void (*play)(struct evpl_process *process), unsigned n)
{
	struct evpl_process *process = process_create(0, packets);
	struct there there;

	there_begin(&there, "worker", play);
	process_send_streams(evpl, process, PROCESS_LENGTH, n, 0);
	there_end(&there);
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
	assert_int_equal(evpl_process_free(process), 0);
}

#define SEGMENTS 3u

/* One more iovec than there are packets; then one in the middle of which no packet can be made. */
static void
plays_failing(struct evpl_process *process)
{
	struct evpl_iovec iovecs[SEGMENTS + 1], hidden;
	struct rte_mbuf *m;

	there_check(evpl_process_receive(process, iovecs, SEGMENTS + 1) == SEGMENTS + 1);
	there_check(evpl_iovecs_to_mbuf(NULL, iovecs, SEGMENTS + 1) == NULL && rte_errno == ENOMEM);
	hidden = iovecs[SEGMENTS - 1];
	iovecs[SEGMENTS - 1].ref = NULL;
	there_check(evpl_iovecs_to_mbuf(NULL, iovecs, SEGMENTS) == NULL && rte_errno == EINVAL);
	iovecs[SEGMENTS - 1] = hidden;
	for (unsigned i = 0; i <= SEGMENTS; i++)
		there_check(there_is_stream(&iovecs[i], i));
	m = make_packet(iovecs, SEGMENTS);
	there_check(m->nb_segs == SEGMENTS && m->pkt_len == SEGMENTS * PROCESS_LENGTH);
	rte_pktmbuf_free(m);
	/* The last deed: the packet of this one is free, and counts as such. */
	iovecs[0] = iovecs[SEGMENTS];
	iovecs[1].ref = NULL;
	there_check(evpl_iovecs_to_mbuf(NULL, iovecs, 2) == NULL && rte_errno == EINVAL);
	evpl_iovec_release(NULL, &iovecs[0]);
	there_check(evpl_detach(process) == 0);
}

static void
packet_that_cannot_be_made_leaves_iovecs_and_packets(void **state)
{
	there_only();
	assert_nothing_is_left(home_context(state), SEGMENTS, plays_failing, SEGMENTS + 1);
}

/* Fills the port's queue. The packets that it does not take are free again, and the iovecs are whole. */
static void
plays_filling(struct evpl_process *process)
{
	struct evpl_iovec iovecs[PROCESS_MANY], one;
	unsigned sent;

	there_check(evpl_process_receive(process, &one, 1) == 1);
	do {
		for (unsigned i = 0; i < PROCESS_MANY; i++)
			evpl_iovec_clone(&iovecs[i], &one);
		rte_errno = EINVAL;
		sent = evpl_tx_burst(NULL, loop, 0, iovecs, PROCESS_MANY);
		there_check(rte_errno == 0);
	} while (sent == PROCESS_MANY);
	there_check(sent == PORT_LOOP_DEPTH % PROCESS_MANY);
	for (unsigned i = sent; i < PROCESS_MANY; i++)
		there_check(there_is_stream(&iovecs[i], 5));
	for (unsigned i = 0; i < sent; i++)
		evpl_iovec_clone(&iovecs[i], &one);
	rte_pktmbuf_free(make_packet(iovecs, PROCESS_MANY));
	evpl_iovec_release(NULL, &one);
	there_check(evpl_detach(process) == 0);
}

static void
packets_that_a_full_queue_refuses_are_free_again(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mbuf *packets[64];
	struct evpl_process *process;
	struct rte_mempool *pool;
	struct there there;
	unsigned n;

	there_only();
	pool = plain_pool("loop", 63, 256);
	loop = port_loop(pool);
	process = process_create(0, PORT_LOOP_DEPTH + PROCESS_MANY);
	there_begin(&there, "worker", plays_filling);
	process_send_streams(evpl, process, PROCESS_LENGTH, 1, 5);
	there_end(&there);
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 1, PORT_LOOP_DEPTH);
	while ((n = rte_eth_rx_burst(loop, 0, packets, DIM(packets))) > 0) {
		mbuf_assert(packets[0], PROCESS_LENGTH, 5);
		rte_pktmbuf_free_bulk(packets, n);
	}
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
	port_close(loop);
	rte_mempool_free(pool);
	assert_int_equal(evpl_process_free(process), 0);
}

static void
plays_one_packet(struct evpl_process *process)
{
	check_one_packet(process, PROCESS_LENGTH, 5, 0);
}

/* Its bytes are no buffer of the library's. */
static void
packet_on_a_received_mbuf_has_its_io_address(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_process *process;
	struct rte_mempool *pool;
	struct evpl_iovec iovec;
	struct there there;

	there_only();
	pool = plain_pool("received", 7, 4096);
	process = process_create(0, 0);
	there_begin(&there, "worker", plays_one_packet);
	assert_int_equal(evpl_iovecs_from_mbuf(evpl, filled_mbuf(pool, PROCESS_LENGTH, 5), SHARED, 1, &iovec), 1);
	assert_int_equal(evpl_process_send(process, &iovec, 1), 1);
	there_end(&there);
	process_assert_lent(process, EVPL_PROCESS_ABSENT, 0, 0);
	home_assert_pool(pool, 7);
	rte_mempool_free(pool);
	assert_int_equal(evpl_process_free(process), 0);
}

#define LOANS 4u
#define TOO_MANY (UINT16_MAX + 1u)

/* A packet has 16 bits for its segments, and a loan 16 bits for its iovecs. */
static void
plays_segments(struct evpl_process *process)
{
	struct evpl_iovec *iovecs = calloc(TOO_MANY, sizeof(*iovecs)), loans[LOANS];
	struct rte_mbuf *m;

	there_check(iovecs != NULL);
	there_check(evpl_process_receive(process, loans, LOANS) == LOANS);
	for (unsigned i = 0; i < TOO_MANY; i++)
		evpl_iovec_clone(&iovecs[i], &loans[i % LOANS]);
	evpl_iovecs_release(NULL, loans, LOANS);
	there_check(evpl_iovecs_to_mbuf(NULL, iovecs, TOO_MANY) == NULL && rte_errno == EMSGSIZE);
	m = make_packet(iovecs, UINT16_MAX);
	there_check(m->nb_segs == UINT16_MAX && m->pkt_len == UINT16_MAX * PROCESS_LENGTH);
	rte_pktmbuf_free(m);
	evpl_iovec_release(NULL, &iovecs[UINT16_MAX]);
	free(iovecs);
	there_check(evpl_detach(process) == 0);
}

static void
packet_of_more_than_65535_segments_is_emsgsize(void **state)
{
	there_only();
	assert_nothing_is_left(home_context(state), TOO_MANY, plays_segments, LOANS);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest cases[] = {
		home_case(packets_are_made_there_and_freed_here, home_small),
		home_case(packet_of_the_last_byte_of_a_64_kib_buffer_is_made, home_small),
		home_case(only_the_primary_and_the_maker_end_packets, home_small),
		home_case(packets_of_a_dead_process_keep_their_bytes, home_small),
		home_case(packet_that_cannot_be_made_leaves_iovecs_and_packets, home_small),
		home_case(packets_that_a_full_queue_refuses_are_free_again, home_small),
		home_case(packet_of_more_than_65535_segments_is_emsgsize, home_small),
		home_case(packet_on_a_received_mbuf_has_its_io_address, home_small),
	};
	static const struct program program = {.name = "process_packet", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
