/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include <evpl/evpl.h>

#include "../common/error.h"
#include "../common/signals.h"
#include "lcore.h"
#include "mode.h"
#include "port.h"

/* Where neither the command line nor the port names a ring size, counts are made for this one: testpmd's maximum. */
#define RING_SIZE 2048u
/* Mbufs that an lcore's mempool cache may hold back. */
#define LCORE_CACHE 512u
#define RX_CACHE 250u		    /* as testpmd's --mbcache */
#define PACKET_MBUFS_MAX (1u << 24) /* evpl_init() takes no more */
#define LINK_WAIT_MS 3000
#define LINK_POLL_MS 20

static int
check_limit(const struct fwd_port *p, const char *option, unsigned value, unsigned min, unsigned max)
{
	if (value >= min && value <= max)
		return 0;
	error_line("%s=%u: port %u (%s) takes %u to %u", option, value, p->id, p->name, min, max);
	return 2;
}

/* The frame length asked for, with header and FCS; 0: none was. */
static uint32_t
frame_length(const struct fwd_port *p, const struct fwd_options *o, uint16_t *mtu)
{
	uint32_t overhead = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;

	/* What a port adds to its MTU; some do not say. */
	if (p->info.max_mtu != UINT16_MAX && p->info.max_rx_pktlen > p->info.max_mtu)
		overhead = p->info.max_rx_pktlen - p->info.max_mtu;
	if (o->max_frame > overhead) {
		*mtu = (uint16_t)RTE_MIN(o->max_frame - overhead, (uint32_t)UINT16_MAX);
		return o->max_frame;
	}
	*mtu = (uint16_t)o->mtu;
	return o->mtu == 0 ? 0 : o->mtu + overhead;
}

static int
check_port(const struct fwd_port *p, const struct fwd_options *o)
{
	const struct rte_eth_dev_info *info = &p->info;
	uint16_t mtu;
	int status;

	status = check_limit(p, "--rxq", o->rxq, 1, info->max_rx_queues);
	if (status == 0)
		status = check_limit(p, "--txq", o->txq, 1, info->max_tx_queues);
	if (status == 0 && o->rxd != 0)
		status = check_limit(p, "--rxd", o->rxd, info->rx_desc_lim.nb_min, info->rx_desc_lim.nb_max);
	if (status == 0 && o->txd != 0)
		status = check_limit(p, "--txd", o->txd, info->tx_desc_lim.nb_min, info->tx_desc_lim.nb_max);
	if (status == 0 && frame_length(p, o, &mtu) != 0)
		status = check_limit(p, o->mtu != 0 ? "--mtu" : "--max-pkt-len less header and FCS", mtu, info->min_mtu,
				     info->max_mtu);
	return status;
}

static int
failed(const struct fwd_port *p, const char *what, int rc)
{
	error_line("port %u (%s): %s: %s", p->id, p->name, what, rte_strerror(-rc));
	return 1;
}

/*
 * On huge pages drivers free an mbuf with its own data faster than one that is pinned to a slab (io on net_null: 9.7
 * against 12.4 ns per packet); on 4 KiB pages each such mbuf has a page to itself, and the TLB makes it the slower one
 * (21.7 against 12.4). Its iovecs are SHARED, so where every packet is cloned it does not pay.
 */
static bool
prefers_slab(const struct fwd_options *o)
{
	if (o->rx_pool == FWD_RX_POOL_AUTO)
		return !rte_eal_has_hugepages() || o->mode->multiplies;
	return o->rx_pool == FWD_RX_POOL_SLAB;
}

/* Whether a limit of the port touches what is asked of it. Pools are sized for ports that free late, and their memory is EAL's. */
static bool
concerns(enum evpl_port_limit_kind kind, const struct fwd_options *o)
{
	switch (kind) {
	case EVPL_PORT_ONE_SEGMENT:
	case EVPL_PORT_SEGMENTS:
		return o->mode->generates && o->segment_count > 1;
	case EVPL_PORT_RX_POOL:
		return prefers_slab(o);
	case EVPL_PORT_LATE:
	case EVPL_PORT_SHARED_MEMORY:
		return false;
	default:
		return true;
	}
}

