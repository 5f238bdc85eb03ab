/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * External slabs: how they come, who takes from them, and how they go.
 *
 * What would break: a context that gets bytes in other memory than it asked for (headers on a GPU, or secrets in memory
 * that another program sees); memory that is given back while something of it is held; and a failed call that keeps
 * something. The kinds of memory are in external_memory.c.
 */
#include <errno.h>
#include <sys/mman.h>

#include <rte_cycles.h>
#include <rte_log.h>

#include "brought.h"
#include "logged.h"

static const struct evpl_global_config three_slabs = {
	.slab_size = 64 * KIB, .buffer_size = 16 * KIB, .max_slabs = 3, .packet_mbufs = 63};
static const struct evpl_global_config one_class = {
	.slab_size = 64 * KIB, .buffer_size = 16 * KIB, .large_buffer_size = 16 * KIB, .packet_mbufs = 63};
static const struct evpl_global_config idle = {.slab_size = 64 * KIB,
					       .buffer_size = 16 * KIB,
					       .large_buffer_size = 64 * KIB,
					       .packet_mbufs = 63,
					       .idle_trim_ms = 1};

static struct evpl_stats
stats(void)
{
	struct evpl_stats now;

	evpl_stats_get(&now);
	return now;
}

static int
add(void *addr, int group, unsigned flags, struct brought_end *end)
{
	return evpl_slab_add_external(addr, BROUGHT_LENGTH, PAGE, NULL, EVPL_EXTERNAL(group),
				      flags | EVPL_EXTERNAL_NO_IOVA, brought_ended, end);
}

/* Whole buffers, of which the slab has four. */
static void
take(struct evpl *evpl, struct evpl_iovec *iovecs, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(evpl_iovec_alloc(evpl, 16 * KIB, 0, 1, SHARED, &iovecs[i]), 1);
		iovec_fill(&iovecs[i], i);
	}
}

static void
external_slabs_need_a_library(void **state)
{
	struct brought_end end = {0};
	void *addr = brought_map(BROUGHT_LENGTH, PROT_READ | PROT_WRITE, -1);

	(void)state;
	rte_log_set_global_level(RTE_LOG_CRIT);
	assert_int_equal(add(addr, 0, 0, &end), -EPERM);
	assert_int_equal(evpl_slab_remove_external(addr), -ENOENT);
	assert_int_equal(end.calls, 0);
	rte_log_set_global_level(RTE_LOG_NOTICE);
	assert_int_equal(munmap(addr, BROUGHT_LENGTH), 0);
}

/* The group's contexts take from its slabs and from no other memory, and nobody else takes from them. */
static void
group_and_the_rest_are_apart(void **state)
{
	struct evpl_iovec mine[4], others[9], more;
	struct brought_end end = {0}, end_other = {0};
	void *addr = brought_add(3, 0, &end), *other = brought_add(15, 0, &end_other);
	struct evpl *evpl = brought_context(3);

	take(evpl, mine, DIM(mine));
	take(home_context(state), others, DIM(others));
	for (unsigned i = 0; i < DIM(mine); i++) {
		assert_true(brought_has(addr, mine[i].data, mine[i].length));
		for (unsigned k = 0; k < i; k++)
			assert_ptr_not_equal(mine[i].data, mine[k].data);
	}
	for (unsigned i = 0; i < DIM(others); i++) {
		assert_false(brought_has(addr, others[i].data, others[i].length));
		assert_false(brought_has(other, others[i].data, others[i].length));
		iovec_assert(&others[i], i, 0);
	}
	assert_fails(evpl_iovec_alloc(evpl, 1, 0, 1, LOCAL, &more), ENOMEM);
	/* Released through a context of other memory they go home all the same. */
	for (unsigned i = 0; i < DIM(mine); i++) {
		iovec_assert(&mine[i], i, 0);
		evpl_iovec_release(i % 2 == 0 ? home_context(state) : NULL, &mine[i]);
	}
	take(evpl, mine, DIM(mine));
	evpl_iovecs_release(evpl, mine, DIM(mine));
	evpl_iovecs_release(home_context(state), others, DIM(others));
	evpl_destroy(evpl);
	brought_remove(addr, &end);
	brought_remove(other, &end_other);
}

