/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pools for reception: ordinary pktmbuf pools to a PMD, whose data rooms lie in a slab of their own.
 */
#include "rx_pool.h"

#include "argument.h"
#include "context.h"
#include "global.h"
#include "notify.h"
#include "process.h"
#include "room.h"
#include "slab.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <rte_mbuf_pool_ops.h>
#include <rte_mempool.h>

#define RX_CACHE 256u /* mbufs per lcore, as testpmd's default (250) */

/*
 * Runs when the last packet that is attached to an mbuf ends after the mbuf itself was freed. Does what DPDK would do
 * then, but with an acquire: see evpl_compat_ext_ended().
 */
static void
rx_ended(void *addr, void *opaque)
{
	struct rte_mbuf *m = opaque;

	RTE_SET_USED(addr);
	evpl_compat_ext_ended(m->shinfo);
	rte_mbuf_ext_refcnt_set(m->shinfo, 1);
	m->ol_flags = RTE_MBUF_F_EXTERNAL;
	m->next = NULL;
	m->nb_segs = 1;
	rte_mbuf_refcnt_set(m, 1); /* 0 if two holders let go of it at the same moment */
	rte_mbuf_raw_free(m);
}

static void
rx_init(struct rte_mempool *pool, void *opaque, void *object, unsigned index)
{
	const struct evpl_room *room = (const struct evpl_room *)opaque + index;
	struct rte_mbuf *m = object;

	rte_pktmbuf_init(pool, NULL, m, index);
	m->shinfo = RTE_PTR_ADD(m, sizeof(*m) + m->priv_size);
	m->shinfo->free_cb = rx_ended;
	m->shinfo->fcb_opaque = m;
	rte_mbuf_ext_refcnt_set(m->shinfo, 1);
	m->ol_flags = RTE_MBUF_F_EXTERNAL;
	m->buf_addr = (void *)room->addr;
	rte_mbuf_iova_set(m, room->iova);
}

/*
 * As rte_pktmbuf_pool_create_extbuf(), which wants all rooms to be contiguous for devices. NULL with rte_errno.
 */
static struct rte_mempool *
mempool_create(const char *name, unsigned n, uint16_t room, int socket_id, struct evpl_room *rooms)
{
	struct rte_pktmbuf_pool_private config = {.mbuf_data_room_size = room,
						  .flags = RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF};
	struct rte_mempool *pool;
	int rc;

	pool = rte_mempool_create_empty(name, n,
					(unsigned)(sizeof(struct rte_mbuf) + sizeof(struct rte_mbuf_ext_shared_info)),
					RTE_MIN(RX_CACHE, n * 2 / 3), sizeof(config), socket_id, 0);
	if (pool == NULL)
		return NULL;
	rc = rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL);
	if (rc != 0)
		EVPL_LOG(ERR, "there are no mempool ops \"%s\"", rte_mbuf_best_mempool_ops());
	if (rc == 0) {
		rte_pktmbuf_pool_init(pool, &config);
		rc = rte_mempool_populate_default(pool);
	}
	if (rc < 0) {
		rte_mempool_free(pool);
		rte_errno = -rc;
		return NULL;
	}
	rte_mempool_obj_iter(pool, rx_init, rooms);
	return pool;
}

static void
rx_pool_free(struct evpl_rx_pool *rx)
{
	rte_mempool_free(rx->pool);
	rte_memzone_free(rx->info.zone);
	free(rx);
}

/* With the lock held. NULL with rte_errno. */
static struct evpl_rx_pool *
rx_pool_make(const char *name, unsigned n, uint16_t data_room, int socket_id)
{
	const struct evpl_cut cut = {.length = data_room,
				     .distance = RTE_ALIGN((size_t)data_room, RTE_CACHE_LINE_SIZE)};
	struct evpl_rx_pool *rx = calloc(1, sizeof(*rx));
	const struct rte_memzone *zone;
	struct evpl_room *rooms = NULL;
	int error = ENOMEM;

	if (rx == NULL)
		goto fail;
	rx->n = n;
	zone = evpl_rooms_reserve(&cut, socket_id, &rooms, &rx->n);
	if (zone == NULL)
		goto fail;
	rx->info = evpl_rooms_info(zone, socket_id);
	if (rx->n < n)
		goto fail;
	rx->pool = mempool_create(name, n, data_room, socket_id, rooms);
	if (rx->pool == NULL) {
		error = rte_errno == EEXIST ? EEXIST : ENOMEM; /* EAL has more words for it */
		goto fail;
	}
	error = evpl_notify_added(&rx->info);
	if (error != 0)
		goto fail;
	free(rooms);
	return rx;

fail:
	if (rx != NULL)
		rx_pool_free(rx);
	free(rooms);
	rte_errno = error;
	return NULL;
}

