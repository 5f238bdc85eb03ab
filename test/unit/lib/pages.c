/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which pages of a slab have memory. Without huge pages, the system gives a page its memory when it is first written.
 *
 * What would break: a slab that is made ahead of need, but is not written, makes the data path wait for the system at
 * each new page. A slab that is made on demand, and is written, takes memory that a container may not have.
 *
 * EAL writes zeros over what it gets back. So each case has more bytes of slabs than the one before it, with pages that
 * this process has not written before.
 */
#include <fcntl.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "support.h"

#define KIB (1u << 10)
#define MIB (1u << 20)

/* No anchor is before buffers of that size, so a page has memory only if an iovec has written there. */
static const struct evpl_global_config on_demand = {
	.slab_size = 16 * MIB, .buffer_size = 1 * MIB, .large_buffer_size = 1 * MIB, .packet_mbufs = 63};
static const struct evpl_global_config preallocated = {.slab_size = 8 * MIB,
						       .buffer_size = 16 * KIB,
						       .large_buffer_size = 64 * KIB,
						       .packet_mbufs = 63,
						       .preallocate_slabs = 5};
static const struct evpl_global_config ahead = {.slab_size = 64 * MIB,
						.buffer_size = 16 * KIB,
						.large_buffer_size = 64 * KIB,
						.packet_mbufs = 63,
						.low_watermark = 16 * KIB};

/* Whether a page of this process has memory. */
static bool
has_memory(int pagemap, uintptr_t page, size_t page_size)
{
	uint64_t entry = 0;

	assert_int_equal(pread(pagemap, &entry, sizeof(entry), (off_t)(page / page_size * sizeof(entry))),
			 sizeof(entry));
	return entry >> 62 != 0;
}

static int
count_empty_pages(enum evpl_slab_event event, const struct evpl_slab_info *slab, void *arg)
{
	size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	uintptr_t at = (uintptr_t)slab->addr & ~(page_size - 1);
	int pagemap = open("/proc/self/pagemap", O_RDONLY);
	unsigned *empty = arg;

	assert_true(pagemap >= 0);
	for (; event == EVPL_SLAB_ADDED && at < (uintptr_t)slab->addr + slab->length; at += page_size)
		*empty += !has_memory(pagemap, at, page_size);
	close(pagemap);
	return 0;
}

/* Whether something is in swap. */
static bool
is_swapping(void)
{
	FILE *swaps = fopen("/proc/swaps", "r");
	unsigned long used = 0, sum = 0;
	char line[512];

	while (swaps != NULL && fgets(line, sizeof(line), swaps) != NULL) {
		if (sscanf(line, "%*s %*s %*s %lu", &used) == 1)
			sum += used;
	}
	if (swaps != NULL)
		fclose(swaps);
	return sum > 0;
}

/* Ends the case where it cannot be seen which pages have memory. The kernel does not tell of shared pages in swap. */
#define pages_can_be_seen_only()                                                                                       \
	do {                                                                                                           \
		skip_unless(access("/proc/self/pagemap", R_OK) == 0, "there is no pagemap");                           \
		skip_unless(!is_swapping(), "the machine swaps");                                                      \
	} while (0)

static unsigned
empty_pages(void)
{
	unsigned pages = 0;

	assert_int_equal(evpl_slab_notify(count_empty_pages, &pages), 0);
	assert_int_equal(evpl_slab_notify_end(count_empty_pages, &pages), 0);
	return pages;
}

static void
slab_on_demand_has_memory_where_it_is_used(void **state)
{
	struct evpl_iovec iovec;

	plain_builds_only(); /* tracing fills free bytes */
	pages_can_be_seen_only();
	skip_unless(!rte_eal_has_hugepages(), "EAL has huge pages, which have memory from the beginning");
	iovec_take(home_context(state), 16 * KIB, LOCAL, &iovec, 1);
	assert_true(empty_pages() > 0);
	evpl_iovec_release(home_context(state), &iovec);
}

static void
each_page_of_a_preallocated_slab_has_memory(void **state)
{
	struct evpl_stats now;

	(void)state;
	evpl_stats_get(&now);
	assert_int_equal(now.slabs, preallocated.preallocate_slabs);
	pages_can_be_seen_only();
	assert_int_equal(empty_pages(), 0);
}

/* However long the keeper takes. */
static void
each_page_of_a_slab_of_the_keeper_has_memory(void **state)
{
	struct evpl_stats now = {0};

	(void)state;
	pages_can_be_seen_only();
	while (now.slabs == 0) {
		rte_delay_us_sleep(1000);
		evpl_stats_get(&now);
	}
	assert_int_equal(empty_pages(), 0);
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
