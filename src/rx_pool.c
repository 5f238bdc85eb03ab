/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pools for reception: ordinary pktmbuf pools to a PMD, whose data rooms lie in a slab of their own.
 */
#include "argument.h"
#include "base.h"
#include "context.h"
#include "global.h"
#include "slab.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/queue.h>

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
	struct rte_mbuf *m = object;

	RTE_SET_USED(pool);
	RTE_SET_USED(opaque);
	RTE_SET_USED(index);
	m->shinfo->free_cb = rx_ended;
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
	struct evpl_slab *slab = NULL;

	if (data_room == 0)
		data_room = RTE_MBUF_DEFAULT_BUF_SIZE;
	if (!check_arguments(name, n, data_room, socket_id)) {
		rte_errno = EINVAL;
		return NULL;
	}
	pthread_mutex_lock(&g->lock);
	if (g->users == 0) {
		rte_errno = EPERM;
	} else if (rte_mempool_lookup(name) != NULL) {
		rte_errno = EEXIST;
	} else {
		slab = evpl_slab_create(name, 0, data_room, RTE_ALIGN((size_t)data_room, RTE_CACHE_LINE_SIZE), n,
					RX_CACHE, 0, socket_id);
		if (slab != NULL && slab->n < n) {
			evpl_slab_destroy(slab);
			slab = NULL;
			rte_errno = ENOMEM;
		}
		if (slab == NULL && rte_errno != EEXIST)
			rte_errno = ENOMEM; /* EAL has more words for it */
		if (slab != NULL) {
			struct evpl_context *ctx;

			rte_mempool_obj_iter(slab->pool, rx_init, NULL);
			TAILQ_INSERT_TAIL(&g->rx_pools, slab, entry);
			/* A pool that is gone may have had the same address, and direct mbufs. */
			TAILQ_FOREACH (ctx, &g->contexts, entry)
				__atomic_store_n(&ctx->direct_pool, NULL, __ATOMIC_RELAXED);
		}
	}
	pthread_mutex_unlock(&g->lock);
	return slab != NULL ? slab->pool : NULL;
}

int
evpl_rx_pool_destroy(struct rte_mempool *pool)
{
	struct evpl_global *g = &evpl_global;
	struct evpl_slab *slab;
	int rc = -EINVAL;

	pthread_mutex_lock(&g->lock);
	if (g->users > 0) {
		TAILQ_FOREACH (slab, &g->rx_pools, entry) {
			if (slab->pool == pool)
				break;
		}
		if (slab != NULL && pool != NULL) {
			rc = evpl_slab_is_home(slab) ? 0 : -EBUSY;
			if (rc == 0) {
				TAILQ_REMOVE(&g->rx_pools, slab, entry);
				evpl_slab_destroy(slab);
				evpl_slabs_try_again();
			}
		}
	}
	pthread_mutex_unlock(&g->lock);
	if (rc == -EINVAL)
		EVPL_LOG(ERR, "evpl_rx_pool_destroy: pool %p is not an RX pool of the library", (void *)pool);
	return rc;
}
