/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What DPDK expects of an mbuf: the checks that DPDK's app/test/test_mbuf.c makes of mbufs with pinned external
 * buffers. They are written anew for the mbufs that this library gives to ports and takes from them.
 *
 * What would break: code that does not know this library (PMDs, DPDK's libraries, the program's own code) appends,
 * prepends, clones, copies, attaches, linearizes and frees these mbufs. So every check runs with each kind: mbufs of an
 * RX pool, packets made of LOCAL and of SHARED iovecs, and packets attached to a received mbuf. All have the same room
 * before and behind their data, and neighbours that must not change.
 */
#include <limits.h>

#include <rte_mbuf_dyn.h>

#include "support.h"

#define HEADROOM 128u
#define TAILROOM 2048u
#define ROOM (HEADROOM + TAILROOM)
#define RX_MBUFS 127u
#define PRIV_SIZE 128

enum kind { RX_POOL, LOCAL_PACKET, SHARED_PACKET, RX_PACKET, N_KINDS };

static struct evpl *evpl;
static struct rte_mempool *rx_pool, *std_pool, *small_pool;

/* Neighbours of the iovecs that became packets, all filled with stream 99, and clones that keep received mbufs. */
static struct evpl_iovec kept[200];
static unsigned n_kept;

static size_t field_offset;
static uint64_t flag;

static int
setup(void **state)
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

static int
teardown(void **state)
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

/* An mbuf without data, HEADROOM bytes before and TAILROOM behind. */
static struct rte_mbuf *
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

static struct rte_mbuf *
make_filled(enum kind kind, uint16_t length, uint64_t seed, uint64_t offset)
{
	struct rte_mbuf *m = make(kind);

	bytes_fill(rte_pktmbuf_append(m, length), length, seed, offset);
	return m;
}

static struct rte_mbuf *
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

#define CHECKS                                                                                                         \
	X(data_goes_in_and_out_within_bounds)                                                                          \
	X(data_with_every_byte_value_stays)                                                                            \
	X(free_of_each_segment_alone_brings_all_home)                                                                  \
	X(clones_and_clones_of_clones_count_and_keep_the_data)                                                         \
	X(copies_have_the_bytes_and_nothing_else)                                                                      \
	X(copy_into_the_pool_of_the_packet_ends)                                                                       \
	X(attaching_from_a_pool_of_another_shape_works)                                                                \
	X(packet_detached_by_another_owner_is_an_mbuf_of_its_own)                                                      \
	X(checks_of_dpdk_pass_and_see_damage)                                                                          \
	X(linearize_moves_all_bytes_into_the_first_segment)                                                            \
	X(linearize_without_room_changes_nothing)                                                                      \
	X(reads_at_offsets_find_the_bytes)                                                                             \
	X(reads_across_segments_put_the_bytes_together)                                                                \
	X(counts_of_the_packet_itself_free_it_with_the_last)                                                           \
	X(counts_of_the_data_keep_it_while_mbufs_come_and_go)                                                          \
	X(chain_split_before_the_free_leaves_clean_mbufs)                                                              \
	X(dynamic_fields_and_flags_work_and_do_not_stay)                                                               \
	X(offloads_that_make_sense_are_accepted)

#define X(check)                                                                                                       \
	static void check##_0(void **state)                                                                            \
	{                                                                                                              \
		(void)state;                                                                                           \
		check(RX_POOL);                                                                                        \
	}                                                                                                              \
	static void check##_1(void **state)                                                                            \
	{                                                                                                              \
		(void)state;                                                                                           \
		check(LOCAL_PACKET);                                                                                   \
	}                                                                                                              \
	static void check##_2(void **state)                                                                            \
	{                                                                                                              \
		(void)state;                                                                                           \
		check(SHARED_PACKET);                                                                                  \
	}                                                                                                              \
	static void check##_3(void **state)                                                                            \
	{                                                                                                              \
		(void)state;                                                                                           \
		check(RX_PACKET);                                                                                      \
	}
CHECKS
#undef X

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

#define mbuf_case(name, function)                                                                                      \
	{                                                                                                              \
		name, function, setup, teardown, (void *)(uintptr_t)&home_small                                        \
	}
#define X(check)                                                                                                       \
	mbuf_case(#check ": receive pool", check##_0), mbuf_case(#check ": LOCAL packet", check##_1),                  \
		mbuf_case(#check ": SHARED packet", check##_2), mbuf_case(#check ": received packet", check##_3),

static const struct CMUnitTest cases[] = {
	CHECKS
#undef X
		mbuf_case("rx_pool_gives_each_mbuf_once_and_all_again", rx_pool_gives_each_mbuf_once_and_all_again),
	mbuf_case("rx_pool_in_bulk_gives_all_or_nothing", rx_pool_in_bulk_gives_all_or_nothing),
};

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

int
main(int argc, char **argv)
{
	const struct program program = {
		.name = "dpdk_mbuf", .cases = cases, .n_cases = DIM(cases), .setup = register_dynamic};

	return program_main(&program, argc, argv);
}
