/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where held iovecs were taken. held/sample.c knows it of samples, and trace/report.c, in a tracing build, of all iovecs.
 */
#ifndef EVPL_SRC_HELD_PLACE_H
#define EVPL_SRC_HELD_PLACE_H

#include "base.h"

/* Iovecs that are held, of one place in the program. */
struct evpl_held {
	char where[160];
	uint64_t count, bytes;
	double age_s; /* of the oldest */
};
unsigned evpl_held_get(struct evpl_held *held, unsigned n); /* most bytes first; takes the lock */

#endif /* EVPL_SRC_HELD_PLACE_H */
