/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What DPDK expects of one mbuf: the checks that DPDK's app/test/test_mbuf.c makes of mbufs with pinned external
 * buffers. They are written anew for the mbufs that this library gives to ports and takes from them.
 *
 * What would break: code that does not know this library (PMDs, DPDK's libraries, the program's own code) appends,
 * prepends, reads, marks and frees these mbufs. So every check runs with each kind of mbuf (mbuf_kinds.h).
 */
#include <limits.h>

#include <rte_mbuf_dyn.h>

#include "mbuf_kinds.h"

static size_t field_offset;
static uint64_t flag;

static void
data_goes_in_and_out_within_bounds(enum kind kind)
{
	struct rte_mbuf *m = make(kind);
	char *data, *more, *header;

	data = rte_pktmbuf_append(m, 1464);
	assert_non_null(data);
	assert_int_equal(rte_pktmbuf_pkt_len(m), 1464);
	assert_int_equal(rte_pktmbuf_data_len(m), 1464);
	assert_true(rte_pktmbuf_is_contiguous(m));
	bytes_fill(data, 1464, 1, 0);

	assert_null(rte_pktmbuf_append(m, (uint16_t)(rte_pktmbuf_tailroom(m) + 1)));
	more = rte_pktmbuf_append(m, 50);
	assert_ptr_equal(more, data + 1464);
	assert_int_equal(rte_pktmbuf_pkt_len(m), 1514);
	assert_int_equal(rte_pktmbuf_trim(m, 50), 0);
	assert_int_equal(rte_pktmbuf_pkt_len(m), 1464);
	assert_int_not_equal(rte_pktmbuf_trim(m, (uint16_t)(rte_pktmbuf_data_len(m) + 1)), 0);

	header = rte_pktmbuf_prepend(m, 20);
	assert_ptr_equal(header, data - 20);
	memset(header, 0x55, 20);
	header = rte_pktmbuf_prepend(m, 30);
	assert_ptr_equal(header, data - 50);
	memset(header, 0x55, 30);
	assert_int_equal(rte_pktmbuf_pkt_len(m), 1514);
	rte_mbuf_sanity_check(m, 1);
	rte_mbuf_sanity_check(m, 0);
	assert_null(rte_pktmbuf_prepend(m, (uint16_t)(rte_pktmbuf_headroom(m) + 1)));

	assert_ptr_equal(rte_pktmbuf_adj(m, 50), data);
	assert_int_equal(rte_pktmbuf_data_len(m), 1464);
	assert_null(rte_pktmbuf_adj(m, (uint16_t)(rte_pktmbuf_data_len(m) + 1)));
	mbuf_assert(m, 1464, 1);

	/* To the very last byte at both ends. */
	memset(rte_pktmbuf_append(m, rte_pktmbuf_tailroom(m)), 0x66, TAILROOM - 1464);
	memset(rte_pktmbuf_prepend(m, rte_pktmbuf_headroom(m)), 0x66, HEADROOM);
	assert_int_equal(rte_pktmbuf_data_len(m), ROOM);
	assert_null(rte_pktmbuf_append(m, 1));
	assert_null(rte_pktmbuf_prepend(m, 1));
	rte_pktmbuf_free(m);
}

static void
data_with_every_byte_value_stays(enum kind kind)
{
	struct rte_mbuf *m = make(kind);
	unsigned char *data = (unsigned char *)rte_pktmbuf_append(m, 256);

	assert_non_null(data);
	for (unsigned i = 0; i < 256; i++)
		data[i] = (unsigned char)i;
	for (unsigned i = 0; i < 256; i++)
		assert_int_equal(data[i], i);
	memset(data, 0xFF, 256);
	assert_true(rte_pktmbuf_is_contiguous(m));
	assert_int_equal(rte_pktmbuf_pkt_len(m), 256);
	rte_pktmbuf_free(m);
}

