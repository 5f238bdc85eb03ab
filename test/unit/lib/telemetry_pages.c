/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Telemetry of things that there are many of: an answer shows as many as fit, from the one that is asked for.
 *
 * What would break: DPDK cuts an answer of more than 16 KiB without a word. One slab or port too many, or one that two
 * answers leave out, is not seen. So there is one more of each than an answer shows.
 */
#include <rte_ethdev.h>
#include <rte_lcore.h>

#include "asked.h"
#include "brought.h"
#include "port_lies.h"

static const struct evpl_global_config config = {
	.slab_size = 256 * KIB, .buffer_size = 16 * KIB, .large_buffer_size = 128 * KIB, .packet_mbufs = 63};
static const struct evpl_global_config tiny_slabs = {
	.slab_size = KIB, .buffer_size = KIB, .large_buffer_size = KIB, .packet_mbufs = 63};
static const struct evpl_global_config many_buffers = {
	.slab_size = 300 * KIB, .buffer_size = KIB, .large_buffer_size = KIB, .packet_mbufs = 63};
static const struct evpl_global_config sampled = {.slab_size = 256 * KIB,
						  .buffer_size = 16 * KIB,
						  .large_buffer_size = 64 * KIB,
						  .packet_mbufs = 63,
						  .sample_period = 2};

static void
maps_show_256_buffers_from_the_one_that_is_asked_for(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec;
	char *map;

	iovec_take(evpl, 1, LOCAL, &iovec, 1);
	map = ask("/evpl/map,0");
	assert_int_equal(telemetry_number(map, NULL, "first"), 0);
	assert_int_equal(telemetry_number(map, NULL, "buffers"), 300);
	assert_int_not_equal(telemetry_element(map, "fill", 255), INT64_MIN);
	assert_int_equal(telemetry_element(map, "fill", 256), INT64_MIN);
	free(map);
	map = ask("/evpl/map,0,290");
	assert_int_equal(telemetry_number(map, NULL, "first"), 290);
	assert_int_not_equal(telemetry_element(map, "age_ms", 9), INT64_MIN);
	assert_int_equal(telemetry_element(map, "age_ms", 10), INT64_MIN);
	free(map);
	assert_int_equal(number("/evpl/map,1", NULL, "slab"), INT64_MIN);
	evpl_iovec_release(evpl, &iovec);
}

static void
contexts_are_shown_twelve_at_a_time(void **state)
{
	const struct evpl_thread_config limited = {.stash_buffers = 7, .quota = 1280 * KIB};
	struct evpl *evpl[14];

	(void)state;
	for (unsigned i = 1; i < DIM(evpl); i++) {
		evpl[i] = evpl_create(i == 13 ? &limited : NULL);
		assert_non_null(evpl[i]);
	}
	assert_int_equal(number("/evpl/contexts", NULL, "contexts"), 14);
	assert_int_equal(shown("/evpl/contexts", "context"), 12);
	assert_int_equal(shown("/evpl/contexts,12", "context"), 2);
	assert_int_equal(number("/evpl/contexts,13", "context_13", "stash_size"), 7);
	assert_int_equal(number("/evpl/contexts,13", "context_13", "large_stash_size"), 7);
	assert_int_equal(number("/evpl/contexts,13", "context_13", "quota"), 1280 * KIB);
	assert_int_equal(number("/evpl/contexts", "context_0", "stash_size"), 64);
	assert_int_equal(number("/evpl/contexts", "context_0", "large_stash_size"), 32);
	assert_int_equal(number("/evpl/contexts,14", NULL, "contexts"), 14);
	assert_int_equal(shown("/evpl/contexts,14", "context"), 0);
	for (unsigned i = 1; i < DIM(evpl); i++)
		evpl_destroy(evpl[i]);
	assert_int_equal(number("/evpl/contexts", NULL, "contexts"), 1);
	assert_int_equal(number("/evpl/stats", NULL, "contexts_peak"), 14);
}

static void
slabs_are_shown_24_at_a_time(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[26];

	plain_builds_only(); /* with guards no iovec is as long as a buffer */
	for (unsigned i = 0; i < DIM(iovec); i++)
		assert_int_equal(evpl_iovec_alloc(evpl, KIB, 0, 1, LOCAL, &iovec[i]), 1);
	assert_int_equal(number("/evpl/slabs", NULL, "slabs"), 26);
	assert_int_equal(shown("/evpl/slabs", "slab"), 24);
	assert_int_equal(shown("/evpl/slabs,24", "slab"), 2);
	assert_int_equal(number("/evpl/slabs,25", "slab_25", "buffers"), 1);
	evpl_iovecs_release(evpl, iovec, DIM(iovec));
}

