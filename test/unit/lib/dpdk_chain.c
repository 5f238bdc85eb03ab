/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What DPDK expects of a chain of mbufs, as app/test/test_mbuf.c checks it.
 *
 * What would break: code that does not know this library links, splits, linearizes and frees these mbufs segment by
 * segment. So every check runs with each kind of mbuf (mbuf_kinds.h).
 */
#include "mbuf_kinds.h"

static void
free_of_each_segment_alone_brings_all_home(enum kind kind)
{
	const uint16_t length[] = {10, 20, 30, 40};
	struct rte_mbuf *m = make_chain(kind, length, 4, 1);

	while (m != NULL) {
		struct rte_mbuf *next = m->next;

		rte_pktmbuf_free_seg(m);
		m = next;
	}
}

static void
linearize_moves_all_bytes_into_the_first_segment(enum kind kind)
{
	const struct {
		unsigned bytes, segments;
	} shape[] = {{128, 1}, {64, 16}, {512, 10}, {250, 11}, {123, 8}, {TAILROOM, 2}};

	for (unsigned i = 0; i < DIM(shape); i++) {
		uint16_t length[16];
		unsigned left = shape[i].bytes;
		struct rte_mbuf *m;

		for (unsigned k = 0; k < shape[i].segments; k++) {
			length[k] = (uint16_t)(left / (shape[i].segments - k));
			left -= length[k];
		}
		m = make_chain(kind, length, shape[i].segments, i);
		assert_int_equal(rte_pktmbuf_linearize(m), 0);
		assert_true(rte_pktmbuf_is_contiguous(m));
		assert_int_equal(m->nb_segs, 1);
		mbuf_assert(m, shape[i].bytes, i);
		rte_pktmbuf_free(m);
	}
}

static void
linearize_without_room_changes_nothing(enum kind kind)
{
	const uint16_t length[] = {TAILROOM, 1};
	struct rte_mbuf *m = make_chain(kind, length, 2, 1);

	assert_int_not_equal(rte_pktmbuf_linearize(m), 0);
	assert_int_equal(m->nb_segs, 2);
	mbuf_assert(m, TAILROOM + 1, 1);
	rte_pktmbuf_free(m);
}

static void
reads_across_segments_put_the_bytes_together(enum kind kind)
{
	const struct {
		uint16_t length[5];
		unsigned n;
		uint32_t offset, bytes;
		bool fails;
	} shape[] = {
		{{100, 100, 100}, 3, 0, 300, false},
		{{100, 125, 150}, 3, 99, 201, false},
		{{100, 100}, 2, 0, 100, false},
		{{114, 200}, 2, 14, 150, false},
		{{1000, 100}, 2, 0, 1000, false},
		{{1024, 0, 100}, 3, 100, 1001, false},
		{{1000, 1, 1000}, 3, 1000, 2, false},
		{{1464, 50, 256, 800, 10}, 5, 1000, 2048, true},
		{{1464, 50, 256, 800, 10}, 5, 0, 2580, false},
	};
	uint8_t room[4096];

	for (unsigned i = 0; i < DIM(shape); i++) {
		struct rte_mbuf *m = make_chain(kind, shape[i].length, shape[i].n, i);
		const void *p = rte_pktmbuf_read(m, shape[i].offset, shape[i].bytes, room);

		if (shape[i].fails) {
			assert_null(p);
		} else {
			assert_non_null(p);
			assert_int_equal(bytes_right(p, shape[i].bytes, i, shape[i].offset), shape[i].bytes);
		}
		rte_pktmbuf_free(m);
	}
}

static void
chain_split_before_the_free_leaves_clean_mbufs(enum kind kind)
{
	const uint16_t length[] = {500, 500, 500};
	struct rte_mbuf *m0 = make_chain(kind, length, 3, 1);
	struct rte_mbuf *m1 = m0->next, *m2 = m1->next;

	/* home_assert_pool() in the teardown looks at next and nb_segs of each. */
	assert_int_equal(m0->nb_segs, 3);
	m0->nb_segs = 2;
	m0->pkt_len = 1000;
	m1->next = NULL;
	m2->nb_segs = 1;
	m2->pkt_len = 500;
	mbuf_assert(m0, 1000, 1);
	rte_pktmbuf_free(m0);
	assert_int_equal(bytes_right(rte_pktmbuf_mtod(m2, void *), 500, 1, 1000), 500);
	rte_pktmbuf_free(m2);
}

#define CHECKS                                                                                                         \
	X(free_of_each_segment_alone_brings_all_home)                                                                  \
	X(linearize_moves_all_bytes_into_the_first_segment)                                                            \
	X(linearize_without_room_changes_nothing)                                                                      \
	X(reads_across_segments_put_the_bytes_together)                                                                \
	X(chain_split_before_the_free_leaves_clean_mbufs)

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
	const struct program program = {.name = "dpdk_chain", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
