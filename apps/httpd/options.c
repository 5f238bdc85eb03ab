/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>

#include <rte_mbuf_core.h>

#include "../common/args.h"
#include "../common/command.h"
#include "../common/error.h"
#include "../common/library.h"
#include "../common/value.h"
#include "options.h"

#define MTU_MIN 1280 /* RFC 8200 */
#define MTU_MAX 9000
#define LOAD_CONNECTIONS 16

/* "1%", "0.5" */
static double
percent(struct value *v)
{
	size_t length = strlen(v->text);
	char copy[16] = "";
	double p = 0;

	if (length > 0 && v->text[length - 1] == '%')
		length--;
	if (length < sizeof(copy))
		memcpy(copy, v->text, length);
	if (!args_seconds(copy, 100, &p))
		value_expected(v, "a percentage, as 1% or 0.5%");
	return p;
}

static void
add_address(struct value *v, struct address_options *a)
{
	if (a->count == ADDRESSES_MAX) {
		error_line("--ip: more than %u addresses", ADDRESSES_MAX);
		v->failed = true;
	} else if (!address_parse(v->text, true, &a->list[a->count++])) {
		value_expected(v, "[port,]address/bits, as 192.0.2.1/24 or 1,2001:db8::1/64");
	}
}

static void
set_gateway(struct value *v, struct address_options *a)
{
	a->has_gateway = true;
	if (!address_parse(v->text, false, &a->gateway) || a->gateway.v6)
		value_expected(v, "[port,]address, an IPv4 one: IPv6 routers announce themselves");
}

/* What lwIP was built with: only the build can give it more. */
#define NEIGHBOURS RTE_STR(ARP_TABLE_SIZE) " neighbours of IPv4 and " RTE_STR(LWIP_ND6_NUM_NEIGHBORS) " of IPv6"

enum option_id {
	OPT_IP,
	OPT_GATEWAY,
	OPT_FOLDER,
	OPT_CACHE,
	OPT_HTTP_PORT,
	OPT_ECHO_PORT,
	OPT_DISCARD_PORT,
	OPT_CHARGEN_PORT,
	OPT_CONNECTIONS,
	OPT_PEER_CONNECTIONS,
	OPT_BACKLOG,
	OPT_SEND_BUDGET,
	OPT_RX_PBUFS,
	OPT_ECHO_PBUFS,
	OPT_IDLE_TIMEOUT,
	OPT_PROGRESS_TIMEOUT,
	OPT_REQUEST_TIMEOUT,
	OPT_LWIP_MEMORY,
	OPT_MAX_HEAD,
	OPT_MAX_REQUEST_LINE,
	OPT_COPY,
	OPT_NO_OFFLOAD,
	OPT_RXD,
	OPT_TXD,
	OPT_MTU,
	OPT_TOTAL_NUM_MBUFS,
	OPT_MBUF_SIZE,
	OPT_RX_HOLD,
	OPT_SLAB_SIZE,
	OPT_BUFFER_SIZE,
	OPT_LARGE_BUFFER_SIZE,
	OPT_MAX_SLABS,
	OPT_SAMPLE_PERIOD,
	OPT_FAR_PACKETS,
	OPT_RX_FAULT,				   /* and FAULT_KINDS more */
	OPT_TX_FAULT = OPT_RX_FAULT + FAULT_KINDS, /* the same */
	OPT_FAULT_SEED = OPT_TX_FAULT + FAULT_KINDS,
	OPT_HOLD_SLABS,
	OPT_LOAD,
	OPT_LOAD_CONNECTIONS,
	OPT_LOAD_TIME,
	OPT_LOAD_CHECK,
	OPT_DURATION,
	OPT_STATS_PERIOD,
	OPT_JSON,
};

