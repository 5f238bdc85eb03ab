/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reference counts beyond 16 bits.
 *
 * What would break: an mbuf's refcnt has 16 bits, and DPDK never checks it. A count that wraps at 65,536 frees memory
 * that is in use. A reference that was moved to another mbuf must find its way back in any order. It must not take a
 * packet mbuf per clone (200,000 clones would empty that pool, so it has only 255 mbufs here). So the cases make
 * 200,000 clones of one iovec of every kind. They release them forwards, backwards and at random, with the owner's
 * context and with NULL, and read the content in between. They also carve more than 65,535 iovecs from one buffer.
 */
#include "counted.h"

#define CLONES 200000u
#define MIB (1u << 20)

static const struct evpl_global_config few_packets = {.slab_size = MIB, .buffer_size = 64 << 10, .packet_mbufs = 255};
static const struct evpl_global_config buffers_2m = {.slab_size = 4 * MIB, .buffer_size = 2 * MIB, .packet_mbufs = 255};
enum order { FORWARDS, BACKWARDS, RANDOM };

/*
 * Clones the iovec CLONES times, whole and in parts, and releases clones and original in the order given. The original
 * is put among them at random.
 */
static void
clone_and_release(struct evpl *evpl, struct evpl_iovec *source, enum order order, bool null)
{
	struct evpl_iovec *iovec = calloc(CLONES + 1, sizeof(*iovec));
	const char *first = evpl_iovec_data(source);
	uint32_t length = evpl_iovec_length(source);
	struct rte_mbuf *packet;
	struct evpl_stats stats;
	struct dice dice;

	assert_non_null(iovec);
	iovec_assert(source, 42, 0);
	dice_init(&dice, order + 10u);
	evpl_iovec_move(&iovec[0], source);
	for (unsigned i = 1; i <= CLONES; i++) {
		/* Of a random earlier one, so that references on the other mbufs are cloned as well. */
		struct evpl_iovec *from = i & 1 ? &iovec[0] : &iovec[dice_below(&dice, i)];

		if (i % 3)
			evpl_iovec_clone(&iovec[i], from);
		else
			evpl_iovec_clone_segment(&iovec[i], from, evpl_iovec_length(from) / 10,
						 evpl_iovec_length(from) / 2 + 1);
		if (i % 50000 == 0)
			iovec_assert(&iovec[i], 42, (uint64_t)((char *)evpl_iovec_data(&iovec[i]) - first));
	}
	evpl_stats_get(&stats);
	assert_in_range(stats.overflow_mbufs_in_use, 1, 100);

	/* There are still packet mbufs, and sending one of these works. */
	packet = evpl_iovecs_to_mbuf(evpl, &iovec[CLONES], 1);
	assert_non_null(packet);
	rte_pktmbuf_free(packet);

	for (unsigned i = CLONES; order == RANDOM && i > 1; i--)
		iovec_swap(&iovec[i - 1], &iovec[dice_below(&dice, i)]);
	for (unsigned i = 0; i < CLONES; i++) {
		struct evpl_iovec *one = &iovec[order == BACKWARDS ? CLONES - 1 - i : i];

		/* The last ones must find every byte of the view in place. */
		if (i % 50000 == 0 || i > CLONES - 10) {
			assert_true((char *)evpl_iovec_data(one) >= first);
			assert_true((char *)evpl_iovec_data(one) + evpl_iovec_length(one) <= first + length);
			iovec_assert(one, 42, (uint64_t)((char *)evpl_iovec_data(one) - first));
		}
		evpl_iovec_release(null ? NULL : evpl, one);
	}
	home_assert_held(0);
	free(iovec);
}

static void
in_every_order(void **state, void (*make)(struct evpl *evpl, void *arg, struct evpl_iovec *iovec), void *arg)
{
	struct evpl *evpl = home_context(state);
	struct evpl_stats stats;

	for (int order = FORWARDS; order <= RANDOM; order++) {
		for (int null = 0; null <= 1; null++) {
			struct evpl_iovec iovec;

			make(evpl, arg, &iovec);
			clone_and_release(evpl, &iovec, (enum order)order, null);
			/* At the latest when the buffer is no longer current. */
			evpl = home_fresh(*state);
			evpl_stats_get(&stats);
			assert_int_equal(stats.overflow_mbufs_in_use, 0);
		}
	}
}