static void
group_without_slabs_has_no_memory_until_there_is_one(void **state)
{
	struct evpl *evpl = brought_context(0);
	struct brought_end end = {0};
	struct evpl_iovec iovec;
	void *addr;

	(void)state;
	assert_fails(evpl_iovec_alloc(evpl, 1, 0, 1, LOCAL, &iovec), ENOMEM);
	for (unsigned round = 0; round < 3; round++) {
		addr = brought_add(0, 0, &end);
		assert_int_equal(evpl_iovec_alloc(evpl, 1, 0, 1, LOCAL, &iovec), 1);
		assert_true(brought_has(addr, iovec.data, 1));
		evpl_iovec_release(evpl, &iovec);
		evpl_destroy(evpl);
		evpl = brought_context(0);
		brought_remove(addr, &end);
	}
	evpl_destroy(evpl);
}

static void
slab_that_is_in_use_is_not_removed(void **state)
{
	struct evpl *evpl = brought_context(1);
	struct brought_end end = {0};
	void *addr = brought_add(1, 0, &end);
	struct evpl_iovec iovec, clone;
	struct rte_mbuf *packet;

	(void)state;
	assert_int_equal(evpl_iovec_alloc(evpl, 1000, 0, 1, SHARED, &iovec), 1);
	iovec_fill(&iovec, 5);
	evpl_iovec_clone(&clone, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &clone, 1);
	assert_non_null(packet);
	assert_int_equal(evpl_slab_remove_external(addr), -EBUSY);
	evpl_destroy(evpl);
	assert_int_equal(evpl_slab_remove_external(addr), -EBUSY);
	iovec_assert(&iovec, 5, 0);
	evpl_iovec_release(NULL, &iovec);
	assert_int_equal(evpl_slab_remove_external(addr), -EBUSY);
	mbuf_assert(packet, 1000, 5);
	assert_int_equal(end.calls, 0);
	rte_pktmbuf_free(packet);
	brought_remove(addr, &end);
}

/* In a stash, or current: the program ends the context. */
static void
slab_of_an_idle_context_is_not_removed(void **state)
{
	struct evpl *evpl = brought_context(1);
	struct brought_end end = {0};
	void *addr = brought_add(1, 0, &end);
	struct evpl_iovec iovec[4];

	(void)state;
	take(evpl, iovec, DIM(iovec));
	evpl_iovecs_release(evpl, iovec, DIM(iovec));
	assert_int_equal(evpl_slab_remove_external(addr), -EBUSY);
	evpl_destroy(evpl);
	brought_remove(addr, &end);
}

static void
refused_cleanup_keeps_the_slab_and_the_last_one_ends_it(void **state)
{
	struct brought_end end = {0};
	struct evpl_iovec iovec;
	struct evpl *evpl;
	void *addr;

	(void)state;
	assert_int_equal(evpl_init(&brought_config), 0);
	addr = brought_add(2, 0, &end);
	evpl = brought_context(2);
	assert_int_equal(evpl_iovec_alloc(evpl, 10, 0, 1, LOCAL, &iovec), 1);
	assert_int_equal(evpl_cleanup(), -EBUSY);
	assert_int_equal(end.calls, 0);
	evpl_iovec_release(evpl, &iovec);
	evpl_destroy(evpl);
	assert_int_equal(evpl_cleanup(), 0);
	assert_int_equal(end.calls, 1);
	assert_ptr_equal(end.addr, addr);
	/* Nothing of it is left for the next time. */
	assert_int_equal(evpl_init(&brought_config), 0);
	assert_int_equal(evpl_slab_remove_external(addr), -ENOENT);
	addr = brought_add(2, EVPL_EXTERNAL_UNTOUCHED, &end);
	assert_int_equal(evpl_cleanup(), 0);
	assert_int_equal(end.calls, 2);
}

static void
slab_without_a_free_callback_comes_and_goes(void **state)
{
	void *addr = brought_map(BROUGHT_LENGTH, PROT_READ | PROT_WRITE, -1);

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(evpl_slab_add_external(addr, BROUGHT_LENGTH, PAGE, NULL, EVPL_EXTERNAL(0),
							EVPL_EXTERNAL_NO_IOVA, NULL, NULL),
				 0);
		assert_int_equal(evpl_slab_remove_external(addr), 0);
	}
	assert_int_equal(munmap(addr, BROUGHT_LENGTH), 0);
}