static void
pools_are_shown_64_at_a_time(void **state)
{
	struct rte_mempool *pool[66];
	struct rte_mbuf *m;

	(void)state;
	memory_only(128);
	for (unsigned i = 0; i < DIM(pool); i++) {
		char name[16];

		snprintf(name, sizeof(name), "rx%u", i);
		pool[i] = evpl_rx_pool_create(name, 3 + i, 0, SOCKET_ID_ANY);
		assert_non_null(pool[i]);
	}
	m = rte_pktmbuf_alloc(pool[65]);
	assert_non_null(m);
	assert_int_equal(number("/evpl/pools", NULL, "pools"), 67);
	assert_int_equal(shown("/evpl/pools", "pool"), 64);
	assert_int_equal(shown("/evpl/pools,64", "pool"), 3);
	assert_text("/evpl/pools", "pool_0", "kind", "packets");
	assert_int_equal(number("/evpl/pools", "pool_0", "mbufs"), 63);
	assert_text("/evpl/pools,66", "pool_66", "kind", "receive");
	assert_text("/evpl/pools,66", "pool_66", "name", "rx65");
	assert_int_equal(number("/evpl/pools,66", "pool_66", "mbufs"), 68);
	assert_int_equal(number("/evpl/pools,66", "pool_66", "mbufs_in_use"), 1);
	assert_int_equal(number("/evpl/pools,66", "pool_66", "node"), (int64_t)rte_socket_id());
	assert_int_equal(number("/evpl/stats", NULL, "rx_buffers_in_use"), 1);
	rte_pktmbuf_free(m);
	for (unsigned i = 0; i < DIM(pool); i++)
		assert_int_equal(evpl_rx_pool_destroy(pool[i]), 0);
}

/* A group of external slabs is not a NUMA node. */
static void
external_memory_is_shown_with_its_group(void **state)
{
	struct brought_end end = {0};
	void *addr = brought_add(2, 0, &end);
	struct evpl *evpl = brought_context(2);

	(void)state;
	assert_int_equal(number("/evpl/slabs", "slab_0", "node"), EVPL_EXTERNAL(2));
	assert_int_equal(number("/evpl/contexts", "context_1", "node"), EVPL_EXTERNAL(2));
	assert_int_equal(number("/evpl/contexts", "context_0", "node"), (int64_t)rte_socket_id());
	evpl_destroy(evpl);
	brought_remove(addr, &end);
}

static void
ports_are_shown_24_at_a_time(void **state)
{
	struct rte_mempool *pool = plain_pool("of_ports", 1, RTE_MBUF_DEFAULT_BUF_SIZE);
	uint16_t port[26];

	(void)state;
	for (unsigned i = 0; i < DIM(port); i++)
		port[i] = port_loop(pool);
	assert_int_equal(number("/evpl/ports", NULL, "ports"), 26);
	assert_int_equal(shown("/evpl/ports", "port"), 24);
	assert_int_equal(shown("/evpl/ports,24", "port"), 2);
	for (unsigned i = 0; i < DIM(port); i++)
		port_close(port[i]);
	rte_mempool_free(pool);
}

