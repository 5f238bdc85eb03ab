/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds the limits of a port for packets of iovecs: from what the port announces, from its configuration, and by the
 * driver's name where the driver announces nothing.
 */
#include "base.h"
#include "global.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_ether.h>

/* What is known of a port. */
struct port {
	uint16_t id;
	uint16_t mtu;
	bool configured;
	struct rte_eth_dev_info info;
	struct rte_eth_conf conf; /* zero until configured */
	uint64_t tx_offloads_all; /* on for every TX queue */
	uint64_t tx_offloads_any; /* on for some TX queue, as far as the driver tells */
	bool queues_told;	  /* the driver tells the configuration of every queue */
	uint32_t room;		  /* smallest data room of its RX queues without headroom; 0: unknown */
};

static bool limit_found(struct evpl_port_limit *limit, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Fills in the limit. Always true, so that a check can return it. */
static bool
limit_found(struct evpl_port_limit *limit, const char *remedy, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(limit->text, sizeof(limit->text), format, args);
	va_end(args);
	limit->remedy = remedy;
	return true;
}

static bool
driver_is(const struct port *p, const char *name)
{
	return strcmp(p->info.driver_name, name) == 0;
}

static bool
driver_is_one_of(const struct port *p, const char *const *names)
{
	for (; *names != NULL; names++) {
		if (driver_is(p, *names))
			return true;
	}
	return false;
}

/* Whether the driver is one of these, or the port has members (ports that it sends through) and one of them may be. */
static bool
reaches_one_of(const struct port *p, const char *const *names)
{
	static const char *const with_members[] = {"net_bonding", "net_failsafe", NULL};
	struct port member;

	if (driver_is_one_of(p, names))
		return true;
	if (!driver_is_one_of(p, with_members))
		return false;
	/* No driver names its members, so any port of the process may be one. */
	for (uint16_t id = rte_eth_find_next(0); id < RTE_MAX_ETHPORTS; id = rte_eth_find_next((uint16_t)(id + 1))) {
		if (id != p->id && rte_eth_dev_info_get(id, &member.info) == 0 && member.info.driver_name != NULL &&
		    driver_is_one_of(&member, names))
			return true;
	}
	return false;
}

static const char *
device_args(const struct port *p)
{
	const struct rte_devargs *devargs = p->info.device != NULL ? rte_dev_devargs(p->info.device) : NULL;

	return devargs != NULL && devargs->args != NULL ? devargs->args : "";
}

static bool
is_zero_copy_memif(const struct port *p)
{
	return driver_is(p, "net_memif") && strstr(device_args(p), "zero-copy=yes") != NULL;
}

static bool
check_secondary(const struct port *p, struct evpl_port_limit *limit)
{
	(void)p;
	if (rte_eal_process_type() != RTE_PROC_SECONDARY)
		return false;
	return limit_found(
		limit,
		"send packets of iovecs in the primary process only, and free only near ones elsewhere, after "
		"evpl_init() there",
		"is used in a secondary process, which has no iovecs, and where a far packet's callback has no "
		"address");
}

/* Drivers that take data from an mbuf's own room, or from its pool's memory, even if the mbuf is attached elsewhere. */
static bool
check_attached(const struct port *p, struct evpl_port_limit *limit)
{
	static const struct {
		const char *driver;
		uint32_t mended_in;
	} wrong[] = {
		{"net_af_xdp", RTE_VERSION_NUM(26, 3, 0, 0)},
		{"net_cn9k", RTE_VERSION_NUM(23, 3, 0, 0)},
		{"net_cn10k", RTE_VERSION_NUM(23, 3, 0, 0)},
		{"net_octeontx", UINT32_MAX},
		{"net_mana", UINT32_MAX}, /* registers only the memory of the mbuf's own pool, and sends nothing */
	};
	bool is_wrong = false;

	for (unsigned i = 0; i < RTE_DIM(wrong); i++)
		is_wrong |= driver_is(p, wrong[i].driver) && RTE_VERSION < wrong[i].mended_in;
	if (!is_wrong)
		return false;
	return limit_found(limit,
			   "use another driver or a later DPDK, or send rte_pktmbuf_copy() into a pool of "
			   "rte_pktmbuf_pool_create()",
			   "sends an mbuf that is attached to an iovec's bytes with other bytes, or never");
}

/* Drivers that free direct mbufs to a pool in hardware, or expect a direct mbuf's data where its own pool has it. */
static bool
check_near(const struct port *p, struct evpl_port_limit *limit)
{
	static const char *const names[] = {"net_cn9k", "net_cn10k", "net_cn20k", "net_octeontx",
					    "net_dpaa", "net_dpaa2", NULL};
	bool is_bnxt = driver_is(p, "net_bnxt") && RTE_VERSION >= RTE_VERSION_NUM(24, 11, 0, 0);

	if ((evpl_global.users > 0 && !evpl_global.near) || !(is_bnxt || reaches_one_of(p, names)))
		return false;
	return limit_found(limit, "set evpl_global_config.far_packets",
			   "frees a direct mbuf whose data lie elsewhere to the wrong pool, or drops it");
}

/* Virtual devices use addresses of this process. Devices on a hardware bus do not. */
static bool
check_no_iova(const struct port *p, struct evpl_port_limit *limit)
{
	const char *bus = p->info.device != NULL ? rte_bus_name(rte_dev_bus(p->info.device)) : NULL;

	if (bus == NULL || strcmp(bus, "vdev") == 0)
		return false;
	if (__atomic_load_n(&evpl_global.no_iova, __ATOMIC_RELAXED) > 0)
		return limit_found(limit, "give evpl_slab_add_external() IO addresses, or send no iovecs of that slab",
				   "is on bus %s, and an external slab has no IO addresses for it", bus);
	if (rte_eal_has_hugepages() || rte_eal_iova_mode() == RTE_IOVA_VA)
		return false;
	return limit_found(limit, "give EAL huge pages, or an IOMMU and --iova-mode=va",
			   "is on bus %s, and memory without huge pages has no physical addresses for it", bus);
}

static bool
check_fast_free(const struct port *p, struct evpl_port_limit *limit)
{
	if ((p->tx_offloads_any & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE) == 0)
		return false;
	return limit_found(
		limit, "leave RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE out of txmode.offloads and of every rte_eth_txconf",
		"has MBUF_FAST_FREE on: far packets are freed without letting go of the iovecs' bytes, which leak");
}

static bool
check_one_segment(const struct port *p, struct evpl_port_limit *limit)
{
	uint64_t announced = p->info.tx_offload_capa | p->info.tx_queue_offload_capa;
	bool on = (p->tx_offloads_all & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0;
	bool per_queue = (p->info.tx_queue_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0;

	if ((announced & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) == 0)
		return limit_found(limit, "gather each packet in one iovec, or send a rte_pktmbuf_copy() of the chain",
				   "does not announce packets of several segments, and may truncate or lose them");
	if (!p->configured || on || (per_queue && !p->queues_told))
		return false;
	return limit_found(limit, "set RTE_ETH_TX_OFFLOAD_MULTI_SEGS in txmode.offloads",
			   "has packets of several segments not switched on, and may truncate or lose them");
}

static bool
check_segments(const struct port *p, struct evpl_port_limit *limit)
{
	uint16_t most = p->info.tx_desc_lim.nb_seg_max, most_mtu = p->info.tx_desc_lim.nb_mtu_seg_max;

	if (most == 0)
		most = UINT16_MAX;
	if (most_mtu == 0)
		most_mtu = most;
	if (RTE_MIN(most, most_mtu) == UINT16_MAX)
		return false;
	return limit_found(
		limit, "count the iovecs of a packet before evpl_iovecs_to_mbuf(), and copy what has more into one",
		"takes packets of up to %u segments with TSO, and of up to %u without", most, RTE_MIN(most, most_mtu));
}

/*
 * eth_memif_tx() of a memif that copies has two faults. In DPDK 23.11 to 26.07 it believes that no segment is longer
 * than its pool's data room: it copies the whole segment into one of the ring's buffers, and so into the next ones. In
 * 22.11 to 26.07 it takes several buffers for a long packet, and runs over the ring when the last free one is among
 * them.
 */
static bool
check_length(const struct port *p, struct evpl_port_limit *limit)
{
	if (!driver_is(p, "net_memif") || is_zero_copy_memif(p) || strstr(device_args(p), "bsize=") != NULL)
		return false;
	return limit_found(limit, "give both ends of the memif a bsize= of at least the longest packet",
			   "changes and loses bytes of packets longer than a buffer of its ring, 2,048 bytes");
}

/* Drivers that insert tags by rte_vlan_insert(), which refuses every mbuf without its own data room. */
static bool
check_vlan_insert(const struct port *p, struct evpl_port_limit *limit)
{
	static const char *const by_software[] = {"net_af_packet", "net_vhost", "net_virtio", "net_virtio_user",
						  "net_pcap",	   "net_dpaa2", NULL};

	if ((p->tx_offloads_any & RTE_ETH_TX_OFFLOAD_VLAN_INSERT) == 0 || !reaches_one_of(p, by_software))
		return false;
	return limit_found(limit, "write the tag into the packet's first iovec, and do not set RTE_MBUF_F_TX_VLAN",
			   "inserts VLAN tags by rte_vlan_insert(), and drops packets of iovecs that ask for one");
}

/* rte_gso_segment() sets RTE_MBUF_F_EXTERNAL in the mbufs of its headers, without attaching a buffer. */
static bool
check_tso(const struct port *p, struct evpl_port_limit *limit)
{
	static const char *const by_gso[] = {"net_tap", NULL};

	if ((p->tx_offloads_any & RTE_ETH_TX_OFFLOAD_TCP_TSO) == 0 || !reaches_one_of(p, by_gso))
		return false;
	return limit_found(
		limit,
		"leave RTE_ETH_TX_OFFLOAD_TCP_TSO out of txmode.offloads and cut TCP's data yourself, or put the "
		"headers in an mbuf of rte_pktmbuf_pool_create() before the iovecs",
		"does TSO by rte_gso_segment(), which crashes if a packet's headers are in an iovec");
}

/* Drivers that pad with rte_pktmbuf_append(). A packet of iovecs has no tailroom: neighbours may follow. */
static bool
check_padding(const struct port *p, struct evpl_port_limit *limit)
{
	static const char *const by_append[] = {"net_bnxt", "net_hns3", "net_hns3_vf", "net_ark", NULL};

	if (!driver_is_one_of(p, by_append))
		return false;
	return limit_found(limit, "fill a packet of iovecs up to 60 bytes before it is sent",
			   "pads short packets by rte_pktmbuf_append(), and does not send those of iovecs");
}

/* Drivers that put back the tag of a received frame by rte_vlan_insert(), which refuses pinned mbufs, too. */
static bool
check_rx_vlan(const struct port *p, struct evpl_port_limit *limit)
{
	static const char *const lost[] = {"net_af_packet", NULL}, *const dropped[] = {"net_netvsc", NULL};
	const char *remedy = "give its RX queues a pool of rte_pktmbuf_pool_create(), or set "
			     "RTE_ETH_RX_OFFLOAD_VLAN_STRIP and look at each mbuf's flags and vlan_tci";

	if ((p->conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_VLAN_STRIP) != 0)
		return false;
	if (reaches_one_of(p, lost))
		return limit_found(
			limit, remedy,
			"delivers tagged frames without their VLAN tags, if its RX pool is of evpl_rx_pool_create()");
	return reaches_one_of(p, dropped) &&
	       limit_found(limit, remedy, "drops frames with VLAN tags, if its RX pool is of evpl_rx_pool_create()");
}

static bool
check_rx_pool(const struct port *p, struct evpl_port_limit *limit)
{
	if (!driver_is(p, "net_af_xdp"))
		return false;
	return limit_found(limit, "give its RX queues a pool of rte_pktmbuf_pool_create() of 16,383 mbufs or more",
			   "makes its UMEM of the RX pool's own memory, which no pool of slabs is");
}

static uint32_t
frame_length(const struct port *p)
{
	uint32_t overhead = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;

	if (p->info.max_mtu != UINT16_MAX && p->info.max_rx_pktlen > p->info.max_mtu)
		overhead = p->info.max_rx_pktlen - p->info.max_mtu;
	return p->mtu + overhead;
}

/* The room of the RX queues; if unknown, the default of evpl_rx_pool_create(). */
static uint32_t
rx_room(const struct port *p)
{
	return p->room != 0 ? p->room : RTE_MBUF_DEFAULT_DATAROOM;
}

static bool
check_rx_room(const struct port *p, struct evpl_port_limit *limit)
{
	uint32_t frame = frame_length(p);

	if (p->info.min_rx_bufsize > rx_room(p))
		return limit_found(limit, "evpl_rx_pool_create() with a larger data_room",
				   "needs RX data rooms of %u bytes and the headroom; %u %s", p->info.min_rx_bufsize,
				   rx_room(p), p->room != 0 ? "its RX queues have" : "is the default");
	/* Reports a frame's length only when it is certain to matter. */
	if (!p->configured || p->room == 0 || frame <= p->room ||
	    (p->conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_SCATTER) != 0)
		return false;
	return limit_found(limit, "evpl_rx_pool_create() with a larger data_room, or RTE_ETH_RX_OFFLOAD_SCATTER",
			   "may get frames of %u bytes (MTU %u), which do not fit its RX queues' data rooms of %u",
			   frame, p->mtu, p->room);
}

static bool
check_rx_segments(const struct port *p, struct evpl_port_limit *limit)
{
	uint64_t on = p->conf.rxmode.offloads;
	const char *remedy = "take these by rte_eth_rx_burst() and evpl_iovecs_from_mbuf(), which does not copy";

	if (!p->configured)
		return false;
	if ((on & RTE_ETH_RX_OFFLOAD_BUFFER_SPLIT) != 0)
		return limit_found(limit, remedy,
				   "splits received packets, and evpl_rx_burst() copies each into one iovec");
	if (frame_length(p) <= rx_room(p))
		return false;
	/* net_pcap scatters, and does not announce it. */
	if ((on & RTE_ETH_RX_OFFLOAD_SCATTER) == 0 && !driver_is(p, "net_pcap"))
		return false;
	return limit_found(
		limit, remedy,
		"delivers frames longer than a data room in segments, and evpl_rx_burst() copies each into one iovec");
}

static bool
check_shared_memory(const struct port *p, struct evpl_port_limit *limit)
{
	if (!driver_is(p, "net_virtio_user") && !is_zero_copy_memif(p))
		return false;
	return limit_found(
		limit,
		"send iovecs or mbufs of DPDK's pools there, no attached heap; with huge pages start EAL with "
		"--single-file-segments",
		"lets its peer read packets where they lie, in DPDK's memory, as slabs are, and in no other");
}

static bool
check_late(const struct port *p, struct evpl_port_limit *limit)
{
	static const char *const at_once[] = {"net_null",      "net_pcap",  "net_tap",	 "net_tun",
					      "net_af_packet", "net_vhost", "net_memif", NULL};

	if (driver_is(p, "net_ring"))
		return limit_found(limit, "size pools for full rings, and empty them before the port is closed",
				   "frees nothing that is sent: whoever receives from the ring does");
	if (driver_is_one_of(p, at_once) && !is_zero_copy_memif(p))
		return false;
	return limit_found(limit,
			   "size packet_mbufs, slabs and RX pools for full TX rings on top of what the program holds",
			   "keeps sent packets in its TX rings until later bursts, the last ones until it is stopped");
}

/* One check per kind of limit. */
static bool (*const checks[EVPL_PORT_LIMITS])(const struct port *, struct evpl_port_limit *) = {
	[EVPL_PORT_SECONDARY] = check_secondary,
	[EVPL_PORT_ATTACHED] = check_attached,
	[EVPL_PORT_NEAR] = check_near,
	[EVPL_PORT_NO_IOVA] = check_no_iova,
	[EVPL_PORT_FAST_FREE] = check_fast_free,
	[EVPL_PORT_ONE_SEGMENT] = check_one_segment,
	[EVPL_PORT_SEGMENTS] = check_segments,
	[EVPL_PORT_LENGTH] = check_length,
	[EVPL_PORT_VLAN_INSERT] = check_vlan_insert,
	[EVPL_PORT_TSO] = check_tso,
	[EVPL_PORT_PADDING] = check_padding,
	[EVPL_PORT_RX_POOL] = check_rx_pool,
	[EVPL_PORT_RX_VLAN] = check_rx_vlan,
	[EVPL_PORT_RX_ROOM] = check_rx_room,
	[EVPL_PORT_RX_SEGMENTS] = check_rx_segments,
	[EVPL_PORT_SHARED_MEMORY] = check_shared_memory,
	[EVPL_PORT_LATE] = check_late,
};

/* Asks for the queues' own configuration, beyond the port's. Drivers of virtual devices do not tell it. */
static void
read_queues(struct port *p)
{
	uint64_t all = UINT64_MAX;

	p->tx_offloads_all = p->tx_offloads_any = p->conf.txmode.offloads;
	p->queues_told = p->info.nb_tx_queues > 0;
	for (uint16_t q = 0; q < p->info.nb_tx_queues; q++) {
		struct rte_eth_txq_info tx;

		if (rte_eth_tx_queue_info_get(p->id, q, &tx) != 0) {
			p->queues_told = false;
			continue;
		}
		p->tx_offloads_any |= tx.conf.offloads;
		all &= tx.conf.offloads;
	}
	if (p->queues_told)
		p->tx_offloads_all |= all;
	for (uint16_t q = 0; q < p->info.nb_rx_queues; q++) {
		struct rte_eth_rxq_info rx;
		uint32_t bytes;

		if (rte_eth_rx_queue_info_get(p->id, q, &rx) != 0 || rx.mp == NULL)
			continue;
		bytes = rte_pktmbuf_data_room_size(rx.mp);
		bytes -= RTE_MIN(bytes, (uint32_t)RTE_PKTMBUF_HEADROOM);
		if (p->room == 0 || bytes < p->room)
			p->room = bytes;
	}
}

static int
read_port(struct port *p, uint16_t port_id)
{
	int rc;

	memset(p, 0, sizeof(*p));
	p->id = port_id;
	if (!rte_eth_dev_is_valid_port(port_id))
		return -ENODEV;
	rc = rte_eth_dev_info_get(port_id, &p->info);
	if (rc == 0)
		rc = rte_eth_dev_conf_get(port_id, &p->conf);
	if (rc == 0)
		rc = rte_eth_dev_get_mtu(port_id, &p->mtu);
	if (rc != 0)
		return rc;
	if (p->info.driver_name == NULL)
		p->info.driver_name = "unknown driver";
	/*
	 * The number of queues does not show this, because virtual devices have some from the start. ethdev sets an MTU
	 * when the port is configured.
	 */
	p->configured = p->conf.rxmode.mtu != 0;
	if (p->configured)
		read_queues(p);
	return 0;
}

int
evpl_port_check(uint16_t port_id, struct evpl_port_limit *r_limits, unsigned max)
{
	struct evpl_port_limit limit;
	struct port port;
	unsigned n = 0;
	int rc;

	if (r_limits == NULL && max > 0)
		return -EINVAL;
	rc = read_port(&port, port_id);
	if (rc != 0)
		return rc;
	for (unsigned kind = 0; kind < EVPL_PORT_LIMITS; kind++) {
		if (!checks[kind](&port, &limit))
			continue;
		limit.kind = (enum evpl_port_limit_kind)kind;
		limit.is_error = kind <= EVPL_PORT_FAST_FREE;
		if (n < max)
			r_limits[n] = limit;
		n++;
	}
	return (int)n;
}