/* RTE_MEMPOOL_MZ_FORMAT puts "MP_" before the name, and pool and memzone names have 32 bytes. */
#define NAME_MAX_LENGTH 25u
#define LIBRARYS_NAMES "evpl_"

static bool
check_name(const char *call, const char *name)
{
	if (name == NULL || name[0] == '\0') {
		EVPL_LOG(ERR, "%s: name is %s", call, name == NULL ? "NULL" : "empty");
		return false;
	}
	if (strncmp(name, LIBRARYS_NAMES, strlen(LIBRARYS_NAMES)) == 0) {
		EVPL_LOG(ERR, "%s: name is \"%s\", but the library's own pools have the names that begin with \"%s\"",
			 call, name, LIBRARYS_NAMES);
		return false;
	}
	if (strlen(name) > NAME_MAX_LENGTH) {
		EVPL_LOG(ERR, "%s: name is \"%s\", which has %zu characters: %u are possible", call, name, strlen(name),
			 NAME_MAX_LENGTH);
		return false;
	}
	return true;
}

/* Whether what is asked for is possible. The log names the first argument that is not. */
static bool
check_arguments(const char *name, unsigned n, uint16_t data_room, int socket_id)
{
	static const char call[] = "evpl_rx_pool_create";

	return check_name(call, name) && evpl_in_range(call, "n", n, 1, UINT_MAX) &&
	       evpl_in_range(call, "data_room", data_room, RTE_PKTMBUF_HEADROOM + 1, UINT16_MAX) &&
	       evpl_in_signed_range(call, "socket_id", socket_id, SOCKET_ID_ANY, RTE_MAX_NUMA_NODES - 1);
}

struct rte_mempool *
evpl_rx_pool_create(const char *name, unsigned n, uint16_t data_room, int socket_id)
{
	struct evpl_global *g = &evpl_global;
	struct evpl_rx_pool *rx = NULL;
	struct evpl_context *ctx;

	if (data_room == 0)
		data_room = RTE_MBUF_DEFAULT_BUF_SIZE;
	if (!check_arguments(name, n, data_room, socket_id)) {
		rte_errno = EINVAL;
		return NULL;
	}
	pthread_mutex_lock(&g->lock);
	if (g->users == 0 || g->ending)
		rte_errno = EPERM;
	else if (rte_mempool_lookup(name) != NULL)
		rte_errno = EEXIST;
	else
		rx = rx_pool_make(name, n, data_room, socket_id);
	if (rx != NULL) {
		TAILQ_INSERT_TAIL(&g->rx_pools, rx, entry);
		/* A pool that is gone may have had the same address, and direct mbufs. */
		TAILQ_FOREACH (ctx, &g->contexts, entry)
			__atomic_store_n(&ctx->direct_pool, NULL, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&g->lock);
	return rx != NULL ? rx->pool : NULL;
}

/* Takes it off the list. */
static void
rx_pool_end(struct evpl_rx_pool *rx)
{
	TAILQ_REMOVE(&evpl_global.rx_pools, rx, entry);
	evpl_notify_removed(&rx->info);
	rx_pool_free(rx);
}

void
evpl_rx_pools_free(void)
{
	struct evpl_rx_pool *rx;

	while ((rx = TAILQ_FIRST(&evpl_global.rx_pools)) != NULL)
		rx_pool_end(rx);
}

int
evpl_rx_pool_destroy(struct rte_mempool *pool)
{
	struct evpl_global *g = &evpl_global;
	struct evpl_rx_pool *rx;
	int rc = -EINVAL;

	(void)evpl_processes_collect(); /* mbufs that were lent */
	pthread_mutex_lock(&g->lock);
	if (g->users > 0) {
		TAILQ_FOREACH (rx, &g->rx_pools, entry) {
			if (rx->pool == pool)
				break;
		}
		if (rx != NULL && pool != NULL) {
			rc = rte_mempool_avail_count(pool) == rx->n ? 0 : -EBUSY;
			if (rc == 0) {
				rx_pool_end(rx);
				evpl_slabs_try_again();
			}
		}
	}
	pthread_mutex_unlock(&g->lock);
	if (rc == -EINVAL)
		EVPL_LOG(ERR, "evpl_rx_pool_destroy: pool %p is not an RX pool of the library", (void *)pool);
	return rc;
}
