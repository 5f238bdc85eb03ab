/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_rx_burst, over net_ring (a port that delivers the very mbufs that it was sent) and net_null (which delivers as
 * many as it is asked for).
 *
 * What would break: what is learnt of one mbuf could be believed of another one that is not of its kind. Packets of
 * several segments could be cut after the first. A packet that is dropped could be missing in the statistics. So mbufs
 * of each kind stand at each place of a burst, and each packet's content has its number.
 */
#include <rte_ethdev.h>

#include "burst_bench.h"

static const struct evpl_global_config buffers_1k = {
	.slab_size = 64 << 10, .buffer_size = 1 << 10, .max_slabs = 1, .packet_mbufs = 255};

static void
rx_burst_from_an_rx_pool_is_local_and_from_its_mbufs(void **state)
{
	struct bench b = open_bench(state, true, 60);
	const uint16_t n[] = {1, 31, 32, 64, 65, 200};
	struct evpl_iovec iovec[200];

	for (unsigned k = 0; k < DIM(n); k++) {
		assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, iovec, n[k]), n[k]);
		for (unsigned i = 0; i < n[k]; i++) {
			assert_int_equal(iovec[i].flags & SHARED, LOCAL);
			assert_int_equal(evpl_iovec_length(&iovec[i]), 60);
			assert_ptr_equal(iovec[i].ref->pool, b.pool);
			iovec_fill(&iovec[i], i); /* nobody else's bytes */
		}
		for (unsigned i = 0; i < n[k]; i++)
			iovec_assert(&iovec[i], i, 0);
		evpl_iovecs_release(b.evpl, iovec, n[k]);
	}
	close_bench(&b);
}

static void
rx_burst_with_rx_flags_shared_is_shared(void **state)
{
	const struct evpl_thread_config config = {.rx_flags = SHARED};
	struct home *home = *state;
	struct evpl_iovec iovec[33];
	struct bench b;

	evpl_destroy(home->evpl);
	home->evpl = evpl_create(&config);
	b = open_bench(state, true, 60);
	assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, iovec, DIM(iovec)), DIM(iovec));
	for (unsigned i = 0; i < DIM(iovec); i++)
		assert_int_equal(iovec[i].flags & SHARED, SHARED);
	evpl_iovecs_release(b.evpl, iovec, DIM(iovec));
	close_bench(&b);
}

static void
rx_burst_of_mbufs_of_every_kind_is_local_only_where_that_is_safe(void **state)
{
	struct bench b = open_bench(state, false, 0);
	struct rte_mempool *pool[2] = {plain_pool("foreign0", 63, RTE_MBUF_DEFAULT_BUF_SIZE),
				       plain_pool("foreign1", 63, RTE_MBUF_DEFAULT_BUF_SIZE)};
	const bool shared[] = {true, true, false, true, true, true, false, true};
	struct rte_mbuf *mbuf[8];
	struct evpl_iovec iovec[8];
	struct evpl_stats stats;

	/* Twice, because what the first burst learnt of a pool must not be believed of the next one's mbufs. */
	for (unsigned round = 0; round < 2; round++) {
		mbuf[0] = filled_mbuf(pool[0], 500, 0);
		mbuf[1] = filled_mbuf(pool[0], 500, 1);
		mbuf[2] = filled_mbuf(b.pool, 500, 2);
		mbuf[3] = filled_mbuf(b.pool, 500, 3);
		rte_mbuf_refcnt_update(mbuf[3], 1); /* somebody else keeps it, too */
		mbuf[4] = filled_mbuf(pool[1], 500, 4);
		mbuf[5] = rte_pktmbuf_clone(mbuf[4], pool[0]); /* indirect */
		mbuf[6] = filled_mbuf(b.pool, 500, 6);
		mbuf[7] = filled_mbuf(pool[1], 500, 7);
		assert_non_null(mbuf[5]);
		assert_int_equal(rte_eth_tx_burst(b.port, 0, mbuf, 8), 8);
		assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, iovec, 8), 8);
		for (unsigned i = 0; i < 8; i++) {
			assert_ptr_equal(iovec[i].ref, mbuf[i]);
			assert_int_equal(iovec[i].flags & SHARED, shared[i] ? SHARED : LOCAL);
			iovec_assert(&iovec[i], i == 5 ? 4 : i, 0);
		}
		evpl_iovecs_release(b.evpl, iovec, 8);
		mbuf_assert(mbuf[3], 500, 3);
		rte_pktmbuf_free(mbuf[3]);
	}
	evpl_stats_get(&stats);
	assert_int_equal(stats.buffers_current, 0); /* a pool that it has learnt is no buffer */
	for (unsigned i = 0; i < 2; i++) {
		home_assert_pool(pool[i], 63);
		rte_mempool_free(pool[i]);
	}
	close_bench(&b);
}