static const struct command_option table[] = {
	{NULL, NULL, "Network", 0},
	{"ip", "[PORT,]ADDR/BITS", "an address of a port, IPv4 or IPv6; again for more (198.18.PORT.1/24)", OPT_IP},
	{"gateway", "[PORT,]ADDR", "IPv4 router, and the port it is behind", OPT_GATEWAY},
	{"mtu", "BYTES", "MTU of every port, 1280 to 9000 (1500)", OPT_MTU},
	{NULL, NULL, "Servers", 0},
	{"folder", "DIR", "what is served (.)", OPT_FOLDER},
	{"cache", "BYTES", "most bytes of files held in memory (1G)", OPT_CACHE},
	{"http-port", "N", "TCP port of HTTP; 0: none (80)", OPT_HTTP_PORT},
	{"echo-port", "N", "of echo (7)", OPT_ECHO_PORT},
	{"discard-port", "N", "of discard (9)", OPT_DISCARD_PORT},
	{"chargen-port", "N", "of chargen (19)", OPT_CHARGEN_PORT},
	{NULL, NULL, "Limits", 0},
	{"connections", "N", "at once (4096); more are reset. This build knows " NEIGHBOURS " on the links",
	 OPT_CONNECTIONS},
	{"peer-connections", "N", "of these, from one address (1024)", OPT_PEER_CONNECTIONS},
	{"backlog", "N", "half-open ones, per server (255)", OPT_BACKLOG},
	{"send-budget", "BYTES", "not acknowledged yet, per connection (64K)", OPT_SEND_BUDGET},
	{"rx-pbufs", "N", "received and not read yet, per connection (32)", OPT_RX_PBUFS},
	{"echo-pbufs", "N", "held by the echo of one connection (128)", OPT_ECHO_PBUFS},
	{"idle-timeout", "SECONDS", "of a connection that asks nothing (30)", OPT_IDLE_TIMEOUT},
	{"progress-timeout", "SECONDS", "for each 4 KiB of a transfer (10)", OPT_PROGRESS_TIMEOUT},
	{"request-timeout", "SECONDS", "for a request's head (10)", OPT_REQUEST_TIMEOUT},
	{"lwip-memory", "BYTES",
	 "what all connections together may take of lwIP's, up to half of all slabs (128M); over half of it, each has "
	 "less",
	 OPT_LWIP_MEMORY},
	{"max-head", "BYTES", "longest head of a request (8K)", OPT_MAX_HEAD},
	{"max-request-line", "BYTES", "longest request line (4K)", OPT_MAX_REQUEST_LINE},
	{NULL, NULL, "Memory and ports", 0},
	{"copy", NULL, "copy all bytes between lwIP and plain mbufs, to compare with", OPT_COPY},
	{"no-offload", NULL, "lwIP computes all checksums, even where the port could", OPT_NO_OFFLOAD},
	{"rxd", "N", "descriptors of the RX queue (the port's default)", OPT_RXD},
	{"txd", "N", "descriptors of the TX queue (the port's default)", OPT_TXD},
	{"total-num-mbufs", "N", "RX mbufs per port (8192)", OPT_TOTAL_NUM_MBUFS},
	{"mbuf-size", "BYTES", "data room of an RX mbuf with 128 bytes of headroom (2176, or more if a port wants it)",
	 OPT_MBUF_SIZE},
	{"rx-hold", "N", "RX mbufs that lwIP may hold; packets beyond are copied (half of what the ring leaves)",
	 OPT_RX_HOLD},
	{"slab-size", "BYTES", "bytes of a slab (16M)", OPT_SLAB_SIZE},
	{"buffer-size", "BYTES", "bytes of a buffer (64K)", OPT_BUFFER_SIZE},
	{"large-buffer-size", "BYTES", "of one for what is longer (2M); as --buffer-size: there are none",
	 OPT_LARGE_BUFFER_SIZE},
	{"max-slabs", "N", "most slabs (512)", OPT_MAX_SLABS},
	{"sample-period", "N", "note where every Nth iovec was allocated, for SIGUSR1 and telemetry (0: none)",
	 OPT_SAMPLE_PERIOD},
	{"far-packets", NULL, "send external buffers only, for ports that cannot take others (they are told)",
	 OPT_FAR_PACKETS},
	{NULL, NULL, "Faults, in percent of all frames, as 1% or 0.1%", 0},
	{"rx-drop", "PERCENT", "received frames are lost", OPT_RX_FAULT + FAULT_DROP},
	{"rx-dup", "PERCENT", "come twice", OPT_RX_FAULT + FAULT_DUP},
	{"rx-reorder", "PERCENT", "are overtaken by up to three others", OPT_RX_FAULT + FAULT_REORDER},
	{"rx-corrupt", "PERCENT", "have one bit wrong, behind the Ethernet header", OPT_RX_FAULT + FAULT_CORRUPT},
	{"tx-drop", "PERCENT", "the same for what is sent", OPT_TX_FAULT + FAULT_DROP},
	{"tx-dup", "PERCENT", "", OPT_TX_FAULT + FAULT_DUP},
	{"tx-reorder", "PERCENT", "", OPT_TX_FAULT + FAULT_REORDER},
	{"tx-corrupt", "PERCENT", "", OPT_TX_FAULT + FAULT_CORRUPT},
	{"fault-seed", "N", "of their random numbers (1)", OPT_FAULT_SEED},
	{"hold-slabs", "N",
	 "no percentage: hold all memory from the first body or echo on, until N requests for some found none (0: "
	 "never)",
	 OPT_HOLD_SLABS},
	{NULL, NULL, "Instead of serving", 0},
	{"load", "ADDR/PATH", "ask the HTTP server at ADDR for PATH, again and again", OPT_LOAD},
	{"load-connections", "N", "on so many connections at once (16)", OPT_LOAD_CONNECTIONS},
	{"load-time", "SECONDS", "then close them, and say what was answered (0: until the end); the port stays",
	 OPT_LOAD_TIME},
	{"load-check", NULL, "each body must have the same CRC-32", OPT_LOAD_CHECK},
	{NULL, NULL, "Run", 0},
	{"duration", "SECONDS", "stop after that time (0: no limit)", OPT_DURATION},
	{"stats-period", "SECONDS", "a line of figures (0: none)", OPT_STATS_PERIOD},
	{"json", "FILE", "write the report as JSON too; -: to stdout, the rest to stderr", OPT_JSON},
};

