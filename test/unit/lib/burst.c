/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_rx_burst and evpl_tx_burst, over net_ring (a port that delivers the very mbufs that it was sent) and net_null
 * (which frees them at once).
 *
 * What would break: packets could be lost or sent twice if the port takes fewer than it is offered. Iovecs that were
 * not sent could be consumed. Packets of several segments could be cut after the first. Bursts could be longer than
 * what the library handles in one go. So bursts have every length around the library's powers of two, each packet's
 * content has its number, and the port is filled until it refuses.
 */
#include <rte_ethdev.h>

#include "support.h"

#define RX_MBUFS 4095
#define MIB (1u << 20)

static const struct evpl_global_config few_packets = {.slab_size = MIB, .buffer_size = 64 << 10, .packet_mbufs = 15};
static const struct evpl_global_config plenty = {.slab_size = 4 * MIB, .buffer_size = 64 << 10, .packet_mbufs = 8191};
static const struct evpl_global_config buffers_2m = {
	.slab_size = 8 * MIB, .buffer_size = 2 * MIB, .packet_mbufs = 1023};
static const struct evpl_global_config long_iovecs_few_packets = {
	.slab_size = 8 * MIB, .buffer_size = 2 * MIB, .packet_mbufs = 15};
static const struct evpl_global_config many_packets = {
	.slab_size = MIB, .buffer_size = 64 << 10, .packet_mbufs = 70000};
static const struct evpl_global_config buffers_1k = {
	.slab_size = 64 << 10, .buffer_size = 1 << 10, .max_slabs = 1, .packet_mbufs = 255};

/* A pool, a port that receives from it, and the context. */
struct bench {
	struct evpl *evpl;
	struct rte_mempool *pool;
	uint16_t port;
};

static struct bench
open_bench(void **state, bool null, unsigned size)
{
	struct home *home = *state;
	struct bench b = {.evpl = home->evpl};

	b.pool = evpl_rx_pool_create("burst", RX_MBUFS, 0, SOCKET_ID_ANY);
	assert_non_null(b.pool);
	b.port = null ? port_null(b.pool, size) : port_loop(b.pool);
	return b;
}

static void
close_bench(struct bench *b)
{
	port_close(b->port);
	home_assert_pool(b->pool, RX_MBUFS);
	assert_int_equal(evpl_rx_pool_destroy(b->pool), 0);
}

static void
take(struct evpl *evpl, unsigned length, unsigned flags, struct evpl_iovec *iovec, uint64_t seed)
{
	assert_int_equal(evpl_iovec_alloc(evpl, length, 0, 1, flags, iovec), 1);
	iovec_fill(iovec, seed);
}

static void
tx_burst_of_every_length_sends_all_in_order(void **state)
{
	struct bench b = open_bench(state, false, 0);
	const uint16_t n[] = {1, 2, 31, 32, 33, 63, 64, 65, 127, 128, 129, 256, 500, 1000};
	struct evpl_iovec iovec[1000], got[1001];

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned k = 0; k < DIM(n); k++) {
			uint16_t received = 0;

			for (unsigned i = 0; i < n[k]; i++)
				take(b.evpl, 60 + i % 100, flags, &iovec[i], i);
			assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, iovec, n[k]), n[k]);
			assert_int_equal(rte_errno, 0);
			received = evpl_rx_burst(b.evpl, b.port, 0, got, DIM(got));
			assert_int_equal(received, n[k]);
			for (unsigned i = 0; i < n[k]; i++) {
				assert_int_equal(evpl_iovec_length(&got[i]), 60 + i % 100);
				iovec_assert(&got[i], i, 0);
			}
			evpl_iovecs_release(b.evpl, got, received);
		}
	}
	home_fresh(*state);
	home_assert_held(0);
	close_bench(&b);
}