/* Kinds of mbufs that are not as the others of a burst. */
enum odd {
	ODD_PINNED,
	ODD_DIRECT,
	ODD_OTHER_POOL,
	ODD_HELD,
	ODD_INDIRECT,
	ODD_CHAIN,
	ODD_UNMARKED,
	ODD_NO_SEGMENT,
	ODD_KINDS
};

struct odd_burst {
	struct rte_mempool *pinned, *direct, *other;
	struct rte_mbuf *extra; /* to be freed when the burst has been looked at */
};

static struct rte_mbuf *
odd_mbuf(struct odd_burst *o, enum odd kind, bool pinned, uint64_t seed)
{
	const uint16_t lengths[] = {1, 200, 299};
	struct rte_mempool *usual = pinned ? o->pinned : o->direct;
	struct rte_mbuf *m;

	o->extra = NULL;
	switch (kind) {
	case ODD_PINNED:
		return filled_mbuf(o->pinned, 500, seed);
	case ODD_DIRECT:
		return filled_mbuf(o->direct, 500, seed);
	case ODD_OTHER_POOL:
		return filled_mbuf(o->other, 500, seed);
	case ODD_HELD:
		o->extra = m = filled_mbuf(usual, 500, seed);
		rte_mbuf_refcnt_update(m, 1);
		return m;
	case ODD_INDIRECT:
		o->extra = filled_mbuf(usual, 500, seed);
		m = rte_pktmbuf_clone(o->extra, o->other);
		assert_non_null(m);
		return m;
	case ODD_CHAIN:
		return filled_chain(usual, lengths, DIM(lengths), seed);
	case ODD_UNMARKED: /* as PMDs leave them that overwrite ol_flags: an mbuf with a buffer of its own, it seems */
		m = filled_mbuf(o->pinned, 500, seed);
		m->ol_flags = 0;
		return m;
	case ODD_NO_SEGMENT: /* a driver's mistake: it is copied, as all that does not have one segment */
		m = filled_mbuf(usual, 500, seed);
		m->nb_segs = 0;
		return m;
	case ODD_KINDS:
		break;
	}
	return NULL;
}

