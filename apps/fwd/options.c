/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include <rte_ip.h>
#include <rte_mbuf_core.h>

#include "../common/command.h"
#include "../common/error.h"
#include "../common/library.h"
#include "lcore.h"
#include "mode.h"
#include "options.h"
#include "value.h"

#define MTU_MIN 68 /* RFC 791 */
#define HELP_WIDTH 26

enum option_id {
	OPT_FORWARD_MODE,
	OPT_NB_CORES,
	OPT_RXQ,
	OPT_TXQ,
	OPT_RXD,
	OPT_TXD,
	OPT_BURST,
	OPT_PORTMASK,
	OPT_PORTLIST,
	OPT_PORT_TOPOLOGY,
	OPT_NO_PROMISCUOUS,
	OPT_MTU,
	OPT_MAX_PKT_LEN,
	OPT_STATS_PERIOD,
	OPT_DURATION,
	OPT_PACKETS,
	OPT_JSON,
	OPT_TOTAL_NUM_MBUFS,
	OPT_MBUF_SIZE,
	OPT_RX_POOL,
	OPT_SLAB_SIZE,
	OPT_BUFFER_SIZE,
	OPT_LARGE_BUFFER_SIZE,
	OPT_MAX_SLABS,
	OPT_SAMPLE_PERIOD,
	OPT_FAR_PACKETS,
	OPT_SHARED,
	OPT_ETH_PEER,
	OPT_TXPKTS,
	OPT_TX_IP,
	OPT_TX_UDP,
	OPT_FLOWGEN_FLOWS,
};

static const struct command_option table[] = {
	{"forward-mode", "MODE", "one of the modes below (io)", OPT_FORWARD_MODE},
	{"nb-cores", "N", "forwarding lcores (1)", OPT_NB_CORES},
	{"rxq", "N", "RX queues per port (1)", OPT_RXQ},
	{"txq", "N", "TX queues per port (1)", OPT_TXQ},
	{"rxd", "N", "descriptors per RX queue (the port's default)", OPT_RXD},
	{"txd", "N", "descriptors per TX queue (the port's default)", OPT_TXD},
	{"burst", "N", "packets per burst, 1 to 512 (32)", OPT_BURST},
	{"portmask", "HEX", "ports to use (all)", OPT_PORTMASK},
	{"portlist", "LIST", "ports to use, in order, as 0,2-3", OPT_PORTLIST},
	{"port-topology", "T", "paired (default), chained or loop", OPT_PORT_TOPOLOGY},
	{"no-promiscuous", NULL, "receive only frames that are addressed to the port", OPT_NO_PROMISCUOUS},
	{"mtu", "BYTES", "MTU of every port", OPT_MTU},
	{"max-pkt-len", "BYTES", "the MTU as a frame length, with header and FCS", OPT_MAX_PKT_LEN},
	{"stats-period", "SECONDS", "print a live table this often (1 on a terminal; 0: none)", OPT_STATS_PERIOD},
	{"duration", "SECONDS", "stop after that time (0: no limit)", OPT_DURATION},
	{"packets", "N", "stop after N packets received (txonly, flowgen: sent)", OPT_PACKETS},
	{"json", "FILE", "write the report as JSON too; -: JSON to stdout, all else to stderr", OPT_JSON},
	{"total-num-mbufs", "N", "RX mbufs per NUMA node (computed)", OPT_TOTAL_NUM_MBUFS},
	{"mbuf-size", "BYTES", "data room of an RX mbuf with 128 bytes of headroom (2176)", OPT_MBUF_SIZE},
	{"rx-pool", "POOL",
	 "memory of received packets: slab, mbuf (mbufs with their own data), auto (the faster one; mbuf if a "
	 "port loses VLAN tags in slabs)",
	 OPT_RX_POOL},
	{"slab-size", "BYTES", "bytes of a slab (16M)", OPT_SLAB_SIZE},
	{"buffer-size", "BYTES", "bytes of a small buffer (64K)", OPT_BUFFER_SIZE},
	{"large-buffer-size", "BYTES", "bytes of a large buffer (2M); the same as --buffer-size: no large ones",
	 OPT_LARGE_BUFFER_SIZE},
	{"max-slabs", "N", "the most slabs (512)", OPT_MAX_SLABS},
	{"sample-period", "N",
	 "note the caller of every Nth allocation (not of received packets), for SIGUSR1 and telemetry (0: none)",
	 OPT_SAMPLE_PERIOD},
	{"far-packets", NULL,
	 "send external buffers only, for ports that cannot take others (a line names such a port)", OPT_FAR_PACKETS},
	{"shared", NULL, "use SHARED iovecs, even if LOCAL ones are possible", OPT_SHARED},
	{"eth-peer", "PORT,MAC", "MAC address behind a port, for mac, csum, txonly (02:00:00:00:00:PORT)",
	 OPT_ETH_PEER},
	{"txpkts", "A[,B...]", "length of generated packets, or the lengths of their segments (64)", OPT_TXPKTS},
	{"tx-ip", "SRC,DST", "IP addresses of txonly (198.18.0.1,198.18.0.2)", OPT_TX_IP},
	{"tx-udp", "SRC[,DST]", "UDP ports of txonly (9,9)", OPT_TX_UDP},
	{"flowgen-flows", "N", "number of flows of flowgen (1024)", OPT_FLOWGEN_FLOWS},
};

