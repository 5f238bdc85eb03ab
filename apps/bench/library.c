/* SPDX-License-Identifier: BSD-3-Clause */
/* The objects of this library and of DPDK that a case needs. They are made before the case and proved home after it. */
#include "../common/error.h"
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#define POOL_CACHE 256 /* about testpmd's: the pool is filled and emptied half a cache at a time */

struct rte_mempool *bench_pool;
static struct evpl *contexts[RTE_MAX_LCORE];

void
bench_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_vline(format, args);
	va_end(args);
	(void)fflush(NULL); /* so that what was measured so far is written */
	_Exit(1);	    /* other lcores may be working, so nothing can be ended in order */
}

void
bench_library_start(const struct evpl_global_config *config)
{
	int rc = evpl_init(config);

	if (rc != 0)
		bench_fail("evpl_init: %s", rte_strerror(-rc));
}

void
bench_library_stop(void)
{
	int rc;

	for (unsigned i = 0; i < RTE_MAX_LCORE; i++) {
		if (contexts[i] != NULL)
			evpl_destroy(contexts[i]);
		contexts[i] = NULL;
	}
	rc = evpl_cleanup();
	if (rc != 0)
		bench_fail("evpl_cleanup: %s: not everything came home", rte_strerror(-rc));
}

struct evpl *
bench_context(void)
{
	struct evpl **context = &contexts[rte_lcore_id()];

	if (*context == NULL)
		*context = evpl_create(NULL);
	if (*context == NULL)
		bench_fail("evpl_create: %s", rte_strerror(rte_errno));
	return *context;
}

struct rte_mempool *
bench_pool_create(const char *name, unsigned n, unsigned length)
{
	unsigned room = RTE_PKTMBUF_HEADROOM + RTE_MAX(length, (unsigned)RTE_MBUF_DEFAULT_DATAROOM);
	struct rte_mempool *pool =
		rte_pktmbuf_pool_create(name, n, POOL_CACHE, 0, (uint16_t)room, (int)rte_socket_id());

	if (pool == NULL)
		bench_fail("rte_pktmbuf_pool_create of %u mbufs: %s (give EAL more memory)", n,
			   rte_strerror(rte_errno));
	return pool;
}

void
bench_pool_free(struct rte_mempool *pool)
{
	unsigned away;

	if (pool == NULL)
		return;
	away = rte_mempool_in_use_count(pool);
	if (away != 0)
		bench_fail("%u mbufs of the pool did not come home", away);
	rte_mempool_free(pool);
}
