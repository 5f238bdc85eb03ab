/* SPDX-License-Identifier: BSD-3-Clause */
/* The extended statistics that --display-xstats names. */
#ifndef FWD_XSTATS_H
#define FWD_XSTATS_H

#include <stdint.h>

#include <rte_ethdev.h>

#include "options.h"
#include "port.h"

struct fwd_xstat {
	const struct fwd_port *port;
	uint64_t id;
	uint64_t value;
	uint64_t before; /* the value of the read before */
	char name[RTE_ETH_XSTATS_NAME_SIZE];
};

struct fwd_xstats {
	unsigned count;
	struct fwd_xstat *list;
};

/*
 * Finds the names in every port; the ports must be started. A name that a port does not have is noted. 0; else the exit
 * status, and an error line was printed.
 */
int fwd_xstats_find(struct fwd_xstats *x, const struct fwd_ports *ports, const struct fwd_options *o);
void fwd_xstats_free(struct fwd_xstats *x);

/* Reads the values. Those of a port that is gone stay as they were. */
void fwd_xstats_read(struct fwd_xstats *x);

#endif /* FWD_XSTATS_H */
