/* SPDX-License-Identifier: BSD-3-Clause */
/* The report at the end: as text, and as JSON. */
#ifndef FWD_REPORT_H
#define FWD_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <evpl/evpl.h>

#include "lcore.h"
#include "port.h"
#include "xstats.h"

struct fwd_report {
	const struct fwd_run *run;
	const struct fwd_ports *ports;
	const struct fwd_options *options;
	const struct fwd_xstats *xstats;
	double seconds;
	uint64_t cycles; /* of --record-core-cycles */
	struct fwd_counters port[RTE_MAX_ETHPORTS];
	struct fwd_counters total;
	uint64_t missed;	/* packets for which ports had no descriptor */
	uint64_t no_mbuf;	/* packets for which ports had no RX mbuf */
	struct evpl_stats held; /* at the end of forwarding, while ports and contexts still hold buffers */
	struct evpl_stats lost; /* when nobody may hold a buffer */
};

/* Called after fwd_run_start(): fills the counters, and `held`. */
void fwd_report_take(struct fwd_report *r, const struct fwd_run *run, const struct fwd_ports *ports,
		     struct fwd_xstats *xstats);

/* Called when ports and contexts are gone: fills `lost`. True if every buffer came home. */
bool fwd_report_take_lost(struct fwd_report *r);

uint64_t fwd_report_lost(const struct fwd_report *r);
uint64_t fwd_report_dropped(const struct fwd_report *r);

void fwd_report_print(const struct fwd_report *r, FILE *out);

/* For json_file_write(). report: a struct fwd_report. */
void fwd_report_json(const void *report, FILE *out);

#endif /* FWD_REPORT_H */
