/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of places that hold iovecs.
 */
#include "held/place.h"

#include "held/symbol.h"
#include "trace/hooks.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>

/* A table with open addressing. */
static struct place *
find_place(struct place *places, uint64_t where, unsigned how)
{
	uint64_t at = (where * UINT64_C(0x9E3779B97F4A7C15)) >> 52; /* 2^64 / golden ratio */

	for (unsigned i = 0; i < EVPL_PLACES - 1; i++, at++) {
		struct place *place = &places[at % (EVPL_PLACES - 1)];

		if (place->count == 0 || (place->where == where && place->how == how))
			return place;
	}
	return &places[EVPL_PLACES - 1];
}

void
evpl_place_add(struct place *places, const struct place *one)
{
	struct place *place = find_place(places, one->where, one->how);

	if (place != &places[EVPL_PLACES - 1]) {
		place->where = one->where;
		place->how = one->how;
		place->packets = one->packets;
	} else {
		place->others = true;
	}
	place->count += one->count;
	place->bytes += one->bytes;
	place->age = RTE_MAX(place->age, one->age);
}

static int
by_bytes(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	if (x->count != y->count) /* iovecs without a byte come before free entries */
		return x->count < y->count ? 1 : -1;
	return x->where < y->where ? -1 : x->where > y->where;
}

void
evpl_places_sort(struct place *places)
{
	qsort(places, EVPL_PLACES, sizeof(*places), by_bytes);
}

double
evpl_place_age_s(const struct place *place)
{
	return (double)place->age / (double)rte_get_tsc_hz();
}

void
evpl_place_say_address(FILE *out, uintptr_t address)
{
	char name[128];
	Dl_info info;

	if (address == 0 || dladdr((void *)address, &info) == 0 || info.dli_fname == NULL) {
		fprintf(out, "? (0x%" PRIxPTR ")", address);
		return;
	}
	/* The call is before the address that it returns to. That may be the next function's. */
	if (info.dli_sname != NULL)
		snprintf(name, sizeof(name), "%s", info.dli_sname);
	else if (!evpl_symbol_at(address - 1, name, sizeof(name)))
		snprintf(name, sizeof(name), "?");
	fprintf(out, "%s (%s+0x%" PRIxPTR ")", name, info.dli_fname, address - (uintptr_t)info.dli_fbase);
}

unsigned
evpl_places_held(const struct place *places, struct hook_held *held, unsigned n, void (*say)(FILE *out, uint64_t where))
{
	unsigned found = 0;

	for (unsigned i = 0; places != NULL && found < n && i < EVPL_PLACES && places[i].count > 0; i++) {
		struct hook_held *h = &held[found];
		FILE *text;

		if (places[i].packets)
			continue;
		h->count = places[i].count;
		h->bytes = places[i].bytes;
		h->age_s = evpl_place_age_s(&places[i]);
		h->where[0] = '?';
		h->where[1] = '\0';
		text = fmemopen(h->where, sizeof(h->where), "w");
		if (text != NULL) {
			if (places[i].others)
				fputs("other places", text);
			else
				say(text, places[i].where);
			fclose(text);
		}
		found++;
	}
	return found;
}