static void
tx_burst_to_a_full_port_leaves_the_rest_untouched(void **state)
{
	struct bench b = open_bench(state, false, 0);
	const uint16_t before = 30; /* in the port already, so that it refuses in the middle of a run of packets */
	struct evpl_iovec iovec[1200], was[1200], got[1200];
	uint16_t sent, received;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		/* Of all three kinds: attached, with a clone, and received ones that go out as themselves. */
		for (unsigned i = 0; i < DIM(iovec); i++) {
			if (i % 3 == 0) {
				struct rte_mbuf *mbuf = filled_mbuf(b.pool, 64, i);

				assert_int_equal(evpl_iovecs_from_mbuf(b.evpl, mbuf, flags, 1, &iovec[i]), 1);
				if (i % 2 == 0)
					evpl_iovec_set_length(&iovec[i], 60);
			} else {
				take(b.evpl, 64, flags, &iovec[i], i);
			}
		}
		for (unsigned i = 0; i < before; i++)
			take(b.evpl, 64, flags, &got[i], 5000);
		assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, got, before), before);
		memcpy(was, iovec, sizeof(was));
		rte_errno = EIO;
		sent = evpl_tx_burst(b.evpl, b.port, 0, iovec, DIM(iovec));
		assert_int_equal(sent, PORT_LOOP_DEPTH - before);
		assert_int_equal(rte_errno, 0); /* full, no error */
		assert_memory_equal(&iovec[sent], &was[sent], (DIM(iovec) - sent) * sizeof(iovec[0]));
		for (unsigned i = sent; i < DIM(iovec); i++) {
			iovec_assert(&iovec[i], i, 0);
			if (i % 3 == 0)
				assert_int_equal(iovec[i].ref->data_len, 64); /* not shortened before it goes */
		}
		assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, &iovec[sent], 1), 0);

		/* Half out, and the rest can be sent. */
		assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, got, before), before);
		evpl_iovecs_release(b.evpl, got, before);
		received = evpl_rx_burst(b.evpl, b.port, 0, got, 600);
		assert_int_equal(received, 600);
		assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, &iovec[sent], (uint16_t)(DIM(iovec) - sent)),
				 DIM(iovec) - sent);
		received = (uint16_t)(received + evpl_rx_burst(b.evpl, b.port, 0, &got[600], 600));
		assert_int_equal(received, DIM(iovec));
		for (unsigned i = 0; i < DIM(iovec); i++) {
			iovec_assert(&got[i], i, 0);
			if (i % 3 == 0)
				assert_ptr_equal(got[i].ref, was[i].ref); /* the very mbuf */
		}
		evpl_iovecs_release(b.evpl, got, received);
		home_fresh(*state);
		b.evpl = ((struct home *)*state)->evpl;
		home_assert_held(0);
	}
	close_bench(&b);
}

static void
tx_burst_with_an_empty_iovec_sends_those_before_it(void **state)
{
	struct bench b = open_bench(state, false, 0);
	const struct evpl_iovec empty = {NULL, 0, 0, NULL};
	struct evpl_iovec iovec[70], got[70], moved = empty;

	for (unsigned bad = 0; bad < DIM(iovec); bad += 23) {
		for (unsigned i = 0; i < DIM(iovec); i++)
			take(b.evpl, 64, i & 1, &iovec[i], i);
		if (bad & 1) {
			evpl_iovec_move(&moved, &iovec[bad]);
			iovec[bad] = empty;
		} else {
			evpl_iovec_set_length(&iovec[bad], 0);
		}
		rte_errno = 0;
		assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, iovec, DIM(iovec)), bad);
		assert_int_equal(rte_errno, EINVAL);
		for (unsigned i = bad + 1; i < DIM(iovec); i++)
			iovec_assert(&iovec[i], i, 0);
		assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, got, DIM(got)), bad);
		for (unsigned i = 0; i < bad; i++)
			iovec_assert(&got[i], i, 0);
		evpl_iovecs_release(b.evpl, got, (int)bad);
		if (bad & 1)
			evpl_iovec_move(&iovec[bad], &moved);
		evpl_iovecs_release(b.evpl, &iovec[bad], (int)(DIM(iovec) - bad));
	}
	close_bench(&b);
}

