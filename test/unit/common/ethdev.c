/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port from its name to its end (apps/common/ethdev.c), on net_null and net_ring.
 *
 * What would break: an MTU that is not set, or that is set again where the first time was enough; a wait for a link
 * that never comes; packets that stay in a port that is closed. Functions of this program replace DPDK's (the dynamic
 * linker finds them first) and give the answers that other drivers give.
 */
#include <signal.h>

#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>

#include "capture.h"
#include "ethdev.h"
#include "signals.h"
#include "support.h"

/* What rte_eth_dev_set_mtu() returns before and after the start, and how often it was called then. */
static struct {
	int before, after;
	unsigned calls_before, calls_after;
	bool started;
} mtu;

/* What rte_eth_dev_socket_id() returns. */
static int node;

/* rte_eth_link_get_nowait(): how often the link is down, and what it returns. */
static unsigned link_downs;
static int link_rc;

int
rte_eth_dev_start(uint16_t port_id)
{
	int (*real)(uint16_t);

	program_next(&real, sizeof(real), "rte_eth_dev_start");
	mtu.started = true;
	return real(port_id);
}

int
rte_eth_dev_set_mtu(uint16_t port_id, uint16_t value)
{
	(void)port_id;
	assert_int_equal(value, 1400);
	if (mtu.started)
		mtu.calls_after++;
	else
		mtu.calls_before++;
	return mtu.started ? mtu.after : mtu.before;
}

int
rte_eth_dev_socket_id(uint16_t port_id)
{
	(void)port_id;
	return node;
}

int
rte_eth_link_get_nowait(uint16_t port_id, struct rte_eth_link *link)
{
	(void)port_id;
	link->link_status = link_downs > 0 ? RTE_ETH_LINK_DOWN : RTE_ETH_LINK_UP;
	if (link_downs > 0)
		link_downs--;
	return link_rc;
}

/* A net_null port as ethdev_init() finds it, and a pool. */
static struct ethdev dev;
static struct rte_mempool *pool;

static int
open_port(void **state)
{
	struct rte_eth_conf conf = {0};
	struct rte_eth_dev_info info;
	uint16_t id;

	(void)state;
	pool = plain_pool("ethdev", 255, RTE_MBUF_DEFAULT_BUF_SIZE);
	assert_int_equal(rte_eal_hotplug_add("vdev", "net_null0", ""), 0);
	assert_int_equal(rte_eth_dev_get_port_by_name("net_null0", &id), 0);
	assert_int_equal(ethdev_init(&dev, id, &info), 0);
	assert_int_equal(rte_eth_dev_configure(id, 1, 1, &conf), 0);
	return 0;
}

static int
close_port(void **state)
{
	(void)state;
	if (rte_eth_dev_is_valid_port(dev.id))
		ethdev_close(&dev);
	assert_int_equal(rte_eal_hotplug_remove("vdev", "net_null0"), 0);
	rte_mempool_free(pool);
	return 0;
}

static int
set_up(void)
{
	const struct ethdev_queues queues = {.rx = 1, .tx = 1, .rxd = 64, .txd = 64, .rx_pool = pool};

	return ethdev_setup_queues(&dev, &queues);
}

static void
init_fills_in_what_the_port_says(void **state)
{
	struct rte_eth_dev_info info = {0};
	struct rte_ether_addr mac;
	struct ethdev d;

	(void)state;
	memset(&d, 0x5A, sizeof(d));
	assert_int_equal(ethdev_init(&d, dev.id, &info), 0);
	assert_string_equal(d.name, "net_null0");
	assert_string_equal(info.driver_name, "net_null");
	assert_int_equal(d.id, dev.id);
	assert_false(d.started);
	assert_int_equal(d.socket, 0);
	node = 3;
	assert_int_equal(ethdev_init(&d, dev.id, &info), 0);
	assert_int_equal(d.socket, 3);
	node = SOCKET_ID_ANY; /* the main lcore's */
	assert_int_equal(ethdev_init(&d, dev.id, &info), 0);
	assert_int_equal(d.socket, rte_lcore_to_socket_id(rte_get_main_lcore()));
	node = 0;
	assert_int_equal(rte_eth_macaddr_get(dev.id, &mac), 0);
	assert_memory_equal(&d.mac, &mac, sizeof(mac));
}

static void
init_of_no_port_has_an_error_line(void **state)
{
	struct rte_eth_dev_info info;
	struct ethdev d;
	char words[64];
	const char *said;
	int rc;

	(void)state;
	snprintf(words, sizeof(words), "port %u (port%u): information: ", RTE_MAX_ETHPORTS - 1, RTE_MAX_ETHPORTS - 1);
	capture_begin(stderr);
	rc = ethdev_init(&d, RTE_MAX_ETHPORTS - 1, &info);
	said = capture_end();
	assert_int_equal(rc, 1);
	assert_non_null(strstr(said, words));
}

static void
list_has_each_port_once(void **state)
{
	uint16_t ids[RTE_MAX_ETHPORTS], ring;
	unsigned n;

	(void)state;
	ring = port_loop(pool);
	n = ethdev_list(ids);
	assert_int_equal(n, 2);
	assert_int_not_equal(ids[0], ids[1]);
	for (unsigned i = 0; i < n; i++)
		assert_true(ids[i] == dev.id || ids[i] == ring);
	port_close(ring);
	assert_int_equal(ethdev_list(ids), 1);
	assert_int_equal(ids[0], dev.id);
}

