/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every call of the library that can fail, with each fault of what it calls outside (trial.h).
 *
 * What would break: a call that runs out of something could crash, lose what it had made up to then, or leave the
 * library in a state in which nothing works any more.
 */
#include "calls.h"

const struct evpl_global_config calls_config = {.slab_size = 4 << 20, .packet_mbufs = 1023};

struct evpl *calls_evpl;

void
calls_begin(void)
{
	assert_int_equal(evpl_init(&calls_config), 0);
}

void
calls_begin_context(void)
{
	calls_begin();
	calls_evpl = evpl_create(NULL);
	assert_non_null(calls_evpl);
}

void
calls_end(void)
{
	evpl_destroy(calls_evpl);
	calls_evpl = NULL;
	home_assert();
	assert_int_equal(evpl_cleanup(), 0);
}

/* One size: alloc, a clone, a packet of the clone. */
static void
use_size(struct evpl *evpl, unsigned length, unsigned flags)
{
	struct evpl_iovec iovec, clone;
	struct rte_mbuf *packet;

	iovec_take(evpl, length, flags, &iovec, length);
	evpl_iovec_clone(&clone, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &clone, 1);
	assert_non_null(packet);
	mbuf_assert(packet, length, length);
	rte_pktmbuf_free(packet);
	iovec_assert(&iovec, length, 0);
	evpl_iovec_release(evpl, &iovec);
}

void
calls_use(struct evpl *evpl)
{
	use_size(evpl, 1000, LOCAL);
	use_size(evpl, 1000, SHARED);
	use_size(evpl, 1 << 20, LOCAL);
}

void
calls_use_context(void)
{
	calls_use(calls_evpl);
}

void
calls_end_pause(void)
{
	struct rte_mempool *pool = evpl_rx_pool_create("pause", 1, 0, SOCKET_ID_ANY);

	assert_non_null(pool);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
}

static int
print_sum(void **state)
{
	unsigned functions, places, faults = faulty_injected(&functions, &places);

	(void)state;
	print_message("# %u faults of %u functions, called at %u places\n", faults, functions, places);
	return 0;
}

/* What the library keeps for the main thread as long as that lives is made before the first trial. */
static int
warm_up(void **state)
{
	static bool warm;

	(void)state;
	if (evpl_buffer_size() != 0)
		fail_msg("not run: an earlier case failed and left the library running");
	if (warm)
		return 0;
	calls_begin_context();
	calls_use_context();
	calls_end();
	warm = true;
	return 0;
}

/* The first trial starts the library for the first time. Tracing never forgets what it made for the main thread. */
static int
warm_up_tracing(void **state)
{
	return EVPL_IOVEC_TRACE ? warm_up(state) : 0;
}

#define calls_case(function) cmocka_unit_test_setup(function, warm_up)

int
main(int argc, char **argv)
{
	static const struct CMUnitTest cases[] = {
		cmocka_unit_test_setup(init_with_defaults, warm_up_tracing),
		calls_case(first_start_without_operations),
		calls_case(first_start_without_a_command),
		calls_case(init_with_preallocated_slabs),
		calls_case(init_has_a_helper_for_each_further_slab),
		calls_case(init_without_memory_for_slabs_says_so),
		calls_case(init_with_a_keeper),
		calls_case(keeper_makes_slabs),
		calls_case(init_with_far_packets),
		calls_case(create_default),
		calls_case(create_with_quota),
		calls_case(create_for_a_group),
		calls_case(create_with_samples),
		calls_case(create_with_far_packets),
		calls_case(cleanup_deferred_with_an_iovec),
		calls_case(notify_of_slabs),
		calls_case(notify_of_pressure),
		calls_case(process_is_created),
		calls_case(process_is_reclaimed),
		calls_case(process_is_freed),
		calls_case(process_attaches),
		calls_case(ports_are_checked),
		calls_case(telemetry_answers),
		calls_case(leak_report_is_true),
		calls_case(holders_are_logged),
		calls_case(alloc_makes_a_small_slab),
		calls_case(alloc_makes_a_large_slab),
		calls_case(alloc_splits),
		calls_case(alloc_of_many_makes_slabs),
		calls_case(reserve_makes_a_slab),
		calls_case(alloc_with_memory_of_the_node_for_a_shelf),
		calls_case(alloc_without_memory_of_the_node_for_a_shelf),
		calls_case(allocs_without_memory_look_for_it_rarely),
		calls_case(alloc_tries_again_by_itself),
		calls_case(alloc_from_another_stash),
		calls_case(growth_to_the_end),
		calls_case(wait_makes_a_slab),
		calls_case(to_mbuf),
		calls_case(to_mbuf_far),
		calls_case(tx_burst),
		calls_case(packets_of_a_plain_pool),
		calls_case(rx_burst_copies_chains),
		calls_case(rx_pool_is_created),
		calls_case(ring_is_created),
		calls_case(external_slab_is_added),
		calls_case(clones_beyond_16_bits),
	};
	static const struct child children[] = {
		{.name = "without_operations", .run = child_without_operations},
		{.name = "without_a_command", .run = child_without_a_command},
	};
	const struct program program = {
		.name = "faults-calls",
		.cases = cases,
		.n_cases = DIM(cases),
		.children = children,
		.n_children = DIM(children),
		.teardown = print_sum,
	};

	return program_main(&program, argc, argv);
}