/* The keeper gives all others back, so it has looked at this one, too. */
static void
trim_and_keeper_leave_it(void **state)
{
	struct home *home = *state;
	struct brought_end end = {0};
	void *addr = brought_add(0, 0, &end);
	struct evpl_iovec iovec[20];

	take(home->evpl, iovec, DIM(iovec));
	evpl_iovecs_release(home->evpl, iovec, DIM(iovec));
	evpl_destroy(home->evpl);
	home->evpl = NULL;
	for (unsigned ms = 0; ms < 120000 && stats().slabs > 1; ms++)
		rte_delay_us_sleep(1000);
	assert_int_equal(stats().slabs, 1);
	assert_int_equal(evpl_trim(), 0);
	assert_int_equal(stats().slab_bytes, BROUGHT_LENGTH);
	assert_int_equal(end.calls, 0);
	brought_remove(addr, &end);
}

static void
statistics_have_it(void **state)
{
	struct evpl_stats before = stats(), now;
	struct brought_end end = {0};
	struct evpl *evpl = brought_context(0);
	struct evpl_iovec iovec[2];
	void *addr, *large;

	(void)state;
	addr = brought_add(0, 0, &end);
	large = brought_add(0, EVPL_EXTERNAL_LARGE, &end);
	take(evpl, iovec, DIM(iovec));
	now = stats();
	assert_int_equal(now.slabs, before.slabs + 2);
	assert_int_equal(now.slab_bytes, before.slab_bytes + 2 * BROUGHT_LENGTH);
	assert_int_equal(now.buffers, before.buffers + 5);
	assert_int_equal(now.large_buffers, before.large_buffers + 1);
	assert_int_equal(now.buffers_in_use, before.buffers_in_use + 2);
	assert_int_equal(now.other_node, 0);
	evpl_iovecs_release(evpl, iovec, DIM(iovec));
	evpl_destroy(evpl);
	brought_remove(addr, &end);
	brought_remove(large, &end);
	now = stats();
	assert_int_equal(now.slabs, before.slabs);
	assert_int_equal(now.slab_bytes, before.slab_bytes);
	assert_int_equal(now.buffers, before.buffers);
}

static void
large_slab_has_large_buffers(void **state)
{
	struct brought_end end = {0};
	struct evpl *evpl = brought_context(0);
	void *addr = brought_add(0, EVPL_EXTERNAL_LARGE, &end);
	struct evpl_iovec iovec;

	(void)state;
	assert_int_equal(evpl_iovec_alloc(evpl, 64 * KIB, 0, 1, SHARED, &iovec), 1);
	assert_ptr_equal(iovec.data, addr);
	iovec_fill(&iovec, 1);
	iovec_assert(&iovec, 1, 0);
	evpl_iovec_release(evpl, &iovec);
	/* Small requests are served from it, too: the group has no other buffers. */
	assert_int_equal(evpl_iovec_alloc(evpl, 100, 0, 1, LOCAL, &iovec), 1);
	assert_true(brought_has(addr, iovec.data, 100));
	evpl_iovec_release(evpl, &iovec);
	evpl_destroy(evpl);
	brought_remove(addr, &end);
}

static void
large_request_is_split_over_small_buffers(void **state)
{
	struct brought_end end = {0};
	struct evpl *evpl = brought_context(0);
	void *addr = brought_add(0, 0, &end);
	struct evpl_iovec iovec[4];

	(void)state;
	assert_fails(evpl_iovec_alloc(evpl, 64 * KIB, 0, 1, LOCAL, iovec), ENOMEM);
	assert_int_equal(evpl_iovec_alloc(evpl, 64 * KIB, 0, 4, LOCAL, iovec), 4);
	for (unsigned i = 0; i < DIM(iovec); i++)
		assert_true(brought_has(addr, iovec[i].data, iovec[i].length));
	evpl_iovecs_release(evpl, iovec, DIM(iovec));
	evpl_destroy(evpl);
	brought_remove(addr, &end);
}

static void
one_class_has_one_size(void **state)
{
	struct brought_end end = {0};
	struct evpl *evpl = brought_context(0);
	void *addr = brought_add(0, EVPL_EXTERNAL_LARGE, &end);
	struct evpl_iovec iovec[4];

	(void)state;
	take(evpl, iovec, DIM(iovec));
	evpl_iovecs_release(evpl, iovec, DIM(iovec));
	evpl_destroy(evpl);
	brought_remove(addr, &end);
}

