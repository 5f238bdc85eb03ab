/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What DPDK expects of a clone, of a copy and of an mbuf that is attached to another one, as app/test/test_mbuf.c
 * checks it.
 *
 * What would break: clones count where this library counts, too. Bytes could be given back while a clone reads them, or
 * never. So every check runs with each kind of mbuf (mbuf_kinds.h).
 */
#include "mbuf_kinds.h"

/* What clones of it count on. */
static const void *
count_of(struct rte_mbuf *m)
{
	return RTE_MBUF_HAS_EXTBUF(m) ? (void *)m->shinfo : rte_mbuf_from_indirect(m);
}

static uint16_t
holders(struct rte_mbuf *m)
{
	return RTE_MBUF_HAS_EXTBUF(m) ? rte_mbuf_ext_refcnt_read(m->shinfo)
				      : rte_mbuf_refcnt_read(rte_mbuf_from_indirect(m));
}

static void
clones_and_clones_of_clones_count_and_keep_the_data(enum kind kind)
{
	const uint16_t length[] = {4, 4};
	struct rte_mbuf *m = make_filled(kind, 4, 1, 0), *clone, *clone2;
	uint16_t count = holders(m), count2;

	clone = rte_pktmbuf_clone(m, std_pool);
	assert_non_null(clone);
	mbuf_assert(clone, 4, 1);
	if (RTE_MBUF_CLONED(clone)) { /* DPDK may check that the mbuf under it has one segment and no next */
		assert_int_equal(rte_mbuf_from_indirect(clone)->nb_segs, 1);
		assert_null(rte_mbuf_from_indirect(clone)->next);
	}
	assert_int_equal(holders(m), count + 1);
	rte_pktmbuf_free(clone);
	assert_int_equal(holders(m), count);
	rte_pktmbuf_free(m);

	m = make_chain(kind, length, 2, 1);
	count = holders(m);
	count2 = holders(m->next);
	clone = rte_pktmbuf_clone(m, std_pool);
	assert_non_null(clone);
	mbuf_assert(clone, 8, 1);
	clone2 = rte_pktmbuf_clone(clone, std_pool);
	assert_non_null(clone2);
	mbuf_assert(clone2, 8, 1);
	/* The two segments may lie in one buffer and count on one count. */
	if (count_of(m) == count_of(m->next)) {
		assert_int_equal(holders(m), count + 4);
	} else {
		assert_int_equal(holders(m), count + 2);
		assert_int_equal(holders(m->next), count2 + 2);
	}
	rte_pktmbuf_free(m);
	mbuf_assert(clone, 8, 1);
	rte_pktmbuf_free(clone);
	mbuf_assert(clone2, 8, 1); /* the last one keeps the bytes that all others have let go */
	rte_pktmbuf_free(clone2);
}

static void
copies_have_the_bytes_and_nothing_else(enum kind kind)
{
	const uint16_t length[] = {4, 4};
	struct rte_mbuf *m = make_filled(kind, 4, 1, 0), *copy, *clone;

	copy = rte_pktmbuf_copy(m, std_pool, 0, UINT32_MAX);
	assert_non_null(copy);
	mbuf_assert(copy, 4, 1);
	assert_true(RTE_MBUF_DIRECT(copy));
	rte_pktmbuf_free(copy);

	clone = rte_pktmbuf_clone(m, std_pool);
	assert_non_null(clone);
	assert_false(RTE_MBUF_DIRECT(clone));
	copy = rte_pktmbuf_copy(clone, std_pool, 0, UINT32_MAX);
	assert_non_null(copy);
	assert_false(RTE_MBUF_CLONED(copy));
	assert_true(RTE_MBUF_DIRECT(copy));
	mbuf_assert(copy, 4, 1);
	rte_pktmbuf_free(clone);
	rte_pktmbuf_free(copy);
	rte_pktmbuf_free(m);

	m = make_chain(kind, length, 2, 1);
	copy = rte_pktmbuf_copy(m, std_pool, 0, UINT32_MAX);
	assert_non_null(copy);
	assert_int_equal(rte_pktmbuf_data_len(copy), 8);
	mbuf_assert(copy, 8, 1);
	rte_pktmbuf_free(copy);
	copy = rte_pktmbuf_copy(m, std_pool, 4, UINT32_MAX);
	assert_non_null(copy);
	assert_int_equal(rte_pktmbuf_pkt_len(copy), 4);
	assert_int_equal(bytes_right(rte_pktmbuf_mtod(copy, void *), 4, 1, 4), 4);
	rte_pktmbuf_free(copy);
	copy = rte_pktmbuf_copy(m, std_pool, 0, 4);
	assert_non_null(copy);
	mbuf_assert(copy, 4, 1);
	rte_pktmbuf_free(copy);
	rte_pktmbuf_free(m);
}

static void
copy_into_the_pool_of_the_packet_ends(enum kind kind)
{
	struct rte_mbuf *m, *copy;

	/* On a pool of mbufs without room, rte_pktmbuf_copy takes all of them and gives up. (Not into a pinned one.) */
	if (kind == RX_POOL)
		return;
	m = make_filled(kind, 1000, 1, 0);
	copy = rte_pktmbuf_copy(m, m->pool, 0, UINT32_MAX);
	assert_non_null(copy);
	mbuf_assert(copy, 1000, 1);
	rte_pktmbuf_free(copy);
	rte_pktmbuf_free(m);
}

