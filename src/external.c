/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Slabs of memory that the program brings. Only the rooms are in that memory. Anchors (see attach.h) would be, too, so
 * there are none, and the packets are far.
 */
#include "argument.h"
#include "bank.h"
#include "base.h"
#include "buffer.h"
#include "class.h"
#include "global.h"
#include "room.h"
#include "rx_pool.h"
#include "shelf.h"
#include "slab.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

#define ALL_FLAGS (EVPL_EXTERNAL_LARGE | EVPL_EXTERNAL_UNTOUCHED | EVPL_EXTERNAL_NO_IOVA)
#define MOST_BUFFERS (1u << 30) /* in a slab */
#define REFUSE(format, ...) EVPL_LOG(ERR, "evpl_slab_add_external: " format, __VA_ARGS__)

/* Whether what is asked for is possible. The log names the first argument that is not. */
static bool
check_arguments(const struct evpl_slab_info *info)
{
	static const char call[] = "evpl_slab_add_external";
	uint64_t page = info->page_size;

	if (!evpl_is_group(info->socket_id))
		return evpl_in_signed_range(call, "socket_id", info->socket_id, EVPL_EXTERNAL(0),
					    EVPL_EXTERNAL(EVPL_EXTERNAL_GROUPS - 1));
	if (!evpl_in_range(call, "flags", info->flags, 0, ALL_FLAGS))
		return false;
	if (page < RTE_PGSIZE_4K || (page & (page - 1)) != 0) {
		REFUSE("page_size is %" PRIu64 ", but must be a power of two, at least 4096", page);
		return false;
	}
	if (info->addr == NULL || ((uintptr_t)info->addr & (page - 1)) != 0) {
		REFUSE("addr is %p, but must be a multiple of page_size (%" PRIu64 ")", info->addr, page);
		return false;
	}
	if (info->length == 0 || (info->length & (page - 1)) != 0 ||
	    info->length - 1 > UINTPTR_MAX - (uintptr_t)info->addr) {
		REFUSE("length is %" PRIu64 ", but must be a multiple of page_size (%" PRIu64
		       "), up to the end of memory",
		       info->length, page);
		return false;
	}
	return true;
}

static bool
overlap(const struct evpl_slab_info *a, const struct evpl_slab_info *b)
{
	return (uintptr_t)a->addr - (uintptr_t)b->addr < b->length ||
	       (uintptr_t)b->addr - (uintptr_t)a->addr < a->length;
}

/* The first slab or RX pool that has a part of the memory; NULL. */
static const struct evpl_slab_info *
find_overlap(const struct evpl_slab_info *info)
{
	const struct evpl_rx_pool *rx;
	const struct evpl_slab *slab;

	for (slab = evpl_slab_next(0); slab != NULL; slab = evpl_slab_next(slab->number + 1)) {
		if (overlap(&slab->info, info))
			return &slab->info;
	}
	TAILQ_FOREACH (rx, &evpl_global.rx_pools, entry) {
		if (overlap(&rx->info, info))
			return &rx->info;
	}
	return NULL;
}

static bool
group_is_empty(int bank)
{
	const struct evpl_global *g = &evpl_global;

	for (unsigned i = 0; i < g->class_count; i++) {
		if (g->classes[i].shelves[bank] != NULL && g->classes[i].shelves[bank]->buffers > 0)
			return false;
	}
	return true;
}

/* Whether the memory can be added to what there is. 0, or a positive errno. With the lock held. */
static int
check_state(const struct evpl_slab_info *info)
{
	const struct evpl_global *g = &evpl_global;
	int bank = evpl_bank_of(info->socket_id);
	bool untouched = (info->flags & EVPL_EXTERNAL_UNTOUCHED) != 0;
	const struct evpl_slab_info *other;

	if (g->users == 0 || g->ending) {
		EVPL_LOG(ERR, "evpl_slab_add_external: evpl_init() has not run, or evpl_cleanup_deferred() has begun");
		return EPERM;
	}
	other = find_overlap(info);
	if (other != NULL) {
		REFUSE("a part of %" PRIu64 " bytes at %p is in the slab or RX pool of %" PRIu64 " bytes at %p",
		       info->length, info->addr, other->length, other->addr);
		return EEXIST;
	}
	if (!group_is_empty(bank) && evpl_bank_is_untouched(bank) != untouched) {
		REFUSE("the other slabs of EVPL_EXTERNAL(%d) are %sEVPL_EXTERNAL_UNTOUCHED",
		       info->socket_id - EVPL_EXTERNAL(0), untouched ? "not " : "");
		return EINVAL;
	}
	if (!evpl_global_has_room(true)) {
		REFUSE("there are %u slabs already, and max_slabs is %u", g->slab_count, g->max_slabs);
		return ENOMEM;
	}
	return 0;
}

