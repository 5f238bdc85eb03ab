/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <stdio.h>

#include "../common/error.h"

struct load_values load_values;

static void
set_target(struct value *v, void *values)
{
	struct load_values *o = values;

	o->load.target = v->text;
	if (!load_target_valid(v->text))
		value_expected(v, "ADDRESS/PATH, as 198.18.0.1/file or fd18::1/file");
}

static const struct option_row load_rows[] = {
	OPTION_HEADING("Requests"),
	OPTION_OTHER(set_target, "target", "ADDR/PATH",
		     "ask the HTTP server at ADDR for PATH, again and again; this option is required"),
	OPTION_NUMBER(struct load_values, load.port, "http-port", "N", "TCP port of the server (80)", 1, UINT16_MAX,
		      80),
	OPTION_NUMBER(struct load_values, load.connections, "connections", "N",
		      "the number of connections at the same time (16)", 1, 4096, 16),
	OPTION_SECONDS(
		struct load_values, load.seconds, "time",
		"close the connections after that time, and print what was answered (0: at the end); the port stays",
		0),
	OPTION_FLAG(struct load_values, load.check, "check", "check that all bodies have the same CRC-32"),
};

static const struct command_table tables[] = {
	HOST_FIRST_TABLE(offsetof(struct load_values, host)),	{load_rows, RTE_DIM(load_rows), 0},
	HOST_MEMORY_TABLES(offsetof(struct load_values, host)), HOST_FAULT_TABLE(offsetof(struct load_values, host)),
	HOST_LAST_TABLE(offsetof(struct load_values, host)),
};

static void
help_more(void)
{
	printf("\nIts own address must differ from the server's. An example over vhost; next start an evpl-httpd on "
	       "net_virtio_user:\n"
	       "  evpl-load -l 1 --no-pci --no-huge --no-shconf -m 512 --file-prefix=load --single-file-segments \\\n"
	       "    --vdev=net_vhost0,iface=/tmp/vhost.sock -- --ip=198.18.0.2/24 --target=198.18.0.1/file\n\n"
	       "Exit status: 0: all went well; 1: something failed, not all was answered, or a buffer did not come "
	       "home;\n"
	       "2: the command line is wrong.\n");
}

int
load_options_check(void)
{
	if (load_values.load.target != NULL)
		return 0;
	error_line("--target=ADDRESS/PATH must be given (see --help)");
	return -1;
}

const struct command load_command = {
	.program = "evpl-load",
	.version = EVPL_LOAD_VERSION HOST_LWIP_VERSION,
	.about = "Asks an HTTP server for one path, again and again, as wrk does: lwIP over DPDK ports, its bytes in "
		 "iovecs.",
	.tables = tables,
	.table_count = RTE_DIM(tables),
	.width = 28,
	.help_more = help_more,
};