static void
checks_of_dpdk_pass_and_see_damage(enum kind kind)
{
	struct rte_mbuf *m = make_filled(kind, 100, 1, 0);
	struct rte_mbuf bad;
	const char *reason;

	assert_int_equal(rte_mbuf_check(m, 1, &reason), 0);
	assert_int_equal(rte_mbuf_check(m, 0, &reason), 0);
	memcpy(&bad, m, sizeof(bad));
	bad.pool = NULL;
	assert_int_not_equal(rte_mbuf_check(&bad, 1, &reason), 0);
	memcpy(&bad, m, sizeof(bad));
	bad.buf_addr = NULL;
	assert_int_not_equal(rte_mbuf_check(&bad, 1, &reason), 0);
	memcpy(&bad, m, sizeof(bad));
	rte_mbuf_refcnt_set(&bad, 0);
	assert_int_not_equal(rte_mbuf_check(&bad, 1, &reason), 0);
	rte_mbuf_refcnt_set(&bad, UINT16_MAX);
	assert_int_not_equal(rte_mbuf_check(&bad, 1, &reason), 0);
	rte_pktmbuf_free(m);
}

static void
reads_at_offsets_find_the_bytes(enum kind kind)
{
	struct rte_mbuf *m = make_filled(kind, 64, 1, 0);
	const char *p;

	p = rte_pktmbuf_read(m, 0, 64, NULL);
	assert_ptr_equal(p, rte_pktmbuf_mtod(m, char *));
	assert_int_equal(bytes_right(p, 64, 1, 0), 64);
	p = rte_pktmbuf_read(m, 14, 50, NULL);
	assert_non_null(p);
	assert_int_equal(bytes_right(p, 50, 1, 14), 50);
	p = rte_pktmbuf_read(m, 19, 45, NULL);
	assert_int_equal(bytes_right(p, 45, 1, 19), 45);
	assert_null(rte_pktmbuf_read(m, 14, 51, NULL));
	assert_null(rte_pktmbuf_read(m, 14, 65, NULL));
	assert_ptr_equal(rte_pktmbuf_read(m, 0, 0, NULL), rte_pktmbuf_mtod(m, char *));
	assert_ptr_equal(rte_pktmbuf_read(m, 14, 0, NULL), rte_pktmbuf_mtod(m, char *) + 14);
	assert_null(rte_pktmbuf_read(m, UINT_MAX, 0, NULL));
	rte_pktmbuf_free(m);
}

static void
counts_of_the_packet_itself_free_it_with_the_last(enum kind kind)
{
	struct rte_mbuf *m = make_filled(kind, 100, 1, 0);

	/* As a program does that sends one packet out of several ports. */
	rte_pktmbuf_refcnt_update(m, 5);
	for (unsigned i = 0; i < 5; i++) {
		rte_pktmbuf_free(m);
		mbuf_assert(m, 100, 1);
		assert_int_equal(rte_mbuf_refcnt_read(m), 5 - i);
	}
	rte_pktmbuf_free(m);
}

static void
dynamic_fields_and_flags_work_and_do_not_stay(enum kind kind)
{
	struct rte_mbuf *m;

	for (unsigned i = 0; i < 3; i++) {
		m = make_filled(kind, 100, 1, 0);
		assert_int_equal(m->ol_flags & flag, 0);
		*RTE_MBUF_DYNFIELD(m, field_offset, uint16_t *) = 1000;
		m->ol_flags |= flag;
		mbuf_assert(m, 100, 1);
		assert_int_equal(*RTE_MBUF_DYNFIELD(m, field_offset, uint16_t *), 1000);
		rte_pktmbuf_free(m);
	}
}

static void
offloads_that_make_sense_are_accepted(enum kind kind)
{
	struct rte_mbuf *m = make_filled(kind, 100, 1, 0);

	m->l2_len = 14;
	m->l3_len = 20;
	m->l4_len = 8;
	m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
	assert_int_equal(rte_validate_tx_offload(m), 0);
	m->ol_flags ^= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6;
	assert_int_not_equal(rte_validate_tx_offload(m), 0); /* IPv6 has no checksum of its header */
	rte_pktmbuf_free(m);
}

