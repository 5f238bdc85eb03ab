/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>

#include "../error.h"
#include "../pool.h"
#include "af_packet.h"
#include "glue_port.h"
#include "port.h"

/* Pools are computed for this size of a ring, unless the command line names a size. */
#define RING_SIZE 1024u
/* Packet mbufs of a usual frame from lwIP: two, and one to spare. */
#define FRAME_SEGMENTS_USUAL 3u
#define LINK_WAIT_MS 3000

/* Checks for limits that no iovec can be sent through. The glue handles the rest. */
static int
check_limits(const struct host_port *p)
{
	struct evpl_port_limit limit;
	int n = evpl_port_check(p->dev.id, &limit, 1);

	if (n < 0)
		return ethdev_failed(&p->dev, "check", n);
	if (n == 0 || !limit.is_error)
		return 0;
	error_line("port %u (%s): %s (%s)", p->dev.id, p->dev.name, limit.text, limit.remedy);
	return 1;
}

static int
add_port(struct host_ports *ports, uint16_t id)
{
	struct host_port *p = &ports->port[ports->count];
	struct rte_eth_dev_info info;

	if (ports->count == PORTS_MAX) {
		error_line("more than %u ports", PORTS_MAX);
		return 2;
	}
	if (ethdev_init(&p->dev, id, &info) != 0)
		return 1;
	glue_port_change_mac(&info, p->dev.mac.addr_bytes);
	ports->count++;
	return check_limits(p);
}

static bool
has_port(const struct host_ports *ports, uint16_t id)
{
	for (unsigned i = 0; i < ports->count; i++) {
		if (ports->port[i].dev.id == id)
			return true;
	}
	return false;
}

static int
check_addresses(const struct host_ports *ports, const struct address_options *o)
{
	for (unsigned i = 0; i < o->count; i++) {
		if (!has_port(ports, o->list[i].port)) {
			error_line("--ip: there is no port %u", o->list[i].port);
			return 2;
		}
	}
	if (o->has_gateway && !has_port(ports, o->gateway.port)) {
		error_line("--gateway: there is no port %u", o->gateway.port);
		return 2;
	}
	return 0;
}

int
ports_choose(struct host_ports *ports, const struct address_options *addresses)
{
	uint16_t ids[RTE_MAX_ETHPORTS];
	unsigned count = ethdev_list(ids);
	int status = 0;

	memset(ports, 0, sizeof(*ports));
	if (count == 0) {
		error_line("no ports: give EAL some, as --vdev=net_tap0 before --");
		return 2;
	}
	for (unsigned i = 0; i < count && status == 0; i++)
		status = add_port(ports, ids[i]);
	return status != 0 ? status : check_addresses(ports, addresses);
}

/* Packets that ports, their queues and lcores' caches may hold at once. */
static uint32_t
tx_packets(const struct host_ports *ports, const struct port_options *o)
{
	return ports->count * (RTE_MAX(o->txd, RING_SIZE) + 2 * GLUE_BURST) + 2 * POOL_CACHE;
}

uint32_t
ports_packet_mbufs(const struct host_ports *ports, const struct port_options *o)
{
	return FRAME_SEGMENTS_USUAL * tx_packets(ports, o);
}

unsigned
ports_rx_hold(const struct host_ports *ports, const struct port_options *o)
{
	uint32_t ring = o->rxd != 0 ? o->rxd : RING_SIZE;

	/* The other half is for reception. A port with an empty pool loses the very segment that lwIP waits for. */
	if (o->rx_hold != 0)
		return (unsigned)RTE_MIN((uint64_t)o->rx_hold, (uint64_t)o->mbufs * ports->count);
	return o->mbufs > ring ? (o->mbufs - ring) / 2 : 0;
}

/*
 * Mbufs that packets which wait for lwIP may hold: half of what the ring and lwIP leave of a pool. The other half
 * refills the ring.
 */
static uint32_t
rx_ahead(const struct host_ports *ports, const struct port_options *o)
{
	uint32_t used = (o->rxd != 0 ? o->rxd : RING_SIZE) + ports_rx_hold(ports, o);

	return o->mbufs > used ? (o->mbufs - used) / 2 : 0;
}

/* Bytes that an RX mbuf must hold if a packet is to be one segment. */
static uint32_t
longest_frame(const struct port_options *o, const struct rte_eth_dev_info *info)
{
	if (af_packet_is(info))
		return af_packet_data_room(info);
	return (uint32_t)(o->mtu + RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN);
}

