/* SPDX-License-Identifier: BSD-3-Clause */
/* The live table. */
#ifndef FWD_TABLE_H
#define FWD_TABLE_H

#include <stdint.h>
#include <stdio.h>

#include "lcore.h"
#include "port.h"
#include "screen.h"
#include "xstats.h"

/* One row: what happened between the last two samples. */
struct fwd_table_row {
	double rx_packets, rx_bits; /* per second */
	double tx_packets, tx_bits;
	uint64_t dropped, missed; /* since the start */
};

/* When a table is to be drawn. */
struct fwd_clock {
	double period_s; /* 0: never */
	uint64_t next;	 /* the next table is drawn when that many periods are over */
};

/* Whether a table is due that many seconds after the start. After a stall, one is due, and not one per lost period. */
bool fwd_clock_due(struct fwd_clock *clock, double seconds);

struct fwd_table {
	const struct fwd_run *run;
	const struct fwd_ports *ports;
	struct fwd_xstats *xstats;
	struct screen screen;
	uint64_t sampled; /* TSC of the last sample; 0: there is none yet */
	double seconds;	  /* between the last two samples */
	struct evpl_stats memory;
	struct fwd_counters last[RTE_MAX_ETHPORTS];
	struct fwd_table_row rows[RTE_MAX_ETHPORTS + 1]; /* a row for each port, then their sum */
};

void fwd_table_init(struct fwd_table *t, const struct fwd_run *run, const struct fwd_ports *ports,
		    struct fwd_xstats *xstats, FILE *out);

/* Takes a sample, and draws the rates since the last one. The first call draws the rates since the run began. */
void fwd_table_draw(struct fwd_table *t);

/* Draws the last sample again, in the terminal's present size. */
void fwd_table_redraw(struct fwd_table *t);

#endif /* FWD_TABLE_H */
