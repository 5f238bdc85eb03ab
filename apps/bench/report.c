/* SPDX-License-Identifier: BSD-3-Clause */
#include "../common/error.h"
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_version.h>

#include "machine.h"

static FILE *json, *csv, *out;
static unsigned total, json_cases;
static bool progress;

static FILE *
open_file(const char *name)
{
	FILE *file;

	if (strcmp(name, "-") != 0) {
		file = fopen(name, "w");
	} else {
		/* EAL and its drivers write to stdout too. Their output is moved to stderr. */
		int kept = dup(STDOUT_FILENO);

		file = kept >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 ? fdopen(kept, "w") : NULL;
	}
	if (file == NULL)
		error_line("%s: %s", name, strerror(errno));
	return file;
}

int
report_open(void)
{
	out = stdout;
	if (bench_options.json != NULL) {
		json = open_file(bench_options.json);
		if (json == NULL)
			return -1;
	}
	if (bench_options.csv != NULL) {
		csv = open_file(bench_options.csv);
		if (csv == NULL)
			return -1;
	}
	progress = isatty(fileno(stderr)) == 1;
	return 0;
}

static const char *
build_name(void)
{
	return EVPL_IOVEC_TRACE ? "tracing" : "plain";
}

static const char *
pages_name(void)
{
	return rte_eal_has_hugepages() ? "huge pages" : "no huge pages";
}

void
report_begin(unsigned cases)
{
	time_t now = time(NULL);
	struct tm local;
	char date[32] = "", model[128];

	total = cases;
	if (localtime_r(&now, &local) != NULL)
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S%z", &local);
	machine_model(model, sizeof(model));
	fprintf(out, "evpl-bench %s (%s build), %s, %s\n", EVPL_BENCH_VERSION, build_name(), rte_version(), date);
	fprintf(out, "%s, %u lcores, %s; %u rounds of %g ms each\n", model, rte_lcore_count(), pages_name(),
		bench_options.rounds, bench_options.batch_us / 1000.0);
	fprintf(out, "ratio: the other's figure over evpl's: above 1 evpl is faster; median (min-max) of the rounds; "
		     "best: ratio of the best rounds\n\n");
	fprintf(out, "%-32s %-26s %-5s %-5s %-4s %-26s %s\n", "case", "ratio to the first other", "best", "want",
		"unit", "evpl", "others (ratio)");
	fflush(out);
	if (json != NULL)
		fprintf(json,
			"{\n  \"date\": \"%s\",\n  \"cpu\": \"%s\",\n  \"dpdk\": \"%s\",\n  \"evpl\": \"%s\",\n"
			"  \"build\": \"%s\",\n  \"hugepages\": %s,\n  \"lcores\": %u,\n  \"rounds\": %u,\n"
			"  \"batch_us\": %u,\n  \"cases\": [",
			date, model, rte_version(), EVPL_BENCH_VERSION, build_name(),
			rte_eal_has_hugepages() ? "true" : "false", rte_lcore_count(), bench_options.rounds,
			bench_options.batch_us);
	if (csv != NULL)
		fprintf(csv,
			"case,unit,implementation,median,min,max,ratio,ratio_min,ratio_max,ratio_best,wanted_ratio,"
			"wanted_at_most,rounds\n");
}

void
report_running(unsigned number, const struct bench_case *c)
{
	if (!progress)
		return;
	fprintf(stderr, "\r\033[K[%u/%u] %s\r", number, total, c->name);
	fflush(stderr);
}

static void
clear_progress(void)
{
	if (progress)
		fputs("\r\033[K", stderr);
}

/* "1.23 (1.20-1.31)" */
static const char *
spread_text(const struct bench_spread *s, char *text, size_t size)
{
	int digits = s->median < 10 ? 2 : s->median < 100 ? 1 : 0;

	snprintf(text, size, "%.*f (%.*f-%.*f)", digits, s->median, digits, s->min, digits, s->max);
	return text;
}

