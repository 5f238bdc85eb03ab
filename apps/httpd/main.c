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

static struct httpd_report report;

static int
start_servers(void)
{
	const struct httpd_options *o = &httpd_options;

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
print_ports(const struct host_ports *ports, FILE *out)
{
	const struct services_options *services = &httpd_options.services;

	fprintf(out, "listening on ");
	ports_print_addresses(ports, out);
	fprintf(out, ": http %u, echo %u, discard %u, chargen %u\n", httpd_options.http.port, services->echo_port,
		services->discard_port, services->chargen_port);
}

static void
poll_servers(void)
{
	if (glue_memory_came_back())
		connections_retry();
	http_poll();
	fault_memory_poll();
}

static void
print_counters(const struct host_report *host, FILE *out)
{
	report_take(&report);
	report_line(&report, host, out);
}

static int
finish_report(void)
{
	report_take(&report);
	return 0;
}

static void
stop_servers(void)
{
	fault_memory_stop();
	connections_stop();
	services_stop();
	http_stop();
	files_stop();
}

static void
print_report(FILE *out)
{
	report_print(&report, out);
}

static void
write_json(FILE *out)
{
	report_json(&report, out);
}

int
main(int argc, char **argv)
{
	static const struct host_program program = {
		.name = "evpl-httpd",
		.command = &httpd_command,
		.values = &httpd_options,
		.options = &httpd_options.host,
		.check_options = httpd_options_check,
		.start = start_servers,
		.ready = print_ports,
		.turn = poll_servers,
		.line = print_counters,
		.end = finish_report,
		.stop = stop_servers,
		.print = print_report,
		.json = write_json,
	};

	return host_main(&program, argc, argv);
}
