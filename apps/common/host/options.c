/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <rte_mbuf_core.h>

#include "../error.h"

#define MTU_MIN 1280 /* RFC 8200 */
#define MTU_MAX 9000

static void
add_address(struct value *v, void *values)
{
	struct address_options *a = &((struct host_options *)values)->addresses;

	if (a->count == ADDRESSES_MAX) {
		error_line("--ip: more than %u addresses", ADDRESSES_MAX);
		v->failed = true;
	} else if (!address_parse(v->text, true, &a->list[a->count++])) {
		value_expected(v, "[port,]address/bits, as 192.0.2.1/24 or 1,2001:db8::1/64");
	}
}

static void
set_gateway(struct value *v, void *values)
{
	struct address_options *a = &((struct host_options *)values)->addresses;

	a->has_gateway = true;
	if (!address_parse(v->text, false, &a->gateway) || a->gateway.v6)
		value_expected(v, "[port,]address, an IPv4 one: IPv6 routers announce themselves");
}

const struct option_row host_network_rows[HOST_NETWORK_ROWS] = {
	OPTION_HEADING("Network"),
	OPTION_OTHER(add_address, "ip", "[PORT,]ADDR/BITS",
		     "an IPv4 or IPv6 address of a port; may be given several times (198.18.PORT.1/24)"),
	OPTION_OTHER(set_gateway, "gateway", "[PORT,]ADDR", "the IPv4 router, and the port that leads to it"),
	OPTION_NUMBER(struct host_options, ports.mtu, "mtu", "BYTES", "MTU of every port, 1280 to 9000 (1500)", MTU_MIN,
		      MTU_MAX, 1500),
};

const struct option_row host_port_rows[HOST_PORT_ROWS] = {
	OPTION_HEADING("Memory and ports"),
	OPTION_BYTES(struct host_options, lwip_memory, "lwip-memory", "BYTES",
		     "the most of lwIP's memory that all connections may take together, up to half of all slabs "
		     "(128M); each has "
		     "less when half of it is in use",
		     64 * 1024, UINT64_C(1) << 40, 128 << 20),
	OPTION_FLAG(struct host_options, ports.copy, "copy",
		    "copy all bytes between lwIP and plain mbufs, for comparison"),
	OPTION_FLAG(struct host_options, ports.no_offload, "no-offload",
		    "let lwIP compute all checksums, even if the port could"),
	OPTION_NUMBER(struct host_options, ports.rxd, "rxd", "N", "descriptors of the RX queue (the port's default)", 1,
		      UINT16_MAX, 0),
	OPTION_NUMBER(struct host_options, ports.txd, "txd", "N", "descriptors of the TX queue (the port's default)", 1,
		      UINT16_MAX, 0),
	OPTION_NUMBER(struct host_options, ports.mbufs, "total-num-mbufs", "N", "RX mbufs per port (8192)", 1,
		      INT32_MAX, 8192),
	OPTION_BYTES(struct host_options, ports.mbuf_size, "mbuf-size", "BYTES",
		     "data room of an RX mbuf with 128 bytes of headroom (2176, or more if a port needs it)",
		     RTE_PKTMBUF_HEADROOM + 64, UINT16_MAX, 0),
	OPTION_NUMBER(struct host_options, ports.rx_hold, "rx-hold", "N",
		      "RX mbufs that lwIP may hold; further packets are copied (half of what the ring leaves)", 1,
		      INT32_MAX, 0),
};

/* The rows of one direction. */
#define FAULT_ROWS(way, frames)                                                                                        \
	OPTION_PERCENT(struct host_options, faults.way[FAULT_DROP], #way "-drop", "drop " frames),                     \
		OPTION_PERCENT(struct host_options, faults.way[FAULT_DUP], #way "-dup", "double " frames),             \
		OPTION_PERCENT(struct host_options, faults.way[FAULT_REORDER], #way "-reorder",                        \
			       "let up to three others overtake " frames),                                             \
		OPTION_PERCENT(struct host_options, faults.way[FAULT_CORRUPT], #way "-corrupt",                        \
			       "change one bit of " frames ", behind the Ethernet header")

const struct option_row host_fault_rows[HOST_FAULT_ROWS] = {
	OPTION_HEADING("Faults, in percent of all frames, as 1% or 0.1%"),
	FAULT_ROWS(rx, "received frames"),
	FAULT_ROWS(tx, "sent frames"),
	OPTION_NUMBER(struct host_options, faults.seed, "fault-seed", "N", "seed of the random numbers for faults (1)",
		      0, UINT64_MAX, 1),
};

const struct option_row host_run_rows[HOST_RUN_ROWS] = {
	OPTION_HEADING("Run"),
	OPTION_SECONDS(struct host_options, duration_s, "duration", "stop after that time (0: no limit)", 0),
	OPTION_SECONDS(struct host_options, stats_period_s, "stats-period",
		       "print a line of figures this often (0: none)", 0),
	OPTION_FILE(struct host_options, json, "json", "FILE",
		    "write the report as JSON too; -: JSON to stdout, all else to stderr"),
};

int
host_options_check(struct host_options *o)
{
	/*
	 * A sending port would compute the right sum for a frame that we spoil. A receiving port may leave out a sum
	 * that we must check.
	 */
	o->ports.rx_offload = !o->ports.no_offload && !fault_any(o->faults.rx);
	o->ports.tx_offload = !o->ports.no_offload && o->faults.tx[FAULT_CORRUPT] <= 0;
	return library_check(&o->library);
}
