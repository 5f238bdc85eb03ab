/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two classes of buffers: a request of up to a large buffer is one iovec, and small requests stay in small buffers.
 *
 * What would break: libevpl's own programs take 1 MiB in at most 8 iovecs, or aligned to 4,096 in one. A view, a stash
 * or a pool that confuses the two classes loses a buffer, or gives the same bytes to two holders.
 */
#include <limits.h>

#include <rte_errno.h>
#include <rte_memory.h>

#include "port_lies.h"
#include "zone_lies.h"

#define KIB (1u << 10)
#define MIB (1u << 20)
#define MANY 64u

static const struct evpl_global_config two = {.slab_size = 4 * MIB, .packet_mbufs = 255};
static const struct evpl_global_config two_slabs = {.slab_size = 4 * MIB, .max_slabs = 2, .packet_mbufs = 255};
static const struct evpl_global_config one_slab = {.slab_size = 4 * MIB, .max_slabs = 1, .packet_mbufs = 255};
static const struct evpl_global_config one_class = {
	.slab_size = 4 * MIB, .large_buffer_size = 64 * KIB, .packet_mbufs = 255};
static const struct evpl_global_config odd_slab = {
	.slab_size = 100000, .buffer_size = 1024, .large_buffer_size = 100000, .packet_mbufs = 255};
static const struct evpl_global_config odd_class = {
	.slab_size = 1 * MIB, .buffer_size = 2 * KIB, .large_buffer_size = 100000, .packet_mbufs = 255};

static const struct evpl_global_config small_rooms = {
	.slab_size = 64 * KIB, .buffer_size = 3008, .large_buffer_size = 3008, .packet_mbufs = 63};

static struct evpl_stats
stats(void)
{
	struct evpl_stats now;

	evpl_stats_get(&now);
	return now;
}

/* Takes and fills; the n iovecs must add up. */
static void
take(struct evpl *evpl, unsigned length, unsigned alignment, int n, unsigned flags, struct evpl_iovec *iovec)
{
	uint64_t sum = 0;

	assert_int_equal(evpl_iovec_alloc(evpl, length, alignment, (unsigned)n, flags, iovec), n);
	for (int i = 0; i < n; i++) {
		if (alignment != 0)
			assert_int_equal((uintptr_t)iovec[i].data % alignment, 0);
		iovec_fill(&iovec[i], (uint64_t)i + length);
		sum += iovec[i].length;
	}
	assert_int_equal(sum, length);
}

static void
assert_content(const struct evpl_iovec *iovec, int n, unsigned length)
{
	for (int i = 0; i < n; i++)
		iovec_assert(&iovec[i], (uint64_t)i + length, 0);
}

static void
alloc_up_to_a_large_buffer_is_one_iovec(void **state)
{
	struct evpl *evpl = home_context(state);
	const struct {
		unsigned length, alignment;
	} ask[] = {{64 * KIB, 0}, {64 * KIB + 1, 0}, {100000, 0},    {MIB, 0},	 {MIB, 4096},
		   {2 * MIB, 0},  {2 * MIB, 4096},   {3, 128 * KIB}, {MIB, MIB}, {1500, 0}};
	struct evpl_iovec iovec[DIM(ask)], copy;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		for (unsigned i = 0; i < DIM(ask); i++)
			take(evpl, ask[i].length, ask[i].alignment, 1, flags, &iovec[i]);
		evpl_iovec_clone(&copy, &iovec[5]);
		for (unsigned i = 0; i < DIM(ask); i++)
			assert_content(&iovec[i], 1, ask[i].length);
		evpl_iovecs_release(evpl, iovec, DIM(iovec));
		assert_content(&copy, 1, ask[5].length);
		evpl_iovec_release(evpl, &copy);
		home_assert_held(0);
	}
}

static void
alloc_beyond_a_large_buffer_is_the_fewest(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[4];

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		assert_fails(evpl_iovec_alloc(evpl, 2 * MIB + 1, 0, 1, flags, iovec), EMSGSIZE);
		assert_fails(evpl_iovec_alloc(evpl, 5 * MIB, 0, 2, flags, iovec), EMSGSIZE);
		home_assert_held(0);
		take(evpl, 2 * MIB + 1, 0, 2, flags, iovec);
		assert_content(iovec, 2, 2 * MIB + 1);
		evpl_iovecs_release(evpl, iovec, 2);
		take(evpl, 5 * MIB, 4096, 3, flags, iovec);
		assert_content(iovec, 3, 5 * MIB);
		evpl_iovecs_release(evpl, iovec, 3);
		home_assert_held(0);
	}
}

/*
 * Small buffers are small so that one is used again while it is in cache. Small iovecs in large buffers would walk
 * through cold megabytes for ever.
 */
static void
small_allocs_go_back_to_small_buffers(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec;

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		take(evpl, 100000, 0, 1, flags, &iovec);
		assert_int_equal(stats().large_buffers_in_use, 1);
		evpl_iovec_release(evpl, &iovec);
		for (unsigned bytes = 0; bytes < 4 * MIB; bytes += 1500) {
			take(evpl, 1500, 0, 1, flags, &iovec);
			evpl_iovec_release(evpl, &iovec);
		}
		assert_int_equal(stats().large_buffers_in_use, 0);
	}
}

