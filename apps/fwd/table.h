/* SPDX-License-Identifier: BSD-3-Clause */
/* The live table. */
#ifndef FWD_TABLE_H
#define FWD_TABLE_H

#include <stdint.h>
#include <stdio.h>

#include "lcore.h"
#include "port.h"

struct fwd_table {
	const struct fwd_run *run;
	const struct fwd_ports *ports;
	FILE *out;
	bool in_place;	/* redraws instead of scrolling */
	unsigned lines; /* of the last table, to move the cursor back */
	uint64_t drawn; /* TSC of the last table */
	struct fwd_counters last[RTE_MAX_ETHPORTS];
};

void fwd_table_init(struct fwd_table *t, const struct fwd_run *run, const struct fwd_ports *ports, FILE *out);

/* Draws the rates since the last call. The first call draws the rates since the run began. */
void fwd_table_draw(struct fwd_table *t);

#endif /* FWD_TABLE_H */