static void
help_more(void)
{
	printf("\nModes:\n");
	for (unsigned i = 0; fwd_mode_at(i) != NULL; i++)
		printf("  %-*s %s\n", HELP_WIDTH, fwd_mode_at(i)->name, fwd_mode_at(i)->help);
	printf("\nAn example that needs no NIC, no huge pages and no root:\n"
	       "  evpl-fwd -l 0,1 --no-pci --no-huge --no-shconf -m 256 --vdev=net_null0 --vdev=net_null1 -- "
	       "--forward-mode=macswap --duration=5\n\n"
	       "Exit status: 0: all went well; 1: something failed, or a buffer did not come home;\n"
	       "2: the command line is wrong.\n");
}

static int
set_option(void *values, const struct command_option *option, const char *text)
{
	struct fwd_options *o = values;
	struct value value = {.name = option->name, .text = text}, *v = &value;

	switch (option->id) {
	case OPT_FORWARD_MODE:
		value_mode(v, o);
		break;
	case OPT_NB_CORES:
		o->cores = (unsigned)value_number(v, 1, RTE_MAX_LCORE);
		break;
	case OPT_RXQ:
		o->rxq = (uint16_t)value_number(v, 1, RTE_MAX_QUEUES_PER_PORT);
		break;
	case OPT_TXQ:
		o->txq = (uint16_t)value_number(v, 1, RTE_MAX_QUEUES_PER_PORT);
		break;
	case OPT_RXD:
		o->rxd = (uint16_t)value_number(v, 1, UINT16_MAX);
		break;
	case OPT_TXD:
		o->txd = (uint16_t)value_number(v, 1, UINT16_MAX);
		break;
	case OPT_BURST:
		o->burst = (uint16_t)value_number(v, 1, FWD_BURST_MAX);
		break;
	case OPT_PORTMASK:
		o->port_count = 0;
		value_portmask(v, o);
		break;
	case OPT_PORTLIST:
		o->port_count = 0;
		value_portlist(v, o);
		break;
	case OPT_PORT_TOPOLOGY:
		value_topology(v, o);
		break;
	case OPT_NO_PROMISCUOUS:
		o->promiscuous = false;
		break;
	case OPT_MTU:
		o->mtu = (uint32_t)value_number(v, MTU_MIN, UINT16_MAX);
		break;
	case OPT_MAX_PKT_LEN:
		o->max_frame = (uint32_t)value_number(v, RTE_ETHER_MIN_LEN + 1, UINT16_MAX);
		break;
	case OPT_STATS_PERIOD:
		o->stats_period_s = value_seconds(v);
		break;
	case OPT_DURATION:
		o->duration_s = value_seconds(v);
		break;
	case OPT_PACKETS:
		o->packets = value_number(v, 1, INT64_MAX);
		break;
	case OPT_JSON:
		o->json = value_json(v);
		break;
	case OPT_TOTAL_NUM_MBUFS:
		o->mbufs = (uint32_t)value_number(v, 1, INT32_MAX);
		break;
	case OPT_MBUF_SIZE:
		o->mbuf_size = (uint16_t)value_bytes(v, RTE_PKTMBUF_HEADROOM + 64, UINT16_MAX);
		break;
	case OPT_RX_POOL:
		value_rx_pool(v, o);
		break;
	case OPT_SLAB_SIZE:
		o->library.slab_size = value_bytes(v, EVPL_MIN_BUFFER_SIZE, UINT64_C(64) << 30);
		break;
	case OPT_BUFFER_SIZE:
		o->library.buffer_size = (uint32_t)value_bytes(v, EVPL_MIN_BUFFER_SIZE, UINT32_MAX - 63);
		break;
	case OPT_LARGE_BUFFER_SIZE:
		o->library.large_buffer_size = (uint32_t)value_bytes(v, EVPL_MIN_BUFFER_SIZE, UINT32_MAX - 64);
		break;
	case OPT_MAX_SLABS:
		o->library.max_slabs = (unsigned)value_number(v, 1, EVPL_MAX_SLABS);
		break;
	case OPT_SAMPLE_PERIOD:
		o->library.sample_period = (unsigned)value_number(v, 0, UINT32_MAX);
		break;
	case OPT_FAR_PACKETS:
		o->library.far_packets = 1;
		break;
	case OPT_SHARED:
		o->shared = true;
		break;
	case OPT_ETH_PEER:
		value_peer(v, o);
		break;
	case OPT_TXPKTS:
		value_segments(v, o);
		break;
	case OPT_TX_IP:
		value_addresses(v, o);
		break;
	case OPT_TX_UDP:
		value_udp(v, o);
		break;
	case OPT_FLOWGEN_FLOWS:
		o->flows = (uint32_t)value_number(v, 1, INT32_MAX);
		break;
	default:
		break;
	}
	return value.failed ? -1 : 0;
}