static void
tx_burst_when_packet_mbufs_are_spent_sends_what_it_can(void **state)
{
	struct bench b = open_bench(state, false, 0);
	struct evpl_iovec iovec[40], was[40], got[40];
	uint16_t sent, more;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned i = 0; i < DIM(iovec); i++)
			take(b.evpl, 64, flags, &iovec[i], i);
		memcpy(was, iovec, sizeof(was));
		rte_errno = 0;
		sent = evpl_tx_burst(b.evpl, b.port, 0, iovec, DIM(iovec));
		assert_int_equal(rte_errno, ENOMEM);
		assert_in_range(sent, 1, 15);
		assert_memory_equal(&iovec[sent], &was[sent], (DIM(iovec) - sent) * sizeof(iovec[0]));
		/* "ENOMEM may pass": as soon as one is back, another goes out. */
		while (sent < DIM(iovec)) {
			assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, got, 1), 1);
			evpl_iovec_release(b.evpl, got);
			more = evpl_tx_burst(b.evpl, b.port, 0, &iovec[sent], (uint16_t)(DIM(iovec) - sent));
			assert_true(more >= 1);
			sent = (uint16_t)(sent + more);
		}
		more = evpl_rx_burst(b.evpl, b.port, 0, got, DIM(got));
		assert_true(more >= 1);
		iovec_assert(&got[more - 1], DIM(iovec) - 1, 0);
		evpl_iovecs_release(b.evpl, got, more);
	}
	close_bench(&b);
}

static void
tx_burst_of_a_long_iovec_sends_a_chain(void **state)
{
	struct bench b = open_bench(state, false, 0);
	struct evpl_iovec iovec[3], back[17];
	struct rte_mbuf *packet[3];

	take(b.evpl, 100, LOCAL, &iovec[0], 1);
	take(b.evpl, MIB, LOCAL, &iovec[1], 2);
	take(b.evpl, 100, SHARED, &iovec[2], 3);
	assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, iovec, 3), 3);
	assert_int_equal(rte_eth_rx_burst(b.port, 0, packet, 3), 3);
	mbuf_assert(packet[0], 100, 1);
	mbuf_assert(packet[1], MIB, 2);
	mbuf_assert(packet[2], 100, 3);
	assert_int_equal(packet[1]->nb_segs, 17);
	assert_int_equal(evpl_iovecs_from_mbuf(b.evpl, packet[1], LOCAL, 17, back), 17);
	evpl_iovecs_release(b.evpl, back, 17);
	rte_pktmbuf_free(packet[0]);
	rte_pktmbuf_free(packet[2]);
	close_bench(&b);
}

static void
tx_burst_while_clones_live_leaves_them_readable(void **state)
{
	struct bench b = open_bench(state, true, 64);
	struct evpl_iovec iovec[64], clone[64];

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned i = 0; i < DIM(iovec); i++) {
			take(b.evpl, 1000, flags, &iovec[i], i);
			evpl_iovec_clone(&clone[i], &iovec[i]);
		}
		assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, iovec, DIM(iovec)), DIM(iovec));
		for (unsigned i = 0; i < DIM(clone); i++)
			iovec_assert(&clone[i], i, 0);
		assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, clone, DIM(clone)), DIM(clone));
		home_fresh(*state);
		b.evpl = ((struct home *)*state)->evpl;
		home_assert_held(0);
	}
	close_bench(&b);
}

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
		home_assert_pool(o.pinned, RX_MBUFS);
	}
	rte_mempool_free(o.direct);
	rte_mempool_free(o.other);
	close_bench(&b);
}

