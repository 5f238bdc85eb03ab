/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A packet mbuf that is used again shows nothing of the packet before.
 *
 * What would break: packet mbufs do not pass through rte_pktmbuf_alloc(), so nothing resets them but this library. A
 * driver that finds an old tag, an old segment size or an old port in a new packet obeys it. So every field that
 * rte_pktmbuf_reset() sets is soiled in all packet mbufs before they are freed, and read in all of them afterwards.
 */
#include <rte_ethdev.h>

#include "support.h"

#define MOST 63
#define LENGTH 100

static const struct evpl_global_config few_packets = {
	.slab_size = 4 << 20, .buffer_size = 64 << 10, .packet_mbufs = MOST};

static const struct evpl_global_config far_only = {
	.slab_size = 4 << 20, .buffer_size = 64 << 10, .packet_mbufs = MOST, .far_packets = 1};

typedef unsigned (*send_function)(struct evpl *evpl, uint16_t port, struct evpl_iovec *iovec, struct rte_mbuf **packet);

/* Each returns the number of packets on clones of the iovec: as many as there are packet mbufs. */
static unsigned
send_by_to_mbuf(struct evpl *evpl, uint16_t port, struct evpl_iovec *iovec, struct rte_mbuf **packet)
{
	unsigned n = 0;

	(void)port;
	for (struct evpl_iovec clone; n <= MOST; n++) {
		evpl_iovec_clone(&clone, iovec);
		packet[n] = evpl_iovecs_to_mbuf(evpl, &clone, 1);
		if (packet[n] == NULL) {
			evpl_iovec_release(evpl, &clone);
			break;
		}
	}
	return n;
}

static unsigned
send_by_burst(struct evpl *evpl, uint16_t port, struct evpl_iovec *iovec, struct rte_mbuf **packet)
{
	struct evpl_iovec clone[MOST + 1];
	unsigned sent;

	for (unsigned i = 0; i < DIM(clone); i++)
		evpl_iovec_clone(&clone[i], iovec);
	sent = evpl_tx_burst(evpl, port, 0, clone, DIM(clone));
	evpl_iovecs_release(evpl, clone + sent, (int)(DIM(clone) - sent));
	assert_int_equal(rte_eth_rx_burst(port, 0, packet, MOST + 1), sent);
	for (unsigned i = 0; i < sent; i++) {
		if (packet[i]->port == port) /* net_ring of DPDK 24.11 notes where it received a packet */
			packet[i]->port = RTE_MBUF_PORT_INVALID;
	}
	return sent;
}

static void
assert_clean(const struct rte_mbuf *m)
{
	assert_int_equal(m->port, RTE_MBUF_PORT_INVALID);
	assert_int_equal(m->ol_flags & ~RTE_MBUF_F_EXTERNAL, 0);
	assert_int_equal(m->packet_type, 0);
	assert_int_equal(m->vlan_tci, 0);
	assert_int_equal(m->vlan_tci_outer, 0);
	assert_int_equal(m->tx_offload, 0);
	assert_int_equal(m->data_off, 0);
	assert_int_equal(m->buf_len, LENGTH);
	assert_int_equal(m->data_len, LENGTH);
	assert_int_equal(m->pkt_len, LENGTH);
	assert_int_equal(m->nb_segs, 1);
	assert_int_equal(rte_mbuf_refcnt_read(m), 1);
	assert_null(m->next);
}

/* What a driver or a program may leave in an mbuf. */
static void
soil(struct rte_mbuf *m)
{
	m->port = 7;
	m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_RSS_HASH | RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_VLAN;
	m->packet_type = UINT32_MAX;
	m->vlan_tci = 0xaaaa;
	m->vlan_tci_outer = 0xbbbb;
	m->hash.fdir.hi = 0xcccccccc;
	m->tx_offload = UINT64_MAX;
	assert_non_null(rte_pktmbuf_adj(m, 10));
	assert_int_equal(rte_pktmbuf_trim(m, 10), 0);
}

static void
assert_used_again_clean(struct evpl *evpl, struct evpl_iovec *iovec, send_function send)
{
	uint16_t port = port_loop(plain_pool("loop", 1, RTE_MBUF_DEFAULT_BUF_SIZE));
	struct rte_mbuf *packet[MOST + 1];

	for (unsigned round = 0; round < 3; round++) {
		unsigned n = send(evpl, port, iovec, packet);

		assert_in_range(n, MOST / 2, MOST);
		for (unsigned i = 0; i < n; i++) {
			assert_clean(packet[i]);
			assert_int_equal(bytes_right(rte_pktmbuf_mtod(packet[i], void *), LENGTH, 1, 0), LENGTH);
			soil(packet[i]);
		}
		rte_pktmbuf_free_bulk(packet, n);
	}
	port_close(port);
	rte_mempool_free(rte_mempool_lookup("loop"));
}

static void
assert_both_ways(struct evpl *evpl, struct evpl_iovec *iovec)
{
	assert_used_again_clean(evpl, iovec, send_by_to_mbuf);
	assert_used_again_clean(evpl, iovec, send_by_burst);
	evpl_iovec_release(evpl, iovec);
}

static void
packets_on_small_buffers_are_clean(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		iovec_take(evpl, LENGTH, flags, &iovec, 1);
		assert_both_ways(evpl, &iovec);
	}
}

static void
packets_on_large_buffers_are_clean(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		iovec_take(evpl, evpl_buffer_size() + 1, flags, &iovec, 1);
		evpl_iovec_set_length(&iovec, LENGTH);
		assert_both_ways(evpl, &iovec);
	}
}

