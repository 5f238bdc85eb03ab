/* SPDX-License-Identifier: BSD-3-Clause */
/* evpl-httpd: serves files over HTTP, echo, discard and chargen, with lwIP over DPDK ports and every byte in iovecs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../common/error.h"
#include "../common/host/host.h"
#include "fault_memory.h"
#include "options.h"
#include "report.h"

static struct httpd_options options;
static struct httpd_report report;

static int
start(void)
{
	const struct httpd_options *o = &options;

	if (files_start(&o->files, glue_evpl()) != 0) {
		error_line("--folder=%s: %s", o->files.folder, strerror(errno));
		return 1;
	}
	if (connections_start(&o->limits) != 0) {
		error_line("no memory for --connections=%u", o->limits.connections);
		return 1;
	}
	if (http_start(&o->http) != 0 || services_start(&o->services) != 0)
		return 1;
	fault_memory_start(glue_evpl(), o->hold_slabs);
	return 0;
}

static void
ready(const struct host_ports *ports, FILE *out)
{
	fprintf(out, "listening on ");
	ports_print_addresses(ports, out);
	fprintf(out, ": http %u, echo %u, discard %u, chargen %u\n", options.http.port, options.services.echo_port,
		options.services.discard_port, options.services.chargen_port);
}

static void
turn(void)
{
	http_poll();
	fault_memory_poll();
}

static void
line(const struct host_report *host, FILE *out)
{
	report_update(&report);
	report_line(&report, host, out);
}

static int
end(void)
{
	report_update(&report);
	return 0;
}

static void
stop(void)
{
	fault_memory_stop();
	connections_stop();
	services_stop();
	http_stop();
	files_stop();
}

static void
print(FILE *out)
{
	report_print(&report, out);
}

static void
json(FILE *out)
{
	report_json(&report, out);
}

int
main(int argc, char **argv)
{
	static const struct host_program program = {
		.name = "evpl-httpd",
		.start = start,
		.ready = ready,
		.turn = turn,
		.line = line,
		.end = end,
		.stop = stop,
		.print = print,
		.json = json,
	};
	int eal_count = options_parse(argc, argv, &options);

	if (eal_count <= 0)
		return eal_count == 0 ? 0 : 2;
	return host_run(&program, &options.host, eal_count, argv);
}