/* What a refused call leaves is checked at the case's end: no buffer, and no byte of EAL's heap. */
static void
overlapping_memory_is_refused(void **state)
{
	struct brought_end end = {0}, never = {0};
	char *addr = brought_add(0, 0, &end);
	struct rte_mempool *pool = evpl_rx_pool_create("overlap", 63, 0, SOCKET_ID_ANY);
	struct rte_mbuf *received = pool != NULL ? rte_pktmbuf_alloc(pool) : NULL;
	struct evpl_stats before = stats();
	struct evpl_iovec iovec;

	assert_non_null(received);
	rte_log_set_global_level(RTE_LOG_CRIT);
	assert_int_equal(add(addr, 0, 0, &never), -EEXIST);
	assert_int_equal(add(addr, 5, 0, &never), -EEXIST);
	assert_int_equal(add(addr + BROUGHT_LENGTH - PAGE, 0, 0, &never), -EEXIST);
	assert_int_equal(add(addr - BROUGHT_LENGTH + PAGE, 0, 0, &never), -EEXIST);
	assert_int_equal(evpl_slab_add_external(addr + PAGE, PAGE, PAGE, NULL, EVPL_EXTERNAL(0), EVPL_EXTERNAL_NO_IOVA,
						brought_ended, &never),
			 -EEXIST);
	/* Memory that the library itself has. */
	assert_int_equal(evpl_iovec_alloc(home_context(state), 100, 0, 1, LOCAL, &iovec), 1);
	assert_int_equal(evpl_slab_add_external((void *)((uintptr_t)iovec.data & ~(uintptr_t)(PAGE - 1)), PAGE, PAGE,
						NULL, EVPL_EXTERNAL(0), EVPL_EXTERNAL_NO_IOVA, brought_ended, &never),
			 -EEXIST);
	assert_int_equal(evpl_slab_add_external((void *)((uintptr_t)received->buf_addr & ~(uintptr_t)(PAGE - 1)), PAGE,
						PAGE, NULL, EVPL_EXTERNAL(0), EVPL_EXTERNAL_NO_IOVA, brought_ended,
						&never),
			 -EEXIST);
	rte_log_set_global_level(RTE_LOG_NOTICE);
	rte_pktmbuf_free(received);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
	evpl_iovec_release(home_context(state), &iovec);
	assert_int_equal(stats().buffers, before.buffers + 4);
	assert_int_equal(never.calls, 0);
	brought_remove(addr, &end);
}

static void
group_is_touched_or_not(void **state)
{
	void *second = brought_map(BROUGHT_LENGTH, PROT_READ | PROT_WRITE, -1);
	struct brought_end end = {0};
	void *addr = brought_add(0, 0, &end);

	(void)state;
	rte_log_set_global_level(RTE_LOG_CRIT);
	assert_int_equal(add(second, 0, EVPL_EXTERNAL_UNTOUCHED, &end), -EINVAL);
	assert_int_equal(add(second, 0, EVPL_EXTERNAL_UNTOUCHED | EVPL_EXTERNAL_LARGE, &end), -EINVAL);
	rte_log_set_global_level(RTE_LOG_NOTICE);
	assert_int_equal(end.calls, 0);
	brought_remove(addr, &end);
	/* The group is empty: now it may be either. */
	assert_int_equal(add(second, 0, EVPL_EXTERNAL_UNTOUCHED, &end), 0);
	brought_remove(second, &end);
}

static void
slab_beyond_max_slabs_is_refused(void **state)
{
	struct brought_end end = {0}, never = {0};
	void *addr[4];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		addr[i] = brought_add(0, 0, &end);
	addr[3] = brought_map(BROUGHT_LENGTH, PROT_READ | PROT_WRITE, -1);
	log_begin();
	assert_int_equal(add(addr[3], 0, 0, &never), -ENOMEM);
	assert_logged("evpl_slab_add_external: there are 3 slabs already, and max_slabs is 3");
	brought_remove(addr[1], &end);
	assert_int_equal(add(addr[3], 0, 0, &end), 0);
	brought_remove(addr[0], &end);
	brought_remove(addr[2], &end);
	brought_remove(addr[3], &end);
	assert_int_equal(never.calls, 0);
}

/* A callback of evpl_slab_notify(). */
struct told {
	unsigned added, removed;
	struct evpl_slab_info last;
	int answer;
};