static void
set_defaults(struct fwd_options *o)
{
	*o = (struct fwd_options){
		.mode = fwd_mode_at(0),
		.cores = 1,
		.rxq = 1,
		.txq = 1,
		.burst = 32,
		.topology = FWD_PAIRED,
		.promiscuous = true,
		.stats_period_s = -1,
		.mbuf_size = RTE_MBUF_DEFAULT_BUF_SIZE,
		.segments = {64},
		.segment_count = 1,
		.length = 64,
		.ip_src = 0xC6120001, /* 198.18.0.1: RTE_IPV4 shifts an int too far */
		.ip_dst = 0xC6120002,
		.udp_src = 9,
		.udp_dst = 9,
		.flows = 1024,
	};
	for (unsigned i = 0; i < RTE_MAX_ETHPORTS; i++) {
		o->peers[i].addr_bytes[0] = RTE_ETHER_LOCAL_ADMIN_ADDR;
		o->peers[i].addr_bytes[5] = (uint8_t)i;
	}
}

static int
check_combination(const struct fwd_options *o)
{
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
	if (o->mode->burst == fwd_flowgen && o->length < FWD_UDP_HEADERS + RTE_ETHER_CRC_LEN) {
		error_line("--txpkts: flowgen counts the FCS, so it needs 46 bytes or more");
		return -1;
	}
	return 0;
}

int
options_check_lengths(const struct fwd_options *o, uint32_t buffer_size)
{
	for (unsigned i = 0; i < o->segment_count && o->mode->generates; i++) {
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
		.options = table,
		.count = RTE_DIM(table),
		.width = HELP_WIDTH,
		.help_more = help_more,
		.set = set_option,
	};
	int eal_count;

	set_defaults(o);
	eal_count = command_parse(&command, argc, argv, o);
	return eal_count > 0 && check_combination(o) != 0 ? -1 : eal_count;
}
