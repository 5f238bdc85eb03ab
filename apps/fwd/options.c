/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_mbuf_core.h>

#include "../common/command.h"
#include "../common/error.h"
#include "../common/library.h"
#include "lcore.h"
#include "mode.h"
#include "options.h"
#include "testpmd.h"
#include "value.h"

#define MTU_MIN 68 /* RFC 791 */
#define HELP_WIDTH 28

static const struct option_row first_rows[] = {
	OPTION_OTHER(value_mode, "forward-mode", "MODE", "one of the modes below (io)"),
	OPTION_NUMBER(struct fwd_options, cores, "nb-cores", "N", "forwarding lcores (1, or those of --coremask)", 1,
		      RTE_MAX_LCORE, 0),
	OPTION_OTHER(value_coremask, "coremask", "HEX", "lcores that may forward (all but the main one)"),
	OPTION_NUMBER(struct fwd_options, rxq, "rxq", "N", "RX queues per port (1)", 1, RTE_MAX_QUEUES_PER_PORT, 1),
	OPTION_NUMBER(struct fwd_options, txq, "txq", "N", "TX queues per port (1)", 1, RTE_MAX_QUEUES_PER_PORT, 1),
	OPTION_NUMBER(struct fwd_options, rxd, "rxd", "N", "descriptors per RX queue (the port's default)", 1,
		      UINT16_MAX, 0),
	OPTION_NUMBER(struct fwd_options, txd, "txd", "N", "descriptors per TX queue (the port's default)", 1,
		      UINT16_MAX, 0),
	OPTION_NUMBER(struct fwd_options, burst, "burst", "N", "packets per burst, 1 to 512 (32)", 1, FWD_BURST_MAX,
		      32),
	OPTION_OTHER(value_portmask, "portmask", "HEX", "ports to use (all)"),
	OPTION_OTHER(value_portlist, "portlist", "LIST", "ports to use, in order, as 0,2-3"),
	OPTION_NUMBER(struct fwd_options, port_limit, "nb-ports", "N", "use the first N of these ports (all)", 1,
		      RTE_MAX_ETHPORTS, 0),
	OPTION_OTHER(value_topology, "port-topology", "T", "paired (default), chained or loop"),
	OPTION_FLAG(struct fwd_options, no_promiscuous, "no-promiscuous",
		    "receive only frames that are addressed to the port"),
	OPTION_FLAG(struct fwd_options, no_link_check, "disable-link-check", "do not wait for links that are down"),
	OPTION_FLAG(struct fwd_options, no_removal_interrupt, "no-rmv-interrupt",
		    "do not ask drivers to report that a device was removed"),
	OPTION_OTHER(value_rss_ip, "rss-ip", NULL, "RSS by IP addresses only (IP, TCP and UDP; needs --rxq)"),
	OPTION_OTHER(value_rss_udp, "rss-udp", NULL, "RSS of UDP packets only"),
	OPTION_OTHER(value_rss_none, "disable-rss", NULL, "no RSS"),
	OPTION_OTHER(value_rss_inner, "rss-level-inner", NULL, "RSS by the innermost headers of tunnels"),
	OPTION_OTHER(value_rss_outer, "rss-level-outer", NULL, "RSS by the outermost headers"),
	OPTION_NUMBER(struct fwd_options, mtu, "mtu", "BYTES", "MTU of every port", MTU_MIN, UINT16_MAX, 0),
	OPTION_NUMBER(struct fwd_options, max_frame, "max-pkt-len", "BYTES",
		      "the MTU as a frame length, with header and FCS", RTE_ETHER_MIN_LEN + 1, UINT16_MAX, 0),
	OPTION_SECONDS(struct fwd_options, stats_period_s, "stats-period",
		       "print a live table this often (1 on a terminal; 0: none)", -1),
	OPTION_SECONDS(struct fwd_options, duration_s, "duration", "stop after that time (0: no limit)", 0),
	OPTION_NUMBER(struct fwd_options, packets, "packets", "N",
		      "stop after N packets received (txonly, flowgen: sent)", 1, INT64_MAX, 0),
	OPTION_FILE(struct fwd_options, json, "json", "FILE",
		    "write the report as JSON too; -: JSON to stdout, all else to stderr"),
	OPTION_TEXT(struct fwd_options, xstats, "display-xstats", "NAME[,...]",
		    "show these extended statistics of each port in the table and in the report",
		    "names of extended statistics, as rx_good_packets", NULL),
	OPTION_FLAG(struct fwd_options, record_cycles, "record-core-cycles",
		    "report CPU cycles per packet, of bursts that were not empty"),
	OPTION_NUMBER(struct fwd_options, mbufs, "total-num-mbufs", "N", "RX mbufs per NUMA node (computed)", 1,
		      INT32_MAX, 0),
	OPTION_BYTES(struct fwd_options, mbuf_size, "mbuf-size", "BYTES",
		     "data room of an RX mbuf with 128 bytes of headroom (2176)", RTE_PKTMBUF_HEADROOM + 64, UINT16_MAX,
		     RTE_MBUF_DEFAULT_BUF_SIZE),
	OPTION_OTHER(
		value_rx_pool, "rx-pool", "POOL",
		"memory of received packets: slab, mbuf (mbufs with their own data), auto (the faster one; mbuf if a "
		"port loses VLAN tags in slabs)"),
	OPTION_OTHER(value_port_numa, "port-numa-config", "(P,NODE),...",
		     "NUMA node of the memory and the rings of port P (its own)"),
	OPTION_OTHER(value_ring_numa, "ring-numa-config", "(P,F,NODE),...",
		     "NUMA node of the RX rings (F=1), the TX rings (F=2) or both (F=3) of port P"),
	OPTION_FLAG(struct fwd_options, numa.none, "no-numa", "all ports' memory is on one NUMA node (the first)"),
	OPTION_OTHER(value_node, "socket-num", "NODE", "the same, on that node"),
};

