/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_port_check, on real ports, and on ports that report what hardware would report (port_lies.h).
 *
 * What would break: a limit could be missing. A port could be reported to have a limit that it does not have, and
 * programs would learn to ignore limits. An error could stand behind other limits. So every case names the exact set of
 * limits. Most limits are those of hardware, or of another way to start EAL.
 */
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_ethdev.h>

#include "port_lies.h"

#define BIT(kind) (1u << EVPL_PORT_##kind)

/* One port per case: made, and configured with two TX queues if need be. */
struct bench {
	char name[32];
	uint16_t port;
	struct rte_mempool *pool;
};

static int
open_port(void **state)
{
	static unsigned n;
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	memset(&lies, 0, sizeof(lies));
	lies.tx_offload_hidden = RTE_ETH_TX_OFFLOAD_MULTI_SEGS; /* which net_null announces from 25.07 on */
	snprintf(b->name, sizeof(b->name), "net_null%u", n++);
	assert_int_equal(rte_eal_hotplug_add("vdev", b->name, ""), 0);
	assert_int_equal(rte_eth_dev_get_port_by_name(b->name, &b->port), 0);
	b->pool = plain_pool("port_check", 63, 1024 + RTE_PKTMBUF_HEADROOM);
	*state = b;
	return 0;
}

static int
close_port(void **state)
{
	struct bench *b = *state;

	memset(&lies, 0, sizeof(lies));
	assert_int_equal(rte_eal_hotplug_remove("vdev", b->name), 0);
	rte_mempool_free(b->pool);
	free(b);
	return 0;
}

static void
configure(const struct bench *b)
{
	struct rte_eth_conf conf = {0};

	assert_int_equal(rte_eth_dev_configure(b->port, 1, 1, &conf), 0);
	assert_int_equal(rte_eth_rx_queue_setup(b->port, 0, 64, (unsigned)SOCKET_ID_ANY, NULL, b->pool), 0);
	assert_int_equal(rte_eth_tx_queue_setup(b->port, 0, 64, (unsigned)SOCKET_ID_ANY, NULL), 0);
}

/* Exactly these limits, each sound: one line that was not cut, a remedy, and errors come first. */
static void
assert_limits(uint16_t port, unsigned kinds)
{
	struct evpl_port_limit limit[EVPL_PORT_LIMITS];
	const unsigned errors = BIT(SECONDARY) | BIT(ATTACHED) | BIT(NEAR) | BIT(NO_IOVA) | BIT(FAST_FREE);
	int n = evpl_port_check(port, limit, EVPL_PORT_LIMITS);
	unsigned got = 0;

	assert_in_range(n, 0, EVPL_PORT_LIMITS);
	for (int i = 0; i < n; i++) {
		if ((got >> limit[i].kind) != 0)
			fail_msg("out of order, or twice: %s", limit[i].text);
		got |= 1u << limit[i].kind;
		if ((kinds & (1u << limit[i].kind)) == 0)
			fail_msg("told of a port that does not have it: %s", limit[i].text);
		assert_int_equal(limit[i].is_error, (errors >> limit[i].kind) & 1);
		assert_in_range(strlen(limit[i].text), 10, sizeof(limit[i].text) - 2);
		assert_in_range(strlen(limit[i].remedy), 10, 200);
		assert_null(strchr(limit[i].text, '\n'));
	}
	assert_int_equal(got, kinds);
}

/* The text of one limit has these words. */
static void
assert_says(uint16_t port, enum evpl_port_limit_kind kind, const char *words)
{
	struct evpl_port_limit limit[EVPL_PORT_LIMITS];
	int n = evpl_port_check(port, limit, EVPL_PORT_LIMITS);

	for (int i = 0; i < n; i++) {
		if (limit[i].kind != kind)
			continue;
		if (strstr(limit[i].text, words) == NULL)
			fail_msg("\"%s\" is missing in \"%s\"", words, limit[i].text);
		return;
	}
	fail_msg("limit %d was not told", (int)kind);
}

static void
port_check_of_no_port_fails(void **state)
{
	struct evpl_port_limit limit[EVPL_PORT_LIMITS];
	struct bench *b = *state;

	assert_int_equal(evpl_port_check(RTE_MAX_ETHPORTS - 1, limit, EVPL_PORT_LIMITS), -ENODEV);
	assert_int_equal(evpl_port_check(UINT16_MAX, limit, EVPL_PORT_LIMITS), -ENODEV);
	assert_int_equal(evpl_port_check(b->port, NULL, 1), -EINVAL);
}