/* Cuts the memory. 0, or a positive errno; *rooms is the caller's to free. */
static int
cut(const struct evpl_slab_info *info, const rte_iova_t *iova, uint32_t size, struct evpl_room **rooms, unsigned *n,
    bool *no_iova)
{
	const struct evpl_area area = {.addr = (uintptr_t)info->addr,
				       .length = info->length,
				       .page_size = info->page_size,
				       .external = true,
				       .iova = iova};
	const struct evpl_cut cut = {.length = size, .distance = size};

	*n = (unsigned)RTE_MIN(info->length / size, (uint64_t)MOST_BUFFERS);
	*rooms = calloc(*n + 1, sizeof(**rooms));
	if (*rooms == NULL) {
		REFUSE("no memory for %u buffers", *n);
		return ENOMEM;
	}
	*n = evpl_rooms_cut(&area, &cut, *n, *rooms);
	if (*n == 0) {
		REFUSE("%" PRIu64 " bytes at %p have no room for a buffer of %u bytes", info->length, info->addr, size);
		return EINVAL;
	}
	*no_iova = false;
	for (unsigned i = 0; i < *n; i++)
		*no_iova |= (*rooms)[i].iova == RTE_BAD_IOVA;
	if (*no_iova && !(info->flags & EVPL_EXTERNAL_NO_IOVA)) {
		REFUSE("pages at %p have no IO addresses, and flags has no EVPL_EXTERNAL_NO_IOVA", info->addr);
		return ENOTSUP;
	}
	return 0;
}

/* With the lock held, and the memory cut. 0, or a positive errno. */
static int
add_rooms(struct evpl_class *class, const struct evpl_slab_info *info, const struct evpl_room *rooms, unsigned n,
	  bool no_iova, evpl_slab_free_callback free_cb, void *arg)
{
	struct evpl_slab *slab = evpl_slab_of(class, info, 0, rooms, n);

	if (slab == NULL) {
		REFUSE("no memory for %u buffers", n);
		return ENOMEM;
	}
	slab->no_iova = no_iova;
	slab->stays = true;
	if (!evpl_slab_add(slab)) {
		int error = rte_errno;

		REFUSE("%" PRIu64 " bytes at %p are not used: %s", info->length, info->addr, rte_strerror(error));
		evpl_slab_free(slab);
		return error;
	}
	/* From here on. */
	slab->free_cb = free_cb;
	slab->free_arg = arg;
	return 0;
}

int
evpl_slab_add_external(void *addr, uint64_t length, uint64_t page_size, const rte_iova_t *iova, int socket_id,
		       unsigned flags, evpl_slab_free_callback free_cb, void *arg)
{
	const struct evpl_slab_info info = {
		.addr = addr, .length = length, .page_size = page_size, .socket_id = socket_id, .flags = flags};
	struct evpl_global *g = &evpl_global;
	struct evpl_room *rooms = NULL;
	struct evpl_class *class;
	bool no_iova;
	unsigned n;
	int error;

	if (!check_arguments(&info))
		return -EINVAL;
	pthread_mutex_lock(&g->lock);
	error = check_state(&info);
	if (error == 0) {
		class = &g->classes[flags & EVPL_EXTERNAL_LARGE ? g->class_count - 1 : 0];
		error = cut(&info, iova, class->size, &rooms, &n, &no_iova);
	}
	if (error == 0)
		error = add_rooms(class, &info, rooms, n, no_iova, free_cb, arg);
	pthread_mutex_unlock(&g->lock);
	free(rooms);
	return -error;
}

/* With the lock held. */
static struct evpl_slab *
find(const void *addr)
{
	struct evpl_slab *slab = evpl_slab_next(0);

	while (slab != NULL && !(evpl_slab_is_external(slab) && slab->info.addr == addr))
		slab = evpl_slab_next(slab->number + 1);
	return slab;
}

int
evpl_slab_remove_external(void *addr)
{
	struct evpl_global *g = &evpl_global;
	struct evpl_slab *slab;
	int error = 0;

	(void)evpl_buffers_collect();
	pthread_mutex_lock(&g->lock);
	slab = find(addr);
	if (slab == NULL) {
		error = ENOENT;
	} else if (!evpl_slab_remove(slab)) {
		error = EBUSY;
	} else {
		slab->going = NULL;
		(void)evpl_slabs_let_go(slab, 1);
	}
	pthread_mutex_unlock(&g->lock);
	return -error;
}