/* Bursts that are forwarded are looked at as if all went out as they came. */
static void
tx_burst_with_one_odd_iovec_in_any_place_sends_all_and_asks_for_no_offload(void **state)
{
	enum { N = 5 };
	struct bench b = open_bench(state, false, 0);
	struct evpl_iovec iovec[N], clone;
	struct rte_mbuf *mbuf[N];

	for (unsigned at = 0; at < 6 * N; at++) {
		unsigned place = at / 6, length = 500, skipped = 0;

		for (unsigned i = 0; i < N; i++)
			mbuf[i] = filled_mbuf(b.pool, 500, i);
		assert_int_equal(rte_eth_tx_burst(b.port, 0, mbuf, N), N);
		assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, iovec, N), N);
		switch (at % 6) {
		case 0: /* left by whoever had it before */
			iovec[place].ref->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM | RTE_MBUF_F_TX_IPV4;
			break;
		case 1:
			evpl_iovec_clone(&clone, &iovec[place]);
			break;
		case 2:
			evpl_iovec_set_length(&iovec[place], length = 499);
			break;
		case 3:
			evpl_iovec_release(b.evpl, &iovec[place]);
			take(b.evpl, 500, LOCAL, &iovec[place], place);
			break;
		case 4:
			evpl_iovec_clone_segment(&clone, &iovec[place], skipped = 100, length = 400);
			evpl_iovec_release(b.evpl, &iovec[place]);
			evpl_iovec_move(&iovec[place], &clone);
			break;
		case 5: /* none any more */
			evpl_iovec_clone(&clone, &iovec[place]);
			evpl_iovec_release(b.evpl, &clone);
			break;
		}
		assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, iovec, N), N);
		assert_int_equal(rte_eth_rx_burst(b.port, 0, mbuf, N), N);
		for (unsigned i = 0; i < N; i++) {
			assert_int_equal(mbuf[i]->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK, 0);
			assert_int_equal(mbuf[i]->nb_segs, 1);
			assert_int_equal(mbuf[i]->data_len, i == place ? length : 500);
			assert_int_equal(bytes_right(rte_pktmbuf_mtod(mbuf[i], void *), mbuf[i]->data_len, i,
						     i == place ? skipped : 0),
					 mbuf[i]->data_len);
		}
		if (at % 6 == 1)
			assert_ptr_not_equal(mbuf[place], clone.ref); /* whose owner might write around its data */
		rte_pktmbuf_free_bulk(mbuf, N);
		if (at % 6 == 1)
			evpl_iovec_release(b.evpl, &clone);
		home_assert_pool(b.pool, RX_MBUFS);
	}
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
tx_burst_of_a_long_iovec_without_mbufs_for_it_leaves_it(void **state)
{
	struct bench b = open_bench(state, false, 0);
	struct evpl_iovec iovec[3], got[3];

	/* 15 packet mbufs: enough for the first, not for the 17 segments of the second. */
	take(b.evpl, 100, LOCAL, &iovec[0], 1);
	take(b.evpl, MIB, LOCAL, &iovec[1], 2);
	take(b.evpl, 100, LOCAL, &iovec[2], 3);
	rte_errno = 0;
	assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, iovec, 3), 1);
	assert_int_equal(rte_errno, ENOMEM);
	iovec_assert(&iovec[1], 2, 0);
	iovec_assert(&iovec[2], 3, 0);
	assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, got, 3), 1);
	iovec_assert(&got[0], 1, 0);
	evpl_iovec_release(b.evpl, got);
	evpl_iovecs_release(b.evpl, &iovec[1], 2);
	close_bench(&b);
}

static void
tx_burst_of_a_buffer_in_too_many_packets_is_eoverflow(void **state)
{
	struct bench b = open_bench(state, false, 0);
	struct rte_mbuf **packet = calloc(70000, sizeof(struct rte_mbuf *));
	struct evpl_iovec iovec, clone[3], got[3];
	unsigned n = 0;

	assert_non_null(packet);
	take(b.evpl, 100, SHARED, &iovec, 1);
	for (;; n++) {
		evpl_iovec_clone(&clone[1], &iovec);
		packet[n] = evpl_iovecs_to_mbuf(b.evpl, &clone[1], 1);
		if (packet[n] == NULL)
			break;
		assert_in_range(n, 0, 65535);
	}
	home_fresh(*state);
	b.evpl = ((struct home *)*state)->evpl;
	take(b.evpl, 100, SHARED, &clone[0], 2); /* of another buffer */
	take(b.evpl, 100, SHARED, &clone[2], 3);
	assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, clone, 3), 1);
	assert_int_equal(rte_errno, EOVERFLOW);
	iovec_assert(&clone[1], 1, 0);
	iovec_assert(&clone[2], 3, 0);
	rte_pktmbuf_free(packet[--n]);
	assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, &clone[1], 2), 2);
	assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, got, 3), 3);
	iovec_assert(&got[1], 1, 0);
	evpl_iovecs_release(b.evpl, got, 3);
	evpl_iovec_release(b.evpl, &iovec);
	rte_pktmbuf_free_bulk(packet, n);
	free(packet);
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

