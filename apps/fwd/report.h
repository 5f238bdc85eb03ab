/* SPDX-License-Identifier: BSD-3-Clause */
/* What is said at the end: for people, and as JSON. */
#ifndef FWD_REPORT_H
#define FWD_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <evpl/evpl.h>

#include "lcore.h"
#include "port.h"

struct fwd_report {
	const struct fwd_run *run;
	const struct fwd_ports *ports;
	const struct fwd_options *options;
	double seconds;
	struct fwd_counters port[RTE_MAX_ETHPORTS];
	struct fwd_counters total;
	uint64_t missed;	/* packets that ports had no descriptor for */
	uint64_t no_mbuf;	/* and no RX mbuf */
	struct evpl_stats held; /* when forwarding ended: ports and contexts still hold theirs */
	struct evpl_stats lost; /* when nobody may hold anything */
};

/* Where the report goes as JSON. */
struct fwd_json {
	const char *path; /* --json; NULL: nowhere */
	FILE *file;
	bool created; /* there was no such file before */
};

/* Before anything is started: opens the file, and leaves in it what it has. 0; else an error line was printed. */
int fwd_json_open(struct fwd_json *json, const char *path);

/* Replaces what is in the file by the report. 0; else an error line was printed. */
int fwd_json_write(struct fwd_json *json, const struct fwd_report *r);

/* Without a report a file that was there stays as it was, and one that was not goes again. */
void fwd_json_close(struct fwd_json *json);

/* After fwd_run_start: takes the counters, and `held`. */
void fwd_report_take(struct fwd_report *r, const struct fwd_run *run, const struct fwd_ports *ports);

/* After ports and contexts are gone: takes `lost`. True when every buffer came home. */
bool fwd_report_take_lost(struct fwd_report *r);

uint64_t fwd_report_lost(const struct fwd_report *r);
uint64_t fwd_report_dropped(const struct fwd_report *r);

void fwd_report_print(const struct fwd_report *r, FILE *out);

#endif /* FWD_REPORT_H */