static void
make_retired(struct evpl *evpl, void *arg, struct evpl_iovec *iovec)
{
	struct evpl *owner = evpl_create(NULL);

	/* The buffer is nobody's current one, so no stock is behind its count. */
	(void)evpl;
	assert_non_null(owner);
	make_shared(owner, arg, iovec);
	evpl_destroy(owner);
}

static void
clones_of_local_beyond_65535_release_in_any_order(void **state)
{
	in_every_order(state, make_local, NULL);
}

static void
clones_of_shared_beyond_65535_release_in_any_order(void **state)
{
	in_every_order(state, make_shared, NULL);
}

static void
clones_of_a_retired_buffer_beyond_65535_release_in_any_order(void **state)
{
	in_every_order(state, make_retired, NULL);
}

static void
clones_of_received_local_beyond_65535_release_in_any_order(void **state)
{
	struct rte_mempool *pool = evpl_rx_pool_create("count", 64, 0, SOCKET_ID_ANY);

	assert_non_null(pool);
	in_every_order(state, make_received_local, pool);
	home_assert_pool(pool, 64);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
}

static void
clones_of_received_shared_beyond_65535_release_in_any_order(void **state)
{
	struct rte_mempool *pool = evpl_rx_pool_create("count", 64, 0, SOCKET_ID_ANY);

	assert_non_null(pool);
	in_every_order(state, make_received_shared, pool);
	home_assert_pool(pool, 64);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
}

static void
clones_of_a_foreign_direct_mbuf_beyond_65535_release_in_any_order(void **state)
{
	struct rte_mempool *pool = plain_pool("count", 63, RTE_MBUF_DEFAULT_BUF_SIZE);

	in_every_order(state, make_received_shared, pool);
	home_assert_pool(pool, 63);
	rte_mempool_free(pool);
}

/* The program has one more reference of the received mbuf, as DPDK counts it. It ends when only other mbufs count. */
static void
own_reference_ends_among_clones(struct evpl *evpl, struct rte_mempool *pool)
{
	struct evpl_iovec *iovec = calloc(CLONES, sizeof(*iovec));
	struct rte_mbuf *received;
	unsigned others = 0;

	assert_non_null(iovec);
	make_received_shared(evpl, pool, &iovec[0]);
	received = iovec[0].ref;
	rte_mbuf_refcnt_update(received, 1);
	for (unsigned i = 1; i < CLONES; i++)
		evpl_iovec_clone(&iovec[i], &iovec[0]);
	for (unsigned i = 0; i < CLONES; i++) {
		if (iovec[i].ref == received)
			evpl_iovec_release(evpl, &iovec[i]);
		else
			evpl_iovec_move(&iovec[others++], &iovec[i]);
	}
	assert_in_range(others, 1, CLONES - 1);
	rte_pktmbuf_free(received);
	assert_int_equal(rte_mempool_in_use_count(pool), 1);
	iovec_assert(&iovec[0], 42, 0);
	evpl_iovecs_release(evpl, iovec, (int)others);
	home_assert_held(0);
	free(iovec);
}

static void
reference_of_the_program_may_end_among_clones_of_a_direct_mbuf(void **state)
{
	struct rte_mempool *pool = plain_pool("count", 63, RTE_MBUF_DEFAULT_BUF_SIZE);

	own_reference_ends_among_clones(home_context(state), pool);
	home_assert_pool(pool, 63);
	rte_mempool_free(pool);
}

static void
reference_of_the_program_may_end_among_clones_of_a_pinned_mbuf(void **state)
{
	struct rte_mempool *pool = evpl_rx_pool_create("count", 64, 0, SOCKET_ID_ANY);

	assert_non_null(pool);
	own_reference_ends_among_clones(home_context(state), pool);
	home_assert_pool(pool, 64);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
}

/*
 * DPDK counts clones of a packet on the mbuf that has the bytes, and without an atomic if it reads 1 there. So two
 * packets, which two threads may have, never share one reference of that mbuf.
 */