static void
port_check_with_little_room_counts_all_and_fills_in_the_first(void **state)
{
	struct evpl_port_limit limit[2], *past = &limit[1];
	struct bench *b = *state;

	lies.secondary = true;
	lies.tx_offloads = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	configure(b);
	memset(limit, 0xA5, sizeof(limit));
	assert_int_equal(evpl_port_check(b->port, limit, 1), 3);
	assert_int_equal(limit[0].kind, EVPL_PORT_SECONDARY);
	for (size_t i = 0; i < sizeof(*past); i++)
		assert_int_equal(((unsigned char *)past)[i], 0xA5);
	assert_int_equal(evpl_port_check(b->port, NULL, 0), 3);
}

static void
port_check_of_a_port_that_announces_no_chains_tells_of_one_segment(void **state)
{
	struct bench *b = *state;

	assert_limits(b->port, BIT(ONE_SEGMENT));
	assert_says(b->port, EVPL_PORT_ONE_SEGMENT, "does not announce");
	configure(b);
	assert_limits(b->port, BIT(ONE_SEGMENT));
	assert_int_equal(rte_eth_dev_start(b->port), 0);
	assert_limits(b->port, BIT(ONE_SEGMENT));
	assert_int_equal(rte_eth_dev_stop(b->port), 0);
}

/* net_null as it is. */
static void
port_check_of_net_null_tells_what_its_version_announces(void **state)
{
	const bool announces = RTE_VERSION >= RTE_VERSION_NUM(25, 7, 0, 0);
	struct bench *b = *state;

	lies.tx_offload_hidden = 0;
	assert_limits(b->port, announces ? 0 : BIT(ONE_SEGMENT));
	configure(b);
	assert_limits(b->port, BIT(ONE_SEGMENT));
	assert_says(b->port, EVPL_PORT_ONE_SEGMENT, announces ? "not switched on" : "does not announce");
}