/* These follow the library's own options. */
static const struct option_row last_rows[] = {
	OPTION_BYTES(struct fwd_options, quota, "quota", "BYTES",
		     "the most bytes of buffers that an lcore has at once, at least three large buffers (0: no limit)",
		     0, UINT64_C(1) << 40, 0),
	OPTION_TEXT(struct fwd_options, external_slab, "external-slab", "FILE",
		    "take the bytes of packets that are made or copied from this file, which another program may map",
		    "a file that exists", NULL),
	OPTION_FLAG(struct fwd_options, shared, "shared", "use SHARED iovecs, even if LOCAL ones are possible"),
	OPTION_OTHER(value_peer, "eth-peer", "PORT,MAC",
		     "MAC address behind a port, for mac, csum, txonly (02:00:00:00:00:PORT)"),
	OPTION_OTHER(value_peers_file, "eth-peers-configfile", "FILE",
		     "the same from a file with one MAC address per line, for ports 0, 1, ..."),
	OPTION_FLAG(struct fwd_options, tx_first, "tx-first",
		    "send one burst of txonly through every stream first (txonly, flowgen: they send anyway)"),
	OPTION_OTHER(value_segments, "txpkts", "A[,B...]",
		     "length of generated packets, or the lengths of their segments (64)"),
	OPTION_OTHER(value_addresses, "tx-ip", "SRC,DST", "IP addresses of txonly (198.18.0.1,198.18.0.2)"),
	OPTION_OTHER(value_udp, "tx-udp", "SRC[,DST]", "UDP ports of txonly (9,9)"),
	OPTION_FLAG(struct fwd_options, multi_flow, "txonly-multi-flow",
		    "txonly: 256 source addresses for each lcore, made from the destination address"),
	OPTION_NUMBER(struct fwd_options, flows, "flowgen-flows", "N", "number of flows of flowgen (1024)", 1,
		      INT32_MAX, 1024),
};

static const struct command_table tables[] = {
	{first_rows, RTE_DIM(first_rows), 0},
	{library_rows, LIBRARY_ROWS, offsetof(struct fwd_options, library)},
	{last_rows, RTE_DIM(last_rows), 0},
	{testpmd_noted_rows, TESTPMD_NOTED_ROWS, 0},
	{testpmd_refused_rows, TESTPMD_REFUSED_ROWS, 0},
};

