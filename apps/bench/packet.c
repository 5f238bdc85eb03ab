/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets are built and sent, or received and sent, on net_null: a driver that only takes and frees them. */
#include "impl.h"
#include "large.h"

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>

#define HEADER 54u
#define PAYLOAD 1448u
#define SLICES (BENCH_LARGE / PAYLOAD)

/*
 * One port has an RX pool as a DPDK program makes it, one has a pool of this library. Cases that only send use the
 * first.
 */
enum { PORT_MBUF, PORT_SLAB, PORTS };
static const char *const port_names[PORTS] = {"net_null_bench0", "net_null_bench1"};
static uint16_t ports[PORTS];
static struct rte_mempool *slab_pool;

static void
port_start(const struct bench_case *c, unsigned i, struct rte_mempool *pool)
{
	struct rte_eth_conf conf = {0};
	int rc = rte_eth_dev_get_port_by_name(port_names[i], &ports[i]);

	if (rc == 0)
		rc = rte_eth_dev_configure(ports[i], 1, 1, &conf);
	if (rc == 0)
		rc = rte_eth_rx_queue_setup(ports[i], 0, 0, rte_socket_id(), NULL, pool);
	if (rc == 0)
		rc = rte_eth_tx_queue_setup(ports[i], 0, 0, rte_socket_id(), NULL);
	if (rc == 0)
		rc = rte_eth_dev_start(ports[i]);
	if (rc != 0)
		bench_fail("%s: %s: %s", c->name, port_names[i], rte_strerror(-rc));
}

static const char *
setup(const struct bench_case *c)
{
	if (rte_eal_hotplug_add("vdev", port_names[PORT_MBUF], "size=64") != 0 ||
	    rte_eal_hotplug_add("vdev", port_names[PORT_SLAB], "size=64") != 0) {
		rte_eal_hotplug_remove("vdev", port_names[PORT_MBUF]);
		return "no net_null driver";
	}
	slab_pool = evpl_rx_pool_create("bench_rx", 2047, 0, (int)rte_socket_id());
	if (slab_pool == NULL)
		bench_fail("%s: evpl_rx_pool_create: %s", c->name, rte_strerror(rte_errno));
	port_start(c, PORT_MBUF, bench_pool);
	port_start(c, PORT_SLAB, slab_pool);
	return NULL;
}

static void
teardown(const struct bench_case *c)
{
	RTE_SET_USED(c);
	for (unsigned i = 0; i < PORTS; i++) {
		(void)rte_eth_dev_stop(ports[i]);
		(void)rte_eth_dev_close(ports[i]);
		rte_eal_hotplug_remove("vdev", port_names[i]);
	}
}

static void
send_mbufs(const struct bench_case *c, struct rte_mbuf **mbufs)
{
	if (rte_eth_tx_burst(ports[PORT_MBUF], 0, mbufs, BENCH_BURST) != BENCH_BURST)
		bench_fail("%s: the port is full", c->name);
}

static inline void
send_iovecs(const struct bench_case *c, struct evpl *evpl, struct evpl_iovec *iovecs)
{
	if (evpl_tx_burst(evpl, ports[PORT_MBUF], 0, iovecs, BENCH_BURST) != BENCH_BURST)
		bench_fail("%s: not sent: %s", c->name, rte_strerror(rte_errno));
}

/* Takes header and payload from the library, and sends a chain of both. */
BENCH_INLINE uint64_t
send_chains(enum bench_impl impl, const struct bench_case *c, uint64_t n, bool slices)
{
	struct bench_env env = bench_env(impl);
	struct evpl_iovec large, packet[2];
	struct rte_mbuf *mbufs[BENCH_BURST];
	uint64_t started;

	alloc_one(impl, &env, &large, BENCH_LARGE);
	started = bench_now();
	for (uint64_t i = 0; i < n; i++) {
		for (unsigned k = 0; k < BENCH_BURST; k++) {
			alloc_one(impl, &env, &packet[0], HEADER);
			write_bytes(evpl_iovec_data(&packet[0]), HEADER, k);
			if (slices)
				evpl_iovec_clone_segment(&packet[1], &large, k % SLICES * PAYLOAD, PAYLOAD);
			else
				alloc_one(impl, &env, &packet[1], PAYLOAD);
			mbufs[k] = evpl_iovecs_to_mbuf(env.evpl, packet, 2);
			if (mbufs[k] == NULL)
				bench_fail("%s: no packet: %s", c->name, rte_strerror(rte_errno));
		}
		send_mbufs(c, mbufs);
	}
	started = bench_now() - started;
	release_one(impl, &env, &large);
	return started;
}

