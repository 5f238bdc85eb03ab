/* SPDX-License-Identifier: BSD-3-Clause */
/* evpl-bench: measures this library's calls against what DPDK programs use otherwise, in turns, in one process. */
#include <malloc.h>
#include <stdio.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "../common/error.h"
#include "bench.h"
#include "options.h"
#include "report.h"
#include "run.h"

/* Goes from one case to the next. *family and c point to a case; c is NULL before the first and behind the last one. */
static const struct bench_case *
next_case(const struct bench_case *const **family, const struct bench_case *c)
{
	if (c == NULL)
		c = **family;
	else
		c++;
	for (;;) {
		if (c->name == NULL) {
			c = *++*family;
			if (c == NULL)
				return NULL;
			continue;
		}
		if (options_chosen(c))
			return c;
		c++;
	}
}

static void
print_list(void)
{
	const struct bench_case *const *family = bench_families;

	for (const struct bench_case *c = NULL; (c = next_case(&family, c)) != NULL;)
		printf("%-32s %s\n", c->name, c->what);
}

static void
run_all(unsigned cases)
{
	const struct bench_case *const *family = bench_families;
	static struct bench_result result;
	unsigned number = 0;

	report_begin(cases);
	for (const struct bench_case *c = NULL; (c = next_case(&family, c)) != NULL;) {
		const char *missing;

		report_running(++number, c);
		missing = bench_run(c, &result);
		if (missing == NULL)
			report_result(&result);
		else
			report_skipped(c, missing);
	}
}

int
main(int argc, char **argv)
{
	const struct bench_case *const *family = bench_families;
	int eal_count = options_parse(argc, argv), status = 0;
	unsigned cases = 0;

	if (eal_count <= 0)
		return eal_count == 0 ? 0 : 2;
	for (const struct bench_case *c = NULL; (c = next_case(&family, c)) != NULL;)
		cases++;
	if (cases == 0) {
		error_line("--filter=%s: no case's name has that (see --list)", bench_options.filter);
		return 2;
	}
	if (bench_options.list) {
		print_list();
		return fflush(stdout) == 0 ? 0 : 1;
	}
	if (rte_eal_init(eal_count, argv) < 0) {
		error_eal(rte_errno, rte_strerror(rte_errno));
		return 1;
	}
	if (report_open() != 0)
		return 1;
	/*
	 * Without this glibc gives the top of its heap back to the kernel after each pass, and only page faults would
	 * be measured.
	 */
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
	run_all(cases);
	if (report_end() != 0)
		status = 1;
	rte_eal_cleanup();
	return status;
}