static void
print_row(const struct bench_result *r)
{
	char text[80], want[16] = "", best[16] = "";

	fprintf(out, "%-32s ", r->c->name);
	if (r->c->want > 0)
		snprintf(want, sizeof(want), "%.1f", r->c->want);
	else if (r->c->at_most > 0)
		snprintf(want, sizeof(want), "<%.1f", r->c->at_most);
	if (r->ways > 1)
		snprintf(best, sizeof(best), "%.2f", r->of[1].best_ratio);
	fprintf(out, "%-26s %-5s %-5s ", r->ways > 1 ? spread_text(&r->of[1].ratio, text, sizeof(text)) : "", best,
		want);
	fprintf(out, "%-4s %-26s", r->c->unit, spread_text(&r->of[0].figure, text, sizeof(text)));
	for (unsigned i = 1; i < r->ways; i++) {
		double median = r->of[i].figure.median;

		fprintf(out, " %s %.*f (%.2f)", r->of[i].way->name,
			median < 10    ? 2
			: median < 100 ? 1
				       : 0,
			median, r->of[i].ratio.median);
	}
	fputc('\n', out);
	fflush(out);
}

static const char *
wanted_text(double value, const char *none, char *text, size_t size)
{
	if (value <= 0)
		return none;
	snprintf(text, size, "%g", value);
	return text;
}

static void
write_json(const struct bench_result *r)
{
	char want[16], most[16];

	fprintf(json, "%s\n    {\"case\": \"%s\", \"what\": \"%s\", \"unit\": \"%s\"", json_cases++ ? "," : "",
		r->c->name, r->c->what, r->c->unit);
	fprintf(json, ", \"wanted_ratio\": %s, \"wanted_at_most\": %s",
		wanted_text(r->c->want, "null", want, sizeof(want)),
		wanted_text(r->c->at_most, "null", most, sizeof(most)));
	fputs(", \"implementations\": [", json);
	for (unsigned i = 0; i < r->ways; i++) {
		const struct bench_figures *f = &r->of[i];

		fprintf(json,
			"%s\n      {\"name\": \"%s\", \"median\": %.6g, \"min\": %.6g, \"max\": %.6g, "
			"\"ratio\": {\"median\": %.6g, \"min\": %.6g, \"max\": %.6g, \"best\": %.6g}, \"rounds\": [",
			i ? "," : "", f->way->name, f->figure.median, f->figure.min, f->figure.max, f->ratio.median,
			f->ratio.min, f->ratio.max, f->best_ratio);
		for (unsigned round = 0; round < r->rounds; round++)
			fprintf(json, "%s%.6g", round ? ", " : "", f->rounds[round]);
		fputs("]}", json);
	}
	fputs("]}", json);
}

static void
write_csv(const struct bench_result *r)
{
	char want[16], most[16];

	for (unsigned i = 0; i < r->ways; i++) {
		const struct bench_figures *f = &r->of[i];

		fprintf(csv, "%s,%s,%s,%.6g,%.6g,%.6g,%.6g,%.6g,%.6g,%.6g,%s,%s,%u\n", r->c->name, r->c->unit,
			f->way->name, f->figure.median, f->figure.min, f->figure.max, f->ratio.median, f->ratio.min,
			f->ratio.max, f->best_ratio, wanted_text(r->c->want, "", want, sizeof(want)),
			wanted_text(r->c->at_most, "", most, sizeof(most)), r->rounds);
	}
}

void
report_result(const struct bench_result *r)
{
	clear_progress();
	print_row(r);
	if (json != NULL)
		write_json(r);
	if (csv != NULL)
		write_csv(r);
}

void
report_skipped(const struct bench_case *c, const char *reason)
{
	clear_progress();
	fprintf(out, "%-32s skipped: %s\n", c->name, reason);
	fflush(out);
	if (json != NULL)
		fprintf(json, "%s\n    {\"case\": \"%s\", \"what\": \"%s\", \"unit\": \"%s\", \"skipped\": \"%s\"}",
			json_cases++ ? "," : "", c->name, c->what, c->unit, reason);
}

static int
close_file(FILE *file, const char *name)
{
	bool failed = ferror(file) != 0;

	if (fclose(file) == 0 && !failed)
		return 0;
	error_line("%s: could not be written", name);
	return -1;
}

int
report_end(void)
{
	int status = 0;

	clear_progress();
	if (json != NULL) {
		fputs("\n  ]\n}\n", json);
		status |= close_file(json, bench_options.json);
	}
	if (csv != NULL)
		status |= close_file(csv, bench_options.csv);
	if (fflush(out) != 0 || ferror(out) != 0) {
		error_line("the table could not be written");
		status = -1;
	}
	return status;
}
