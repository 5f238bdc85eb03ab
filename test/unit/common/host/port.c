/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A host's ports (apps/common/host/port.c), on net_null, without lwIP's netifs.
 *
 * What would break: mbufs that are too few for what may be in flight, or too short for a frame; a limit of a port that
 * is not noticed; and a pool that is not freed, or is freed while somebody holds its mbufs. Functions of this program
 * replace the library's and DPDK's (the dynamic linker finds them first) and change the one answer in question.
 */
#include <rte_dev.h>
#include <rte_ethdev.h>

#include "../capture.h"
#include "host/port.h"
#include "support.h"

/* Other answers than the true ones; zero: these. */
static struct {
	bool limit, error;
	const char *driver;
	uint64_t rx_offload_capa, tx_offload_capa;
	uint16_t nb_seg_max, nb_mtu_seg_max;
} lies;

int
evpl_port_check(uint16_t port_id, struct evpl_port_limit *limits, unsigned max)
{
	(void)port_id;
	if (!lies.limit || max == 0)
		return lies.limit;
	memset(limits, 0, sizeof(*limits));
	limits->kind = lies.error ? EVPL_PORT_SECONDARY : EVPL_PORT_RX_VLAN;
	limits->is_error = lies.error;
	strcpy(limits->text, "a limit");
	limits->remedy = "a remedy";
	return 1;
}

int
rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *info)
{
	int (*real)(uint16_t, struct rte_eth_dev_info *);
	int rc;

	program_next(&real, sizeof(real), "rte_eth_dev_info_get");
	rc = real(port_id, info);
	if (rc != 0)
		return rc;
	if (lies.driver != NULL)
		info->driver_name = lies.driver;
	info->rx_offload_capa |= lies.rx_offload_capa;
	info->tx_offload_capa |= lies.tx_offload_capa;
	if (lies.nb_seg_max != 0)
		info->tx_desc_lim.nb_seg_max = lies.nb_seg_max;
	if (lies.nb_mtu_seg_max != 0)
		info->tx_desc_lim.nb_mtu_seg_max = lies.nb_mtu_seg_max;
	return 0;
}

static struct host_ports ports;
static const struct address_options no_addresses;
static const struct port_options usual = {
	.rx_offload = true, .tx_offload = true, .rxd = 64, .txd = 64, .mtu = 1500, .mbufs = 255};

static int
open_ports(void **state)
{
	assert_int_equal(rte_eal_hotplug_add("vdev", "net_null0", ""), 0);
	assert_int_equal(rte_eal_hotplug_add("vdev", "net_null1", ""), 0);
	(void)state;
	return evpl_init(&home_small);
}

static int
close_ports(void **state)
{
	(void)state;
	memset(&lies, 0, sizeof(lies));
	assert_int_equal(rte_eal_hotplug_remove("vdev", "net_null0"), 0);
	assert_int_equal(rte_eal_hotplug_remove("vdev", "net_null1"), 0);
	return evpl_cleanup();
}

/* The exit status of ports_choose(), and whether its error line has these words; NULL: it has none. */
static void
assert_chosen(const struct address_options *addresses, int status, const char *words)
{
	const char *said;
	int got;

	capture_begin(stderr);
	got = ports_choose(&ports, addresses);
	said = capture_end();
	assert_int_equal(got, status);
	if (words == NULL)
		assert_string_equal(said, "");
	else
		assert_non_null(strstr(said, words));
}

static void
no_port_is_an_error(void **state)
{
	(void)state;
	assert_chosen(&no_addresses, 2, "no ports: ");
	assert_int_equal(ports.count, 0);
}

static void
ports_are_chosen_in_their_order(void **state)
{
	struct rte_ether_addr mac;

	(void)state;
	assert_chosen(&no_addresses, 0, NULL);
	assert_int_equal(ports.count, 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_string_equal(ports.port[i].dev.name, i == 0 ? "net_null0" : "net_null1");
		assert_int_equal(rte_eth_macaddr_get(ports.port[i].dev.id, &mac), 0);
		assert_memory_equal(&ports.port[i].dev.mac, &mac, sizeof(mac));
	}
	/* Both ends of a tap device have one MAC. */
	lies.driver = "net_tap";
	assert_chosen(&no_addresses, 0, NULL);
	assert_int_equal(ports.port[1].dev.mac.addr_bytes[3], mac.addr_bytes[3] ^ 1);
}

