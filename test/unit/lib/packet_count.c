/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The count of a buffer's packets has 16 bits, too.
 *
 * What would break: DPDK never checks it. A count that wraps frees memory that is in use. So packets of one buffer, and
 * of one received mbuf, are made until the library refuses with EOVERFLOW. The refused iovec is unchanged, and there is
 * room again after one packet has ended. Clones beyond the limit of references count on while packets have used all of
 * their own count.
 */
#include "asked.h"
#include "counted.h"

#define MIB (1u << 20)
#define CLONES 200000u

static const struct evpl_global_config many_packets = {
	.slab_size = MIB, .buffer_size = 64 << 10, .packet_mbufs = 70000};

/* An mbuf with its own data has no count for packets: each packet takes a second mbuf, for one. */
static const struct evpl_global_config twice_as_many_packets = {
	.slab_size = MIB, .buffer_size = 64 << 10, .packet_mbufs = 150000};

/* Packets of one iovec until the library refuses. */
static void
packets_until_eoverflow(struct evpl *evpl, struct evpl_iovec *iovec)
{
	struct rte_mbuf **packet = calloc(70000, sizeof(struct rte_mbuf *));
	int64_t failures = number("/evpl/stats", NULL, "send_eoverflow");
	struct evpl_iovec clone, was;
	unsigned n = 0;

	assert_non_null(packet);
	for (;;) {
		evpl_iovec_clone(&clone, iovec);
		was = clone;
		rte_errno = 0;
		packet[n] = evpl_iovecs_to_mbuf(evpl, &clone, 1);
		if (packet[n] == NULL)
			break;
		n++;
		assert_in_range(n, 1, 65535);
	}
	assert_int_equal(rte_errno, EOVERFLOW);
	assert_int_equal(number("/evpl/stats", NULL, "send_eoverflow"), failures + 1);
	assert_in_range(n, 60000, 65534);
	assert_memory_equal(&clone, &was, sizeof(clone)); /* not consumed */
	iovec_assert(&clone, 42, 0);

	/* One packet less, and there is room for one again. */
	rte_pktmbuf_free(packet[--n]);
	packet[n] = evpl_iovecs_to_mbuf(evpl, &clone, 1);
	assert_non_null(packet[n]);
	n++;
	mbuf_assert(packet[0], evpl_iovec_length(iovec), 42);
	evpl_iovec_release(evpl, iovec);
	mbuf_assert(packet[n - 1], rte_pktmbuf_pkt_len(packet[n - 1]), 42);
	rte_pktmbuf_free_bulk(packet, n);
	free(packet);
}

static void
packets_of_one_buffer_beyond_its_count_are_refused(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		if (flags == SHARED)
			make_shared(evpl, NULL, &iovec);
		else
			make_local(evpl, NULL, &iovec);
		packets_until_eoverflow(evpl, &iovec);
		home_assert_held(0);
	}
}

static void
packets_of_a_received_mbuf_beyond_its_count_are_refused(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mempool *pool = evpl_rx_pool_create("count", 64, 0, SOCKET_ID_ANY);
	struct evpl_iovec iovec;

	assert_non_null(pool);
	make_received_local(evpl, pool, &iovec);
	packets_until_eoverflow(evpl, &iovec);
	make_received_shared(evpl, pool, &iovec);
	packets_until_eoverflow(evpl, &iovec);
	home_assert_pool(pool, 64);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
}

static void
packets_of_a_foreign_direct_mbuf_beyond_65535_keep_their_bytes(void **state)
{
	struct evpl *evpl = home_context(state);
	const unsigned most = 70000;
	struct rte_mempool *pool;
	struct rte_mbuf **packet;
	struct evpl_iovec iovec, clone;
	unsigned n;

	memory_only(128);
	pool = plain_pool("count", 63, RTE_MBUF_DEFAULT_BUF_SIZE);
	packet = calloc(most, sizeof(struct rte_mbuf *));
	/* Here the packets count on what each of them brings; refusing some is allowed, wrapping is not. */
	assert_non_null(packet);
	make_received_shared(evpl, pool, &iovec);
	for (n = 0; n < most; n++) {
		evpl_iovec_clone(&clone, &iovec);
		packet[n] = evpl_iovecs_to_mbuf(evpl, &clone, 1);
		if (packet[n] == NULL) {
			assert_int_equal(rte_errno, EOVERFLOW);
			assert_in_range(n, 40000, most);
			evpl_iovec_release(evpl, &clone);
			break;
		}
	}
	evpl_iovec_release(evpl, &iovec);
	for (unsigned i = 0; i < n; i++) {
		if (i % 1000 == 0 || i + 10 > n)
			mbuf_assert(packet[i], 1000, 42);
		rte_pktmbuf_free(packet[i]);
	}
	free(packet);
	home_assert_pool(pool, 63);
	rte_mempool_free(pool);
}

static void
clones_beyond_the_limit_of_a_buffer_full_of_packets_count_on(void **state)
{
	struct evpl *evpl = home_context(state);
	struct rte_mbuf **packet = calloc(70000, sizeof(struct rte_mbuf *));
	struct evpl_iovec iovec, *clone = calloc(CLONES, sizeof(*clone));
	unsigned n = 0;

	assert_non_null(packet);
	assert_non_null(clone);
	make_shared(evpl, NULL, &iovec);
	do {
		evpl_iovec_clone(&clone[0], &iovec);
		packet[n] = evpl_iovecs_to_mbuf(evpl, &clone[0], 1);
	} while (packet[n++] != NULL);
	assert_int_equal(rte_errno, EOVERFLOW);
	for (unsigned i = 1; i < CLONES; i++)
		evpl_iovec_clone(&clone[i], &iovec);
	rte_pktmbuf_free_bulk(packet, n - 1);
	iovec_assert(&clone[CLONES - 1], 42, 0);
	evpl_iovecs_release(evpl, clone, (int)CLONES);
	evpl_iovec_release(evpl, &iovec);
	home_assert_held(0);
	free(clone);
	free(packet);
}

static const struct CMUnitTest cases[] = {
	home_case(clones_beyond_the_limit_of_a_buffer_full_of_packets_count_on, many_packets),
	home_case(packets_of_one_buffer_beyond_its_count_are_refused, many_packets),
	home_case(packets_of_a_received_mbuf_beyond_its_count_are_refused, many_packets),
	home_case(packets_of_a_foreign_direct_mbuf_beyond_65535_keep_their_bytes, twice_as_many_packets),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "packet_count", .cases = cases, .n_cases = DIM(cases)};

	return telemetry_begin("packet_count") ? program_main(&program, argc, argv) : 1;
}