/* A port that does announce them: net_ring, as it is. */
static void
port_check_of_net_ring_tells_of_segments_that_are_not_switched_on(void **state)
{
	struct rte_eth_conf conf = {.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS};
	struct bench *b = *state;
	uint16_t port = port_loop(b->pool);

	lies.tx_offload_hidden = 0;
	assert_limits(port, BIT(ONE_SEGMENT) | BIT(LATE)); /* port_loop() has configured it */
	assert_says(port, EVPL_PORT_ONE_SEGMENT, "not switched on");
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(rte_eth_dev_configure(port, 1, 1, &conf), 0);
	assert_int_equal(rte_eth_rx_queue_setup(port, 0, 64, (unsigned)SOCKET_ID_ANY, NULL, b->pool), 0);
	assert_int_equal(rte_eth_tx_queue_setup(port, 0, 64, (unsigned)SOCKET_ID_ANY, NULL), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
	assert_limits(port, BIT(LATE));
	port_close(port);
}

static void
port_check_of_segments_that_queues_switch_on_tells_of_those_that_do_not(void **state)
{
	struct bench *b = *state;

	lies.tx_offload_capa = lies.tx_queue_offload_capa = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	assert_limits(b->port, 0);
	configure(b);
	assert_limits(b->port, 0); /* the queues may have it: this driver does not tell */
	lies.queues_tell = true;
	assert_limits(b->port, BIT(ONE_SEGMENT));
	lies.queue_offloads[0] = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	assert_limits(b->port, 0);
}

static void
port_check_of_fast_free_is_an_error_of_port_or_queue(void **state)
{
	struct bench *b = *state;

	lies.tx_offload_capa = lies.tx_queue_offload_capa = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	assert_limits(b->port, BIT(ONE_SEGMENT)); /* to have it is no harm */
	configure(b);
	assert_limits(b->port, BIT(ONE_SEGMENT));
	lies.tx_offloads = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	assert_limits(b->port, BIT(FAST_FREE) | BIT(ONE_SEGMENT));
	lies.tx_offloads = 0;
	lies.queues_tell = true;
	lies.queue_offloads[0] = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	assert_limits(b->port, BIT(FAST_FREE) | BIT(ONE_SEGMENT));
}

static void
port_check_of_segment_limits_tells_the_numbers(void **state)
{
	struct bench *b = *state;

	lies.nb_seg_max = UINT16_MAX;
	lies.nb_mtu_seg_max = UINT16_MAX;
	assert_limits(b->port, BIT(ONE_SEGMENT));
	lies.nb_seg_max = 40;
	lies.nb_mtu_seg_max = 8;
	assert_limits(b->port, BIT(ONE_SEGMENT) | BIT(SEGMENTS));
	assert_says(b->port, EVPL_PORT_SEGMENTS, "up to 40 segments with TSO, and of up to 8 ");
	lies.nb_mtu_seg_max = UINT16_MAX;
	assert_says(b->port, EVPL_PORT_SEGMENTS, "up to 40 segments with TSO, and of up to 40 ");
	lies.nb_seg_max = lies.nb_mtu_seg_max = 0;
	lies.no_seg_max = true; /* no limit is known */
	assert_limits(b->port, BIT(ONE_SEGMENT));
}

static void
port_check_of_drivers_known_by_name_tells_what_they_keep_silent(void **state)
{
	static const struct {
		const char *driver;
		unsigned kinds;
	} known[] = {
		{"net_af_xdp",
		 BIT(RX_POOL) | BIT(LATE) | (RTE_VERSION < RTE_VERSION_NUM(26, 3, 0, 0) ? BIT(ATTACHED) : 0)},
		{"net_octeontx", BIT(ATTACHED) | BIT(NEAR) | BIT(LATE)},
#if RTE_VERSION < RTE_VERSION_NUM(23, 3, 0, 0)
		{"net_cn9k", BIT(ATTACHED) | BIT(NEAR) | BIT(LATE)},
		{"net_cn10k", BIT(ATTACHED) | BIT(NEAR) | BIT(LATE)},
#endif
		{"net_dpaa", BIT(NEAR) | BIT(LATE)},
		{"net_mana", BIT(ATTACHED) | BIT(LATE)},
		{"net_virtio_user", BIT(SHARED_MEMORY) | BIT(LATE)},
		{"net_i40e", BIT(LATE)},
		{"net_bnxt", BIT(PADDING) | BIT(LATE) | (RTE_VERSION >= RTE_VERSION_NUM(24, 11, 0, 0) ? BIT(NEAR) : 0)},
		{"net_hns3", BIT(PADDING) | BIT(LATE)},
		{"net_hns3_vf", BIT(PADDING) | BIT(LATE)},
		{"net_ark", BIT(PADDING) | BIT(LATE)},
		{"net_netvsc", BIT(RX_VLAN) | BIT(LATE)},
		{"net_af_packet", BIT(RX_VLAN)},
		{"net_tap", 0},
		{"net_vhost", 0},
		{"net_memif", BIT(LENGTH)},
	};
	struct bench *b = *state;

	for (unsigned i = 0; i < DIM(known); i++) {
		lies.driver = known[i].driver;
		assert_limits(b->port, known[i].kinds | BIT(ONE_SEGMENT));
	}
	lies.driver = "net_memif";
	lies.devargs = "role=client,zero-copy=yes";
	assert_limits(b->port, BIT(ONE_SEGMENT) | BIT(SHARED_MEMORY) | BIT(LATE));
	lies.devargs = "role=client,zero-copy=no";
	assert_limits(b->port, BIT(ONE_SEGMENT) | BIT(LENGTH));
	assert_says(b->port, EVPL_PORT_LENGTH, "longer than a buffer of its ring");
	lies.devargs = "role=client,bsize=9216";
	assert_limits(b->port, BIT(ONE_SEGMENT));
}

static void
port_check_of_vlan_insertion_tells_of_drivers_that_do_it_in_software(void **state)
{
	struct bench *b = *state;

	lies.driver = "net_af_packet";
	configure(b);
	assert_limits(b->port, BIT(ONE_SEGMENT) | BIT(RX_VLAN));
	lies.tx_offloads = RTE_ETH_TX_OFFLOAD_VLAN_INSERT;
	assert_limits(b->port, BIT(ONE_SEGMENT) | BIT(VLAN_INSERT) | BIT(RX_VLAN));
	lies.driver = "net_dpaa2";
	assert_limits(b->port, BIT(ONE_SEGMENT) | BIT(NEAR) | BIT(VLAN_INSERT) | BIT(LATE));
	lies.driver = "net_i40e";
	assert_limits(b->port, BIT(ONE_SEGMENT) | BIT(LATE));
}

static void
port_check_of_vlan_reception_tells_of_drivers_that_put_tags_back(void **state)
{
	struct bench *b = *state;

	lies.driver = "net_af_packet";
	assert_limits(b->port, BIT(ONE_SEGMENT) | BIT(RX_VLAN));
	assert_says(b->port, EVPL_PORT_RX_VLAN, "without their VLAN tags");
	configure(b);
	assert_limits(b->port, BIT(ONE_SEGMENT) | BIT(RX_VLAN));
	lies.rx_offloads = RTE_ETH_RX_OFFLOAD_VLAN_STRIP; /* the mbuf tells the tag */
	assert_limits(b->port, BIT(ONE_SEGMENT));
	lies.rx_offloads = 0;
	lies.driver = "net_netvsc";
	assert_says(b->port, EVPL_PORT_RX_VLAN, "drops");
}

static void
port_check_of_tso_tells_of_net_tap(void **state)
{
	struct bench *b = *state;

	lies.driver = "net_tap";
	lies.tx_offload_capa = RTE_ETH_TX_OFFLOAD_TCP_TSO;
	configure(b);
	assert_limits(b->port, BIT(ONE_SEGMENT)); /* to have it is no harm */
	lies.tx_offloads = RTE_ETH_TX_OFFLOAD_TCP_TSO;
	assert_limits(b->port, BIT(ONE_SEGMENT) | BIT(TSO));
	assert_says(b->port, EVPL_PORT_TSO, "rte_gso_segment()");
	lies.driver = "net_i40e"; /* the device does it */
	assert_limits(b->port, BIT(ONE_SEGMENT) | BIT(LATE));
}

/* Another port of the process is the member, for all that anybody can know. */
static void
port_check_of_ports_with_members_tells_the_limits_of_these(void **state)
{
	static const char *const with_members[] = {"net_bonding", "net_failsafe"};
	struct bench *b = *state;

	assert_int_equal(rte_eal_hotplug_add("vdev", "net_null_member", ""), 0);
	configure(b);
	for (unsigned i = 0; i < DIM(with_members); i++) {
		lies.tx_offloads = RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_VLAN_INSERT;
		lies.driver = with_members[i];
		lies.driver_of = b->port;
		assert_limits(b->port, BIT(ONE_SEGMENT) | BIT(LATE));
		lies.other_driver = "net_tap";
		assert_limits(b->port, BIT(ONE_SEGMENT) | BIT(LATE) | BIT(TSO));
		lies.other_driver = "net_af_packet";
		assert_limits(b->port, BIT(ONE_SEGMENT) | BIT(LATE) | BIT(VLAN_INSERT) | BIT(RX_VLAN));
		lies.other_driver = NULL;
	}
	memset(&lies, 0, sizeof(lies));
	assert_int_equal(rte_eal_hotplug_remove("vdev", "net_null_member"), 0);
}

static void
port_check_of_data_rooms_compares_them_with_device_and_frames(void **state)
{
	struct bench *b = *state;

	lies.min_rx_bufsize = 2048;
	assert_limits(b->port, BIT(ONE_SEGMENT)); /* the default has as much */
	lies.no_driver = true;
	assert_limits(b->port, BIT(ONE_SEGMENT) | BIT(LATE)); /* as of any driver that is not known */
	lies.no_driver = false;
	lies.min_rx_bufsize = 2049;
	assert_limits(b->port, BIT(ONE_SEGMENT) | BIT(RX_ROOM));
	assert_says(b->port, EVPL_PORT_RX_ROOM, "2049 bytes and the headroom; 2048 is the default");
	lies.min_rx_bufsize = 0;
	configure(b);
	assert_limits(b->port, BIT(ONE_SEGMENT)); /* 1,518 bytes */
	lies.rx_pool = b->pool;			  /* of 1,024 bytes */
	assert_limits(b->port, BIT(ONE_SEGMENT) | BIT(RX_ROOM));
	assert_says(b->port, EVPL_PORT_RX_ROOM,
		    "frames of 1518 bytes (MTU 1500), which do not fit its RX queues' data rooms of 1024");
	lies.max_mtu = 1978;
	lies.max_rx_pktlen = 2000; /* with a VLAN tag */
	assert_says(b->port, EVPL_PORT_RX_ROOM, "frames of 1522 bytes (MTU 1500)");
	lies.max_rx_pktlen = 1978; /* no driver knows of frames as long as their content: the usual 18 bytes */
	assert_says(b->port, EVPL_PORT_RX_ROOM, "frames of 1518 bytes (MTU 1500)");
	lies.rx_offloads = RTE_ETH_RX_OFFLOAD_SCATTER;
	assert_limits(b->port, BIT(ONE_SEGMENT) | BIT(RX_SEGMENTS));
	lies.rx_pool = NULL;
	assert_limits(b->port, BIT(ONE_SEGMENT)); /* scattered, but none is long enough */
	lies.rx_offloads = RTE_ETH_RX_OFFLOAD_BUFFER_SPLIT;
	assert_limits(b->port, BIT(ONE_SEGMENT) | BIT(RX_SEGMENTS));
	assert_says(b->port, EVPL_PORT_RX_SEGMENTS, "splits");
	lies.rx_offloads = 0;
	lies.driver = "net_pcap"; /* chains without being told to */
	lies.rx_pool = b->pool;
	assert_limits(b->port, BIT(ONE_SEGMENT) | BIT(RX_ROOM) | BIT(RX_SEGMENTS));
}

static void
port_check_of_hardware_without_addresses_is_an_error(void **state)
{
	struct bench *b = *state;

	lies.iova_pa = true;
	assert_limits(b->port, BIT(ONE_SEGMENT)); /* a virtual device needs none */
	lies.bus = "pci";
	if (rte_eal_has_hugepages()) {
		assert_limits(b->port, BIT(ONE_SEGMENT));
		return;
	}
	assert_limits(b->port, BIT(NO_IOVA) | BIT(ONE_SEGMENT));
	assert_says(b->port, EVPL_PORT_NO_IOVA, "bus pci");
	lies.huge_pages = true;
	assert_limits(b->port, BIT(ONE_SEGMENT));
	lies.huge_pages = false;
	lies.iova_pa = false;
	assert_limits(b->port, BIT(ONE_SEGMENT));
}

/* An external slab without addresses is an error while it is there. */
static void
port_check_of_hardware_knows_of_external_memory_without_addresses(void **state)
{
	static char memory[128 << 10];
	void *addr = (void *)(((uintptr_t)memory + (64 << 10) - 1) & ~(uintptr_t)((64 << 10) - 1));
	const struct evpl_global_config small = {
		.slab_size = 64 << 10, .buffer_size = 4 << 10, .large_buffer_size = 4 << 10, .packet_mbufs = 63};
	const rte_iova_t none = RTE_BAD_IOVA;
	struct bench *b = *state;

	assert_int_equal(evpl_init(&small), 0);
	assert_int_equal(evpl_slab_add_external(addr, 4 << 10, 4 << 10, &none, EVPL_EXTERNAL(0), EVPL_EXTERNAL_NO_IOVA,
						NULL, NULL),
			 0);
	assert_limits(b->port, BIT(ONE_SEGMENT)); /* a virtual device needs none */
	lies.bus = "pci";
	assert_limits(b->port, BIT(NO_IOVA) | BIT(ONE_SEGMENT));
	assert_says(b->port, EVPL_PORT_NO_IOVA, "external slab");
	assert_int_equal(evpl_slab_remove_external(addr), 0);
	assert_limits(b->port, BIT(ONE_SEGMENT));
	assert_int_equal(evpl_cleanup(), 0);
}

static void
port_check_in_a_secondary_process_is_an_error(void **state)
{
	struct bench *b = *state;

	lies.secondary = true;
	assert_limits(b->port, BIT(SECONDARY) | BIT(ONE_SEGMENT));
}

#define port_case(function) cmocka_unit_test_setup_teardown(function, open_port, close_port)

int
main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		port_case(port_check_of_no_port_fails),
		port_case(port_check_with_little_room_counts_all_and_fills_in_the_first),
		port_case(port_check_of_a_port_that_announces_no_chains_tells_of_one_segment),
		port_case(port_check_of_net_null_tells_what_its_version_announces),
		port_case(port_check_of_net_ring_tells_of_segments_that_are_not_switched_on),
		port_case(port_check_of_segments_that_queues_switch_on_tells_of_those_that_do_not),
		port_case(port_check_of_fast_free_is_an_error_of_port_or_queue),
		port_case(port_check_of_segment_limits_tells_the_numbers),
		port_case(port_check_of_drivers_known_by_name_tells_what_they_keep_silent),
		port_case(port_check_of_vlan_insertion_tells_of_drivers_that_do_it_in_software),
		port_case(port_check_of_vlan_reception_tells_of_drivers_that_put_tags_back),
		port_case(port_check_of_tso_tells_of_net_tap),
		port_case(port_check_of_ports_with_members_tells_the_limits_of_these),
		port_case(port_check_of_data_rooms_compares_them_with_device_and_frames),
		port_case(port_check_of_hardware_without_addresses_is_an_error),
		port_case(port_check_of_hardware_knows_of_external_memory_without_addresses),
		port_case(port_check_in_a_secondary_process_is_an_error),
	};
	const struct program program = {.name = "port_check", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