static void
help_more(void)
{
	printf("\nAs root, or under unshare -Urn; then, with an address on tap0: curl http://198.18.0.1/\n"
	       "  evpl-httpd -l 0 --no-pci --no-huge --no-shconf -m 512 --vdev=net_tap0,iface=tap0 -- --folder=.\n\n"
	       "Exit status: 0; 1: something failed, or a buffer did not come home; 2: the command line is wrong.\n");
}

static void
set_load(struct value *v, int id, struct load_options *l)
{
	switch (id) {
	case OPT_LOAD:
		l->target = v->text;
		if (!load_target_valid(v->text))
			value_expected(v, "ADDRESS/PATH, as 198.18.0.1/file or fd18::1/file");
		break;
	case OPT_LOAD_CONNECTIONS:
		l->connections = (unsigned)value_number(v, 1, 4096);
		break;
	case OPT_LOAD_TIME:
		l->seconds = value_seconds(v);
		break;
	case OPT_LOAD_CHECK:
		l->check = true;
		break;
	default:
		break;
	}
}

static void
set_fault(struct value *v, int id, struct fault_options *f)
{
	if (id >= OPT_TX_FAULT)
		f->tx[id - OPT_TX_FAULT] = percent(v);
	else
		f->rx[id - OPT_RX_FAULT] = percent(v);
}

