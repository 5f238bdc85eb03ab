/* SPDX-License-Identifier: BSD-3-Clause */
/* evpl-httpd: lwIP over DPDK ports with every byte in iovecs, serving files over HTTP, echo, discard and chargen. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <lwip/timeouts.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include <evpl/evpl.h>

#include "../common/error.h"
#include "../common/json_file.h"
#include "../common/library.h"
#include "../common/signals.h"
#include "fault_memory.h"
#include "options.h"
#include "report.h"

/* Turns of the main loop between two looks at the clock. */
#define TURNS_PER_TICK 256

/* What the main loop looks after besides packets. */
struct watch {
	const struct httpd_options *options;
	const struct httpd_ports *ports;
	struct httpd_report *report;
	FILE *out;
	uint64_t started; /* TSC */
	unsigned lines;
	bool load_told;
};

/* Who waits for --load-time can stop the other side now. */
static void
tell_load(struct watch *w)
{
	report_take(w->report, w->ports);
	report_load(&w->report->load, w->out);
	fflush(w->out);
	w->load_told = true;
}

/* True: it is time to stop. */
static bool
tick(struct watch *w)
{
	double period = w->options->stats_period_s;

	w->report->seconds = (double)(rte_rdtsc() - w->started) / (double)rte_get_tsc_hz();
	signals_leak_report();
	if (period > 0 && w->report->seconds >= (w->lines + 1) * period) {
		report_take(w->report, w->ports);
		report_line(w->report, w->out);
		w->lines++;
	}
	if (!w->load_told && load_is_done())
		tell_load(w);
	return signals_stop_requested() || (w->options->duration_s > 0 && w->report->seconds >= w->options->duration_s);
}

/* One turn of the main loop. */
static void
turn(struct httpd_ports *ports)
{
	for (unsigned i = 0; i < ports->count; i++)
		glue_netif_poll(&ports->port[i].glue);
	sys_check_timeouts();
	http_poll();
	fault_memory_poll();
}

static void
serve(struct httpd_ports *ports, struct watch *w)
{
	struct report_cycles *cycles = &w->report->cycles;
	uint64_t now;

	w->started = rte_rdtsc();
	while (!tick(w)) {
		now = rte_rdtsc();
		for (unsigned i = 0; i < TURNS_PER_TICK; i++) {
			turn(ports);
			now = report_turn(cycles, ports, now);
		}
	}
}

static void
print_ready(const struct httpd_ports *ports, const struct httpd_options *o, FILE *out)
{
	fprintf(out, "evpl-httpd: lwIP %s, %s\n", EVPL_HTTPD_LWIP,
		glue_zero_copy() ? "no payload is copied" : "what is sent is copied");
	if (o->load.target != NULL)
		fprintf(out, "asking %s from ", o->load.target);
	else
		fprintf(out, "listening on ");
	for (unsigned i = 0; i < ports->count; i++) {
		fprintf(out, i == 0 ? "" : "; ");
		addresses_print(out, &ports->port[i].glue.netif);
	}
	if (o->load.target != NULL)
		fprintf(out, ": %u connections\n", o->load.connections);
	else
		fprintf(out, ": http %u, echo %u, discard %u, chargen %u\n", o->http.port, o->services.echo_port,
			o->services.discard_port, o->services.chargen_port);
	fflush(out);
}

static int
start_servers(const struct httpd_options *o)
{
	if (o->load.target != NULL)
		return load_start(&o->load) != 0 ? 1 : 0;
	if (files_start(&o->files, glue_evpl()) != 0) {
		error_line("--folder=%s: %s", o->files.folder, strerror(errno));
		return 1;
	}
	if (connections_start(&o->limits) != 0) {
		error_line("no memory for --connections=%u", o->limits.connections);
		return 1;
	}
	return http_start(&o->http) != 0 || services_start(&o->services) != 0 ? 1 : 0;
}

/* A load is there to be answered. */
static int
check_load(const struct load_stats *l)
{
	if (l->requests > 0 && l->refused + l->broken + l->different == 0)
		return 0;
	error_line("--load: not all was answered as it should be (see \"load:\" in the report)");
	return 1;
}

static void
stop_servers(void)
{
	load_stop();
	connections_stop();
	services_stop();
	http_stop();
	files_stop();
}