static void
ports_are_shown_with_their_pool_and_counters(void **state)
{
	const struct rte_eth_stats counted = {.ipackets = 1,
					      .opackets = 2,
					      .ibytes = 3,
					      .obytes = 4,
					      .imissed = 5,
					      .ierrors = 6,
					      .oerrors = 7,
					      .rx_nombuf = 8};
	const struct expected counters[] = {{"rx_packets", 1}, {"tx_packets", 2}, {"rx_bytes", 3},  {"tx_bytes", 4},
					    {"rx_missed", 5},  {"rx_errors", 6},  {"tx_errors", 7}, {"rx_no_mbuf", 8}};
	struct rte_mempool *pool = evpl_rx_pool_create("of_port", 31, 0, SOCKET_ID_ANY);
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[5];
	uint16_t port;
	char name[32];

	assert_non_null(pool);
	port = port_loop(pool);
	snprintf(name, sizeof(name), "port_%u", port);
	for (unsigned i = 0; i < DIM(iovec); i++)
		iovec_take(evpl, 100, LOCAL, &iovec[i], i);
	assert_int_equal(evpl_tx_burst(evpl, port, 0, iovec, 5), 5);
	assert_int_equal(evpl_rx_burst(evpl, port, 0, iovec, 3), 3);
	assert_int_equal(number("/evpl/ports", name, "tx_packets"), 5);
	assert_int_equal(number("/evpl/ports", name, "rx_packets"), 3);
	assert_int_equal(number("/evpl/ports", name, "rx_queues"), 1);
	assert_int_equal(number("/evpl/ports", name, "tx_queues"), 1);
	assert_int_equal(number("/evpl/ports", name, "limits"), evpl_port_check(port, NULL, 0));
	assert_int_equal(number("/evpl/ports", name, "link"), 1);
	assert_int_equal(rte_eth_dev_set_link_down(port), 0);
	assert_int_equal(number("/evpl/ports", name, "link"), 0);
	assert_int_equal(rte_eth_dev_set_link_up(port), 0);
	assert_text("/evpl/ports", name, "driver", "net_ring");
	assert_text("/evpl/ports", name, "rx_pool", "");
	lies = (struct lies){.rx_pool = pool, .driver = "net_liar", .stats = counted};
	evpl_iovecs_release(evpl, iovec, 3);
	assert_text("/evpl/ports", name, "driver", "net_liar");
	assert_text("/evpl/ports", name, "rx_pool", "of_port");
	assert_int_equal(number("/evpl/ports", name, "rx_in_slabs"), 1);
	assert_int_equal(number("/evpl/ports", name, "rx_mbufs_in_use"), 0);
	assert_figures("/evpl/ports", name, counters);
	lies = (struct lies){0};
	assert_int_equal(number("/evpl/ports", NULL, "ports"), 1);
	snprintf(name, sizeof(name), "/evpl/ports,%u", port + 1);
	assert_int_equal(number(name, NULL, "ports"), 1);
	assert_int_equal(shown(name, "port"), 0);
	assert_int_equal(evpl_rx_burst(evpl, port, 0, iovec, 3), 2);
	evpl_iovecs_release(evpl, iovec, 2);
	port_close(port);
	assert_int_equal(evpl_rx_pool_destroy(pool), 0);
}

static void
held_samples_are_scaled(void **state)
{
	struct evpl *evpl = home_context(state);
	struct evpl_iovec iovec[8];
	char *said;

	plain_builds_only(); /* tracing knows each iovec, and takes no samples */
	/* volatile: clang would make eight calls of the one, which are eight places. */
	for (volatile unsigned i = 0; i < DIM(iovec); i++)
		assert_int_equal(evpl_iovec_alloc(evpl, 1000, 0, 1, LOCAL, &iovec[i]), 1);
	said = ask("/evpl/held");
	assert_int_equal(telemetry_number(said, "site_0", "sampled_iovecs"), 4);
	assert_int_equal(telemetry_number(said, "site_0", "sampled_bytes"), 4000);
	assert_int_equal(telemetry_number(said, "site_0", "iovecs"), 8);
	assert_int_equal(telemetry_number(said, "site_0", "bytes"), 8000);
	assert_int_equal(telemetry_number(said, "site_0", "estimate"), 1);
	assert_in_range(telemetry_number(said, "site_0", "oldest_ms"), 0, 3600000);
	assert_false(telemetry_is_text(said, "site_0", "where", ""));
	assert_int_equal(telemetry_count(said, "\"site_"), 1);
	free(said);
	evpl_iovecs_release(evpl, iovec, DIM(iovec));
	assert_int_equal(shown("/evpl/held", "site"), 0);
}

static void
units_are_those_of_the_command(void **state)
{
	char *said;

	(void)state;
	assert_text("/evpl/units,/evpl/slabs", NULL, "kind", "text");
	assert_text("/evpl/units,/evpl/slabs", NULL, "bytes_pinned", "bytes");
	assert_text("/evpl/units,/evpl/stats", NULL, "contexts", "contexts");
	assert_text("/evpl/units,/evpl/map", NULL, "fill", "per cent");
	said = ask("/evpl/units");
	assert_int_equal(telemetry_count(said, "\"/evpl/"), 1 + 9); /* the command, and those that have units */
	free(said);
	said = ask("/evpl/units,/evpl/map");
	assert_int_equal(telemetry_count(said, "\":\""), 6); /* none but the map's */
	free(said);
	said = ask("/evpl/units,/evpl/none");
	assert_int_equal(telemetry_count(said, "\""), 2);
	free(said);
}