/* A receive pool's mbufs: all, one more, all again; in bulk, and more in bulk than there are. */
static void
rx_pool_gives_each_mbuf_once_and_all_again(void **state)
{
	struct rte_mbuf *m[RX_MBUFS + 1];

	(void)state;
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < RX_MBUFS; i++) {
			m[i] = rte_pktmbuf_alloc(rx_pool);
			assert_non_null(m[i]);
			assert_int_equal(m[i]->data_off, RTE_PKTMBUF_HEADROOM);
			m[i]->data_off = (uint16_t)(m[i]->data_off + 64); /* must be put back by the next alloc */
		}
		assert_null(rte_pktmbuf_alloc(rx_pool));
		assert_null(rte_pktmbuf_clone(m[0], rx_pool)); /* spent: fails, and leaks nothing */
		for (unsigned i = 0; i < RX_MBUFS; i++)
			rte_pktmbuf_free(m[i]);
	}
}

static void
rx_pool_in_bulk_gives_all_or_nothing(void **state)
{
	const unsigned good[] = {0, 1, 64, RX_MBUFS - 1, RX_MBUFS};
	const unsigned bad[] = {RX_MBUFS + 1, 8 * RX_MBUFS, UINT_MAX};
	struct rte_mbuf *m[RX_MBUFS];

	(void)state;
	for (unsigned i = 0; i < DIM(good); i++) {
		assert_int_equal(rte_pktmbuf_alloc_bulk(rx_pool, m, good[i]), 0);
		for (unsigned k = 0; k < good[i]; k++)
			assert_int_equal(rte_mbuf_check(m[k], 1, &(const char *){NULL}), 0);
		rte_pktmbuf_free_bulk(m, good[i]);
	}
	for (unsigned i = 0; i < DIM(bad); i++)
		assert_int_not_equal(rte_pktmbuf_alloc_bulk(rx_pool, m, bad[i]), 0);
}

/* Once per process: DPDK has no way to take these back. */
static int
register_dynamic(void **state)
{
	const struct rte_mbuf_dynfield field = {.name = "evpl_test_field", .size = 2, .align = 2};
	const struct rte_mbuf_dynflag bit = {.name = "evpl_test_flag"};
	int offset = rte_mbuf_dynfield_register(&field);
	int number = rte_mbuf_dynflag_register(&bit);

	(void)state;
	if (offset < 0 || number < 0)
		return 1;
	field_offset = (size_t)offset;
	flag = UINT64_C(1) << number;
	return 0;
}

#define CHECKS                                                                                                         \
	X(data_goes_in_and_out_within_bounds)                                                                          \
	X(data_with_every_byte_value_stays)                                                                            \
	X(checks_of_dpdk_pass_and_see_damage)                                                                          \
	X(reads_at_offsets_find_the_bytes)                                                                             \
	X(counts_of_the_packet_itself_free_it_with_the_last)                                                           \
	X(dynamic_fields_and_flags_work_and_do_not_stay)                                                               \
	X(offloads_that_make_sense_are_accepted)

#define X KINDS_FUNCTIONS
CHECKS
#undef X

#define X KINDS_CASES
static const struct CMUnitTest cases[] = {
	CHECKS
#undef X
		mbuf_case("rx_pool_gives_each_mbuf_once_and_all_again", rx_pool_gives_each_mbuf_once_and_all_again),
	mbuf_case("rx_pool_in_bulk_gives_all_or_nothing", rx_pool_in_bulk_gives_all_or_nothing),
};

int
main(int argc, char **argv)
{
	const struct program program = {
		.name = "dpdk_mbuf", .cases = cases, .n_cases = DIM(cases), .setup = register_dynamic};

	return program_main(&program, argc, argv);
}
