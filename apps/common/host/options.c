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
		     "an address of a port, IPv4 or IPv6; again for more (198.18.PORT.1/24)"),
	OPTION_OTHER(set_gateway, "gateway", "[PORT,]ADDR", "IPv4 router, and the port it is behind"),
	OPTION_NUMBER(struct host_options, ports.mtu, "mtu", "BYTES", "MTU of every port, 1280 to 9000 (1500)", MTU_MIN,
		      MTU_MAX, 1500),
};

const struct option_row host_port_rows[HOST_PORT_ROWS] = {
	OPTION_HEADING("Memory and ports"),
	OPTION_BYTES(
		struct host_options, lwip_memory, "lwip-memory", "BYTES",
		"what all connections together may take of lwIP's, up to half of all slabs (128M); over half of it, "
		"each has less",
		64 * 1024, UINT64_C(1) << 40, 128 << 20),
	OPTION_FLAG(struct host_options, ports.copy, "copy",
		    "copy all bytes between lwIP and plain mbufs, to compare with"),
	OPTION_FLAG(struct host_options, ports.no_offload, "no-offload",
		    "lwIP computes all checksums, even where the port could"),
	OPTION_NUMBER(struct host_options, ports.rxd, "rxd", "N", "descriptors of the RX queue (the port's default)", 1,
		      UINT16_MAX, 0),
	OPTION_NUMBER(struct host_options, ports.txd, "txd", "N", "descriptors of the TX queue (the port's default)", 1,
		      UINT16_MAX, 0),
	OPTION_NUMBER(struct host_options, ports.mbufs, "total-num-mbufs", "N", "RX mbufs per port (8192)", 1,
		      INT32_MAX, 8192),
	OPTION_BYTES(struct host_options, ports.mbuf_size, "mbuf-size", "BYTES",
		     "data room of an RX mbuf with 128 bytes of headroom (2176, or more if a port wants it)",
		     RTE_PKTMBUF_HEADROOM + 64, UINT16_MAX, 0),
	OPTION_NUMBER(struct host_options, ports.rx_hold, "rx-hold", "N",
		      "RX mbufs that lwIP may hold; packets beyond are copied (half of what the ring leaves)", 1,
		      INT32_MAX, 0),
};

const struct option_row host_fault_rows[HOST_FAULT_ROWS] = {
	OPTION_HEADING("Faults, in percent of all frames, as 1% or 0.1%"),
	OPTION_PERCENT(struct host_options, faults.rx[FAULT_DROP], "rx-drop", "received frames are lost"),
	OPTION_PERCENT(struct host_options, faults.rx[FAULT_DUP], "rx-dup", "come twice"),
	OPTION_PERCENT(struct host_options, faults.rx[FAULT_REORDER], "rx-reorder",
		       "are overtaken by up to three others"),
	OPTION_PERCENT(struct host_options, faults.rx[FAULT_CORRUPT], "rx-corrupt",
		       "have one bit wrong, behind the Ethernet header"),
	OPTION_PERCENT(struct host_options, faults.tx[FAULT_DROP], "tx-drop", "the same for what is sent"),
	OPTION_PERCENT(struct host_options, faults.tx[FAULT_DUP], "tx-dup", ""),
	OPTION_PERCENT(struct host_options, faults.tx[FAULT_REORDER], "tx-reorder", ""),
	OPTION_PERCENT(struct host_options, faults.tx[FAULT_CORRUPT], "tx-corrupt", ""),
	OPTION_NUMBER(struct host_options, faults.seed, "fault-seed", "N", "of their random numbers (1)", 0, UINT64_MAX,
		      1),
};

const struct option_row host_run_rows[HOST_RUN_ROWS] = {
	OPTION_HEADING("Run"),
	OPTION_SECONDS(struct host_options, duration_s, "duration", "stop after that time (0: no limit)", 0),
	OPTION_SECONDS(struct host_options, stats_period_s, "stats-period", "a line of figures (0: none)", 0),
	OPTION_FILE(struct host_options, json, "json", "FILE",
		    "write the report as JSON too; -: to stdout, the rest to stderr"),
};

int
host_options_check(struct host_options *o)
{
	/* A port would give a frame that we spoil the right sum for it, or have left the sum out of one that we are to check. */
	o->ports.rx_offload = !o->ports.no_offload && !fault_any(o->faults.rx);
	o->ports.tx_offload = !o->ports.no_offload && o->faults.tx[FAULT_CORRUPT] <= 0;
	return library_check(&o->library);
}