/* The command line's size; else the usual one, or a frame's if the driver wants a frame in one mbuf. */
static uint16_t
rx_mbuf_size(const struct port_options *o, const struct rte_eth_dev_info *info)
{
	uint32_t frame = longest_frame(o, info);

	if (o->mbuf_size != 0)
		return o->mbuf_size;
	if ((info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER) != 0 || frame <= RTE_MBUF_DEFAULT_DATAROOM)
		return RTE_MBUF_DEFAULT_BUF_SIZE;
	return (uint16_t)RTE_MIN(frame + RTE_PKTMBUF_HEADROOM, (uint32_t)UINT16_MAX);
}

static int
make_pools(struct host_ports *ports, struct host_port *p, const struct port_options *o,
	   const struct rte_eth_dev_info *info)
{
	uint16_t frame = (uint16_t)(o->mtu + RTE_ETHER_HDR_LEN + RTE_PKTMBUF_HEADROOM);
	char name[24];

	ports->pools_ours = o->copy;
	if (ports->tx_pool == NULL)
		ports->tx_pool = pool_create("host_tx", tx_packets(ports, o), frame, p->dev.socket, !o->copy);
	snprintf(name, sizeof(name), "host_rx_%u", p->dev.id);
	p->rx_pool = pool_create(name, o->mbufs, rx_mbuf_size(o, info), p->dev.socket, !o->copy);
	return ports->tx_pool == NULL || p->rx_pool == NULL ? 1 : 0;
}

/* Whether the port would lose the tag of another VLAN's frame, which would then look like one of our own. */
static bool
loses_vlan_tags(const struct host_port *p)
{
	struct evpl_port_limit limit[EVPL_PORT_LIMITS];
	int n = evpl_port_check(p->dev.id, limit, EVPL_PORT_LIMITS);

	for (int i = 0; i < n; i++) {
		if (limit[i].kind == EVPL_PORT_RX_VLAN)
			return true;
	}
	return false;
}

static void
choose_offloads(struct host_port *p, const struct port_options *o, const struct rte_eth_dev_info *info,
		struct rte_eth_conf *conf)
{
	const uint64_t rx_checksums =
		info->rx_offload_capa &
		(RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM);

	/* Never RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE: it frees mbufs without releasing what they are attached to. */
	p->glue.segments = o->copy ? 1 : glue_port_segments(info);
	if (p->glue.segments > 1)
		conf->txmode.offloads |= RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	if (longest_frame(o, info) + RTE_PKTMBUF_HEADROOM > rte_pktmbuf_data_room_size(p->rx_pool))
		conf->rxmode.offloads |= info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
	/* The mbuf then has the tag, and glue_queue_is_of_other_vlan() sees it. */
	if (loses_vlan_tags(p))
		conf->rxmode.offloads |= info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
	/* An lwIP that cannot be told computes all checksums itself. */
	p->tx_checksum =
		o->tx_offload && glue_checksum_control() && (info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_TCP_CKSUM) != 0;
	p->rx_checksum = o->rx_offload && glue_checksum_control() && rx_checksums != 0;
	if (p->tx_checksum)
		conf->txmode.offloads |= RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
	if (p->rx_checksum)
		conf->rxmode.offloads |= rx_checksums;
}

/* Finds settings that net_af_packet would refuse without a reason, or with which it would drop frames. */
static int
check_frames(const struct host_port *p, const struct port_options *o, const struct rte_eth_dev_info *info)
{
	uint32_t room = rte_pktmbuf_data_room_size(p->rx_pool) - RTE_PKTMBUF_HEADROOM;

	if (!af_packet_is(info))
		return 0;
	if (o->mtu > af_packet_mtu_max(info)) {
		error_line("port %u (%s): its frames hold an MTU of %u, not of %u: give --vdev a larger framesz, as in "
			   "framesz=9216,blocksz=36864,framecnt=1024",
			   p->dev.id, p->dev.name, af_packet_mtu_max(info), o->mtu);
		return 1;
	}
	if (longest_frame(o, info) > room && (info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER) == 0) {
		error_line("port %u (%s): its frames of %u bytes do not fit into mbufs with room for %u: give a larger "
			   "--mbuf-size, or --vdev a smaller framesz",
			   p->dev.id, p->dev.name, longest_frame(o, info), room);
		return 1;
	}
	return 0;
}

static int
configure_port(struct host_port *p, const struct port_options *o, const struct rte_eth_dev_info *info)
{
	struct ethdev_queues queues = {.rx = 1, .tx = 1, .rxd = o->rxd, .txd = o->txd, .rx_pool = p->rx_pool};
	struct rte_eth_conf conf = {0};
	int rc;

	if (check_frames(p, o, info) != 0)
		return 1;
	choose_offloads(p, o, info, &conf);
	p->mtu = o->mtu;
	p->mtu_behind_ethdev =
		af_packet_is(info) && (uint32_t)(p->mtu + RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN) > info->max_rx_pktlen;
	conf.rxmode.mtu = p->mtu_behind_ethdev ? RTE_ETHER_MTU : p->mtu;
	rc = rte_eth_dev_configure(p->dev.id, 1, 1, &conf);
	if (rc != 0)
		return ethdev_failed(&p->dev, "configure", rc);
	return ethdev_setup_queues(&p->dev, &queues);
}