static int
tell(enum evpl_slab_event event, const struct evpl_slab_info *slab, void *arg)
{
	struct told *told = arg;

	told->added += event == EVPL_SLAB_ADDED;
	told->removed += event == EVPL_SLAB_REMOVED;
	told->last = *slab;
	return told->answer;
}

static void
callbacks_are_told_of_it(void **state)
{
	struct brought_end end = {0};
	struct told told = {0}, late = {0};
	void *addr, *refused = brought_map(BROUGHT_LENGTH, PROT_READ | PROT_WRITE, -1);

	(void)state;
	assert_int_equal(evpl_slab_notify(tell, &told), 0);
	addr = brought_add(7, EVPL_EXTERNAL_LARGE | EVPL_EXTERNAL_UNTOUCHED, &end);
	assert_int_equal(told.added, 1);
	assert_ptr_equal(told.last.addr, addr);
	assert_int_equal(told.last.length, BROUGHT_LENGTH);
	assert_int_equal(told.last.page_size, PAGE);
	assert_null(told.last.zone);
	assert_int_equal(told.last.socket_id, EVPL_EXTERNAL(7));
	assert_int_equal(told.last.flags, EVPL_EXTERNAL_LARGE | EVPL_EXTERNAL_UNTOUCHED | EVPL_EXTERNAL_NO_IOVA);
	assert_int_equal(evpl_slab_notify(tell, &late), 0);
	assert_int_equal(late.added, 1);
	assert_ptr_equal(late.last.addr, addr);
	/* One that refuses is asked last, and the others are told that it goes. */
	late.answer = ENOSPC;
	rte_log_set_global_level(RTE_LOG_CRIT);
	assert_int_equal(add(refused, 0, 0, &end), -ENOSPC);
	rte_log_set_global_level(RTE_LOG_NOTICE);
	assert_int_equal(end.calls, 0);
	assert_int_equal(told.added, 2);
	assert_int_equal(told.removed, 1);
	late.answer = 0;
	brought_remove(addr, &end);
	assert_int_equal(told.removed, 2);
	assert_int_equal(late.removed, 1);
	assert_int_equal(evpl_slab_notify_end(tell, &told), 0);
	assert_int_equal(evpl_slab_notify_end(tell, &late), 0);
	assert_int_equal(munmap(refused, BROUGHT_LENGTH), 0);
}

/* All memory of EAL is spent: the mbufs of a slab find none. */
static void
no_memory_for_mbufs_keeps_nothing(void **state)
{
	void *addr = brought_map(BROUGHT_LENGTH, PROT_READ | PROT_WRITE, -1);
	struct brought_end end = {0};
	void *spent = home_spend_heap();
	int rc;

	(void)state;
	rte_log_set_global_level(RTE_LOG_CRIT);
	rc = add(addr, 0, 0, &end);
	rte_log_set_global_level(RTE_LOG_NOTICE);
	home_give_back(spent);
	assert_int_equal(rc, -ENOMEM);
	assert_int_equal(end.calls, 0);
	assert_int_equal(add(addr, 0, 0, &end), 0);
	brought_remove(addr, &end);
}

static const struct CMUnitTest cases[] = {
	cmocka_unit_test(external_slabs_need_a_library),
	home_case(group_and_the_rest_are_apart, brought_config),
	home_case(group_without_slabs_has_no_memory_until_there_is_one, brought_config),
	home_case(slab_that_is_in_use_is_not_removed, brought_config),
	home_case(slab_of_an_idle_context_is_not_removed, brought_config),
	cmocka_unit_test(refused_cleanup_keeps_the_slab_and_the_last_one_ends_it),
	home_case(slab_without_a_free_callback_comes_and_goes, brought_config),
	home_case(trim_and_keeper_leave_it, idle),
	home_case(statistics_have_it, brought_config),
	home_case(large_slab_has_large_buffers, brought_config),
	home_case(large_request_is_split_over_small_buffers, brought_config),
	home_case(one_class_has_one_size, one_class),
	home_case(overlapping_memory_is_refused, brought_config),
	home_case(group_is_touched_or_not, brought_config),
	home_case(slab_beyond_max_slabs_is_refused, three_slabs),
	home_case(callbacks_are_told_of_it, brought_config),
	home_case(no_memory_for_mbufs_keeps_nothing, brought_config),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "external", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