/* Bursts are turned into iovecs as if all mbufs were alike: the one that is not must be seen, wherever it stands. */
static void
rx_burst_with_one_odd_mbuf_in_any_place_tells_it_from_the_others(void **state)
{
	enum { N = 5 };
	struct bench b = open_bench(state, false, 0);
	struct odd_burst o = {.pinned = b.pool,
			      .direct = plain_pool("usual", 63, RTE_MBUF_DEFAULT_BUF_SIZE),
			      .other = plain_pool("other", 63, RTE_MBUF_DEFAULT_BUF_SIZE)};
	struct evpl_iovec iovec[N];
	struct rte_mbuf *mbuf[N];

	for (unsigned at = 0; at < 2 * ODD_KINDS * N; at++) {
		enum odd kind = at / 2 % ODD_KINDS;
		unsigned place = at / 2 / ODD_KINDS;
		bool pinned = at % 2 != 0, shared;

		/* A burst without it: what it taught must not be believed of the odd one. */
		for (unsigned burst = 0; burst < 2; burst++) {
			for (unsigned i = 0; i < N; i++)
				mbuf[i] = burst == 1 && i == place ? odd_mbuf(&o, kind, pinned, i)
								   : filled_mbuf(pinned ? o.pinned : o.direct, 500, i);
			assert_int_equal(rte_eth_tx_burst(b.port, 0, mbuf, N), N);
			assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, iovec, N), N);
			for (unsigned i = 0; i < N; i++) {
				shared = !pinned;
				if (burst == 1 && i == place)
					shared = kind == ODD_DIRECT || kind == ODD_OTHER_POOL || kind == ODD_HELD ||
						 (kind == ODD_INDIRECT && !pinned);
				assert_int_equal(iovec[i].flags & SHARED, shared ? SHARED : LOCAL);
				assert_int_equal(evpl_iovec_length(&iovec[i]), 500);
				iovec_assert(&iovec[i], i, 0);
			}
			evpl_iovecs_release(b.evpl, iovec, N);
		}
		rte_pktmbuf_free(o.extra);
		home_assert_pool(o.direct, 63);
		home_assert_pool(o.other, 63);
		home_assert_pool(o.pinned, BENCH_MBUFS);
	}
	rte_mempool_free(o.direct);
	rte_mempool_free(o.other);
	close_bench(&b);
}

/*
 * What was learnt of a pool of direct mbufs must not be believed of a pinned one that is made in its place. Which place
 * a pool gets is EAL's to say, so the pool is made a pinned one where it is.
 */
static void
rx_burst_from_a_pinned_pool_in_the_place_of_a_direct_one_puts_the_flag_back(void **state)
{
	struct bench b = open_bench(state, false, 0);
	struct rte_mempool *pool = plain_pool("place", 63, RTE_MBUF_DEFAULT_BUF_SIZE);
	struct rte_pktmbuf_pool_private *private = rte_mempool_get_priv(pool);
	struct rte_mbuf_ext_shared_info shinfo = {0};
	struct evpl_iovec iovec;
	struct rte_mbuf *mbuf;

	rte_mbuf_ext_refcnt_set(&shinfo, 1);
	for (unsigned round = 0; round < 2; round++) {
		mbuf = filled_mbuf(pool, 500, round); /* without the flag, as some drivers leave it */
		mbuf->shinfo = &shinfo;
		assert_int_equal(rte_eth_tx_burst(b.port, 0, &mbuf, 1), 1);
		assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, &iovec, 1), 1);
		assert_ptr_equal(iovec.ref, mbuf);
		assert_int_equal(mbuf->ol_flags & RTE_MBUF_F_EXTERNAL, round == 0 ? 0 : RTE_MBUF_F_EXTERNAL);
		iovec_assert(&iovec, round, 0);
		evpl_iovec_release(b.evpl, &iovec);
		mbuf->ol_flags = 0;
		private->flags = RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF;
	}
	private->flags = 0;
	home_assert_pool(pool, 63);
	rte_mempool_free(pool);
	close_bench(&b);
}

static void
rx_burst_of_what_is_received_and_sent_again_uses_no_packet_mbuf(void **state)
{
	struct bench b = open_bench(state, true, 60);
	struct evpl_iovec iovec[32];
	struct evpl_stats stats;

	/* Forwarding as evpl-fwd does, many times more packets than there are mbufs. */
	for (unsigned round = 0; round < 1000; round++) {
		assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, iovec, DIM(iovec)), DIM(iovec));
		assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, iovec, DIM(iovec)), DIM(iovec));
	}
	evpl_stats_get(&stats);
	assert_int_equal(stats.buffers, 0);
	close_bench(&b);
}