BENCH_WAY_CALL(build_local, send_chains(EVPL_LOCAL, c, n, false))
BENCH_WAY_CALL(build_shared, send_chains(EVPL_SHARED, c, n, false))
BENCH_WAY_CALL(slice_local, send_chains(EVPL_LOCAL, c, n, true))
BENCH_WAY_CALL(slice_shared, send_chains(EVPL_SHARED, c, n, true))

BENCH_INLINE uint64_t
send_mbuf_chains(const struct bench_case *c, uint64_t n, bool slices)
{
	struct rte_mbuf *mbufs[BENCH_BURST];
	uint64_t started = bench_now();

	bench_large_begin();
	for (uint64_t i = 0; i < n; i++) {
		for (unsigned k = 0; k < BENCH_BURST; k++) {
			struct rte_mbuf *header = rte_pktmbuf_alloc(bench_pool);
			struct rte_mbuf *payload = rte_pktmbuf_alloc(bench_pool);

			if (header == NULL || payload == NULL)
				bench_fail("%s: out of mbufs", c->name);
			write_bytes(rte_pktmbuf_append(header, HEADER), HEADER, k);
			if (slices)
				bench_large_attach(payload, k % SLICES * PAYLOAD, PAYLOAD);
			payload->data_len = PAYLOAD;
			payload->pkt_len = PAYLOAD;
			if (rte_pktmbuf_chain(header, payload) != 0)
				bench_fail("%s: no chain", c->name);
			mbufs[k] = header;
		}
		send_mbufs(c, mbufs);
	}
	return bench_now() - started;
}

BENCH_WAY_CALL(build_pktmbuf, send_mbuf_chains(c, n, false))
BENCH_WAY_CALL(slice_extbuf, send_mbuf_chains(c, n, true))

BENCH_INLINE uint64_t
send_single(enum bench_impl impl, const struct bench_case *c, uint64_t n)
{
	struct bench_env env = bench_env(impl);
	struct evpl_iovec iovecs[BENCH_BURST];
	uint64_t started = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		for (unsigned k = 0; k < BENCH_BURST; k++) {
			alloc_one(impl, &env, &iovecs[k], c->length);
			write_bytes(evpl_iovec_data(&iovecs[k]), HEADER, k);
		}
		send_iovecs(c, env.evpl, iovecs);
	}
	return bench_now() - started;
}

BENCH_WAY_CALL(single_local, send_single(EVPL_LOCAL, c, n))
BENCH_WAY_CALL(single_shared, send_single(EVPL_SHARED, c, n))

/* The same with packets that are mbufs from the start. They come from one pool or the other. */
static uint64_t
send_whole(const struct bench_case *c, uint64_t n, struct rte_mempool *pool)
{
	struct evpl *evpl = bench_context();
	struct evpl_iovec iovecs[BENCH_BURST];
	uint64_t started = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		if (evpl_packets_alloc(evpl, pool, c->length, 0, iovecs, BENCH_BURST) != BENCH_BURST)
			bench_fail("%s: out of mbufs", c->name);
		for (unsigned k = 0; k < BENCH_BURST; k++)
			write_bytes(evpl_iovec_data(&iovecs[k]), HEADER, k);
		send_iovecs(c, evpl, iovecs);
	}
	return bench_now() - started;
}

BENCH_WAY_CALL(whole_slab, send_whole(c, n, slab_pool))
BENCH_WAY_CALL(whole_mbuf, send_whole(c, n, bench_pool))

static uint64_t
single_pktmbuf(const struct bench_case *c, uint64_t n)
{
	struct rte_mbuf *mbufs[BENCH_BURST];
	uint64_t started = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		for (unsigned k = 0; k < BENCH_BURST; k++) {
			mbufs[k] = rte_pktmbuf_alloc(bench_pool);
			if (mbufs[k] == NULL)
				bench_fail("%s: out of mbufs", c->name);
			write_bytes(rte_pktmbuf_append(mbufs[k], (uint16_t)c->length), HEADER, k);
		}
		send_mbufs(c, mbufs);
	}
	return bench_now() - started;
}