static void
without_a_large_slab_small_buffers_serve(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec small, iovec[MANY];
	int n;

	take(evpl, 1, 0, 1, LOCAL, &small);
	n = evpl_iovec_alloc(evpl, MIB, 0, MANY, LOCAL, iovec);
	assert_in_range(n, 16, 17);
	assert_int_equal(stats().large_buffers, 0);
	assert_fails(evpl_iovec_alloc(evpl, MIB, 0, 8, LOCAL, iovec + 20), ENOMEM);
	home_assert_held((uint32_t)n);
	evpl_iovecs_release(evpl, iovec, n);
	evpl_iovec_release(evpl, &small);
}

static void
without_a_small_buffer_large_ones_serve(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec large, iovec[MANY], last;

	take(evpl, 2 * MIB, 0, 1, LOCAL, &large);
	for (unsigned i = 0; i < MANY; i++)
		take(evpl, 64 * KIB, 0, 1, LOCAL, &iovec[i]);
	assert_int_equal(stats().large_buffers_in_use, 1);
	take(evpl, 1500, 0, 1, LOCAL, &last);
	assert_int_equal(stats().large_buffers_in_use, 2);
	assert_content(&large, 1, 2 * MIB);
	for (unsigned i = 0; i < MANY; i++)
		assert_content(&iovec[i], 1, 64 * KIB);
	evpl_iovec_release(evpl, &last);
	evpl_iovecs_release(evpl, iovec, MANY);
	evpl_iovec_release(evpl, &large);
}

static void
the_rest_of_a_split_takes_a_large_buffer_when_small_ones_are_spent(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec small[MANY], iovec[2];

	for (unsigned i = 0; i < MANY; i++)
		take(evpl, 64 * KIB, 0, 1, LOCAL, &small[i]);
	take(evpl, 2 * MIB + 10 * KIB, 0, 2, LOCAL, iovec);
	assert_int_equal(stats().large_buffers_in_use, 2);
	assert_content(iovec, 2, 2 * MIB + 10 * KIB);
	evpl_iovecs_release(evpl, iovec, 2);
	evpl_iovecs_release(evpl, small, MANY);
}

static void
one_class_splits_over_its_buffers(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[16];

	assert_int_equal(evpl_large_buffer_size(), evpl_buffer_size());
	assert_fails(evpl_iovec_alloc(evpl, MIB, 0, 8, LOCAL, iovec), EMSGSIZE);
	take(evpl, MIB, 0, 16, LOCAL, iovec);
	assert_content(iovec, 16, MIB);
	assert_int_equal(stats().large_buffers, 0);
	evpl_iovecs_release(evpl, iovec, 16);
}

static void
sizes_that_divide_nothing_serve_as_well(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[32];
	struct dice dice;

	assert_int_equal(evpl_large_buffer_size(), RTE_ALIGN(100000, RTE_CACHE_LINE_SIZE));
	dice_init(&dice, 1);
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < DIM(iovec); i++)
			take(evpl, 1 + dice_below(&dice, i % 4 == 0 ? 60000 : 3000), 1u << dice_below(&dice, 12), 1,
			     dice_below(&dice, 2), &iovec[i]);
		for (unsigned i = 0; i < DIM(iovec); i++)
			assert_content(&iovec[i], 1, iovec[i].length);
		evpl_iovecs_release(evpl, iovec, DIM(iovec));
	}
	home_assert_held(0);
}

static void
reserve_of_a_large_buffer_gives_its_tail_back(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec reserved, next;

	assert_int_equal(evpl_iovec_reserve(evpl, MIB, 0, 1, &reserved), 1);
	evpl_iovec_set_length(&reserved, 1000);
	iovec_fill(&reserved, 1);
	evpl_iovec_commit(evpl, 0, &reserved, 1);
	take(evpl, 2 * MIB - 8192, 0, 1, LOCAL, &next);
	assert_int_equal(stats().large_buffers_in_use, 1);
	iovec_assert(&reserved, 1, 0);
	assert_content(&next, 1, 2 * MIB - 8192);
	evpl_iovec_release(evpl, &reserved);
	evpl_iovec_release(evpl, &next);
}

static void
packet_of_a_large_buffer_outlives_its_iovec(void **state)
{
	struct evpl *evpl = home_context(state);

	for (unsigned flags = LOCAL; flags <= SHARED; flags++) {
		struct evpl_iovec iovec;
		struct rte_mbuf *packet;

		assert_int_equal(evpl_iovec_alloc(evpl, 100000, 0, 1, flags, &iovec), 1);
		iovec_fill(&iovec, 7);
		packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
		assert_non_null(packet);
		assert_int_equal(packet->nb_segs, 2); /* a segment has at most 65,535 bytes */
		mbuf_assert(packet, 100000, 7);
		rte_pktmbuf_free(packet);
	}
}