/* lwIP, its netifs, and all that runs on them, for as long as the program serves. */
static int
with_lwip(struct httpd_ports *ports, const struct httpd_options *o, struct watch *w)
{
	int status = ports_add_netifs(ports, &o->ports, &o->addresses);

	for (unsigned i = 0; i < ports->count && status == 0; i++)
		fault_attach(&ports->port[i].glue.netif, &o->faults);
	if (status == 0)
		status = start_servers(o);
	if (status == 0) {
		ports_wait_links(ports);
		fault_memory_start(glue_evpl(), o->hold_slabs);
		print_ready(ports, o, w->out);
		serve(ports, w);
		report_take(w->report, ports);
		if (o->load.target != NULL)
			status = check_load(&w->report->load);
	}
	fault_memory_stop();
	stop_servers();
	fault_stop();
	glue_stop();
	for (unsigned i = 0; i < ports->count; i++)
		glue_netif_flush(&ports->port[i].glue);
	ports_remove_netifs(ports);
	return status;
}

/* Half of all slabs at most: blocks do not fill them, and files lie there, too. */
static uint64_t
lwip_memory(const struct httpd_options *o)
{
	uint64_t slab = o->library.slab_size != 0 ? o->library.slab_size : EVPL_DEFAULT_SLAB_SIZE;

	return o->library.max_slabs == 0 ? o->lwip_memory : RTE_MIN(o->lwip_memory, slab * o->library.max_slabs / 2);
}

/* Everything that needs the library. */
static int
with_evpl(struct httpd_ports *ports, const struct httpd_options *o, struct watch *w)
{
	struct evpl *evpl = evpl_create(NULL);
	struct glue_config config = {.evpl = evpl,
				     .rx_hold = ports_rx_hold(ports, &o->ports),
				     .memory = lwip_memory(o),
				     .copy = o->ports.copy};
	int status;

	if (evpl == NULL) {
		error_line("no context: %s", rte_strerror(rte_errno));
		return 1;
	}
	status = ports_start(ports, &o->ports);
	config.tx_pool = ports->tx_pool;
	if (status == 0 && glue_init(&config) != 0) {
		error_line("lwIP does not start: no memory");
		status = 1;
	}
	if (status == 0)
		status = with_lwip(ports, o, w);
	ports_close(ports);
	glue_finish();
	evpl_destroy(evpl);
	return status;
}

static int
write_report(const struct httpd_report *r, struct json_file *json)
{
	FILE *out = json_file_words(json);
	int status = 0;

	report_print(r, out);
	if (fflush(out) != 0 || ferror(out)) {
		error_line("the report could not be written: %s", strerror(errno));
		status = 1;
	}
	return json_file_write(json, report_json, r) != 0 ? 1 : status;
}

/* Everything that needs EAL. */
static int
with_eal(const struct httpd_options *o, struct json_file *json)
{
	static struct httpd_ports ports;
	static struct httpd_report report;
	struct watch watch = {.options = o, .ports = &ports, .report = &report, .out = json_file_words(json)};
	struct evpl_global_config config = o->library;
	unsigned lost_mbufs;
	int status = ports_choose(&ports, &o->addresses);

	if (status != 0)
		return status;
	config.packet_mbufs = ports_packet_mbufs(&ports, &o->ports);
	status = library_start(&config);
	if (status != 0)
		return status;
	status = with_evpl(&ports, o, &watch);
	lost_mbufs = ports_free(&ports);
	if (!report_take_lost(&report, lost_mbufs)) {
		evpl_leak_report(stderr);
		status = 1;
	}
	if (report.ports != NULL && write_report(&report, json) != 0)
		status = 1;
	if (library_stop() != 0)
		status = 1;
	return status;
}

int
main(int argc, char **argv)
{
	static struct httpd_options options;
	int eal_count = options_parse(argc, argv, &options), status;
	struct json_file json;

	if (eal_count <= 0)
		return eal_count == 0 ? 0 : 2;
	if (json_file_open(&json, options.json) != 0)
		return 1;
	if (rte_eal_init(eal_count, argv) < 0) {
		error_line("EAL does not start: %s (its own messages are above)", rte_strerror(rte_errno));
		status = 1;
	} else {
		signals_catch();
		status = with_eal(&options, &json);
		rte_eal_cleanup();
	}
	json_file_close(&json);
	return status;
}
