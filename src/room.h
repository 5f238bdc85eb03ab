/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rooms: a memzone cut into equal parts, each of them contiguous for devices.
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

/* How a memzone is cut. */
struct evpl_cut {
	size_t lead;	 /* bytes before each room */
	size_t length;	 /* bytes of a room */
	size_t distance; /* from room to room */
};

/*
 * Reserves a memzone for n rooms and fills *rooms, which the caller frees. *n may become smaller, but not 0. NULL with
 * rte_errno. Needs no lock.
 */
const struct rte_memzone *evpl_rooms_reserve(const struct evpl_cut *cut, int socket_id, struct evpl_room **rooms,
					     unsigned *n);
/* The node of a memzone that was asked for on socket_id. */
int evpl_rooms_node(const struct rte_memzone *zone, int socket_id);

#endif /* EVPL_SRC_ROOM_H */
