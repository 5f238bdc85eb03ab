/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A virtio_user port and a vhost port, joined in this process. This driver is most like hardware, and needs no rights.
 * It keeps what is sent until its ring has gone round, and posts RX mbufs in advance.
 *
 * What would break: bytes could be recycled while a descriptor still points at them. (So memory is taken and
 * overwritten between the sending and the peer's reading.) A late completion could release a reference on the wrong
 * count. Buffers could be in a ring when the ports are closed. vhost copies, so what it delivers was read from the
 * place that the descriptors pointed at.
 */
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_ethdev.h>

#include "frame.h"
#include "support.h"

#define MBUFS 1023u
#define BURST 32u
#define PATIENCE_S 10
#define BIT(kind) (1u << EVPL_PORT_##kind)

static const struct evpl_global_config config = {.slab_size = 2 << 20, .packet_mbufs = 2047};
static const struct frame udp4 = {.protocol = IPPROTO_UDP};

/*
 * Ends the case that it stands in, as skipped, if EAL may map more memory. It tells both drivers then, and holds a lock
 * that the vhost driver's thread waits for, while virtio_user waits for that thread (22.11): no program may have both.
 */
#define fixed_memory_only() skip_unless(!rte_eal_has_hugepages(), "both drivers in one process may wait for each other")

struct pair {
	struct evpl *evpl;
	struct rte_mempool *pool;
	uint16_t vhost, virtio;
	size_t held; /* bytes of EAL's heap that both ports have */
	char directory[64];
};

static uint16_t
start(const struct pair *p, const char *name, const char *args)
{
	const struct rte_eth_conf conf = {.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS};
	uint16_t port;

	assert_int_equal(rte_eal_hotplug_add("vdev", name, args), 0);
	assert_int_equal(rte_eth_dev_get_port_by_name(name, &port), 0);
	assert_int_equal(rte_eth_dev_configure(port, 1, 1, &conf), 0);
	assert_int_equal(rte_eth_rx_queue_setup(port, 0, 256, (unsigned)SOCKET_ID_ANY, NULL, p->pool), 0);
	assert_int_equal(rte_eth_tx_queue_setup(port, 0, 256, (unsigned)SOCKET_ID_ANY, NULL), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
	return port;
}

static void
wait_link(uint16_t port)
{
	uint64_t end = rte_rdtsc() + PATIENCE_S * rte_get_tsc_hz();
	struct rte_eth_link link = {0};

	while (link.link_status != RTE_ETH_LINK_UP) {
		if (rte_rdtsc() > end)
			fail_msg("port %u has no link", port);
		rte_delay_us_sleep(1000);
		assert_int_equal(rte_eth_link_get_nowait(port, &link), 0);
	}
}

static void
open_pair(struct pair *p, void **state)
{
	struct home *home = *state;
	const char *folder = getenv("TMPDIR");
	char args[128];
	size_t heap;

	if (folder == NULL || folder[0] == '\0' || strlen(folder) > 40) /* a socket's path has 107 characters */
		folder = P_tmpdir;
	memset(p, 0, sizeof(*p));
	p->evpl = home->evpl;
	p->pool = evpl_rx_pool_create("vhost", MBUFS, 0, SOCKET_ID_ANY);
	assert_non_null(p->pool);
	heap = home_heap();
	snprintf(p->directory, sizeof(p->directory), "%s/evpl-vhost-XXXXXX", folder);
	assert_non_null(mkdtemp(p->directory));
	/* vhost makes its socket when it is configured, and virtio_user connects when it is probed. */
	snprintf(args, sizeof(args), "iface=%s/socket,queues=1", p->directory);
	p->vhost = start(p, "net_vhost0", args);
	snprintf(args, sizeof(args), "path=%s/socket,queues=1,queue_size=256,mac=02:00:00:00:00:01", p->directory);
	p->virtio = start(p, "net_virtio_user0", args);
	wait_link(p->vhost);
	wait_link(p->virtio);
	p->held = home_heap() - heap;
}

/* virtio_user first: the other way round its messages meet a closed socket, and SIGPIPE. */
static void
close_pair(struct pair *p)
{
	size_t heap = home_heap();

	assert_int_equal(rte_eth_dev_stop(p->virtio), 0);
	assert_int_equal(rte_eal_hotplug_remove("vdev", "net_virtio_user0"), 0);
	assert_int_equal(rte_eth_dev_stop(p->vhost), 0);
	assert_int_equal(rte_eal_hotplug_remove("vdev", "net_vhost0"), 0);
	rmdir(p->directory);
	port_keeps(p->held - (heap - home_heap()));
	home_assert_pool(p->pool, MBUFS);
	assert_int_equal(evpl_rx_pool_destroy(p->pool), 0);
}

/* n packets, however long the peer takes. */
static void
receive(uint16_t port, struct rte_mbuf **packets, unsigned n)
{
	uint64_t end = rte_rdtsc() + PATIENCE_S * rte_get_tsc_hz();
	unsigned got = 0;

	while (got < n) {
		got += rte_eth_rx_burst(port, 0, packets + got, (uint16_t)(n - got));
		if (rte_rdtsc() > end)
			fail_msg("%u packets of %u came", got, n);
	}
}

/* Takes and writes over all memory that is free. */
static void
write_over(struct evpl *evpl)
{
	struct evpl_iovec iovec[40];

	for (unsigned i = 0; i < DIM(iovec); i++) {
		assert_int_equal(evpl_iovec_alloc(evpl, 60000, 0, 1, i & 1, &iovec[i]), 1);
		iovec_fill(&iovec[i], 1000 + i);
	}
	evpl_iovecs_release(evpl, iovec, DIM(iovec));
}

static uint32_t
packet_bytes(unsigned i)
{
	return 100 + i * 40; /* to 1,340 */
}

/* Sends a burst of packets of n segments from virtio_user, of which the program keeps nothing. */
static void
send_burst(const struct pair *p, unsigned flags, unsigned n, uint64_t seed)
{
	struct rte_mbuf *packets[BURST];

	for (unsigned i = 0; i < BURST; i++) {
		struct evpl_iovec payload;

		frame_payload(p->evpl, packet_bytes(i), flags, seed + i, &payload);
		packets[i] = frame_build(p->evpl, &udp4, &payload, n);
		evpl_iovec_release(p->evpl, &payload);
	}
	assert_int_equal(rte_eth_tx_burst(p->virtio, 0, packets, BURST), BURST);
}

static void
virtio_user_sends_what_it_was_given_though_late(void **state)
{
	struct rte_mbuf *packets[BURST];
	struct pair p;

	fixed_memory_only();
	open_pair(&p, state);
	/* More than a ring's worth, so that it completes some on the way, and never the last. */
	for (unsigned round = 0; round < 24; round++) {
		unsigned n = round % 3 + 1;

		send_burst(&p, round & 1, n, 100 * round);
		write_over(p.evpl);
		receive(p.vhost, packets, BURST);
		for (unsigned i = 0; i < BURST; i++) {
			assert_int_equal(rte_pktmbuf_pkt_len(packets[i]), 42 + packet_bytes(i));
			frame_assert(packets[i], 42, packet_bytes(i), 100 * round + i, 0);
			packets[i] = frame_there_and_back(p.evpl, packets[i]);
			frame_assert(packets[i], 42, packet_bytes(i), 100 * round + i, 0);
		}
		rte_pktmbuf_free_bulk(packets, BURST);
	}
	close_pair(&p);
}

static void
virtio_user_keeps_buffers_until_it_is_stopped(void **state)
{
	struct rte_mbuf *packets[BURST];
	struct home *home = *state;
	struct evpl_stats stats;
	struct pair p;

	fixed_memory_only();
	open_pair(&p, state);
	send_burst(&p, LOCAL, 1, 0);
	receive(p.vhost, packets, BURST);
	rte_pktmbuf_free_bulk(packets, BURST);
	p.evpl = home_fresh(home);
	evpl_stats_get(&stats);
	assert_int_not_equal(stats.buffers_in_use, 0); /* the peer is done with them */
	assert_int_equal(stats.packet_mbufs_in_use, 2 * BURST);
	close_pair(&p);
	evpl_stats_get(&stats);
	assert_int_equal(stats.buffers_in_use, 0);
	assert_int_equal(stats.packet_mbufs_in_use, 0);
}

static void
virtio_user_closed_with_full_rings_loses_nothing(void **state)
{
	struct pair p;

	fixed_memory_only();
	open_pair(&p, state);
	send_burst(&p, LOCAL, 3, 0); /* nobody receives */
	send_burst(&p, SHARED, 1, 50);
	close_pair(&p);
}

/* What vhost sends lands in mbufs of our pool, and goes back as them, again and again. */
static void
virtio_user_echoes_received_iovecs_without_a_copy(void **state)
{
	struct rte_mbuf *packets[BURST];
	struct evpl_iovec iovec[BURST];
	struct pair p;

	fixed_memory_only();
	open_pair(&p, state);
	for (unsigned i = 0; i < BURST; i++) {
		struct evpl_iovec payload;

		frame_payload(p.evpl, packet_bytes(i), LOCAL, i, &payload);
		packets[i] = frame_build(p.evpl, &udp4, &payload, 2);
		evpl_iovec_release(p.evpl, &payload);
	}
	for (unsigned round = 0; round < 30; round++) {
		uint64_t end = rte_rdtsc() + PATIENCE_S * rte_get_tsc_hz();
		uint16_t got = 0;

		assert_int_equal(rte_eth_tx_burst(p.vhost, 0, packets, BURST), BURST);
		while (got < BURST) {
			got += evpl_rx_burst(p.evpl, p.virtio, 0, iovec + got, BURST - got);
			assert_true(rte_rdtsc() < end);
		}
		for (unsigned i = 0; i < BURST; i++) {
			assert_ptr_equal(iovec[i].ref->pool, p.pool);
			assert_int_equal(evpl_iovec_length(&iovec[i]), 42 + packet_bytes(i));
		}
		assert_int_equal(evpl_tx_burst(p.evpl, p.virtio, 0, iovec, BURST), BURST);
		write_over(p.evpl);
		receive(p.vhost, packets, BURST);
		for (unsigned i = 0; i < BURST; i++)
			frame_assert(packets[i], 42, packet_bytes(i), i, 0);
	}
	rte_pktmbuf_free_bulk(packets, BURST);
	close_pair(&p);
}

static unsigned
limits(uint16_t port)
{
	struct evpl_port_limit limit[EVPL_PORT_LIMITS];
	int n = evpl_port_check(port, limit, EVPL_PORT_LIMITS);
	unsigned kinds = 0;

	assert_in_range(n, 0, EVPL_PORT_LIMITS);
	while (n > 0)
		kinds |= 1u << limit[--n].kind;
	return kinds;
}

static void
port_check_tells_the_two_apart(void **state)
{
	struct pair p;

	fixed_memory_only();
	open_pair(&p, state);
	assert_int_equal(limits(p.virtio), BIT(LATE) | BIT(SHARED_MEMORY));
	assert_int_equal(limits(p.vhost), 0);
	close_pair(&p);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest cases[] = {
		home_case(virtio_user_sends_what_it_was_given_though_late, config),
		home_case(virtio_user_keeps_buffers_until_it_is_stopped, config),
		home_case(virtio_user_closed_with_full_rings_loses_nothing, config),
		home_case(virtio_user_echoes_received_iovecs_without_a_copy, config),
		home_case(port_check_tells_the_two_apart, config),
	};
	const struct program program = {.name = "vhost", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