static void
packets_end_with_their_references(struct rte_mbuf **packet, struct rte_mbuf *bytes, struct rte_mempool *pool)
{
	assert_int_equal(rte_mbuf_refcnt_read(bytes), 2);
	for (unsigned i = 0; i < 2; i++) {
		struct rte_mbuf *clone;

		assert_non_null(packet[i]);
		clone = rte_pktmbuf_clone(packet[i], pool);
		assert_non_null(clone);
		rte_pktmbuf_free(packet[i]);
		mbuf_assert(clone, 1000, 42);
		rte_pktmbuf_free(clone);
	}
	home_assert_held(0);
	home_assert_pool(pool, 63);
}

static void
packets_on_clones_beyond_the_limit_count_on_the_direct_mbuf(void **state)
{
	struct rte_mempool *pool = plain_pool("count", 63, RTE_MBUF_DEFAULT_BUF_SIZE);
	struct evpl_iovec *iovec = calloc(EVPL_REF_LIMIT + 2, sizeof(*iovec));
	struct evpl *evpl = home_context(state);
	struct rte_mbuf *received, *packet[2];

	assert_non_null(iovec);
	make_received_shared(evpl, pool, &iovec[0]);
	received = iovec[0].ref;
	for (unsigned i = 1; i < EVPL_REF_LIMIT + 2; i++)
		evpl_iovec_clone(&iovec[i], &iovec[0]);
	evpl_iovecs_release(evpl, iovec, (int)EVPL_REF_LIMIT);
	for (unsigned i = 0; i < 2; i++) {
		assert_ptr_not_equal(iovec[EVPL_REF_LIMIT + i].ref, received);
		packet[i] = evpl_iovecs_to_mbuf(evpl, &iovec[EVPL_REF_LIMIT + i], 1);
	}
	packets_end_with_their_references(packet, received, pool);
	free(iovec);
	rte_mempool_free(pool);
}

static void
packets_on_an_indirect_mbuf_count_on_the_direct_mbuf(void **state)
{
	struct rte_mempool *pool = plain_pool("count", 63, RTE_MBUF_DEFAULT_BUF_SIZE);
	struct rte_mbuf *direct = filled_mbuf(pool, 1000, 42), *indirect = rte_pktmbuf_clone(direct, pool), *packet[2];
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[3];

	assert_non_null(indirect);
	rte_pktmbuf_free(direct); /* the clone keeps its bytes */
	assert_int_equal(evpl_iovecs_from_mbuf(evpl, indirect, SHARED, 1, &iovec[0]), 1);
	for (unsigned i = 1; i <= 2; i++) {
		evpl_iovec_clone(&iovec[i], &iovec[0]);
		packet[i - 1] = evpl_iovecs_to_mbuf(evpl, &iovec[i], 1);
	}
	evpl_iovec_release(evpl, &iovec[0]);
	packets_end_with_their_references(packet, direct, pool);
	rte_mempool_free(pool);
}

/* n iovecs of one byte each, out of buffers that have more bytes than a count has values. */
static void
carve(struct evpl *evpl, unsigned flags, unsigned n, enum order order)
{
	struct evpl_iovec *iovec = calloc(n, sizeof(*iovec));

	assert_non_null(iovec);
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(evpl_iovec_alloc(evpl, 1, 0, 1, flags, &iovec[i]), 1);
		bytes_fill(evpl_iovec_data(&iovec[i]), 1, 1, i);
	}
	for (unsigned i = 0; i < n; i++) {
		struct evpl_iovec *one = &iovec[order == BACKWARDS ? n - 1 - i : i];

		iovec_assert(one, 1, (uint64_t)(one - iovec));
		evpl_iovec_release(evpl, one);
	}
	home_assert_held(0);
	free(iovec);
}

static void
allocs_of_one_byte_beyond_65535_in_a_buffer_keep_their_bytes(void **state)
{
	struct evpl *evpl = home_context(state);

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		carve(evpl, flags, 150000, FORWARDS);
		carve(evpl, flags, 150000, BACKWARDS);
	}
}