static int
check_limits(const struct fwd_port *p, const struct fwd_options *o)
{
	struct evpl_port_limit limit[EVPL_PORT_LIMITS];
	int n = evpl_port_check(p->id, limit, EVPL_PORT_LIMITS);

	if (n < 0)
		return failed(p, "check", n);
	for (int i = 0; i < n; i++) {
		if (!concerns(limit[i].kind, o))
			continue;
		error_line("%sport %u (%s): %s (%s)", limit[i].is_error ? "" : "note: ", p->id, p->name, limit[i].text,
			   limit[i].remedy);
		if (limit[i].is_error)
			return 1;
	}
	return 0;
}

/*
 * What is sent may come back to the RX queue of the same number (net_ring), so each queue that txonly sends through gets
 * one, to be drained at the end. The other modes send through the first --rxq queues only.
 */
static uint16_t
rx_queues(const struct fwd_port *p, const struct fwd_options *o)
{
	if (o->mode->receives || o->txq <= o->rxq)
		return o->rxq;
	return p->info.max_rx_queues < o->txq ? p->info.max_rx_queues : o->txq;
}

static int
add_port(struct fwd_ports *ports, uint16_t id, const struct fwd_options *o)
{
	struct fwd_port *p = &ports->port[ports->count];
	int status, rc;

	p->id = id;
	if (rte_eth_dev_get_name_by_port(id, p->name) != 0)
		snprintf(p->name, sizeof(p->name), "port%u", id);
	rc = rte_eth_dev_info_get(id, &p->info);
	if (rc == 0)
		rc = rte_eth_macaddr_get(id, &p->mac);
	if (rc != 0) {
		error_line("port %u (%s): %s", id, p->name, rte_strerror(-rc));
		return 1;
	}
	p->socket = rte_eth_dev_socket_id(id);
	if (p->socket < 0)
		p->socket = (int)rte_lcore_to_socket_id(rte_get_main_lcore());
	p->rx_queues = rx_queues(p, o);
	ports->count++;
	status = check_port(p, o);
	return status != 0 ? status : check_limits(p, o);
}

int
fwd_ports_choose(struct fwd_ports *ports, const struct fwd_options *o)
{
	int status = 0;

	memset(ports, 0, sizeof(*ports));
	if (rte_eth_dev_count_avail() == 0) {
		error_line("no ports: give EAL some, as --vdev=net_null0 --vdev=net_null1 before --");
		return 2;
	}
	for (unsigned i = 0; i < o->port_count; i++) {
		if (!rte_eth_dev_is_valid_port(o->ports[i])) {
			error_line("port %u does not exist", o->ports[i]);
			return 2;
		}
		status = add_port(ports, o->ports[i], o);
		if (status != 0)
			return status;
	}
	/* RTE_ETH_FOREACH_DEV, whose 64-bit result must become a port id. */
	for (uint64_t id = rte_eth_find_next_owned_by(0, RTE_ETH_DEV_NO_OWNER);
	     o->port_count == 0 && id < RTE_MAX_ETHPORTS;
	     id = rte_eth_find_next_owned_by((uint16_t)(id + 1), RTE_ETH_DEV_NO_OWNER)) {
		status = add_port(ports, (uint16_t)id, o);
		if (status != 0)
			return status;
	}
	if (o->mode->multiplies && ports->count < 2) {
		error_line("--forward-mode=%s needs two ports or more", o->mode->name);
		return 2;
	}
	return 0;
}

uint32_t
fwd_ports_rx_mbufs(const struct fwd_ports *ports, const struct fwd_options *o, int socket, unsigned lcores)
{
	uint64_t n = (uint64_t)lcores * (LCORE_CACHE + FWD_BURST_MAX);

	if (o->mbufs != 0)
		return o->mbufs;
	/* A packet may sit in an RX ring, in an lcore, or in the TX ring of any port. */
	for (unsigned i = 0; i < ports->count; i++) {
		if (ports->port[i].socket == socket)
			n += (uint64_t)ports->port[i].rx_queues * RTE_MAX(o->rxd, RING_SIZE);
		if (o->mode->transmits)
			n += (uint64_t)o->txq * RTE_MAX(o->txd, RING_SIZE);
	}
	return (uint32_t)RTE_MIN(n, (uint64_t)UINT32_MAX);
}

