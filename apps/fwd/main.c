/* SPDX-License-Identifier: BSD-3-Clause */
/* evpl-fwd: forwards packets between DPDK ports through iovecs, as dpdk-testpmd does through mbufs. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_pdump.h>

#include <evpl/evpl.h>

#include "../common/error.h"
#include "lcore.h"
#include "mode.h"
#include "options.h"
#include "port.h"
#include "report.h"
#include "table.h"

/* What the thread that waits looks after while the others forward. */
struct watch {
	const struct fwd_options *options;
	struct fwd_run *run;
	struct fwd_table table;
	double period_s; /* 0: no table */
	uint64_t next;	 /* TSC of the next table */
};

static void
on_signal(int number)
{
	(void)number;
	fwd_stop_request();
}

static volatile sig_atomic_t leak_report_wanted;

static void
on_leak_report_signal(int number)
{
	(void)number;
	leak_report_wanted = 1;
}

static void
catch_signals(void)
{
	/* A second signal kills: the way out when a driver hangs. */
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGUSR1, on_leak_report_signal);
	/* When whoever reads our table goes away, the ports must still be closed. */
	signal(SIGPIPE, SIG_IGN);
}

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

	if (fwd_stop_requested())
		return true;
	if (leak_report_wanted) {
		leak_report_wanted = 0;
		evpl_leak_report(stderr);
	}
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

static int
init_library(const struct fwd_options *o, const struct fwd_ports *ports, unsigned lcores)
{
	struct evpl_global_config config = {
		.slab_size = o->slab_size,
		.buffer_size = o->buffer_size,
		.max_slabs = o->max_slabs,
		.packet_mbufs = fwd_ports_packet_mbufs(ports, o, lcores),
		.sample_period = o->sample_period,
	};
	int rc = evpl_init(&config);

	if (rc == 0)
		return 0;
	error_line("the library does not start: %s%s", rte_strerror(-rc),
		   rc == -EINVAL ? " (see --slab-size, --buffer-size, --max-slabs)" : "");
	return rc == -EINVAL ? 2 : 1;
}

/* Forwards, and reports. Everything it starts it ends, whatever happens in between. */
static int
forward(struct fwd_run *run, struct fwd_ports *ports, const struct fwd_options *o, struct fwd_json *json)
{
	FILE *out = o->json != NULL && strcmp(o->json, "-") == 0 ? stderr : stdout;
	struct watch watch = {.options = o, .run = run, .next = 1};
	static struct fwd_report report;
	int status, rc;

	watch.period_s = o->stats_period_s;
	if (watch.period_s < 0)
		watch.period_s = isatty(fileno(out)) ? 1 : 0;
	fwd_table_init(&watch.table, run, ports, out);

	status = options_check_lengths(o, evpl_buffer_size());
	if (status == 0)
		status = fwd_ports_start(ports, o, run->lcore_count);
	if (status == 0) {
		fwd_ports_wait_links(ports);
		status = fwd_run_start(run, tick, &watch);
		/* Taken while every lcore stands still: these figures fit together. */
		fwd_ports_stats(ports);
		fwd_report_take(&report, run, ports);
		fwd_run_end(run);
	}
	fwd_ports_close(ports, o);
	if (report.run != NULL) {
		if (!fwd_report_take_lost(&report))
			status = 1;
		if (fwd_json_write(json, &report) != 0)
			status = 1;
		fwd_report_print(&report, out);
		if (fflush(out) != 0 || ferror(out)) {
			error_line("the report could not be written: %s", strerror(errno));
			status = 1;
		}
	}
	fwd_ports_free(ports);
	rc = evpl_cleanup();
	if (rc != 0) {
		error_line("the library does not stop: %s", rte_strerror(-rc));
		status = 1;
	}
	return status;
}

/*
 * By dpdk-dumpcap, a secondary process: without huge pages there can be none. It makes the mempool that we copy packets to, and
 * mempool ops go by their number: where DPDK is linked statically here, and there it is not, ours is a crash.
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
with_eal(int eal_count, char **argv, const struct fwd_options *o, struct fwd_json *json)
{
	static struct fwd_ports ports;
	static struct fwd_run run;
	int status;

	if (rte_eal_init(eal_count, argv) < 0) {
		error_line("EAL does not start: %s (its own messages are above)", rte_strerror(rte_errno));
		return 1;
	}
	if (can_be_captured() && rte_pdump_init() != 0)
		error_line("note: packets cannot be captured: %s", rte_strerror(rte_errno));
	/* EAL's drivers install their own handlers, so ours come after. */
	catch_signals();
	status = fwd_ports_choose(&ports, o);
	if (status == 0)
		status = fwd_run_init(&run, o, &ports);
	if (status == 0)
		status = init_library(o, &ports, run.lcore_count);
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
	struct fwd_json json;
	int eal_count = options_parse(argc, argv, &options);
	int status;

	if (eal_count <= 0)
		return eal_count == 0 ? 0 : 2;
	if (fwd_json_open(&json, options.json) != 0)
		return 1;
	status = with_eal(eal_count, argv, &options, &json);
	fwd_json_close(&json);
	return status;
}
