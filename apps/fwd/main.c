/* SPDX-License-Identifier: BSD-3-Clause */
/* evpl-fwd: forwards packets between DPDK ports through iovecs, as dpdk-testpmd does through mbufs. */
#include <stdio.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_pdump.h>

#include <evpl/evpl.h>

#include "../common/error.h"
#include "../common/json_file.h"
#include "../common/library.h"
#include "../common/signals.h"
#include "lcore.h"
#include "mode.h"
#include "options.h"
#include "port.h"
#include "report.h"
#include "table.h"
#include "telemetry.h"

/* What the main thread watches while the others forward. */
struct watch {
	const struct fwd_options *options;
	struct fwd_run *run;
	struct fwd_table table;
	double period_s; /* 0: no table */
	uint64_t next;	 /* TSC of the next table */
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
tick(void *arg)
{
	struct watch *w = arg;
	uint64_t now = rte_rdtsc();
	double hz = (double)rte_get_tsc_hz();

	if (signals_stop_requested())
		return true;
	signals_leak_report();
	if (w->options->duration_s > 0 && (double)(now - w->run->started) >= w->options->duration_s * hz)
		return true;
	if (w->options->packets != 0 && packets_done(w))
		return true;
	if (w->period_s > 0 && (double)(now - w->run->started) >= (double)w->next * w->period_s * hz) {
		fwd_table_draw(&w->table);
		w->next++;
	}
	return false;
}

/* Forwards and reports. It ends everything that it starts, whatever happens in between. */
static int
forward(struct fwd_run *run, struct fwd_ports *ports, const struct fwd_options *o, struct json_file *json)
{
	FILE *out = json_file_words(json);
	struct watch watch = {.options = o, .run = run, .next = 1};
	static struct fwd_report report;
	int status;

	watch.period_s = o->stats_period_s;
	if (watch.period_s < 0)
		watch.period_s = isatty(fileno(out)) ? 1 : 0;
	fwd_table_init(&watch.table, run, ports, out);
	fwd_telemetry_begin(run, ports);

	status = options_check_lengths(o, evpl_buffer_size());
	if (status == 0)
		status = fwd_ports_start(ports, o, run->lcore_count);
	if (status == 0) {
		fwd_ports_wait_links(ports);
		status = fwd_run_start(run, tick, &watch);
		/* Taken while every lcore waits, so that these figures are consistent. */
		fwd_ports_stats(ports);
		fwd_report_take(&report, run, ports);
		fwd_run_end(run);
	}
	fwd_telemetry_end();
	fwd_ports_close(ports, o);
	if (report.run != NULL) {
		if (!fwd_report_take_lost(&report))
			status = 1;
		if (json_file_write(json, fwd_report_json, &report) != 0)
			status = 1;
		fwd_report_print(&report, out);
		if (json_file_flush_words(json) != 0)
			status = 1;
	}
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

/* Everything that needs EAL. */
static int
with_eal(int eal_count, char **argv, const struct fwd_options *o, struct json_file *json)
{
	static struct fwd_ports ports;
	static struct fwd_run run;
	struct evpl_global_config config = o->library;
	int status;

	if (rte_eal_init(eal_count, argv) < 0) {
		error_line("EAL does not start: %s (its own messages are above)", rte_strerror(rte_errno));
		return 1;
	}
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
		status = forward(&run, &ports, o, json);
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