static void
rx_burst_of_several_segments_is_one_iovec_and_counted(void **state)
{
	struct bench b = open_bench(state, false, 0);
	const uint16_t length[] = {14, 1000, 1, 0, 1500};
	struct rte_mbuf *packet[3];
	struct evpl_iovec iovec[4];
	struct evpl_stats stats;

	packet[0] = filled_mbuf(b.pool, 100, 1);
	packet[1] = filled_chain(b.pool, length, DIM(length), 2);
	packet[2] = filled_mbuf(b.pool, 100, 3);
	assert_int_equal(rte_eth_tx_burst(b.port, 0, packet, 3), 3);
	assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, iovec, 4), 3);
	assert_int_equal(evpl_iovec_length(&iovec[1]), 2515);
	iovec_assert(&iovec[0], 1, 0);
	iovec_assert(&iovec[1], 2, 0);
	iovec_assert(&iovec[2], 3, 0);
	evpl_stats_get(&stats);
	assert_int_equal(stats.rx_linearized, 1);
	assert_int_equal(stats.rx_too_long + stats.rx_no_memory, 0);
	evpl_iovecs_release(b.evpl, iovec, 3);

	/* Counted beyond the context. */
	home_fresh(*state);
	evpl_stats_get(&stats);
	assert_int_equal(stats.rx_linearized, 1);
	close_bench(&b);
}

/* The number of segments is compared in one word with others: each of its 16 bits counts. */
static void
rx_burst_of_32769_segments_is_one_iovec(void **state)
{
	struct bench b = open_bench(state, false, 0);
	struct rte_mempool *pool = plain_pool("segments", 32768, 1);
	struct rte_mbuf *packet = NULL, **end = &packet, *m;
	struct evpl_iovec iovec;

	for (unsigned i = 0; i < 32769; i++, end = &m->next) {
		*end = m = rte_pktmbuf_alloc(i == 0 ? b.pool : pool);
		assert_non_null(m);
		m->data_off = 0;
		m->data_len = 1;
		*rte_pktmbuf_mtod(m, uint8_t *) = (uint8_t)(i % 251);
	}
	packet->nb_segs = 32769;
	packet->pkt_len = 32769;
	assert_int_equal(rte_eth_tx_burst(b.port, 0, &packet, 1), 1);
	assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, &iovec, 1), 1);
	assert_int_equal(evpl_iovec_length(&iovec), 32769);
	for (unsigned i = 0; i < 32769; i++)
		assert_int_equal(((const uint8_t *)evpl_iovec_data(&iovec))[i], i % 251);
	evpl_iovec_release(b.evpl, &iovec);
	home_assert_pool(pool, 32768);
	rte_mempool_free(pool);
	close_bench(&b);
}

static void
rx_burst_of_several_segments_longer_than_a_buffer_drops_and_counts(void **state)
{
	struct bench b = open_bench(state, false, 0);
	const uint16_t fits[] = {1000, 24}, too_long[] = {1000, 25}, empty[] = {0, 0};
	struct rte_mbuf *packet[4];
	struct evpl_iovec iovec[5];
	struct evpl_stats stats;

	/* Buffers have 1,024 bytes here. The good ones before and after are delivered. */
	packet[0] = filled_chain(b.pool, too_long, 2, 1);
	packet[1] = filled_chain(b.pool, fits, 2, 2);
	packet[2] = filled_chain(b.pool, too_long, 2, 3);
	packet[3] = filled_mbuf(b.pool, 100, 4);
	assert_int_equal(rte_eth_tx_burst(b.port, 0, packet, 4), 4);
	assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, iovec, 5), 2);
	assert_int_equal(evpl_iovec_length(&iovec[0]), 1024);
	iovec_assert(&iovec[0], 2, 0);
	iovec_assert(&iovec[1], 4, 0);
	evpl_stats_get(&stats);
	assert_int_equal(stats.rx_linearized, 1);
	assert_int_equal(stats.rx_too_long, 2);
	assert_int_equal(stats.rx_no_memory, 0);
	evpl_iovecs_release(b.evpl, iovec, 2);

	/* A chain without a byte is nothing to deliver. */
	packet[0] = filled_chain(b.pool, empty, 2, 1);
	assert_int_equal(rte_eth_tx_burst(b.port, 0, packet, 1), 1);
	assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, iovec, 5), 0);
	home_fresh(*state); /* counted beyond the context */
	evpl_stats_get(&stats);
	assert_int_equal(stats.rx_too_long, 3);
	close_bench(&b);
}

