/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A census: a walk over buffers that says where each one is and what is left of it. The threads that use the buffers go
 * on meanwhile, so a figure may be a moment old. When no thread works, all are exact but bytes_live.
 */
#ifndef EVPL_SRC_CENSUS_H
#define EVPL_SRC_CENSUS_H

#include "base.h"

struct evpl_slab;

/* What one buffer is, or what many come to. */
struct evpl_holding {
	uint32_t buffers;      /* held or current */
	uint64_t iovecs;       /* references of them: iovecs, and what counts like one */
	uint64_t packets;      /* packet mbufs in flight on them */
	uint64_t bytes_pinned; /* all bytes of the buffers */
	uint64_t bytes_carved; /* of those: iovecs were made of them, whether these are left or not */
	uint64_t bytes_live;   /* of those: as many as the share of iovecs and packets that is left. An estimate */
	uint64_t oldest_ms;    /* since the first of them was taken */
};

/* A buffer of the map. */
struct evpl_buffer_view {
	const char *state; /* enum evpl_buffer_state, or "lent": only packets are left */
	uint32_t fill;	   /* per cent of the buffer that iovecs were made of; 0 if it is free */
	uint32_t iovecs, packets;
	uint64_t age_ms;
	uint32_t context; /* the number of the context that took it last */
};

/* What the buffers of a slab come to. */
struct evpl_slab_census {
	uint32_t free, stashed, current, held, lent; /* buffers; together all that the slab has */
	uint64_t takes, rewinds, remote_returns;
	struct evpl_holding holding;
};

/* All with the lock held; a slab of buffers. */
void evpl_slab_count(const struct evpl_slab *slab, struct evpl_slab_census *census);
/* Fills up to n views, from buffer `first` on. Returns how many. */
unsigned evpl_slab_view(const struct evpl_slab *slab, unsigned first, struct evpl_buffer_view *views, unsigned n);

/* What a context holds: buffers that it took, wherever their iovecs are. */
struct evpl_holder {
	unsigned number; /* of the context */
	struct evpl_holding holding;
};
struct evpl_census {
	struct evpl_holding all, orphans; /* orphans: of those, what contexts took that are gone */
	struct evpl_holder *holders;	  /* the contexts that exist, by number; free() them */
	unsigned n;
};
struct evpl_holder *evpl_holder_find(const struct evpl_census *census, unsigned number); /* NULL: none */
/* Takes the lock, for one slab after the other. False: no memory; then only `all` is known. */
bool evpl_census(struct evpl_census *census);

#endif /* EVPL_SRC_CENSUS_H */