static void
allocs_and_clones_together_beyond_65535_keep_their_bytes(void **state)
{
	struct evpl *evpl = home_context(state);
	const unsigned n = 60000;

	/* Neither alone reaches the limit. */
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		struct evpl_iovec *iovec = calloc(2 * n, sizeof(*iovec));

		assert_non_null(iovec);
		for (unsigned i = 0; i < n; i++) {
			assert_int_equal(evpl_iovec_alloc(evpl, 1, 0, 1, flags, &iovec[i]), 1);
			bytes_fill(evpl_iovec_data(&iovec[i]), 1, 1, i);
			evpl_iovec_clone(&iovec[n + i], &iovec[i]);
		}
		for (unsigned i = 0; i < n; i++) {
			iovec_assert(&iovec[i], 1, i);
			evpl_iovec_release(evpl, &iovec[i]);
		}
		for (unsigned i = 0; i < n; i++) {
			iovec_assert(&iovec[n + i], 1, i);
			evpl_iovec_release(NULL, &iovec[n + i]);
		}
		free(iovec);
		home_assert_held(0);
	}
}

/*
 * The count of a received mbuf is 1 again, but clones past the limit count elsewhere: sent as itself, it would be freed
 * under them, and what counts for it never found again.
 */
static void
send_under_clones(struct evpl *evpl, struct evpl_iovec *source, struct rte_mempool *by_port)
{
	const unsigned n = 60000;
	struct evpl_iovec *iovec = calloc(n, sizeof(*iovec));
	uint16_t port = by_port != NULL ? port_null(by_port, 64) : 0;
	const struct rte_mbuf *base = source->ref;
	unsigned left = 0;

	assert_non_null(iovec);
	for (unsigned i = 0; i < n; i++)
		evpl_iovec_clone(&iovec[i], source);
	for (unsigned i = 0; i < n; i++) {
		if (iovec[i].ref == base) {
			evpl_iovec_release(evpl, &iovec[i]);
			iovec[i].ref = NULL;
		} else {
			left++;
		}
	}
	assert_in_range(left, 1, n - 1);
	if (by_port != NULL) {
		assert_int_equal(evpl_tx_burst(evpl, port, 0, source, 1), 1);
		port_close(port);
	} else {
		struct rte_mbuf *packet = evpl_iovecs_to_mbuf(evpl, source, 1);

		assert_non_null(packet);
		rte_pktmbuf_free(packet);
	}
	/* Whoever is given the mbuf's bytes now writes into the clones'. */
	for (unsigned i = 0; i < 62; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(base->pool);

		if (m == NULL)
			break;
		memset(rte_pktmbuf_mtod(m, void *), 0xEE, rte_pktmbuf_tailroom(m));
		rte_pktmbuf_free(m);
	}
	for (unsigned i = 0; i < n; i++) {
		if (iovec[i].ref == NULL)
			continue;
		if (left-- % 1000 == 0)
			iovec_assert(&iovec[i], 42, 0);
		evpl_iovec_release(evpl, &iovec[i]);
	}
	free(iovec);
}

