/* SPDX-License-Identifier: BSD-3-Clause */
#include "room.h"

#include "global.h"

#include <stdio.h>
#include <stdlib.h>

#include <rte_eal.h>
#include <rte_memory.h>

/* The address of a byte for devices. */
static rte_iova_t
iova_at(const struct evpl_area *area, uintptr_t at)
{
	const struct rte_memseg *segment;
	rte_iova_t page;

	if (!area->external)
		return rte_mem_virt2iova((void *)at);
	if (area->iova != NULL) {
		page = area->iova[(at - area->addr) / area->page_size];
		return page == RTE_BAD_IOVA ? page : page + (at & (area->page_size - 1));
	}
	segment = rte_mem_virt2memseg((void *)at, NULL);
	if (segment != NULL && segment->iova != RTE_BAD_IOVA)
		return segment->iova + (at - (uintptr_t)segment->addr);
	/* Not rte_mem_virt2iova(): with IOVA as PA it tells where a page is now, and the kernel may move it. */
	return rte_eal_iova_mode() == RTE_IOVA_VA ? (rte_iova_t)at : RTE_BAD_IOVA;
}

/* Where the bytes of a room start in IO space; *next is set where they would not be contiguous. */
static rte_iova_t
room_iova(const struct evpl_area *area, uintptr_t room, size_t length, uintptr_t *next)
{
	uintptr_t page_size = area->page_size;
	uintptr_t last = room + length - 1;
	rte_iova_t iova = iova_at(area, room);

	*next = 0;
	if (page_size == 0)
		return iova;
	/* mlx5 registers memory of EAL by runs of pages, and a packet that lies in two of these fails. */
	if (!area->external && rte_eal_has_hugepages() && length <= page_size &&
	    (room & (page_size - 1)) + length > page_size) {
		*next = (room & ~(page_size - 1)) + page_size;
		return iova;
	}
	if (!area->external && rte_eal_iova_mode() == RTE_IOVA_VA)
		return iova; /* contiguous wherever the addresses are */
	if (iova == RTE_BAD_IOVA)
		return iova; /* unknown and then never added to */
	for (uintptr_t page = (room & ~(page_size - 1)) + page_size; page != 0 && page <= last; page += page_size) {
		if (iova_at(area, page) != iova + (page - room)) {
			*next = page;
			break;
		}
	}
	return iova;
}

/* What divides the distance; a page is enough to ask EAL for. */
static size_t
room_align(const struct evpl_cut *cut)
{
	return RTE_MIN(cut->distance & (0 - cut->distance), (size_t)RTE_PGSIZE_2M);
}

unsigned
evpl_rooms_cut(const struct evpl_area *area, const struct evpl_cut *cut, unsigned n, struct evpl_room *rooms)
{
	uintptr_t end = area->addr + area->length, align = room_align(cut), next;
	uintptr_t at = RTE_ALIGN_CEIL(area->addr, align);
	unsigned count = 0;

	while (count < n && at < end && end - at >= cut->distance) {
		rte_iova_t iova = room_iova(area, at, cut->lead + cut->length, &next);

		if (next != 0) {
			at = RTE_ALIGN_CEIL(next, align);
			continue;
		}
		rooms[count++] = (struct evpl_room){.addr = at + cut->lead,
						    .iova = iova == RTE_BAD_IOVA ? iova : iova + cut->lead};
		at += cut->distance;
	}
	return count;
}

static const struct rte_memzone *
zone_reserve(const char *name, size_t size, size_t align, size_t room, int socket_id)
{
	const struct rte_memzone *zone;

	/* Rooms beyond a page must be made of neighbouring pages: ask for that first, then hope for runs of them. */
	if (rte_eal_iova_mode() == RTE_IOVA_PA && room > RTE_PGSIZE_2M) {
		zone = rte_memzone_reserve_aligned(name, size, socket_id, RTE_MEMZONE_IOVA_CONTIG, (unsigned)align);
		if (zone != NULL)
			return zone;
	}
	return rte_memzone_reserve_aligned(name, size, socket_id, 0, (unsigned)align);
}

/* Bytes that n rooms are sure to fit in, none across a page's end. */
static size_t
zone_size(unsigned n, size_t distance)
{
	size_t pages;

	if (!rte_eal_has_hugepages() || RTE_PGSIZE_2M % distance == 0 || distance > RTE_PGSIZE_2M)
		return n * distance;
	/* That many whole pages, or, of few or small rooms: */
	pages = ((n - 1) / (RTE_PGSIZE_2M / distance) + 2) * RTE_PGSIZE_2M;
	/* At each page's end there may be less than a room, and the zone may begin and end inside a page. */
	return RTE_MIN(pages, (n + 1) * distance * RTE_PGSIZE_2M / (RTE_PGSIZE_2M - distance) + distance);
}

const struct rte_memzone *
evpl_rooms_reserve(const struct evpl_cut *cut, int socket_id, struct evpl_room **rooms, unsigned *n)
{
	const struct rte_memzone *zone;
	struct evpl_area area;
	char name[RTE_MEMZONE_NAMESIZE];

	*rooms = calloc(*n, sizeof(**rooms));
	if (*rooms == NULL) {
		rte_errno = ENOMEM;
		return NULL;
	}
	snprintf(name, sizeof(name), "evpl_slab_%u", evpl_global_next_id());
	zone = zone_reserve(name, zone_size(*n, cut->distance), room_align(cut), cut->length, socket_id);
	if (zone != NULL) {
		area = (struct evpl_area){
			.addr = zone->addr_64, .length = zone->len, .page_size = (size_t)zone->hugepage_sz};
		*n = evpl_rooms_cut(&area, cut, *n, *rooms);
	}
	if (zone != NULL && *n == 0) {
		rte_memzone_free(zone);
		rte_errno = ENOMEM;
		zone = NULL;
	}
	if (zone == NULL) {
		free(*rooms);
		*rooms = NULL;
	}
	return zone;
}

struct evpl_slab_info
evpl_rooms_info(const struct rte_memzone *zone, int socket_id)
{
	/* Without huge pages EAL has one heap, and any node is as good as the one asked for. */
	bool known = rte_eal_has_hugepages() || socket_id < 0;

	return (struct evpl_slab_info){.addr = zone->addr,
				       .length = zone->len,
				       .page_size = zone->hugepage_sz,
				       .zone = zone,
				       .socket_id = known ? zone->socket_id : socket_id};
}
