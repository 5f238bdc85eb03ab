/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which pages of a slab have memory. Without huge pages, the system gives a page its memory when it is first written.
 *
 * What would break: a slab that is made ahead of need, but is not written, makes the data path wait for the system at
 * each new page. A slab that is made on demand, and is written, takes memory that a container may not have.
 *
 * EAL writes zeros over what it gets back. So each case has a longer slab than the one before it, which has pages that
 * this process has not written before.
 */
#include <sys/mman.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "support.h"

#define KIB (1u << 10)
#define MIB (1u << 20)

static const struct evpl_global_config on_demand = {
	.slab_size = 4 * MIB, .buffer_size = 16 * KIB, .large_buffer_size = 64 * KIB, .packet_mbufs = 63};
static const struct evpl_global_config preallocated = {.slab_size = 8 * MIB,
						       .buffer_size = 16 * KIB,
						       .large_buffer_size = 64 * KIB,
						       .packet_mbufs = 63,
						       .preallocate_slabs = 1};
static const struct evpl_global_config ahead = {.slab_size = 24 * MIB,
						.buffer_size = 16 * KIB,
						.large_buffer_size = 64 * KIB,
						.packet_mbufs = 63,
						.low_watermark = 16 * KIB};

static int
count_pages_without_memory(enum evpl_slab_event event, const struct evpl_slab_info *slab, void *arg)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)slab->addr & ~(page - 1);
	unsigned char has_memory;

	for (; event == EVPL_SLAB_ADDED && at < (uintptr_t)slab->addr + slab->length; at += page) {
		assert_int_equal(mincore((void *)at, 1, &has_memory), 0);
		*(unsigned *)arg += !(has_memory & 1);
	}
	return 0;
}

static unsigned
pages_without_memory(void)
{
	unsigned pages = 0;

	assert_int_equal(evpl_slab_notify(count_pages_without_memory, &pages), 0);
	assert_int_equal(evpl_slab_notify_end(count_pages_without_memory, &pages), 0);
	return pages;
}

static void
slab_on_demand_has_memory_where_it_is_used(void **state)
{
	struct evpl_iovec iovec;

	plain_builds_only(); /* tracing fills free bytes */
	skip_unless(!rte_eal_has_hugepages(), "EAL has huge pages, which have memory from the beginning");
	iovec_take(home_context(state), 16 * KIB, LOCAL, &iovec, 1);
	assert_true(pages_without_memory() > 0);
	evpl_iovec_release(home_context(state), &iovec);
}

static void
each_page_of_a_preallocated_slab_has_memory(void **state)
{
	(void)state;
	assert_int_equal(pages_without_memory(), 0);
}

/* However long the keeper takes. */
static void
each_page_of_a_slab_of_the_keeper_has_memory(void **state)
{
	struct evpl_stats now = {0};

	(void)state;
	while (now.slabs == 0) {
		rte_delay_us_sleep(1000);
		evpl_stats_get(&now);
	}
	assert_int_equal(pages_without_memory(), 0);
}

static const struct CMUnitTest cases[] = {
	home_case(slab_on_demand_has_memory_where_it_is_used, on_demand),
	home_case(each_page_of_a_preallocated_slab_has_memory, preallocated),
	home_case(each_page_of_a_slab_of_the_keeper_has_memory, ahead),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "pages", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