static void
processes_are_shown_24_at_a_time(void **state)
{
	const struct expected values[] = {{"pid", 0},	       {"iovecs", 40},	    {"packets", 30},
					  {"iovecs_lent", 0},  {"packets_sent", 0}, {"waiting_there", 0},
					  {"waiting_here", 0}, {"reclaimed", 0}};
	struct evpl_process *process[26];

	(void)state;
	plain_builds_only(); /* a tracing library lends nothing */
	for (unsigned i = 0; i < DIM(process); i++) {
		char name[16];

		snprintf(name, sizeof(name), "w%u", i);
		process[i] = evpl_process_create(name, i == 25 ? 40 : 1, i == 25 ? 30 : 1);
		assert_non_null(process[i]);
	}
	assert_int_equal(number("/evpl/processes", NULL, "processes"), 26);
	assert_int_equal(shown("/evpl/processes", "process"), 24);
	assert_int_equal(shown("/evpl/processes,24", "process"), 2);
	assert_figures("/evpl/processes,25", "process_25", values);
	assert_text("/evpl/processes,25", "process_25", "name", "w25");
	assert_text("/evpl/processes,25", "process_25", "state", "absent");
	for (unsigned i = 0; i < DIM(process); i++)
		assert_int_equal(evpl_process_free(process[i]), 0);
}

static void
slabs_that_went_are_counted(void **state)
{
	const struct evpl_thread_config few = {.stash_buffers = 1};
	struct evpl *evpl = evpl_create(&few);
	struct evpl_iovec iovec[20];
	int64_t slabs;

	(void)state;
	assert_non_null(evpl);
	for (unsigned i = 0; i < DIM(iovec); i++)
		iovec_take(evpl, 16 * KIB - 2 * GUARDS, LOCAL, &iovec[i], i);
	evpl_iovecs_release(evpl, iovec, DIM(iovec));
	evpl_destroy(evpl);
	slabs = number("/evpl/stats", NULL, "slabs");
	assert_true(slabs >= 2);
	assert_true(evpl_trim() > 0);
	assert_int_equal(number("/evpl/stats", NULL, "slabs"), 0);
	assert_int_equal(number("/evpl/stats", NULL, "slabs_given_back"), slabs);
	assert_int_equal(number("/evpl/stats", NULL, "slabs_made"), slabs);
}

/* The main lcore's node counts only for a thread that has none. */
static unsigned main_lcore_node = UINT_MAX; /* UINT_MAX: the true one */

unsigned
rte_lcore_to_socket_id(unsigned lcore)
{
	unsigned (*real)(unsigned);

	program_next(&real, sizeof(real), "rte_lcore_to_socket_id");
	return main_lcore_node != UINT_MAX ? main_lcore_node : real(lcore);
}

static void
context_is_of_its_threads_node(void **state)
{
	struct evpl *evpl;

	(void)state;
	main_lcore_node = rte_socket_id() + 1;
	evpl = evpl_create(NULL);
	main_lcore_node = UINT_MAX;
	assert_non_null(evpl);
	assert_int_equal(number("/evpl/contexts", "context_1", "node"), (int64_t)rte_socket_id());
	evpl_destroy(evpl);
}

/* Each answer has tables inside, of 16 KiB or more. DPDK frees them. */
static void
answers_leave_no_memory(void **state)
{
	const char *const commands[] = {"/evpl/contexts", "/evpl/slabs", "/evpl/map,0", "/evpl/pools", "/evpl/ports"};
	struct rte_mempool *pool = plain_pool("of_port", 31, RTE_MBUF_DEFAULT_BUF_SIZE);
	struct evpl *evpl = home_context(state);
	uint16_t port = port_loop(pool);
	struct evpl_iovec iovec;
	size_t heap = 0;

	iovec_take(evpl, 100, LOCAL, &iovec, 1);
	for (unsigned round = 0; round < 60; round++) {
		for (unsigned i = 0; i < DIM(commands); i++)
			free(ask(commands[i]));
		if (round == 9)
			heap = home_c_heap();
	}
	assert_true(home_c_heap() < heap + 200000);
	evpl_iovec_release(evpl, &iovec);
	port_close(port);
	rte_mempool_free(pool);
}

static const struct CMUnitTest cases[] = {
	home_case(contexts_are_shown_twelve_at_a_time, config),
	home_case(slabs_are_shown_24_at_a_time, tiny_slabs),
	home_case(maps_show_256_buffers_from_the_one_that_is_asked_for, many_buffers),
	home_case(pools_are_shown_64_at_a_time, config),
	home_case(external_memory_is_shown_with_its_group, brought_config),
	home_case(ports_are_shown_24_at_a_time, config),
	home_case(ports_are_shown_with_their_pool_and_counters, config),
	home_case(held_samples_are_scaled, sampled),
	home_case(processes_are_shown_24_at_a_time, config),
	home_case(units_are_those_of_the_command, config),
	home_case(answers_leave_no_memory, config),
	home_case(context_is_of_its_threads_node, config),
	home_case(slabs_that_went_are_counted, config),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "telemetry_pages", .cases = cases, .n_cases = DIM(cases)};

	return telemetry_begin("telemetry_pages") ? program_main(&program, argc, argv) : 1;
}