static void
help_more(void)
{
	printf("\nModes:\n");
	for (unsigned i = 0; fwd_mode_at(i) != NULL; i++)
		printf("  %-*s %s\n", HELP_WIDTH, fwd_mode_at(i)->name, fwd_mode_at(i)->help);
	printf("\nWithout EAL options it starts with what the machine allows, and with two net_null ports if there is "
	       "no NIC for DPDK.\nAn example that needs no NIC, no huge pages and no root:\n"
	       "  evpl-fwd -l 0,1 --no-pci --no-huge --no-shconf -m 256 --vdev=net_null0 --vdev=net_null1 -- "
	       "--forward-mode=macswap --duration=5\n\n"
	       "Exit status: 0: all went well; 1: something failed, a port went away, or a buffer did not come "
	       "home;\n"
	       "2: the command line is wrong.\n");
}

/* Sets the defaults of the options whose rows have none. */
static void
set_defaults(struct fwd_options *o)
{
	*o = (struct fwd_options){
		.mode = fwd_mode_at(0),
		.topology = FWD_PAIRED,
		.segments = {64},
		.segment_count = 1,
		.length = 64,
		.ip_src = 0xC6120001, /* 198.18.0.1: RTE_IPV4 shifts an int too far */
		.ip_dst = 0xC6120002,
		.udp_src = 9,
		.udp_dst = 9,
		.rss.types = RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP,
		.numa.node = -1,
	};
	for (unsigned i = 0; i < RTE_MAX_ETHPORTS; i++) {
		o->numa.port[i] = o->numa.rx[i] = o->numa.tx[i] = -1;
		o->peers[i].addr_bytes[0] = RTE_ETHER_LOCAL_ADMIN_ADDR;
		o->peers[i].addr_bytes[5] = (uint8_t)i;
	}
}

static int
check_combination(struct fwd_options *o)
{
	if (o->cores == 0)
		o->cores = o->coremask != 0 ? (unsigned)__builtin_popcountll(o->coremask) : 1;
	if (library_check(&o->library) != 0)
		return -1;
	if (o->mode->receives && o->mode->transmits && o->rxq > o->txq) {
		error_line("--rxq=%u needs --txq=%u or more: each RX queue sends to a TX queue of its own", o->rxq,
			   o->rxq);
		return -1;
	}
	if (o->mtu != 0 && o->max_frame != 0) {
		error_line("--mtu and --max-pkt-len say the same thing: give one");
		return -1;
	}
	if (o->tx_first && !o->mode->transmits) {
		error_line("--tx-first: %s sends nothing", o->mode->name);
		return -1;
	}
	if (o->mode->burst == fwd_flowgen && o->length < FWD_UDP_HEADERS + RTE_ETHER_CRC_LEN) {
		error_line("--txpkts: flowgen counts the FCS, so it needs 46 bytes or more");
		return -1;
	}
	return 0;
}

int
options_check_lengths(const struct fwd_options *o, uint32_t buffer_size)
{
	for (unsigned i = 0; i < o->segment_count && fwd_makes_packets(o); i++) {
		if (o->segments[i] > buffer_size) {
			error_line("--txpkts: a segment of %u bytes is more than a buffer, %u (see --buffer-size, "
				   "--slab-size)",
				   o->segments[i], buffer_size);
			return 2;
		}
	}
	if (o->mode->burst == fwd_flowgen && o->length > buffer_size) {
		error_line("--txpkts: flowgen needs %u bytes in one buffer of %u (see --buffer-size, --slab-size)",
			   o->length, buffer_size);
		return 2;
	}
	return 0;
}

int
options_parse(int argc, char **argv, struct fwd_options *o)
{
	static const struct command command = {
		.program = "evpl-fwd",
		.version = EVPL_FWD_VERSION,
		.about = "Forwards packets between DPDK ports through evpl-dpdk's iovecs, as dpdk-testpmd does through "
			 "mbufs.",
		.tables = tables,
		.table_count = RTE_DIM(tables),
		.width = HELP_WIDTH,
		.help_more = help_more,
	};
	int eal_count;

	set_defaults(o);
	eal_count = command_parse(&command, argc, argv, o);
	return eal_count > 0 && check_combination(o) != 0 ? -1 : eal_count;
}
