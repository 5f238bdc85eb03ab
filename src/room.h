/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rooms: memory that is cut into equal parts, each of them contiguous for devices.
 */
#ifndef EVPL_SRC_ROOM_H
#define EVPL_SRC_ROOM_H

#include "base.h"

#include <stddef.h>

#include <rte_memzone.h>

/* What an mbuf is pinned to. */
struct evpl_room {
	uintptr_t addr;
	rte_iova_t iova;
};

/* The memory. */
struct evpl_area {
	uintptr_t addr;
	size_t length;
	size_t page_size;
	bool external;		/* the program brings it; otherwise it is a memzone */
	const rte_iova_t *iova; /* external: of each page; NULL: as EAL knows it */
};

/* How it is cut. */
struct evpl_cut {
	size_t lead;	 /* bytes before each room */
	size_t length;	 /* bytes of a room */
	size_t distance; /* from room to room */
};

/*
 * Cuts the area into at most n rooms, each of them IOVA-contiguous with its lead; the area need not be. Returns how
 * many. The address of each lead is a multiple of what divides the distance, up to 2 MiB.
 */
unsigned evpl_rooms_cut(const struct evpl_area *area, const struct evpl_cut *cut, unsigned n, struct evpl_room *rooms);
/*
 * Reserves a memzone for n rooms and fills *rooms, which the caller frees. *n may become smaller, but not 0. NULL with
 * rte_errno. Needs no lock.
 */
const struct rte_memzone *evpl_rooms_reserve(const struct evpl_cut *cut, int socket_id, struct evpl_room **rooms,
					     unsigned *n);
/* A memzone that was asked for on socket_id, as callbacks are told of it. */
struct evpl_slab_info evpl_rooms_info(const struct rte_memzone *zone, int socket_id);

#endif /* EVPL_SRC_ROOM_H */