static void
no_limit_of_iovecs_writes_no_more_than_are_returned(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec small, iovec[2] = {{0}};

	/* A whole buffer: in what another one had left there could be an address of that alignment. */
	take(evpl, 64 * KIB, 0, 1, LOCAL, &small);
	assert_fails(evpl_iovec_alloc(evpl, 100, MIB, UINT_MAX, LOCAL, iovec), ENOMEM);
	assert_null(iovec[0].data);
	assert_null(iovec[0].ref);
	evpl_iovec_release(evpl, &small);
}

static void
init_again_with_odd_sizes_is_served(void **state)
{
	const struct evpl_global_config again = {.slab_size = 100000};

	(void)state;
	assert_int_equal(evpl_init(&again), 0);
	assert_int_equal(evpl_cleanup(), 0);
}

static void
init_refuses_impossible_large_buffers(void **state)
{
	const struct evpl_global_config smaller = {.large_buffer_size = 32 * KIB, .buffer_size = 64 * KIB};
	const struct evpl_global_config beyond_slab = {.large_buffer_size = 8 * MIB, .slab_size = 4 * MIB};
	const struct evpl_global_config other = {.large_buffer_size = MIB};
	const struct evpl_global_config same = {.large_buffer_size = 2 * MIB};

	(void)state;
	assert_int_equal(evpl_init(&smaller), -EINVAL);
	assert_int_equal(evpl_init(&beyond_slab), -EINVAL);
	assert_int_equal(evpl_init(&other), -EALREADY);
	assert_int_equal(evpl_init(&same), 0);
	assert_int_equal(evpl_cleanup(), 0);
	assert_int_equal(evpl_large_buffer_size(), 2 * MIB);
}

/* Devices see the bytes behind the end of a huge page elsewhere. Without such pages there are smaller ones. */
static void
no_buffer_crosses_the_end_of_a_page(void **state)
{
	struct evpl *evpl = home_context(state);
	const struct rte_memseg_list *memory;
	struct evpl_iovec iovec[30];

	plain_builds_only(); /* guards are in the buffers, too */
	lies.huge_pages = true;
	for (unsigned i = 0; i < DIM(iovec); i++)
		take(evpl, evpl_buffer_size(), 0, 1, LOCAL, &iovec[i]);
	lies.huge_pages = false;
	for (unsigned i = 0; i < DIM(iovec); i++) {
		memory = rte_mem_virt2memseg_list(iovec[i].data);
		assert_non_null(memory);
		assert_true((uintptr_t)iovec[i].data % memory->page_sz + evpl_buffer_size() <= memory->page_sz);
	}
	assert_true(stats().slabs > 1);
	evpl_iovecs_release(evpl, iovec, DIM(iovec));
}

/* Only where addresses are physical, a buffer beyond a huge page needs neighbouring pages. They are asked for once. */
static void
buffer_beyond_a_page_is_of_contiguous_pages(void **state)
{
	const struct evpl_global_config config = {
		.slab_size = 8 * MIB, .buffer_size = 4 * MIB, .preallocate_slabs = 1, .packet_mbufs = 63};

	(void)state;
	for (int physical = 0; physical <= 1; physical++) {
		int rc;

		zone_lies_begin();
		lies = (struct lies){.iova_pa = physical};
		rc = evpl_init(&config);
		lies = (struct lies){0};
		assert_int_equal(atomic_load(&zone_lies.contiguous), physical || rte_eal_iova_mode() == RTE_IOVA_PA);
		/* Huge pages may have no neighbours. Then it asks for any. */
		assert_in_range(atomic_load(&zone_lies.calls), 1, rte_eal_has_hugepages() ? 2 : 1);
		assert_int_equal(evpl_cleanup(), rc == 0 ? 0 : -EPERM);
	}
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test(buffer_beyond_a_page_is_of_contiguous_pages),
	home_case(no_buffer_crosses_the_end_of_a_page, small_rooms),
	home_case(alloc_up_to_a_large_buffer_is_one_iovec, two),
	home_case(alloc_beyond_a_large_buffer_is_the_fewest, two),
	home_case(small_allocs_go_back_to_small_buffers, two),
	home_case(without_a_large_slab_small_buffers_serve, one_slab),
	home_case(without_a_small_buffer_large_ones_serve, two_slabs),
	home_case(the_rest_of_a_split_takes_a_large_buffer_when_small_ones_are_spent, two_slabs),
	home_case(one_class_splits_over_its_buffers, one_class),
	home_case(sizes_that_divide_nothing_serve_as_well, odd_class),
	home_case(reserve_of_a_large_buffer_gives_its_tail_back, two),
	home_case(packet_of_a_large_buffer_outlives_its_iovec, two),
	home_case(no_limit_of_iovecs_writes_no_more_than_are_returned, one_slab),
	home_case(init_again_with_odd_sizes_is_served, odd_slab),
	home_case(init_refuses_impossible_large_buffers, two),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "large", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