uint32_t
fwd_ports_packet_mbufs(const struct fwd_ports *ports, const struct fwd_options *o, unsigned lcores)
{
	uint64_t n = (uint64_t)lcores * (LCORE_CACHE + FWD_BURST_MAX);

	/* Only these send what is not a received packet itself. */
	if (!o->mode->generates && !o->mode->multiplies)
		return 0;
	n += (uint64_t)ports->count * o->txq * RTE_MAX(o->txd, RING_SIZE);
	if (o->mode->generates)
		n *= o->segment_count;
	else if (!prefers_slab(o))
		n *= 2; /* an mbuf with its own data is held by a second one while a clone of it is in flight */
	return (uint32_t)RTE_MIN(RTE_MAX(n, (uint64_t)EVPL_DEFAULT_PACKET_MBUFS), (uint64_t)PACKET_MBUFS_MAX);
}

static struct rte_mempool *
rx_pool(struct fwd_ports *ports, const struct fwd_port *p, const struct fwd_options *o, unsigned lcores)
{
	uint32_t n = fwd_ports_rx_mbufs(ports, o, p->socket, lcores);
	struct rte_mempool *pool = ports->rx_pool[p->socket];
	char name[24];

	/* One per NUMA node: the first port there makes it. */
	if (pool != NULL)
		return pool;
	snprintf(name, sizeof(name), "fwd_rx_%d", p->socket);
	ports->rx_pool_ours = !prefers_slab(o);
	if (ports->rx_pool_ours)
		pool = rte_pktmbuf_pool_create(name, n, RTE_MIN(RX_CACHE, n * 2 / 3), 0, o->mbuf_size, p->socket);
	else
		pool = evpl_rx_pool_create(name, n, o->mbuf_size, p->socket);
	ports->rx_pool[p->socket] = pool;
	if (pool == NULL)
		error_line(
			"no RX pool of %u mbufs of %u bytes on NUMA node %d: %s (try a smaller --total-num-mbufs, or "
			"EAL's -m)",
			n, o->mbuf_size, p->socket, rte_strerror(rte_errno));
	return pool;
}

static int
configure(const struct fwd_port *p, const struct fwd_options *o)
{
	struct rte_eth_conf conf = {0};
	uint16_t mtu;
	uint32_t frame = frame_length(p, o, &mtu);
	int rc;

	if (o->rxq > 1) {
		/* Ports that cannot spread packets over their queues have them from elsewhere, as net_ring. */
		conf.rx_adv_conf.rss_conf.rss_hf =
			(RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP) & p->info.flow_type_rss_offloads;
		if (conf.rx_adv_conf.rss_conf.rss_hf != 0)
			conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	}
	if (frame != 0) {
		conf.rxmode.mtu = mtu;
		if (frame > (uint32_t)o->mbuf_size - RTE_PKTMBUF_HEADROOM)
			conf.rxmode.offloads |= p->info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
	}
	/* Never RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE: see evpl_port.h. */
	if (o->mode->generates && o->segment_count > 1)
		conf.txmode.offloads |= p->info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	rc = rte_eth_dev_configure(p->id, p->rx_queues, o->txq, &conf);
	if (rc != 0)
		return failed(p, "configure", rc);
	return 0;
}

static int
start_port(struct fwd_ports *ports, struct fwd_port *p, const struct fwd_options *o, unsigned lcores)
{
	struct rte_mempool *pool = rx_pool(ports, p, o, lcores);
	uint32_t frame;
	uint16_t mtu;
	int rc, mtu_rc;

	if (pool == NULL)
		return 1;
	rc = configure(p, o);
	if (rc != 0)
		return rc;
	for (uint16_t q = 0; q < p->rx_queues; q++) {
		rc = rte_eth_rx_queue_setup(p->id, q, o->rxd, (unsigned)p->socket, NULL, pool);
		if (rc != 0)
			return failed(p, "RX queue", rc);
	}
	for (uint16_t q = 0; q < o->txq; q++) {
		rc = rte_eth_tx_queue_setup(p->id, q, o->txd, (unsigned)p->socket, NULL);
		if (rc != 0)
			return failed(p, "TX queue", rc);
	}
	/* Some drivers take the MTU from the configuration; of the others, some want a stopped port, some one that runs. */
	frame = frame_length(p, o, &mtu);
	mtu_rc = frame == 0 ? 0 : rte_eth_dev_set_mtu(p->id, mtu);
	rc = rte_eth_dev_start(p->id);
	if (rc != 0)
		return failed(p, "start", rc);
	p->started = true;
	if (mtu_rc != 0 && mtu_rc != -ENOTSUP)
		mtu_rc = rte_eth_dev_set_mtu(p->id, mtu);
	if (mtu_rc != 0 && mtu_rc != -ENOTSUP)
		return failed(p, "MTU", mtu_rc);
	if (o->promiscuous) {
		rc = rte_eth_promiscuous_enable(p->id);
		if (rc != 0 && rc != -ENOTSUP)
			return failed(p, "promiscuous mode", rc);
	}
	return 0;
}