static void
queues_that_the_port_does_not_have_are_named(void **state)
{
	const struct ethdev_queues queues[] = {{.rx = 2, .tx = 1, .rxd = 64, .txd = 64, .rx_pool = pool},
					       {.rx = 1, .tx = 2, .rxd = 64, .txd = 64, .rx_pool = pool}};
	const char *const words[] = {": RX queue: ", ": TX queue: "};

	(void)state;
	assert_int_equal(set_up(), 0);
	for (unsigned i = 0; i < 2; i++) {
		const char *said;
		int rc;

		capture_begin(stderr);
		rc = ethdev_setup_queues(&dev, &queues[i]);
		said = capture_end();
		assert_int_equal(rc, 1);
		assert_non_null(strstr(said, words[i]));
	}
}

static void
start_sets_the_mtu_where_the_driver_takes_it(void **state)
{
	static const struct {
		uint16_t mtu;
		int before, after, status;
		unsigned calls_before, calls_after;
	} rows[] = {
		{0, 0, 0, 0, 0, 0},
		{1400, 0, 0, 0, 1, 0},
		{1400, -ENOTSUP, 0, 0, 1, 0}, /* it takes it from the configuration */
		{1400, -EBUSY, 0, 0, 1, 1},   /* only once it is started */
		{1400, -EBUSY, -ENOTSUP, 0, 1, 1},
		{1400, -EBUSY, -EINVAL, 1, 1, 1},
	};

	(void)state;
	assert_int_equal(set_up(), 0);
	for (unsigned i = 0; i < DIM(rows); i++) {
		const char *said;
		int status;

		memset(&mtu, 0, sizeof(mtu));
		mtu.before = rows[i].before;
		mtu.after = rows[i].after;
		capture_begin(stderr);
		status = ethdev_start(&dev, rows[i].mtu);
		said = capture_end();
		assert_int_equal(status, rows[i].status);
		assert_true(dev.started);
		assert_int_equal(mtu.calls_before, rows[i].calls_before);
		assert_int_equal(mtu.calls_after, rows[i].calls_after);
		assert_int_equal(strstr(said, ": MTU: ") != NULL, status);
		assert_int_equal(rte_eth_dev_stop(dev.id), 0);
	}
}

static void
start_without_queues_has_an_error_line(void **state)
{
	const char *said;
	int status;

	(void)state;
	assert_int_equal(set_up(), 0);
	assert_int_equal(ethdev_start(&dev, 0), 0);
	assert_int_equal(rte_eth_dev_stop(dev.id), 0);
	dev.started = false;
	assert_int_equal(rte_eth_dev_close(dev.id), 0);
	capture_begin(stderr);
	status = ethdev_start(&dev, 0);
	said = capture_end();
	assert_int_equal(status, 1);
	assert_false(dev.started);
	assert_non_null(strstr(said, ": start: "));
}

/* The milliseconds that are left, if the link is down so often. */
static unsigned
left(unsigned ms, unsigned downs, int rc)
{
	link_downs = downs;
	link_rc = rc;
	ethdev_wait_link(&dev, &ms);
	return ms;
}

static void
wait_ends_when_the_link_is_up_or_the_time_is_over(void **state)
{
	(void)state;
	assert_int_equal(left(100, 0, 0), 100);
	assert_int_equal(left(100, 2, 0), 60);
	assert_int_equal(left(50, 1000, 0), 10);
	assert_int_equal(link_downs, 998);
	assert_int_equal(left(100, 1000, -ENOTSUP), 100); /* the port knows of no link */
}

static void
drain_frees_packets_up_to_a_number(void **state)
{
	struct ethdev ring = {.name = "ring"};
	struct rte_mbuf *mbuf[200];

	(void)state;
	ring.id = port_loop(pool);
	assert_int_equal(rte_pktmbuf_alloc_bulk(pool, mbuf, 200), 0);
	assert_int_equal(rte_eth_tx_burst(ring.id, 0, mbuf, 200), 200);
	ethdev_drain(&ring, 0, 65);
	assert_int_equal(rte_mempool_in_use_count(pool), 200 - 128); /* two bursts of 64 */
	ethdev_drain(&ring, 0, UINT32_MAX);
	home_assert_pool(pool, 255);
	port_close(ring.id);
}

static void
close_stops_and_closes(void **state)
{
	(void)state;
	assert_int_equal(set_up(), 0);
	assert_int_equal(ethdev_start(&dev, 0), 0);
	ethdev_close(&dev);
	assert_false(dev.started);
	assert_false(rte_eth_dev_is_valid_port(dev.id));
}

/* It comes last: what was asked for stays so. */
static void
wait_ends_when_the_program_is_to_stop(void **state)
{
	(void)state;
	signals_catch();
	raise(SIGTERM);
	assert_int_equal(left(100, 1000, 0), 100);
	signal(SIGTERM, SIG_DFL);
}

#define port_case(function) cmocka_unit_test_setup_teardown(function, open_port, close_port)

static const struct CMUnitTest cases[] = {
	port_case(init_fills_in_what_the_port_says),
	port_case(init_of_no_port_has_an_error_line),
	port_case(list_has_each_port_once),
	port_case(queues_that_the_port_does_not_have_are_named),
	port_case(start_sets_the_mtu_where_the_driver_takes_it),
	port_case(start_without_queues_has_an_error_line),
	port_case(wait_ends_when_the_link_is_up_or_the_time_is_over),
	port_case(drain_frees_packets_up_to_a_number),
	port_case(close_stops_and_closes),
	port_case(wait_ends_when_the_program_is_to_stop),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "ethdev", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