/* What lies behind the buffer was not received: it is another packet's. */
static void
rx_burst_of_a_segment_that_leaves_its_mbuf_drops_and_counts(void **state)
{
	struct bench b = open_bench(state, false, 0);
	const uint16_t length[] = {10, 10, 10};
	struct evpl_iovec iovec;
	struct evpl_stats stats;

	for (unsigned i = 0; i < DIM(length); i++) {
		struct rte_mbuf *packet = filled_chain(b.pool, length, DIM(length), i), *m = packet;

		for (unsigned k = 0; k < i; k++)
			m = m->next;
		m->data_off = m->buf_len;
		m->data_len = 1;
		assert_int_equal(rte_eth_tx_burst(b.port, 0, &packet, 1), 1);
		assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, &iovec, 1), 0);
		evpl_stats_get(&stats);
		assert_int_equal(stats.rx_too_long, i + 1);
	}
	assert_int_equal(stats.rx_linearized + stats.rx_no_memory, 0);
	close_bench(&b);
}

static void
rx_burst_of_several_segments_without_memory_drops_and_counts(void **state)
{
	struct bench b = open_bench(state, false, 0);
	const uint16_t length[] = {10, 10};
	struct evpl_iovec held[64], iovec[2];
	struct rte_mbuf *packet[2];
	struct evpl_stats stats;

	for (unsigned i = 0; i < DIM(held); i++)
		iovec_take(b.evpl, 1024, LOCAL, &held[i], i);
	packet[0] = filled_chain(b.pool, length, 2, 1);
	packet[1] = filled_mbuf(b.pool, 100, 2);
	assert_int_equal(rte_eth_tx_burst(b.port, 0, packet, 2), 2);
	assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, iovec, 2), 1);
	iovec_assert(&iovec[0], 2, 0);
	evpl_stats_get(&stats);
	assert_int_equal(stats.rx_linearized, 0);
	assert_int_equal(stats.rx_no_memory, 1);
	assert_int_equal(stats.rx_too_long, 0);
	for (unsigned i = 0; i < DIM(held); i++)
		iovec_assert(&held[i], i, 0);
	evpl_iovec_release(b.evpl, iovec);
	evpl_iovecs_release(b.evpl, held, DIM(held));
	close_bench(&b);
}

static const struct CMUnitTest cases[] = {
	home_case(rx_burst_from_an_rx_pool_is_local_and_from_its_mbufs, bench_plenty),
	home_case(rx_burst_with_rx_flags_shared_is_shared, bench_plenty),
	home_case(rx_burst_of_mbufs_of_every_kind_is_local_only_where_that_is_safe, bench_plenty),
	home_case(rx_burst_with_one_odd_mbuf_in_any_place_tells_it_from_the_others, bench_plenty),
	home_case(rx_burst_from_a_pinned_pool_in_the_place_of_a_direct_one_puts_the_flag_back, bench_plenty),
	home_case(rx_burst_of_what_is_received_and_sent_again_uses_no_packet_mbuf, bench_plenty),
	home_case(rx_burst_of_several_segments_is_one_iovec_and_counted, bench_plenty),
	home_case(rx_burst_of_32769_segments_is_one_iovec, bench_plenty),
	home_case(rx_burst_of_several_segments_longer_than_a_buffer_drops_and_counts, buffers_1k),
	home_case(rx_burst_of_a_segment_that_leaves_its_mbuf_drops_and_counts, bench_plenty),
	home_case(rx_burst_of_several_segments_without_memory_drops_and_counts, buffers_1k),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "rx_burst", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