static void
packets_on_received_mbufs_are_clean(void **state)
{
	struct rte_mempool *pool[2] = {evpl_rx_pool_create("pinned", 64, 0, SOCKET_ID_ANY),
				       plain_pool("direct", 63, RTE_MBUF_DEFAULT_BUF_SIZE)};
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec;

	assert_non_null(pool[0]);
	for (unsigned i = 0; i < 4; i++) {
		struct rte_mbuf *m = filled_mbuf(pool[i / 2], LENGTH, 1);

		assert_int_equal(evpl_iovecs_from_mbuf(evpl, m, i & SHARED, 1, &iovec), 1);
		assert_both_ways(evpl, &iovec);
	}
	home_assert_pool(pool[0], 64);
	home_assert_pool(pool[1], 63);
	assert_int_equal(evpl_rx_pool_destroy(pool[0]), 0);
	rte_mempool_free(pool[1]);
}

/* DPDK's own calls take packet mbufs, too, and get them as from any pool. */
static void
mbufs_that_dpdk_takes_of_the_packet_pool_are_clean(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mbuf *packet[MOST + 1], *m;
	struct rte_mempool *pool;
	struct evpl_iovec iovec;
	unsigned n;
	bool near;

	iovec_take(evpl, LENGTH, LOCAL, &iovec, 1);
	n = send_by_to_mbuf(evpl, 0, &iovec, packet);
	pool = packet[0]->pool;
	near = !RTE_MBUF_HAS_EXTBUF(packet[0]);
	for (unsigned i = 0; i < n; i++)
		soil(packet[i]);
	rte_pktmbuf_free_bulk(packet, n);
	for (unsigned i = 0; i < n; i++) {
		const char *reason = "";

		packet[i] = m = rte_mbuf_raw_alloc(pool);
		assert_non_null(m);
		if (rte_mbuf_check(m, 0, &reason) != 0)
			fail_msg("rte_mbuf_check: %s", reason);
		assert_true(!near || m->shinfo == NULL); /* it would name what the packet counted on */
		assert_null(m->next);
		assert_int_equal(m->nb_segs, 1);
		assert_int_equal(rte_mbuf_refcnt_read(m), 1);
		assert_ptr_equal(m->pool, pool);
		assert_int_equal(m->buf_len, rte_pktmbuf_data_room_size(pool));
		assert_ptr_equal(m->buf_addr, (char *)(m + 1) + m->priv_size);
		assert_int_equal(m->ol_flags, 0);
	}
	for (unsigned i = 0; i < n; i++)
		rte_mbuf_raw_free(packet[i]);
	evpl_iovec_release(evpl, &iovec);
}

/* DPDK uses shinfo only with RTE_MBUF_F_EXTERNAL. So an mbuf of another pool may have any value there. */
static void
mbufs_of_other_pools_may_have_any_shinfo(void **state)
{
	struct rte_mempool *pool = plain_pool("foreign", 7, RTE_MBUF_DEFAULT_BUF_SIZE);
	struct evpl *evpl = home_context(state);

	for (uintptr_t mark = 0; mark < 8; mark++) {
		struct rte_mbuf *m = filled_mbuf(pool, LENGTH, 1), *packet;
		struct evpl_iovec iovec, clone;

		m->shinfo = (void *)(0x1000 + mark);
		assert_int_equal(evpl_iovecs_from_mbuf(evpl, m, LOCAL, 1, &iovec), 1);
		assert_int_equal(iovec_flags(&iovec), EVPL_IOVEC_FLAG_PACKET | SHARED);
		evpl_iovec_clone(&clone, &iovec);
		packet = evpl_iovecs_to_mbuf(evpl, &clone, 1);
		assert_non_null(packet);
		mbuf_assert(packet, LENGTH, 1);
		rte_pktmbuf_free(packet);
		evpl_iovec_release(evpl, &iovec);
		m->shinfo = NULL;
		home_assert_pool(pool, 7);
	}
	rte_mempool_free(pool);
}

/* What a far packet on such an mbuf needs is in the packet's mbuf. Only more packets on one mbuf take memory of EAL. */
static void
far_packets_on_received_mbufs_take_no_memory(void **state)
{
	struct rte_mempool *pool = plain_pool("direct", 7, RTE_MBUF_DEFAULT_BUF_SIZE);
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec, clone;
	size_t heap = 0;

	assert_int_equal(evpl_iovecs_from_mbuf(evpl, filled_mbuf(pool, LENGTH, 1), SHARED, 1, &iovec), 1);
	for (unsigned i = 0; i < 2 * MOST; i++) {
		struct rte_mbuf *packet;

		if (i == 1) /* the first one may have made what all need */
			heap = home_heap();
		evpl_iovec_clone(&clone, &iovec);
		packet = evpl_iovecs_to_mbuf(evpl, &clone, 1);
		assert_non_null(packet);
		assert_true(RTE_MBUF_HAS_EXTBUF(packet));
		assert_int_equal(packet->pool->cache_size, MOST * 2 / 3); /* the most that DPDK allows */
		assert_true(i == 0 || home_heap() == heap);
		rte_pktmbuf_free(packet);
	}
	evpl_iovec_release(evpl, &iovec);
	home_assert_pool(pool, 7);
	rte_mempool_free(pool);
}

static const struct CMUnitTest cases[] = {
	home_case(packets_on_small_buffers_are_clean, few_packets),
	home_case(packets_on_large_buffers_are_clean, few_packets),
	home_case(packets_on_received_mbufs_are_clean, few_packets),
	home_case(mbufs_that_dpdk_takes_of_the_packet_pool_are_clean, few_packets),
	home_case(mbufs_of_other_pools_may_have_any_shinfo, few_packets),
	home_case(far_packets_on_received_mbufs_take_no_memory, far_only),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "reused", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
