/* SPDX-License-Identifier: BSD-3-Clause */
#include "mbuf_kinds.h"

static struct evpl *evpl;

struct rte_mempool *rx_pool, *std_pool, *small_pool;

/* Neighbours of the iovecs that became packets, all filled with stream 99, and clones that keep received mbufs. */
static struct evpl_iovec kept[200];
static unsigned n_kept;

int
kinds_setup(void **state)
{
	struct home *home;

	home_setup(state);
	home = *state;
	evpl = home->evpl;
	rx_pool = evpl_rx_pool_create("rx", RX_MBUFS, ROOM, SOCKET_ID_ANY);
	std_pool = plain_pool("std", 127, RTE_MBUF_DEFAULT_BUF_SIZE);
	small_pool = rte_pktmbuf_pool_create("small", 31, 0, PRIV_SIZE, 0, SOCKET_ID_ANY);
	assert_non_null(rx_pool);
	assert_non_null(small_pool);
	n_kept = 0;
	return 0;
}

int
kinds_teardown(void **state)
{
	for (unsigned i = 0; i < n_kept; i++) {
		if (!(kept[i].flags & EVPL_IOVEC_FLAG_PACKET))
			iovec_assert(&kept[i], 99, 0);
		evpl_iovec_release(evpl, &kept[i]);
	}
	home_assert_pool(rx_pool, RX_MBUFS);
	home_assert_pool(std_pool, 127);
	home_assert_pool(small_pool, 31);
	rte_mempool_free(std_pool);
	rte_mempool_free(small_pool);
	return home_teardown(state);
}

static void
keep_neighbour(unsigned flags)
{
	assert_in_range(n_kept, 0, DIM(kept) - 1);
	assert_int_equal(evpl_iovec_alloc(evpl, 64, 0, 1, flags, &kept[n_kept]), 1);
	iovec_fill(&kept[n_kept++], 99);
}

struct rte_mbuf *
make(enum kind kind)
{
	struct rte_mbuf *m = NULL;
	struct evpl_iovec iovec;

	switch (kind) {
	case RX_POOL:
		m = rte_pktmbuf_alloc(rx_pool);
		assert_non_null(m);
		break;
	case LOCAL_PACKET:
	case SHARED_PACKET:
		keep_neighbour(kind == SHARED_PACKET);
		assert_int_equal(evpl_iovec_alloc(evpl, ROOM, 0, 1, kind == SHARED_PACKET, &iovec), 1);
		keep_neighbour(kind == SHARED_PACKET);
		m = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
		break;
	case RX_PACKET:
		m = rte_pktmbuf_alloc(rx_pool);
		assert_non_null(m);
		assert_non_null(rte_pktmbuf_append(m, TAILROOM));
		assert_non_null(rte_pktmbuf_prepend(m, HEADROOM));
		assert_int_equal(evpl_iovecs_from_mbuf(evpl, m, LOCAL, 1, &iovec), 1);
		assert_in_range(n_kept, 0, DIM(kept) - 1);
		evpl_iovec_clone(&kept[n_kept++], &iovec);
		m = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
		break;
	case N_KINDS:
		break;
	}
	assert_non_null(m);
	if (m == NULL)
		abort(); /* not reached; the compiler does not know that the line above jumps */
	if (kind != RX_POOL) {
		assert_non_null(rte_pktmbuf_adj(m, HEADROOM));
		assert_int_equal(rte_pktmbuf_trim(m, TAILROOM), 0);
	}
	assert_true(RTE_MBUF_HAS_EXTBUF(m) || rte_mbuf_from_indirect(m) != m); /* not in the mbuf itself */
	assert_int_equal(rte_pktmbuf_pkt_len(m), 0);
	assert_int_equal(rte_pktmbuf_headroom(m), HEADROOM);
	assert_int_equal(rte_pktmbuf_tailroom(m), TAILROOM);
	return m;
}

struct rte_mbuf *
make_filled(enum kind kind, uint16_t length, uint64_t seed, uint64_t offset)
{
	struct rte_mbuf *m = make(kind);

	bytes_fill(rte_pktmbuf_append(m, length), length, seed, offset);
	return m;
}

struct rte_mbuf *
make_chain(enum kind kind, const uint16_t *length, unsigned n, uint64_t seed)
{
	struct rte_mbuf *head = NULL;
	uint64_t offset = 0;

	for (unsigned i = 0; i < n; i++) {
		struct rte_mbuf *m = make_filled(kind, length[i], seed, offset);

		offset += length[i];
		if (head == NULL)
			head = m;
		else
			assert_int_equal(rte_pktmbuf_chain(head, m), 0);
	}
	return head;
}