static void
attaching_from_a_pool_of_another_shape_works(enum kind kind)
{
	struct rte_mbuf *m = make_filled(kind, 100, 1, 0), *clone[2];
	uint16_t count = holders(m);
	char *data = rte_pktmbuf_mtod(m, char *), *own[2];

	/* No data room and a private area: the clone's own addresses must be found again when it lets go. */
	for (unsigned i = 0; i < 2; i++) {
		clone[i] = rte_pktmbuf_alloc(small_pool);
		assert_non_null(clone[i]);
		assert_int_equal(rte_pktmbuf_data_room_size(clone[i]->pool), 0);
		assert_int_equal(rte_pktmbuf_priv_size(clone[i]->pool), PRIV_SIZE);
		memset(rte_mbuf_to_priv(clone[i]), 0, PRIV_SIZE);
		own[i] = rte_pktmbuf_mtod(clone[i], char *);
		assert_ptr_equal(own[i], (char *)clone[i] + sizeof(*clone[i]) + PRIV_SIZE);
		rte_pktmbuf_attach(clone[i], i ? clone[0] : m);
		assert_ptr_equal(rte_pktmbuf_mtod(clone[i], char *), data);
		assert_int_equal(rte_pktmbuf_headroom(clone[i]), HEADROOM);
		assert_int_equal(holders(m), count + 1 + i);
	}
	rte_pktmbuf_detach(clone[0]);
	assert_ptr_equal(rte_pktmbuf_mtod(clone[0], char *), own[0]);
	assert_int_equal(holders(m), count + 1);
	rte_pktmbuf_detach(clone[1]);
	assert_ptr_equal(rte_pktmbuf_mtod(clone[1], char *), own[1]);
	assert_int_equal(holders(m), count);
	mbuf_assert(m, 100, 1);
	rte_pktmbuf_free(clone[1]);
	rte_pktmbuf_free(clone[0]);
	rte_pktmbuf_free(m);
}

static void
packet_detached_by_another_owner_is_an_mbuf_of_its_own(enum kind kind)
{
	struct rte_mbuf *m = make_filled(kind, 100, 1, 0);

	/* DPDK ignores a detach of a pinned mbuf; an attached packet gets its own room back, which is a real one. */
	if (RTE_MBUF_DIRECT(m)) { /* and a direct one is not to be detached */
		rte_pktmbuf_free(m);
		return;
	}
	rte_pktmbuf_detach(m);
	if (kind == RX_POOL) {
		mbuf_assert(m, 100, 1);
	} else {
		assert_true(RTE_MBUF_DIRECT(m));
		assert_int_equal(m->data_len, 0);
		assert_true(rte_pktmbuf_tailroom(m) >= 256);
		m->pkt_len = 0;
		bytes_fill(rte_pktmbuf_append(m, 256), 256, 2, 0);
		mbuf_assert(m, 256, 2);
	}
	rte_pktmbuf_free(m);
}

static void
counts_of_the_data_keep_it_while_mbufs_come_and_go(enum kind kind)
{
	struct rte_mbuf *m = make_filled(kind, 100, 1, 0), *clone = rte_pktmbuf_clone(m, std_pool);
	struct rte_mbuf_ext_shared_info *shinfo = m->shinfo;
	uint16_t count;

	if (!RTE_MBUF_HAS_EXTBUF(m)) { /* a direct mbuf has no shinfo */
		rte_pktmbuf_free(clone);
		rte_pktmbuf_free(m);
		return;
	}
	count = rte_mbuf_ext_refcnt_read(shinfo);
	/* 2 -> 3 -> 2 as test_pktmbuf_ext_shinfo_init_helper does, by hand and by a second attach. */
	assert_non_null(clone);
	rte_mbuf_ext_refcnt_update(shinfo, 1);
	assert_int_equal(rte_mbuf_ext_refcnt_read(shinfo), count + 1);
	rte_mbuf_ext_refcnt_set(shinfo, count);
	rte_pktmbuf_free(m);
	mbuf_assert(clone, 100, 1);
	rte_pktmbuf_detach_extbuf(clone);
	assert_true(RTE_MBUF_DIRECT(clone));
	clone->pkt_len = 0;
	rte_pktmbuf_free(clone);
}

#define CHECKS                                                                                                         \
	X(clones_and_clones_of_clones_count_and_keep_the_data)                                                         \
	X(copies_have_the_bytes_and_nothing_else)                                                                      \
	X(copy_into_the_pool_of_the_packet_ends)                                                                       \
	X(attaching_from_a_pool_of_another_shape_works)                                                                \
	X(packet_detached_by_another_owner_is_an_mbuf_of_its_own)                                                      \
	X(counts_of_the_data_keep_it_while_mbufs_come_and_go)

#define X KINDS_FUNCTIONS
CHECKS
#undef X

#define X KINDS_CASES
static const struct CMUnitTest cases[] = {CHECKS
#undef X
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "dpdk_clone", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