static uint64_t
forward_iovecs(const struct bench_case *c, uint64_t n, uint16_t port)
{
	struct evpl_iovec iovecs[BENCH_BURST];
	struct evpl *evpl = bench_context();
	uint64_t started = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		uint16_t got = evpl_rx_burst(evpl, port, 0, iovecs, BENCH_BURST);

		if (got != BENCH_BURST || evpl_tx_burst(evpl, port, 0, iovecs, got) != got)
			bench_fail("%s: received %u of %u", c->name, got, BENCH_BURST);
	}
	return bench_now() - started;
}

BENCH_WAY_CALL(forward_slab, forward_iovecs(c, n, ports[PORT_SLAB]))
BENCH_WAY_CALL(forward_mbuf, forward_iovecs(c, n, ports[PORT_MBUF]))

static uint64_t
forward_pktmbuf(const struct bench_case *c, uint64_t n)
{
	struct rte_mbuf *mbufs[BENCH_BURST];
	uint64_t started = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		uint16_t got = rte_eth_rx_burst(ports[PORT_MBUF], 0, mbufs, BENCH_BURST);

		if (got != BENCH_BURST || rte_eth_tx_burst(ports[PORT_MBUF], 0, mbufs, got) != got)
			bench_fail("%s: received %u of %u", c->name, got, BENCH_BURST);
	}
	return bench_now() - started;
}

#define ON_PORT .unit = "ns", .operations = BENCH_BURST, .mbufs = 8191, .setup = setup, .teardown = teardown
#define PACKET(kind, KIND)                                                                                             \
	{ON_PORT, .name = "packet/single/" #kind "/64",                                                                \
	 .what = "64 bytes " KIND " taken, headers written, sent by evpl_tx_burst on net_null", .length = 64,          \
	 .ways = {{"evpl", single_##kind, NULL, NULL}, {"pktmbuf", single_pktmbuf, NULL, NULL}}},                      \
		{ON_PORT, .name = "packet/build/" #kind,                                                               \
		 .what = "54 bytes of header and 1,448 of payload, both taken " KIND                                   \
			 ", made one packet, sent on net_null",                                                        \
		 .ways = {{"evpl", build_##kind, NULL, NULL}, {"pktmbuf", build_pktmbuf, NULL, NULL}}},                \
	{                                                                                                              \
		ON_PORT, .name = "packet/slice/" #kind,                                                                \
			 .what = "54 bytes of header " KIND                                                            \
				 ", a slice of 60 KB as payload; extbuf: rte_pktmbuf_attach_extbuf",                   \
			 .ways = {                                                                                     \
				 {"evpl", slice_##kind, NULL, NULL},                                                   \
				 {"extbuf", slice_extbuf, NULL, NULL}                                                  \
			 }                                                                                             \
	}

const struct bench_case bench_packet[] = {
	PACKET(local, "LOCAL"),
	PACKET(shared, "SHARED"),
	{
		ON_PORT,
		.name = "packet/whole/64",
		.what = "64 bytes of evpl_packets_alloc from a pool of evpl_rx_pool_create, headers written, sent; "
			"evpl-mbuf: from pktmbuf's pool",
		.length = 64,
		.ways =
			{
				{"evpl", whole_slab, NULL, NULL},
				{"pktmbuf", single_pktmbuf, NULL, NULL},
				{"evpl-mbuf", whole_mbuf, NULL, NULL},
			},
	},
	{
		ON_PORT,
		.name = "packet/forward/64",
		.what = "received from net_null as iovecs, and sent: with a pool of evpl_rx_pool_create; evpl-mbuf: "
			"with pktmbuf's pool",
		.ways =
			{
				{"evpl", forward_slab, NULL, NULL},
				{"pktmbuf", forward_pktmbuf, NULL, NULL},
				{"evpl-mbuf", forward_mbuf, NULL, NULL},
			},
	},
	{.name = NULL},
};
