/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>

#include <evpl/evpl.h>

#include "../common/error.h"
#include "../common/pool.h"
#include "lcore.h"
#include "mode.h"
#include "port.h"

/* If neither the command line nor the port gives a ring size, this size is assumed: testpmd's maximum. */
#define RING_SIZE 2048u
/* Mbufs that the mempool cache of an lcore may hold. */
#define LCORE_CACHE 512u
#define PACKET_MBUFS_MAX (1u << 24) /* evpl_init() takes no more */
#define LINK_WAIT_MS 3000

static int
check_limit(const struct fwd_port *p, const char *option, unsigned value, unsigned min, unsigned max)
{
	if (value >= min && value <= max)
		return 0;
	error_line("%s=%u: port %u (%s) takes %u to %u", option, value, p->dev.id, p->dev.name, min, max);
	return 2;
}

/* The frame length that was asked for, with header and FCS; 0: none. */
static uint32_t
frame_length(const struct fwd_port *p, const struct fwd_options *o, uint16_t *mtu)
{
	uint32_t overhead = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;

	/* What a port adds to its MTU. Some ports do not report it. */
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

/*
 * On huge pages drivers free an mbuf with its own data faster than one that is pinned to a slab (io on net_null: 9.7
 * against 12.4 ns per packet). On 4 KiB pages each such mbuf has a page to itself, and the TLB misses make it slower
 * (21.7 against 12.4). Its iovecs are SHARED, so it does not pay if every packet is cloned. If one driver cannot
 * receive everything into slabs, all ports use mbufs, because they share the pool of their NUMA node.
 */
static bool
prefers_slab(const struct fwd_ports *ports, const struct fwd_options *o)
{
	if (o->rx_pool == FWD_RX_POOL_AUTO)
		return !ports->no_slab && (!rte_eal_has_hugepages() || o->mode->multiplies);
	return o->rx_pool == FWD_RX_POOL_SLAB;
}

/*
 * Whether a limit of the port concerns what it has to do. Ports that free late do not: pools are sized for them. Ports
 * that need DPDK's memory do not either: all memory here is EAL's.
 */
static bool
limit_concerns_run(enum evpl_port_limit_kind kind, const struct fwd_options *o)
{
	switch (kind) {
	case EVPL_PORT_ONE_SEGMENT:
	case EVPL_PORT_SEGMENTS:
		return fwd_makes_packets(o) && o->segment_count > 1;
	case EVPL_PORT_LENGTH: /* any packet that another port receives may be long */
		return o->mode->transmits;
	case EVPL_PORT_RX_POOL:
	case EVPL_PORT_RX_VLAN:
		return o->rx_pool == FWD_RX_POOL_SLAB;
	case EVPL_PORT_PADDING:
		return fwd_makes_packets(o) || o->mode->multiplies;
	case EVPL_PORT_LATE:
	case EVPL_PORT_SHARED_MEMORY:
		return false;
	default:
		return true;
	}
}

static int
check_limits(struct fwd_ports *ports, const struct fwd_port *p, const struct fwd_options *o)
{
	struct evpl_port_limit limit[EVPL_PORT_LIMITS];
	int n = evpl_port_check(p->dev.id, limit, EVPL_PORT_LIMITS);

	if (n < 0)
		return ethdev_failed(&p->dev, "check", n);
	for (int i = 0; i < n; i++) {
		if (limit[i].kind == EVPL_PORT_RX_POOL || limit[i].kind == EVPL_PORT_RX_VLAN)
			ports->no_slab = true;
		if (!limit_concerns_run(limit[i].kind, o))
			continue;
		error_line("%sport %u (%s): %s (%s)", limit[i].is_error ? "" : "note: ", p->dev.id, p->dev.name,
			   limit[i].text, limit[i].remedy);
		if (limit[i].is_error)
			return 1;
	}
	return 0;
}

/*
 * Packets that are sent may come back to the RX queue with the same number (net_ring). So each queue that txonly sends
 * through gets an RX queue, which is drained at the end. The other modes send through the first --rxq queues only.
 */
static uint16_t
rx_queue_count(const struct fwd_port *p, const struct fwd_options *o)
{
	if (o->mode->receives || o->txq <= o->rxq)
		return o->rxq;
	return p->info.max_rx_queues < o->txq ? p->info.max_rx_queues : o->txq;
}

static bool
node_exists(int node)
{
	for (unsigned i = 0; i < rte_socket_count(); i++) {
		if (rte_socket_id_by_idx(i) == node)
			return true;
	}
	return false;
}

/* As in testpmd: a ring's own node counts most, then the port's, then what the device says. */
static int
choose_nodes(struct fwd_port *p, const struct fwd_options *o)
{
	const struct fwd_numa *n = &o->numa;
	uint16_t id = p->dev.id;

	if (n->none)
		p->dev.socket = n->node >= 0 ? n->node : rte_socket_id_by_idx(0);
	else if (n->port[id] >= 0)
		p->dev.socket = n->port[id];
	p->rx_socket = !n->none && n->rx[id] >= 0 ? n->rx[id] : p->dev.socket;
	p->tx_socket = !n->none && n->tx[id] >= 0 ? n->tx[id] : p->dev.socket;
	if (node_exists(p->dev.socket) && node_exists(p->rx_socket) && node_exists(p->tx_socket))
		return 0;
	error_line("port %u (%s): EAL has no NUMA node %d (see --port-numa-config, --ring-numa-config, --socket-num)",
		   id, p->dev.name,
		   !node_exists(p->dev.socket) ? p->dev.socket
		   : node_exists(p->rx_socket) ? p->tx_socket
					       : p->rx_socket);
	return 2;
}

static int
add_port(struct fwd_ports *ports, uint16_t id, const struct fwd_options *o)
{
	struct fwd_port *p = &ports->port[ports->count];
	int status = ethdev_init(&p->dev, id, &p->info);

	if (status != 0)
		return status;
	p->rx_queues = rx_queue_count(p, o);
	ports->count++;
	status = choose_nodes(p, o);
	if (status == 0)
		status = check_port(p, o);
	return status != 0 ? status : check_limits(ports, p, o);
}

int
fwd_ports_choose(struct fwd_ports *ports, const struct fwd_options *o)
{
	uint16_t all[RTE_MAX_ETHPORTS];
	const uint16_t *ids = o->port_count != 0 ? o->ports : all;
	unsigned all_count = ethdev_list(all), count = o->port_count != 0 ? o->port_count : all_count;
	int status;

	memset(ports, 0, sizeof(*ports));
	if (all_count == 0) {
		error_line("no ports: give EAL some, as --vdev=net_null0 --vdev=net_null1 before --");
		return 2;
	}
	if (o->port_limit > count) {
		error_line("--nb-ports=%u: there are %u", o->port_limit, count);
		return 2;
	}
	if (o->port_limit != 0)
		count = o->port_limit;
	for (unsigned i = 0; i < count; i++) {
		if (!rte_eth_dev_is_valid_port(ids[i])) {
			error_line("port %u does not exist", ids[i]);
			return 2;
		}
		status = add_port(ports, ids[i], o);
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
	/* A packet may be in an RX ring, in an lcore, or in the TX ring of any port. */
	for (unsigned i = 0; i < ports->count; i++) {
		if (ports->port[i].rx_socket == socket)
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

	/* Only these modes send packets that are not received mbufs themselves. */
	if (!fwd_makes_packets(o) && !o->mode->multiplies)
		return 0;
	n += (uint64_t)ports->count * o->txq * RTE_MAX(o->txd, RING_SIZE);
	if (fwd_makes_packets(o))
		n *= o->segment_count;
	if (o->mode->multiplies && !prefers_slab(ports, o))
		n *= 2; /* while a clone of an mbuf with its own data is in flight, a second mbuf holds it */
	return (uint32_t)RTE_MIN(RTE_MAX(n, (uint64_t)EVPL_DEFAULT_PACKET_MBUFS), (uint64_t)PACKET_MBUFS_MAX);
}

static struct rte_mempool *
rx_pool_of_node(struct fwd_ports *ports, const struct fwd_port *p, const struct fwd_options *o, unsigned lcores)
{
	uint32_t n = fwd_ports_rx_mbufs(ports, o, p->rx_socket, lcores);
	struct rte_mempool *pool = ports->rx_pool[p->rx_socket];
	char name[24];

	/* One pool per NUMA node: the first port there makes it. */
	if (pool != NULL)
		return pool;
	snprintf(name, sizeof(name), "fwd_rx_%d", p->rx_socket);
	ports->rx_pool_ours = !prefers_slab(ports, o);
	pool = pool_create(name, n, o->mbuf_size, p->rx_socket, !ports->rx_pool_ours);
	ports->rx_pool[p->rx_socket] = pool;
	return pool;
}

uint64_t
fwd_port_rss(const struct rte_eth_dev_info *info, const struct fwd_options *o)
{
	uint64_t types = o->rss.types & info->flow_type_rss_offloads;

	if (o->rxq == 1 || types == 0)
		return 0;
	return types | (o->rss.level & info->flow_type_rss_offloads);
}

static void
note_no_rss(const struct fwd_port *p, const struct fwd_options *o, uint64_t rss)
{
	if (!o->rss.given || o->rxq == 1 || o->rss.types == 0)
		return;
	if (rss == 0)
		error_line("note: port %u (%s): no RSS of the kind that was asked for", p->dev.id, p->dev.name);
	else if ((rss & o->rss.level) != o->rss.level)
		error_line("note: port %u (%s): no RSS by that level of headers", p->dev.id, p->dev.name);
}

static int
configure_port(const struct fwd_port *p, const struct fwd_options *o)
{
	struct rte_eth_conf conf = {0};
	uint16_t mtu;
	uint32_t frame = frame_length(p, o, &mtu);
	uint64_t rss = fwd_port_rss(&p->info, o);
	int rc;

	/* Ports without RSS, such as net_ring, get the packets of their queues in another way. */
	if (rss != 0) {
		conf.rx_adv_conf.rss_conf.rss_hf = rss;
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	}
	note_no_rss(p, o, rss);
	conf.intr_conf.rmv = !o->no_removal_interrupt && (*p->info.dev_flags & RTE_ETH_DEV_INTR_RMV) != 0;
	if (frame != 0) {
		conf.rxmode.mtu = mtu;
		if (frame > (uint32_t)o->mbuf_size - RTE_PKTMBUF_HEADROOM)
			conf.rxmode.offloads |= p->info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
	}
	/* Never RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE: see evpl_port.h. */
	if (fwd_makes_packets(o) && o->segment_count > 1)
		conf.txmode.offloads |= p->info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	rc = rte_eth_dev_configure(p->dev.id, p->rx_queues, o->txq, &conf);
	if (rc != 0)
		return ethdev_failed(&p->dev, "configure", rc);
	return 0;
}

static int
start_port(struct fwd_ports *ports, struct fwd_port *p, const struct fwd_options *o, unsigned lcores)
{
	struct ethdev_queues queues = {.rx = p->rx_queues,
				       .tx = o->txq,
				       .rxd = o->rxd,
				       .txd = o->txd,
				       .rx_socket = &p->rx_socket,
				       .tx_socket = &p->tx_socket};
	struct rte_mempool *pool = rx_pool_of_node(ports, p, o, lcores);
	uint16_t mtu;
	int rc;

	if (pool == NULL)
		return 1;
	rc = configure_port(p, o);
	if (rc != 0)
		return rc;
	queues.rx_pool = pool;
	rc = ethdev_setup_queues(&p->dev, &queues);
	if (rc != 0)
		return rc;
	frame_length(p, o, &mtu);
	if (ethdev_start(&p->dev, mtu) != 0)
		return 1;
	if (!o->no_promiscuous) {
		rc = rte_eth_promiscuous_enable(p->dev.id);
		if (rc != 0 && rc != -ENOTSUP)
			return ethdev_failed(&p->dev, "promiscuous mode", rc);
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

void
fwd_ports_wait_links(const struct fwd_ports *ports)
{
	unsigned ms = LINK_WAIT_MS;

	for (unsigned i = 0; i < ports->count; i++)
		ethdev_wait_link(&ports->port[i].dev, &ms);
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

		if (p->dev.started && fwd_port_is_here(p) && rte_eth_stats_get(p->dev.id, &p->stats) != 0)
			memset(&p->stats, 0, sizeof(p->stats));
	}
}

void
fwd_ports_close(struct fwd_ports *ports, const struct fwd_options *o)
{
	/* All queues are drained first, because closing one port may end another one, as with virtio_user and vhost. */
	for (unsigned i = 0; i < ports->count; i++) {
		const struct fwd_port *p = &ports->port[i];

		for (uint16_t q = 0; q < p->rx_queues && p->dev.started && fwd_port_is_here(p); q++)
			ethdev_drain(&p->dev, q, RTE_MAX(o->mbufs, 65536u));
	}
	for (unsigned i = ports->count; i-- > 0;) {
		if (fwd_port_gone(&ports->port[i]) != FWD_UNPLUGGED)
			ethdev_close(&ports->port[i].dev);
	}
}