static void
addresses_of_other_ports_are_refused(void **state)
{
	struct address_options o = {.count = 1};

	(void)state;
	assert_chosen(&no_addresses, 0, NULL);
	o.list[0].port = ports.port[1].dev.id;
	assert_chosen(&o, 0, NULL);
	o.list[0].port = RTE_MAX_ETHPORTS - 1;
	assert_chosen(&o, 2, "--ip: there is no port 31");
	o.count = 0;
	o.has_gateway = true;
	o.gateway.port = RTE_MAX_ETHPORTS - 2;
	assert_chosen(&o, 2, "--gateway: there is no port 30");
}

static void
limits_that_are_errors_are_told(void **state)
{
	(void)state;
	lies.limit = true;
	assert_chosen(&no_addresses, 0, NULL);
	lies.error = true;
	assert_chosen(&no_addresses, 1, "(net_null0): a limit (a remedy)");
}

static void
mbufs_are_shared_by_ring_and_lwip(void **state)
{
	static const struct {
		uint16_t rxd;
		uint32_t mbufs, rx_hold, hold;
	} rows[] = {
		{0, 8192, 0, (8192 - 1024) / 2},
		{512, 8192, 0, (8192 - 512) / 2},
		{0, 1024, 0, 0},
		{0, 1025, 0, 0},
		{0, 1026, 0, 1},
		{2048, 1024, 0, 0},
		{0, 8192, 100, 100},
		{0, 8192, 100000, 2 * 8192},
		{0, UINT32_MAX, UINT32_MAX, UINT32_MAX},
	};
	struct host_ports two = {.count = 2};

	(void)state;
	for (unsigned i = 0; i < DIM(rows); i++) {
		const struct port_options o = {.rxd = rows[i].rxd, .mbufs = rows[i].mbufs, .rx_hold = rows[i].rx_hold};

		assert_int_equal(ports_rx_hold(&two, &o), rows[i].hold);
	}
}

static void
packet_mbufs_suffice_for_all_rings(void **state)
{
	const struct port_options few = {.txd = 64}, many = {.txd = 4096};
	struct host_ports one = {.count = 1}, two = {.count = 2};

	(void)state;
	/* Three to a frame: ring, what waits for it, and two lcores' caches. */
	assert_int_equal(ports_packet_mbufs(&one, &few), 3 * (1024 + 64 + 500));
	assert_int_equal(ports_packet_mbufs(&one, &many), 3 * (4096 + 64 + 500));
	assert_int_equal(ports_packet_mbufs(&two, &many), 3 * (2 * (4096 + 64) + 500));
}

static void
start_makes_the_pools_and_starts_all(void **state)
{
	struct rte_eth_link link;

	(void)state;
	assert_chosen(&no_addresses, 0, NULL);
	assert_int_equal(ports_start(&ports, &usual), 0);
	assert_false(ports.pools_ours);
	for (unsigned i = 0; i < 2; i++) {
		struct host_port *p = &ports.port[i];

		assert_true(p->dev.started);
		assert_int_equal(rte_eth_link_get_nowait(p->dev.id, &link), 0);
		assert_int_equal(link.link_status, RTE_ETH_LINK_UP);
		assert_int_equal(p->rx_pool->size, 255);
		assert_int_equal(rte_pktmbuf_data_room_size(p->rx_pool), RTE_MBUF_DEFAULT_BUF_SIZE);
		assert_int_equal(p->mtu, 1500);
		assert_int_equal(p->glue.segments, 1);
		assert_false(p->tx_checksum || p->rx_checksum);
	}
	assert_ptr_not_equal(ports.port[0].rx_pool, ports.port[1].rx_pool);
	assert_true(rte_pktmbuf_data_room_size(ports.tx_pool) >= 1514 + RTE_PKTMBUF_HEADROOM);
	ports_close(&ports);
	assert_false(rte_eth_dev_is_valid_port(ports.port[0].dev.id));
	assert_int_equal(ports_free(&ports), 0); /* the pools are the library's */
}

/* With mbufs of this size; else what the port wants. */
static void
assert_room(uint16_t mtu, uint16_t mbuf_size, uint16_t room)
{
	struct port_options o = usual;

	o.mtu = mtu;
	o.mbuf_size = mbuf_size;
	assert_chosen(&no_addresses, 0, NULL);
	assert_int_equal(ports_start(&ports, &o), 0);
	assert_int_equal(rte_pktmbuf_data_room_size(ports.port[0].rx_pool), room);
	ports_close(&ports);
	/* The next one has ports and pools of its own. */
	assert_int_equal(close_ports(NULL), 0);
	assert_int_equal(open_ports(NULL), 0);
}

