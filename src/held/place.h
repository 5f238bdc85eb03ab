/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where held iovecs were taken. held/sample.c knows it of samples. In a tracing build trace/report.c knows it of all
 * iovecs. Both fill a table of places, in which the iovecs of one place are one entry.
 */
#ifndef EVPL_SRC_HELD_PLACE_H
#define EVPL_SRC_HELD_PLACE_H

#include "base.h"

#include <stdio.h>

struct hook_held;

/* An entry of the table; its count is 0 while it is free. */
struct place {
	uint64_t where; /* an address, and what else its user puts into the word */
	unsigned how;	/* tracing: the call, as enum trace_call */
	bool packets;	/* it is packets that are held, and not iovecs */
	bool others;	/* the sum of all places that have no entry of their own; where and how are 0 */
	uint64_t count, bytes;
	uint64_t age; /* of the oldest, in ticks of the TSC */
};
#define EVPL_PLACES 4096u /* entries of a table; the last one is the sum of what has no other */

/* Adds to the entry of that place. */
void evpl_place_add(struct place *places, const struct place *one);
/* Puts the entries with the most bytes first, and free ones last. */
void evpl_places_sort(struct place *places);
double evpl_place_age_s(const struct place *place);
/* "function (file+offset)" of a return address, as far as it is known. */
void evpl_place_say_address(FILE *out, uintptr_t address);
/* hook_held_get() of a sorted table; NULL: an empty one. */
unsigned evpl_places_held(const struct place *places, struct hook_held *held, unsigned n,
			  void (*say)(FILE *out, uint64_t where));

#endif /* EVPL_SRC_HELD_PLACE_H */