static void
rx_burst_of_several_segments_without_memory_drops_and_counts(void **state)
{
	struct bench b = open_bench(state, false, 0);
	const uint16_t length[] = {10, 10};
	struct evpl_iovec held[64], iovec[2];
	struct rte_mbuf *packet[2];
	struct evpl_stats stats;

	for (unsigned i = 0; i < DIM(held); i++)
		take(b.evpl, 1024, LOCAL, &held[i], i);
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

static void
bursts_with_null_are_einval_and_of_none_are_none(void **state)
{
	struct bench b = open_bench(state, false, 0);
	struct evpl_iovec iovec;

	take(b.evpl, 100, LOCAL, &iovec, 1);
	rte_errno = 0;
	assert_int_equal(evpl_tx_burst(NULL, b.port, 0, &iovec, 1), 0);
	assert_int_equal(rte_errno, EINVAL);
	rte_errno = 0;
	assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, NULL, 1), 0);
	assert_int_equal(rte_errno, EINVAL);
	rte_errno = 0;
	assert_int_equal(evpl_rx_burst(NULL, b.port, 0, &iovec, 1), 0);
	assert_int_equal(rte_errno, EINVAL);
	rte_errno = 0;
	assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, NULL, 1), 0);
	assert_int_equal(rte_errno, EINVAL);
	assert_int_equal(evpl_tx_burst(b.evpl, b.port, 0, &iovec, 0), 0);
	assert_int_equal(evpl_rx_burst(b.evpl, b.port, 0, &iovec, 0), 0);
	iovec_assert(&iovec, 1, 0);
	evpl_iovec_release(b.evpl, &iovec);
	close_bench(&b);
}

static const struct CMUnitTest cases[] = {
	home_case(tx_burst_of_every_length_sends_all_in_order, plenty),
	home_case(tx_burst_to_a_full_port_leaves_the_rest_untouched, plenty),
	home_case(tx_burst_with_an_empty_iovec_sends_those_before_it, plenty),
	home_case(tx_burst_when_packet_mbufs_are_spent_sends_what_it_can, few_packets),
	home_case(tx_burst_of_a_long_iovec_sends_a_chain, buffers_2m),
	home_case(tx_burst_while_clones_live_leaves_them_readable, plenty),
	home_case(rx_burst_from_an_rx_pool_is_local_and_from_its_mbufs, plenty),
	home_case(rx_burst_with_rx_flags_shared_is_shared, plenty),
	home_case(rx_burst_of_mbufs_of_every_kind_is_local_only_where_that_is_safe, plenty),
	home_case(rx_burst_with_one_odd_mbuf_in_any_place_tells_it_from_the_others, plenty),
	home_case(tx_burst_with_one_odd_iovec_in_any_place_sends_all_and_asks_for_no_offload, plenty),
	home_case(rx_burst_from_a_pinned_pool_in_the_place_of_a_direct_one_puts_the_flag_back, plenty),
	home_case(tx_burst_of_a_long_iovec_without_mbufs_for_it_leaves_it, long_iovecs_few_packets),
	home_case(tx_burst_of_a_buffer_in_too_many_packets_is_eoverflow, many_packets),
	home_case(rx_burst_of_what_is_received_and_sent_again_uses_no_packet_mbuf, plenty),
	home_case(rx_burst_of_several_segments_is_one_iovec_and_counted, plenty),
	home_case(rx_burst_of_several_segments_longer_than_a_buffer_drops_and_counts, buffers_1k),
	home_case(rx_burst_of_several_segments_without_memory_drops_and_counts, buffers_1k),
	home_case(bursts_with_null_are_einval_and_of_none_are_none, plenty),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "burst", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
