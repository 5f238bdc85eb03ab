/* SPDX-License-Identifier: BSD-3-Clause */
/* evpl-load: asks an HTTP server, over lwIP and DPDK ports, and tells how fast it answered. */
#include <inttypes.h>
#include <stdio.h>

#include "../common/error.h"
#include "../common/host/host.h"
#include "../common/json.h"
#include "options.h"

static struct load_stats stats;
static bool done_printed; /* it was printed that --time is over */

static void
print_load(FILE *out)
{
	const struct load_stats *l = &stats;

	fprintf(out,
		"load: %" PRIu64 " requests, %" PRIu64 " body bytes in %.2f s: %.0f requests/s, %.1f MB/s; %" PRIu64
		" refused, %" PRIu64 " broken, %" PRIu64 " different\n",
		l->requests, l->body_bytes, l->seconds, l->seconds > 0 ? (double)l->requests / l->seconds : 0,
		l->seconds > 0 ? (double)l->body_bytes / l->seconds / 1e6 : 0, l->refused, l->broken, l->different);
}

static void
write_load_json(FILE *out)
{
	fprintf(out, "\"load\": {\"seconds\": %.3f, ", stats.seconds);
	json_u64(out, "requests", stats.requests);
	json_u64(out, "body_bytes", stats.body_bytes);
	json_u64(out, "refused", stats.refused);
	json_u64(out, "broken", stats.broken);
	json_end(out, "different", stats.different, ",\n");
}

static int
start_asking(void)
{
	return load_start(&load_values.load) != 0 ? 1 : 0;
}

static void
print_target(const struct host_ports *ports, FILE *out)
{
	fprintf(out, "asking %s from ", load_values.load.target);
	ports_print_addresses(ports, out);
	fprintf(out, ": %u connections\n", load_values.load.connections);
}

/* Prints the result when --time is over. Then the other side can be stopped. */
static void
print_when_done(FILE *out)
{
	if (done_printed || !load_is_done())
		return;
	done_printed = true;
	load_stats(&stats);
	print_load(out);
	fflush(out);
}

static void
print_answered(const struct host_report *host, FILE *out)
{
	load_stats(&stats);
	fprintf(out,
		"%.1f s: %" PRIu64 " requests answered, %" PRIu64 " body bytes, %" PRIu64 " refused, %" PRIu64
		" broken\n",
		host->seconds, stats.requests, stats.body_bytes, stats.refused, stats.broken);
}

/* Without any answer the program has failed. */
static int
judge_answers(void)
{
	load_stats(&stats);
	if (stats.requests > 0 && stats.refused + stats.broken + stats.different == 0)
		return 0;
	error_line("not all was answered as it should be (see \"load:\" in the report)");
	return 1;
}

int
main(int argc, char **argv)
{
	static const struct host_program program = {
		.name = "evpl-load",
		.command = &load_command,
		.values = &load_values,
		.options = &load_values.host,
		.check_options = load_options_check,
		.start = start_asking,
		.ready = print_target,
		.tick = print_when_done,
		.line = print_answered,
		.end = judge_answers,
		.stop = load_stop,
		.print = print_load,
		.json = write_load_json,
	};

	return host_main(&program, argc, argv);
}