static void
set_server(struct value *v, int id, struct httpd_options *o)
{
	switch (id) {
	case OPT_FOLDER:
		o->files.folder = value_text(v, "a folder");
		break;
	case OPT_CACHE:
		o->files.cache = value_bytes(v, 0, UINT64_C(1) << 40);
		break;
	case OPT_HTTP_PORT:
		o->http.port = (uint16_t)value_number(v, 0, UINT16_MAX);
		break;
	case OPT_ECHO_PORT:
		o->services.echo_port = (uint16_t)value_number(v, 0, UINT16_MAX);
		break;
	case OPT_DISCARD_PORT:
		o->services.discard_port = (uint16_t)value_number(v, 0, UINT16_MAX);
		break;
	case OPT_CHARGEN_PORT:
		o->services.chargen_port = (uint16_t)value_number(v, 0, UINT16_MAX);
		break;
	case OPT_CONNECTIONS:
		o->limits.connections = (unsigned)value_number(v, 1, 65536);
		break;
	case OPT_PEER_CONNECTIONS:
		o->limits.peer_connections = (unsigned)value_number(v, 1, 65536);
		break;
	case OPT_BACKLOG:
		o->limits.backlog = (unsigned)value_number(v, 1, 255);
		break;
	case OPT_SEND_BUDGET:
		o->limits.send_budget = (unsigned)value_bytes(v, 4096, 1u << 30);
		break;
	case OPT_RX_PBUFS:
		o->limits.rx_pbufs = (unsigned)value_number(v, 1, 1024);
		break;
	case OPT_ECHO_PBUFS:
		o->services.echo_pbufs = (unsigned)value_number(v, 2, 4096);
		break;
	case OPT_IDLE_TIMEOUT:
		o->limits.idle_s = (unsigned)value_number(v, 1, 86400);
		break;
	case OPT_PROGRESS_TIMEOUT:
		o->limits.progress_s = (unsigned)value_number(v, 1, 86400);
		break;
	case OPT_REQUEST_TIMEOUT:
		o->http.request_s = (unsigned)value_number(v, 1, 86400);
		break;
	case OPT_LWIP_MEMORY:
		o->lwip_memory = value_bytes(v, 64 * 1024, UINT64_C(1) << 40);
		break;
	case OPT_MAX_HEAD:
		o->http.head_size = (unsigned)value_bytes(v, 256, 32 * 1024);
		break;
	case OPT_MAX_REQUEST_LINE:
		o->http.line_size = (unsigned)value_bytes(v, 64, 32 * 1024);
		break;
	default:
		break;
	}
}

static void
set_port(struct value *v, int id, struct httpd_options *o)
{
	switch (id) {
	case OPT_IP:
		add_address(v, &o->addresses);
		break;
	case OPT_GATEWAY:
		set_gateway(v, &o->addresses);
		break;
	case OPT_COPY:
		o->ports.copy = true;
		break;
	case OPT_NO_OFFLOAD:
		o->ports.rx_offload = o->ports.tx_offload = false;
		break;
	case OPT_RXD:
		o->ports.rxd = (uint16_t)value_number(v, 1, UINT16_MAX);
		break;
	case OPT_TXD:
		o->ports.txd = (uint16_t)value_number(v, 1, UINT16_MAX);
		break;
	case OPT_MTU:
		o->ports.mtu = (uint16_t)value_number(v, MTU_MIN, MTU_MAX);
		break;
	case OPT_TOTAL_NUM_MBUFS:
		o->ports.mbufs = (uint32_t)value_number(v, 1, INT32_MAX);
		break;
	case OPT_MBUF_SIZE:
		o->ports.mbuf_size = (uint16_t)value_bytes(v, RTE_PKTMBUF_HEADROOM + 64, UINT16_MAX);
		break;
	case OPT_RX_HOLD:
		o->ports.rx_hold = (uint32_t)value_number(v, 1, INT32_MAX);
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
	default:
		break;
	}
}

static int
set_option(void *values, const struct command_option *option, const char *text)
{
	struct httpd_options *o = values;
	struct value value = {.name = option->name, .text = text}, *v = &value;
	int id = option->id;

	set_server(v, id, o);
	set_port(v, id, o);
	set_load(v, id, &o->load);
	if (id >= OPT_RX_FAULT && id < OPT_FAULT_SEED)
		set_fault(v, id, &o->faults);
	else if (id == OPT_FAULT_SEED)
		o->faults.seed = value_number(v, 0, UINT64_MAX);
	else if (id == OPT_HOLD_SLABS)
		o->hold_slabs = value_number(v, 0, UINT32_MAX);
	else if (id == OPT_DURATION)
		o->duration_s = value_seconds(v);
	else if (id == OPT_STATS_PERIOD)
		o->stats_period_s = value_seconds(v);
	else if (id == OPT_JSON)
		o->json = value_json(v);
	return value.failed ? -1 : 0;
}

