/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdbool.h>
#include <stdio.h>

#include <lwip/opt.h>

#include "../common/error.h"
#include "options.h"

struct httpd_options httpd_options;

/* The default of --connections. */
#define CONNECTIONS 4096

/* The size that lwIP was built with: only a build can change it. */
#define NEIGHBOURS RTE_STR(ARP_TABLE_SIZE) " neighbours of IPv4 and " RTE_STR(LWIP_ND6_NUM_NEIGHBORS) " of IPv6"

static const struct option_row server_rows[] = {
	OPTION_HEADING("Servers"),
	OPTION_TEXT(struct httpd_options, files.folder, "folder", "DIR", "the folder that is served (.)", "a folder",
		    "."),
	OPTION_BYTES(struct httpd_options, files.cache, "cache", "BYTES", "the most bytes of files in memory (1G)", 0,
		     UINT64_C(1) << 40, UINT64_C(1) << 30),
	OPTION_NUMBER(struct httpd_options, http.port, "http-port", "N", "TCP port of HTTP; 0: no HTTP (80)", 0,
		      UINT16_MAX, 80),
	OPTION_NUMBER(struct httpd_options, services.echo_port, "echo-port", "N", "TCP port of echo; 0: no echo (7)", 0,
		      UINT16_MAX, 7),
	OPTION_NUMBER(struct httpd_options, services.discard_port, "discard-port", "N",
		      "TCP port of discard; 0: no discard (9)", 0, UINT16_MAX, 9),
	OPTION_NUMBER(struct httpd_options, services.chargen_port, "chargen-port", "N",
		      "TCP port of chargen; 0: no chargen (19)", 0, UINT16_MAX, 19),
	OPTION_HEADING("Limits"),
	OPTION_NUMBER(struct httpd_options, limits.connections, "connections", "N",
		      "the most connections at the same time (4096); others are reset. This build knows " NEIGHBOURS
		      " on the links",
		      1, 65536, CONNECTIONS),
	OPTION_NUMBER(struct httpd_options, limits.peer_connections, "peer-connections", "N",
		      "the most connections of one address (1024)", 1, 65536, 1024),
	OPTION_NUMBER(struct httpd_options, limits.backlog, "backlog", "N",
		      "the most half-open connections per server (255)", 1, 255, 255),
	OPTION_BYTES(struct httpd_options, limits.send_budget, "send-budget", "BYTES",
		     "the most bytes of a connection that are not acknowledged (64K)", 4096, 1u << 30, 64 * 1024),
	OPTION_NUMBER(struct httpd_options, limits.rx_pbufs, "rx-pbufs", "N",
		      "the most pbufs of a connection that were received and not read (32)", 1, 1024, 32),
	OPTION_NUMBER(struct httpd_options, services.echo_pbufs, "echo-pbufs", "N",
		      "the most pbufs that the echo of a connection holds (128)", 2, 4096, 128),
	OPTION_NUMBER(struct httpd_options, limits.idle_s, "idle-timeout", "SECONDS",
		      "end a connection that asks nothing for that time (30)", 1, 86400, 30),
	OPTION_NUMBER(struct httpd_options, limits.progress_s, "progress-timeout", "SECONDS",
		      "the time for each 4 KiB of a transfer (10)", 1, 86400, 10),
	OPTION_NUMBER(struct httpd_options, http.request_s, "request-timeout", "SECONDS",
		      "the time for the head of a request (10)", 1, 86400, 10),
	OPTION_BYTES(struct httpd_options, http.head_size, "max-head", "BYTES", "the longest head of a request (8K)",
		     256, 32 * 1024, 8192),
	OPTION_BYTES(struct httpd_options, http.line_size, "max-request-line", "BYTES", "the longest request line (4K)",
		     64, 32 * 1024, 4096),
};

/* These follow the host's faults. */
static const struct option_row fault_rows[] = {
	OPTION_NUMBER(struct httpd_options, hold_slabs, "hold-slabs", "N",
		      "hold all memory from the first body or echo on, until N requests for memory failed (0: never)",
		      0, UINT32_MAX, 0),
};

static const struct command_table tables[] = {
	HOST_FIRST_TABLE(offsetof(struct httpd_options, host)),
	{server_rows, RTE_DIM(server_rows), 0},
	HOST_MEMORY_TABLES(offsetof(struct httpd_options, host)),
	HOST_FAULT_TABLE(offsetof(struct httpd_options, host)),
	{fault_rows, RTE_DIM(fault_rows), 0},
	HOST_LAST_TABLE(offsetof(struct httpd_options, host)),
};

static void
help_more(void)
{
	printf("\nAs root, or under unshare -Urn. Then give tap0 an address, and: curl http://198.18.0.1/\n"
	       "  evpl-httpd -l 0 --no-pci --no-huge --no-shconf -m 512 --vdev=net_tap0,iface=tap0 -- --folder=.\n\n"
	       "Exit status: 0: all went well; 1: something failed, or a buffer did not come home;\n"
	       "2: the command line is wrong.\n");
}

/*
 * Only a warning: all clients behind a router are one neighbour, and each client may have many connections. It comes if
 * the user has chosen the number, or if another build would know enough. That cannot change the table of IPv6 of lwIP
 * 2.2, and none of a system's lwIP: with the default of --connections that is no news at each start.
 */
static void
warn_of_neighbours(unsigned connections)
{
	bool build = GLUE_LWIP_SOURCE && connections > ARP_TABLE_SIZE;

	if (connections > (unsigned)RTE_MIN(ARP_TABLE_SIZE, LWIP_ND6_NUM_NEIGHBORS) &&
	    (build || connections != CONNECTIONS))
		error_line("warning: --connections=%u is more than lwIP knows clients on the links, " NEIGHBOURS
			   ": with more, answers wait%s",
			   connections, build ? " (build with -Dlwip_neighbours)" : "");
}

/* Bytes of a small buffer. The large buffer and the slab of the options limit it. */
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

int
httpd_options_check(void)
{
	const struct httpd_options *o = &httpd_options;
	unsigned room = buffer_room(&o->host.library);

	if (room < o->http.head_size + 64) {
		error_line(
			"buffers of %u bytes have no room for --max-head=%u (see --buffer-size, --large-buffer-size, "
			"--slab-size)",
			room, o->http.head_size);
		return -1;
	}
	if (o->http.line_size > o->http.head_size) {
		error_line("--max-request-line=%u is more than --max-head=%u", o->http.line_size, o->http.head_size);
		return -1;
	}
	warn_of_neighbours(o->limits.connections);
	return 0;
}

const struct command httpd_command = {
	.program = "evpl-httpd",
	.version = EVPL_HTTPD_VERSION HOST_LWIP_VERSION,
	.about = "Serves files over HTTP, and echo, discard and chargen: lwIP over DPDK ports, its bytes in iovecs.",
	.tables = tables,
	.table_count = RTE_DIM(tables),
	.width = 28,
	.help_more = help_more,
};
