/* SPDX-License-Identifier: BSD-3-Clause */
/* evpl-fwd: forwards packets between DPDK ports through iovecs, as dpdk-testpmd does through mbufs. */
#include <stdio.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_pdump.h>

#include <evpl/evpl.h>

#include "../common/error.h"
#include "../common/json_file.h"
#include "../common/library.h"
#include "../common/signals.h"
#include "eal.h"
#include "lcore.h"
#include "memory.h"
#include "mode.h"
#include "options.h"
#include "port.h"
#include "removal.h"
#include "report.h"
#include "table.h"
#include "telemetry.h"

/* What the main thread watches while the others forward. */
struct watch {
	const struct fwd_options *options;
	struct fwd_run *run;
	struct fwd_removal removal;
	struct fwd_table table;
	struct fwd_clock clock; /* of the table */
};

static bool
packets_done(const struct watch *w)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < w->run->ports->count; i++) {
		struct fwd_counters c;

		fwd_run_counters(w->run, i, &c);
		done += w->options->mode->generates ? c.tx_packets : c.rx_packets;
	}
	return done >= w->options->packets;
}

static bool
watch_run(void *arg)
{
	struct watch *w = arg;
	uint64_t now = rte_rdtsc();
	double seconds = (double)(now - w->run->started) / (double)rte_get_tsc_hz();

	if (signals_stop_requested())
		return true;
	signals_leak_report();
	if (fwd_removal_seen(&w->removal))
		return true;
	if (w->options->duration_s > 0 && seconds >= w->options->duration_s)
		return true;
	if (w->options->packets != 0 && packets_done(w))
		return true;
	if (fwd_clock_due(&w->clock, seconds))
		fwd_table_draw(&w->table);
	else if (w->clock.period_s > 0 && screen_resized())
		fwd_table_redraw(&w->table);
	return false;
}

/* Forwards until something ends it, with ports that are started. Then every lcore waits, and figures are consistent. */
static int
run_started_ports(struct watch *w, struct fwd_ports *ports, struct fwd_xstats *xstats, struct fwd_report *report)
{
	int status;

	if (!fwd_removal_begin(&w->removal)) {
		fwd_removal_quiet(&w->removal);
		return 1;
	}
	status = fwd_run_start(w->run, watch_run, w);
	fwd_removal_quiet(&w->removal);
	if (fwd_removal_seen(&w->removal))
		status = 1;
	fwd_ports_stats(ports);
	fwd_report_take(report, w->run, ports, xstats);
	fwd_run_end(w->run);
	return status;
}

/* The same, when the ports were just started. */
static int
wait_links_and_run(struct watch *w, struct fwd_ports *ports, struct fwd_xstats *xstats, struct fwd_report *report)
{
	const struct fwd_options *o = w->options;
	int status;

	fwd_removal_watch(&w->removal, ports);
	status = fwd_xstats_find(xstats, ports, o);
	if (status == 0 && !o->no_link_check)
		fwd_ports_wait_links(ports);
	if (status == 0)
		status = run_started_ports(w, ports, xstats, report);
	fwd_removal_end(&w->removal);
	return status;
}

/* Prints what a run that began comes to. */
static int
report_run(struct fwd_report *report, struct json_file *json)
{
	int status = 0;

	if (!fwd_report_take_lost(report))
		status = 1;
	if (json_file_write(json, fwd_report_json, report) != 0)
		status = 1;
	fwd_report_print(report, json_file_words(json));
	if (json_file_flush_words(json) != 0)
		status = 1;
	return status;
}

/* Forwards and reports. It ends everything that it starts, whatever happens in between. */
static int
forward_and_report(struct fwd_run *run, struct fwd_ports *ports, const struct fwd_options *o, struct json_file *json)
{
	FILE *out = json_file_words(json);
	static struct watch w;
	static struct fwd_report report;
	struct fwd_xstats xstats = {0};
	int status;

	w = (struct watch){.options = o, .run = run, .clock = {.period_s = o->stats_period_s, .next = 1}};
	if (w.clock.period_s < 0)
		w.clock.period_s = isatty(fileno(out)) ? 1 : 0;
	fwd_table_init(&w.table, run, ports, &xstats, out);
	fwd_telemetry_begin(run, ports);

	status = options_check_lengths(o, evpl_buffer_size());
	if (status == 0)
		status = fwd_memory_begin(o);
	if (status == 0)
		status = fwd_ports_start(ports, o, run->lcore_count);
	if (status == 0)
		status = wait_links_and_run(&w, ports, &xstats, &report);
	fwd_telemetry_end();
	fwd_ports_close(ports, o);
	if (report.run != NULL && report_run(&report, json) != 0)
		status = 1;
	fwd_xstats_free(&xstats);
	fwd_ports_free(ports);
	if (library_stop() != 0)
		status = 1;
	return status;
}

/*
 * Whether dpdk-dumpcap can capture packets. It is a secondary process, and without huge pages there are none. It makes
 * the mempool that we copy packets to, and mempool operations are known by their number. If DPDK is linked statically
 * here but not there, the numbers differ, and this program crashes.
 */
static bool
can_be_captured(void)
{
#ifdef APPS_STATIC_DPDK
	return false;
#else
	return rte_eal_has_hugepages();
#endif
}

/* The highest lcore that forwards, if lcores 1 and more do. */
static unsigned
highest_lcore(const struct fwd_options *o)
{
	unsigned highest = 0;

	for (unsigned id = 0; id < 64; id++) {
		if (o->coremask >> id & 1)
			highest = id;
	}
	return RTE_MAX(o->cores, highest);
}

/* Everything that needs EAL. */
static int
with_eal(int eal_count, char **argv, const struct fwd_options *o, struct json_file *json)
{
	static struct fwd_ports ports;
	static struct fwd_run run;
	struct evpl_global_config config = o->library;
	int status;

	if (fwd_eal_start(eal_count, argv, highest_lcore(o)) != 0)
		return 1;
	if (can_be_captured() && rte_pdump_init() != 0)
		error_line("note: packets cannot be captured: %s", rte_strerror(rte_errno));
	signals_catch();
	status = fwd_ports_choose(&ports, o);
	if (status == 0)
		status = fwd_run_init(&run, o, &ports);
	if (status == 0) {
		config.packet_mbufs = fwd_ports_packet_mbufs(&ports, o, run.lcore_count);
		status = library_start(&config);
	}
	if (status == 0)
		status = forward_and_report(&run, &ports, o, json);
	fwd_run_free(&run);
	if (can_be_captured())
		rte_pdump_uninit();
	rte_eal_cleanup();
	return status;
}

int
main(int argc, char **argv)
{
	static struct fwd_options options;
	struct json_file json;
	int eal_count = options_parse(argc, argv, &options);
	int status;

	if (eal_count <= 0)
		return eal_count == 0 ? 0 : 2;
	if (json_file_open(&json, options.json) != 0)
		return 1;
	status = with_eal(eal_count, argv, &options, &json);
	json_file_close(&json);
	return status;
}