static void
set_defaults(struct httpd_options *o)
{
	*o = (struct httpd_options){
		.ports = {.rx_offload = true, .tx_offload = true, .mtu = 1500, .mbufs = 8192},
		.faults = {.seed = 1},
		.limits = {.connections = 4096,
			   .peer_connections = 1024,
			   .backlog = 255,
			   .send_budget = 64 * 1024,
			   .rx_pbufs = 32,
			   .idle_s = 30,
			   .progress_s = 10},
		.files = {.folder = ".", .cache = UINT64_C(1) << 30},
		.http = {.port = 80, .head_size = 8192, .line_size = 4096, .request_s = 10},
		.load = {.connections = LOAD_CONNECTIONS},
		.lwip_memory = 128 << 20,
		.services = {.echo_port = 7, .discard_port = 9, .chargen_port = 19, .echo_pbufs = 128},
	};
}

/* Clients behind a router are one neighbour, and each may have many connections: so many may be right. */
static void
warn_of_neighbours(unsigned connections)
{
	if (connections > (unsigned)RTE_MIN(ARP_TABLE_SIZE, LWIP_ND6_NUM_NEIGHBORS))
		error_line("warning: --connections=%u is more than lwIP knows clients on the links, " NEIGHBOURS
			   ": with more, answers wait%s",
			   connections, GLUE_LWIP_SOURCE ? " (build with -Dlwip_neighbours)" : "");
}

/* Bytes of a small buffer, which is no larger than a large one and a slab that were asked for. */
static unsigned
buffer_room(const struct evpl_global_config *library)
{
	uint64_t room = library->buffer_size != 0 ? library->buffer_size : EVPL_DEFAULT_BUFFER_SIZE;

	if (library->large_buffer_size != 0)
		room = RTE_MIN(room, (uint64_t)library->large_buffer_size);
	if (library->slab_size != 0)
		room = RTE_MIN(room, library->slab_size);
	return (unsigned)room;
}

static int
check_combination(struct httpd_options *o)
{
	/* A port would give a frame that we spoil the right sum for it, or have left the sum out of one that we are to check. */
	if (o->faults.tx[FAULT_CORRUPT] > 0)
		o->ports.tx_offload = false;
	if (fault_any(o->faults.rx))
		o->ports.rx_offload = false;
	if (library_check(&o->library) != 0)
		return -1;
	o->load.port = o->http.port;
	if (o->load.target == NULL &&
	    (o->load.check || o->load.seconds > 0 || o->load.connections != LOAD_CONNECTIONS)) {
		error_line("--load-check, --load-connections and --load-time go with --load=ADDRESS/PATH");
		return -1;
	}
	if (o->load.target != NULL && o->load.port == 0) {
		error_line("--load: --http-port=0 is no server's port");
		return -1;
	}
	if (buffer_room(&o->library) < o->http.head_size + 64) {
		error_line(
			"buffers of %u bytes have no room for --max-head=%u (see --buffer-size, --large-buffer-size, "
			"--slab-size)",
			buffer_room(&o->library), o->http.head_size);
		return -1;
	}
	if (o->http.line_size > o->http.head_size) {
		error_line("--max-request-line=%u is more than --max-head=%u", o->http.line_size, o->http.head_size);
		return -1;
	}
	return 0;
}

int
options_parse(int argc, char **argv, struct httpd_options *o)
{
	static const struct command command = {
		.program = "evpl-httpd",
		.version = GLUE_LWIP_SOURCE ? EVPL_HTTPD_VERSION " (lwIP built from source: no copies)"
					    : EVPL_HTTPD_VERSION " (lwIP of the system: what is sent is copied)",
		.about = "Serves files over HTTP, and echo, discard and chargen: lwIP over DPDK ports, its bytes in "
			 "iovecs.",
		.options = table,
		.count = RTE_DIM(table),
		.width = 28,
		.help_more = help_more,
		.set = set_option,
	};
	int eal_count;

	set_defaults(o);
	eal_count = command_parse(&command, argc, argv, o);
	if (eal_count > 0 && check_combination(o) != 0)
		return -1;
	if (eal_count > 0 && o->load.target == NULL)
		warn_of_neighbours(o->limits.connections);
	return eal_count;
}