int
fwd_ports_start(struct fwd_ports *ports, const struct fwd_options *o, unsigned lcores)
{
	int status = 0;

	for (unsigned i = 0; i < ports->count && status == 0; i++)
		status = start_port(ports, &ports->port[i], o, lcores);
	return status;
}

static bool
links_up(const struct fwd_ports *ports)
{
	for (unsigned i = 0; i < ports->count; i++) {
		struct rte_eth_link link = {0};

		/* A port that knows nothing of links is not waited for. */
		if (rte_eth_link_get_nowait(ports->port[i].id, &link) == 0 && link.link_status == RTE_ETH_LINK_DOWN)
			return false;
	}
	return true;
}

void
fwd_ports_wait_links(const struct fwd_ports *ports)
{
	for (unsigned ms = 0; ms < LINK_WAIT_MS && !links_up(ports) && !signals_stop_requested(); ms += LINK_POLL_MS)
		rte_delay_us_sleep(LINK_POLL_MS * 1000);
}

void
fwd_ports_memory(const struct fwd_ports *ports, struct evpl_stats *stats)
{
	evpl_stats_get(stats);
	for (unsigned i = 0; ports->rx_pool_ours && i < RTE_MAX_NUMA_NODES; i++) {
		if (ports->rx_pool[i] != NULL) {
			stats->rx_buffers += ports->rx_pool[i]->size;
			stats->rx_buffers_in_use += rte_mempool_in_use_count(ports->rx_pool[i]);
		}
	}
}

void
fwd_ports_free(struct fwd_ports *ports)
{
	for (unsigned i = 0; ports->rx_pool_ours && i < RTE_MAX_NUMA_NODES; i++) {
		rte_mempool_free(ports->rx_pool[i]);
		ports->rx_pool[i] = NULL;
	}
}

void
fwd_ports_stats(struct fwd_ports *ports)
{
	for (unsigned i = 0; i < ports->count; i++) {
		struct fwd_port *p = &ports->port[i];

		if (p->started && rte_eth_stats_get(p->id, &p->stats) != 0)
			memset(&p->stats, 0, sizeof(p->stats));
	}
}

/*
 * What is still in an RX queue comes out, because not every port frees it when it is closed (net_ring does not).
 * A port may also never run dry, so no more is taken than its pool could have filled in.
 */
static void
drain(const struct fwd_port *p, uint16_t queue, uint32_t most)
{
	struct rte_mbuf *packets[64];
	uint16_t n;

	for (uint32_t done = 0; done < most; done += n) {
		n = rte_eth_rx_burst(p->id, queue, packets, RTE_DIM(packets));
		if (n == 0)
			break;
		for (uint16_t i = 0; i < n; i++)
			rte_pktmbuf_free(packets[i]);
	}
}

void
fwd_ports_close(struct fwd_ports *ports, const struct fwd_options *o)
{
	/* All queues first: closing one port may end another, as virtio_user and vhost do. */
	for (unsigned i = 0; i < ports->count; i++) {
		for (uint16_t q = 0; q < ports->port[i].rx_queues && ports->port[i].started; q++)
			drain(&ports->port[i], q, RTE_MAX(o->mbufs, 65536u));
	}
	for (unsigned i = ports->count; i-- > 0;) {
		struct fwd_port *p = &ports->port[i];

		if (p->started)
			rte_eth_dev_stop(p->id);
		rte_eth_dev_close(p->id);
		p->started = false;
	}
}