static void
packet_sent_under_clones_beyond_the_limit_keeps_their_bytes(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mempool *direct = plain_pool("direct", 63, RTE_MBUF_DEFAULT_BUF_SIZE);
	struct rte_mempool *pinned = evpl_rx_pool_create("pinned", 64, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;

	assert_non_null(pinned);
	for (unsigned i = 0; i < 2; i++) {
		struct rte_mempool *by_port = i == 0 ? NULL : direct;

		make_received_shared(evpl, direct, &iovec);
		send_under_clones(evpl, &iovec, by_port);
		home_assert_pool(direct, 63);
		make_received_local(evpl, pinned, &iovec);
		send_under_clones(evpl, &iovec, by_port);
		make_received_shared(evpl, pinned, &iovec);
		send_under_clones(evpl, &iovec, by_port);
		home_assert_pool(pinned, 64);

		/* One of our own packets that came back. */
		make_shared(evpl, NULL, &iovec);
		packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
		assert_non_null(packet);
		assert_int_equal(evpl_iovecs_from_mbuf(evpl, packet, SHARED, 1, &iovec), 1);
		send_under_clones(evpl, &iovec, by_port);
		home_assert_held(0);
	}
	rte_mempool_free(direct);
	assert_int_equal(evpl_rx_pool_destroy(pinned), 0);
}

/* A window counts on another mbuf then, and as many references are left on the buffer's as that window has in stock. */
static void
window_does_not_begin_again_among_allocs_beyond_the_limit(void **state)
{
	const unsigned n = 60000;
	struct evpl_iovec *iovec = calloc(n, sizeof(*iovec)), next;
	struct evpl *evpl = home_context(state);
	unsigned first = 0, others;

	assert_non_null(iovec);
	for (unsigned i = 0; i < n; i++) {
		iovec_take(evpl, 1, LOCAL, &iovec[i], 1);
		first += iovec[i].ref == iovec[0].ref;
	}
	others = n - first;
	assert_in_range(others, 1, n - 1);
	while (rte_mbuf_refcnt_read(iovec[0].ref) > rte_mbuf_refcnt_read(iovec[n - 1].ref) - others)
		evpl_iovec_release(evpl, &iovec[--first]);
	iovec_take(evpl, 10000, LOCAL, &next, 2); /* more than is left of the buffer */
	for (unsigned i = 0; i < first; i++)
		iovec_assert(&iovec[i], 1, 0);
	evpl_iovec_release(evpl, &next);
	evpl_iovecs_release(evpl, iovec, (int)first);
	evpl_iovecs_release(evpl, iovec + n - others, (int)others);
	free(iovec);
}

/* A window that has bought enough gives half of it back, so there is room for clones in the 16 bits of its mbuf. */
static void
clones_fit_after_a_loop_of_clones_and_releases(void **state)
{
	struct evpl_iovec iovec, clone, *clones = calloc(20000, sizeof(*clones));
	struct evpl *evpl = home_context(state);
	struct evpl_stats stats;

	assert_non_null(clones);
	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		iovec_take(evpl, 100, flags, &iovec, 1);
		for (unsigned i = 0; i < 16500; i++) {
			evpl_iovec_clone(&clone, &iovec);
			evpl_iovec_release(evpl, &clone);
		}
		for (unsigned i = 0; i < 20000; i++)
			evpl_iovec_clone(&clones[i], &iovec);
		evpl_stats_get(&stats);
		assert_int_equal(stats.overflow_mbufs_in_use, 0);
		evpl_iovecs_release(evpl, clones, 20000);
		evpl_iovec_release(evpl, &iovec);
	}
	free(clones);
}

static const struct CMUnitTest cases[] = {
	home_case(clones_fit_after_a_loop_of_clones_and_releases, home_small),
	home_case(packet_sent_under_clones_beyond_the_limit_keeps_their_bytes, few_packets),
	home_case(window_does_not_begin_again_among_allocs_beyond_the_limit, few_packets),
	home_case(clones_of_local_beyond_65535_release_in_any_order, few_packets),
	home_case(clones_of_shared_beyond_65535_release_in_any_order, few_packets),
	home_case(clones_of_a_retired_buffer_beyond_65535_release_in_any_order, few_packets),
	home_case(clones_of_received_local_beyond_65535_release_in_any_order, few_packets),
	home_case(clones_of_received_shared_beyond_65535_release_in_any_order, few_packets),
	home_case(clones_of_a_foreign_direct_mbuf_beyond_65535_release_in_any_order, few_packets),
	home_case(reference_of_the_program_may_end_among_clones_of_a_direct_mbuf, few_packets),
	home_case(reference_of_the_program_may_end_among_clones_of_a_pinned_mbuf, few_packets),
	home_case(packets_on_clones_beyond_the_limit_count_on_the_direct_mbuf, few_packets),
	home_case(packets_on_an_indirect_mbuf_count_on_the_direct_mbuf, few_packets),
	home_case(allocs_of_one_byte_beyond_65535_in_a_buffer_keep_their_bytes, buffers_2m),
	home_case(allocs_and_clones_together_beyond_65535_keep_their_bytes, buffers_2m),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "count", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
