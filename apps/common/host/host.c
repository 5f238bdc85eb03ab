/* SPDX-License-Identifier: BSD-3-Clause */
#include "host.h"

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include <evpl/evpl.h>

#include "../error.h"
#include "../json_file.h"
#include "../library.h"
#include "../signals.h"

/* Turns of the main loop between two looks at the clock. */
#define TURNS_PER_TICK 256

/* A run of the program. */
struct run {
	const struct host_program *program;
	const struct host_options *options;
	struct host_ports *ports;
	struct host_report *report;
	FILE *out;
	uint64_t started; /* TSC */
	double periods;	  /* that have passed at the last line */
};

/* Does what depends on the time. True: it is time to stop. */
static bool
check_time(struct run *r)
{
	const struct host_options *o = r->options;
	double period = o->stats_period_s;

	r->report->seconds = (double)(rte_rdtsc() - r->started) / (double)rte_get_tsc_hz();
	signals_leak_report();
	if (period > 0 && r->report->seconds >= (r->periods + 1) * period) {
		host_report_take(r->report, r->ports);
		r->program->line(r->report, r->out);
		fflush(r->out);
		r->periods = (double)(uint64_t)(r->report->seconds / period); /* one line after a stall */
	}
	if (r->program->tick != NULL)
		r->program->tick(r->out);
	return signals_stop_requested() || (o->duration_s > 0 && r->report->seconds >= o->duration_s);
}

/* One turn of the main loop. */
static void
poll_all(const struct run *r)
{
	glue_poll();
	if (r->program->turn != NULL)
		r->program->turn();
}

static void
run_loop(struct run *r)
{
	uint64_t now;

	r->started = rte_rdtsc();
	while (!check_time(r)) {
		now = rte_rdtsc();
		for (unsigned i = 0; i < TURNS_PER_TICK; i++) {
			poll_all(r);
			now = host_report_turn(&r->report->cycles, r->ports, now);
		}
	}
}

static void
print_ready(const struct run *r)
{
	fprintf(r->out, "%s: lwIP %s, %s\n", r->program->name, HOST_LWIP,
		glue_zero_copy() ? "no payload is copied" : "what is sent is copied");
	r->program->ready(r->ports, r->out);
	fflush(r->out);
}

/* Runs lwIP, its netifs, and all that runs on them, until the program stops. */
static int
run_with_lwip(struct run *r)
{
	const struct host_options *o = r->options;
	int status = ports_add_netifs(r->ports, &o->ports, &o->addresses);

	for (unsigned i = 0; i < r->ports->count && status == 0; i++)
		fault_attach(&r->ports->port[i].glue.netif, &o->faults);
	if (status == 0)
		status = r->program->start();
	if (status == 0) {
		ports_wait_links(r->ports);
		print_ready(r);
		run_loop(r);
		host_report_take(r->report, r->ports);
		status = r->program->end();
	}
	r->program->stop();
	fault_stop();
	glue_stop();
	return status;
}

/* The limit of lwIP's memory: at most half of all slabs. Blocks do not fill buffers, and slabs hold files, too. */
static uint64_t
lwip_memory(const struct host_options *o)
{
	uint64_t slab = o->library.slab_size != 0 ? o->library.slab_size : EVPL_DEFAULT_SLAB_SIZE;

	return o->library.max_slabs == 0 ? o->lwip_memory : RTE_MIN(o->lwip_memory, slab * o->library.max_slabs / 2);
}

/* Runs everything that needs the library. */
static int
run_with_evpl(struct run *r)
{
	const struct host_options *o = r->options;
	struct evpl *evpl = evpl_create(NULL);
	struct glue_config config = {.evpl = evpl,
				     .rx_hold = ports_rx_hold(r->ports, &o->ports),
				     .memory = lwip_memory(o),
				     .copy = o->ports.copy};
	int status;

	if (evpl == NULL) {
		error_line("no context: %s", rte_strerror(rte_errno));
		return 1;
	}
	status = ports_start(r->ports, &o->ports);
	config.tx_pool = r->ports->tx_pool;
	if (status == 0 && glue_init(&config) != 0) {
		error_line("lwIP does not start: no memory");
		status = 1;
	}
	if (status == 0)
		status = run_with_lwip(r);
	ports_close(r->ports);
	glue_finish();
	evpl_destroy(evpl);
	return status;
}

static void
print_json(const void *run, FILE *out)
{
	const struct run *r = run;

	host_report_json_begin(r->report, out);
	r->program->json(out);
	host_report_json_end(r->report, out);
}

static int
write_report(const struct run *r, struct json_file *json)
{
	int status;

	host_report_print_begin(r->report, r->out);
	r->program->print(r->out);
	host_report_print_end(r->report, r->out);
	status = json_file_flush_words(json);
	return json_file_write(json, print_json, r) != 0 ? 1 : status;
}

/* Runs everything that needs EAL. */
static int
run_with_eal(struct run *r, struct json_file *json)
{
	const struct host_options *o = r->options;
	struct evpl_global_config config = o->library;
	unsigned lost_mbufs;
	int status = ports_choose(r->ports, &o->addresses);

	if (status != 0)
		return status;
	config.packet_mbufs = ports_packet_mbufs(r->ports, &o->ports);
	status = library_start(&config);
	if (status != 0)
		return status;
	status = run_with_evpl(r);
	lost_mbufs = ports_free(r->ports);
	if (!host_report_take_lost(r->report, lost_mbufs)) {
		evpl_leak_report(stderr);
		status = 1;
	}
	if (r->report->ports != NULL && write_report(r, json) != 0)
		status = 1;
	if (library_stop() != 0)
		status = 1;
	return status;
}

int
host_run(const struct host_program *program, const struct host_options *options, int eal_count, char **argv)
{
	static struct host_ports ports;
	static struct host_report report;
	struct run run = {.program = program, .options = options, .ports = &ports, .report = &report};
	struct json_file json;
	int status = 1;

	if (json_file_open(&json, options->json) != 0)
		return 1;
	run.out = json_file_words(&json);
	if (rte_eal_init(eal_count, argv) < 0) {
		error_eal(rte_errno, rte_strerror(rte_errno));
	} else {
		signals_catch();
		status = run_with_eal(&run, &json);
		rte_eal_cleanup();
	}
	json_file_close(&json);
	return status;
}

int
host_main(const struct host_program *program, int argc, char **argv)
{
	int eal_count = command_parse(program->command, argc, argv, program->values);

	if (eal_count == 0)
		return 0;
	if (eal_count < 0 || host_options_check(program->options) != 0 || program->check_options() != 0)
		return 2;
	return host_run(program, program->options, eal_count, argv);
}