static int
prepare_port(struct host_ports *ports, struct host_port *p, const struct port_options *o)
{
	struct rte_eth_dev_info info;
	int status, rc = rte_eth_dev_info_get(p->dev.id, &info);

	if (rc != 0)
		return ethdev_failed(&p->dev, "information", rc);
	status = make_pools(ports, p, o, &info);
	return status != 0 ? status : configure_port(p, o, &info);
}

static int
set_mtu_behind_ethdev(const struct host_port *p)
{
	struct rte_eth_dev_info info;
	int rc = rte_eth_dev_info_get(p->dev.id, &info);

	if (rc == 0)
		rc = af_packet_set_mtu(&info, p->mtu);
	return rc != 0 ? ethdev_failed(&p->dev, "MTU", rc) : 0;
}

static int
start_port(struct host_port *p)
{
	int rc;

	/* ethdev would set the MTU to the largest one that it knows. */
	if (ethdev_start(&p->dev, p->mtu_behind_ethdev ? 0 : p->mtu) != 0)
		return 1;
	if (p->mtu_behind_ethdev && set_mtu_behind_ethdev(p) != 0)
		return 1;
	/* IPv6 asks for neighbours by multicast. */
	rc = rte_eth_allmulticast_enable(p->dev.id);
	if (rc != 0 && rc != -ENOTSUP)
		return ethdev_failed(&p->dev, "all-multicast mode", rc);
	return 0;
}

int
ports_start(struct host_ports *ports, const struct port_options *o)
{
	int status = 0;

	/* The kernel's interfaces are changed only after every port was found to be right. */
	for (unsigned i = 0; i < ports->count && status == 0; i++)
		status = prepare_port(ports, &ports->port[i], o);
	for (unsigned i = 0; i < ports->count && status == 0; i++)
		status = start_port(&ports->port[i]);
	return status;
}

int
ports_add_netifs(struct host_ports *ports, const struct port_options *options, const struct address_options *o)
{
	for (unsigned i = 0; i < ports->count; i++) {
		struct host_port *p = &ports->port[i];

		p->glue.queue.port_id = p->dev.id;
		p->glue.queue.tcp_checksum = p->tx_checksum;
		p->glue.queue.rx_checksum = p->rx_checksum;
		p->glue.queue.ahead_max = rx_ahead(ports, options);
		if (glue_netif_add(&p->glue, p->dev.mac.addr_bytes, p->mtu) != 0)
			return ethdev_failed(&p->dev, "lwIP takes no netif more", -ENOMEM);
		if (!addresses_set(&p->glue.netif, p->dev.id, o)) {
			error_line("port %u (%s): more addresses than lwIP has room for", p->dev.id, p->dev.name);
			return 2;
		}
	}
	return 0;
}

void
ports_print_addresses(const struct host_ports *ports, FILE *out)
{
	for (unsigned i = 0; i < ports->count; i++) {
		fprintf(out, i == 0 ? "" : "; ");
		addresses_print(out, &ports->port[i].glue.netif);
	}
}

void
ports_wait_links(const struct host_ports *ports)
{
	unsigned ms = LINK_WAIT_MS;

	for (unsigned i = 0; i < ports->count; i++)
		ethdev_wait_link(&ports->port[i].dev, &ms);
}

static void
read_counters(struct host_port *p)
{
	struct rte_eth_stats stats;

	if (rte_eth_stats_get(p->dev.id, &stats) != 0)
		return;
	p->missed = stats.imissed;
	p->no_mbuf = stats.rx_nombuf;
	p->rx_errors = stats.ierrors;
	p->tx_errors = stats.oerrors;
}

void
ports_close(struct host_ports *ports)
{
	for (unsigned i = 0; i < ports->count; i++) {
		struct host_port *p = &ports->port[i];

		if (!p->dev.started)
			continue;
		read_counters(p);
		ethdev_drain(&p->dev, 0, UINT16_MAX);
	}
	for (unsigned i = ports->count; i-- > 0;)
		ethdev_close(&ports->port[i].dev);
}

static unsigned
free_pool(struct rte_mempool *pool)
{
	unsigned away = pool == NULL ? 0 : rte_mempool_in_use_count(pool);

	rte_mempool_free(pool);
	return away;
}

unsigned
ports_free(struct host_ports *ports)
{
	unsigned away = 0;

	if (!ports->pools_ours)
		return 0;
	away = free_pool(ports->tx_pool);
	for (unsigned i = 0; i < ports->count; i++)
		away += free_pool(ports->port[i].rx_pool);
	return away;
}