static void
rooms_hold_a_frame_unless_the_port_makes_chains(void **state)
{
	(void)state;
	assert_room(1500, 0, RTE_MBUF_DEFAULT_BUF_SIZE);
	assert_room(1500, 4096, 4096);
	assert_room(9000, 0, 9000 + 18 + RTE_PKTMBUF_HEADROOM);
	lies.rx_offload_capa = RTE_ETH_RX_OFFLOAD_SCATTER;
	assert_room(9000, 0, RTE_MBUF_DEFAULT_BUF_SIZE);
}

static void
segments_and_checksums_are_what_the_port_can(void **state)
{
	static const struct {
		uint16_t nb_seg_max, nb_mtu_seg_max;
		bool copy, offload;
		unsigned segments;
	} rows[] = {{0, 0, false, true, 16}, {8, 0, false, true, 8},	{8, 4, false, true, 4},
		    {0, 3, false, true, 3},  {99, 99, false, true, 16}, {8, 4, true, false, 1}};

	(void)state;
	for (unsigned i = 0; i < DIM(rows); i++) {
		struct port_options o = usual;

		lies.tx_offload_capa = RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
		lies.rx_offload_capa = RTE_ETH_RX_OFFLOAD_TCP_CKSUM;
		lies.nb_seg_max = rows[i].nb_seg_max;
		lies.nb_mtu_seg_max = rows[i].nb_mtu_seg_max;
		o.copy = rows[i].copy;
		o.rx_offload = o.tx_offload = rows[i].offload;
		assert_chosen(&no_addresses, 0, NULL);
		assert_int_equal(ports_start(&ports, &o), 0);
		assert_int_equal(ports.port[0].glue.segments, rows[i].segments);
		assert_int_equal(ports.port[0].tx_checksum, rows[i].offload);
		assert_int_equal(ports.port[0].rx_checksum, rows[i].offload);
		ports_close(&ports);
		assert_int_equal(ports_free(&ports), 0);
		assert_int_equal(close_ports(NULL), 0);
		assert_int_equal(open_ports(NULL), 0);
	}
}

static void
copy_has_pools_of_its_own_and_counts_what_is_away(void **state)
{
	struct port_options o = usual;
	struct rte_mbuf *m[3];
	struct evpl_stats stats;

	(void)state;
	o.copy = true;
	assert_chosen(&no_addresses, 0, NULL);
	assert_int_equal(ports_start(&ports, &o), 0);
	assert_true(ports.pools_ours);
	evpl_stats_get(&stats);
	assert_int_equal(stats.rx_buffers, 0);
	assert_int_equal(rte_pktmbuf_alloc_bulk(ports.port[1].rx_pool, m, 2), 0);
	m[2] = rte_pktmbuf_alloc(ports.tx_pool);
	assert_non_null(m[2]);
	ports_close(&ports);
	assert_int_equal(ports_free(&ports), 3);
}

static void
frames_that_af_packet_would_cut_are_told(void **state)
{
	struct port_options o = usual;
	const char *said;
	int status;

	(void)state;
	lies.driver = "net_af_packet";
	assert_chosen(&no_addresses, 0, NULL);
	o.mtu = 9000;
	capture_begin(stderr);
	status = ports_start(&ports, &o);
	said = capture_end();
	assert_int_equal(status, 1);
	assert_non_null(strstr(said, "its frames hold an MTU of 1968, not of 9000"));
	assert_false(ports.port[0].dev.started);
	ports_close(&ports);
}

#define port_case(function) cmocka_unit_test_setup_teardown(function, open_ports, close_ports)

static const struct CMUnitTest cases[] = {
	cmocka_unit_test(no_port_is_an_error),
	port_case(ports_are_chosen_in_their_order),
	port_case(addresses_of_other_ports_are_refused),
	port_case(limits_that_are_errors_are_told),
	cmocka_unit_test(mbufs_are_shared_by_ring_and_lwip),
	cmocka_unit_test(packet_mbufs_suffice_for_all_rings),
	port_case(start_makes_the_pools_and_starts_all),
	port_case(rooms_hold_a_frame_unless_the_port_makes_chains),
	port_case(segments_and_checksums_are_what_the_port_can),
	port_case(copy_has_pools_of_its_own_and_counts_what_is_away),
	port_case(frames_that_af_packet_would_cut_are_told),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "host_port", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
