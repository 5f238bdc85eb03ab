/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of quotas.
 */
#include "quota.h"

#include "heap.h"

#include <rte_malloc.h>

static TAILQ_HEAD(, evpl_quota) quotas = TAILQ_HEAD_INITIALIZER(quotas);

static void
quota_free(struct evpl_quota *quota)
{
	TAILQ_REMOVE(&quotas, quota, entry);
	evpl_heap_lock();
	rte_free(quota);
	evpl_heap_unlock();
}

/* Those whose last buffer has come home. No thread touches them any more. */
static void
free_orphans(void)
{
	struct evpl_quota *quota, *next;

	for (quota = TAILQ_FIRST(&quotas); quota != NULL; quota = next) {
		next = TAILQ_NEXT(quota, entry);
		if (quota->is_orphan && __atomic_load_n(&quota->used, __ATOMIC_ACQUIRE) == 0)
			quota_free(quota);
	}
}

struct evpl_quota *
evpl_quota_create(uint64_t limit, int socket_id)
{
	struct evpl_quota *quota;

	free_orphans();
	evpl_heap_lock();
	quota = rte_zmalloc_socket("evpl", sizeof(*quota), RTE_CACHE_LINE_SIZE, socket_id);
	if (quota == NULL)
		quota = rte_zmalloc("evpl", sizeof(*quota), RTE_CACHE_LINE_SIZE);
	evpl_heap_unlock();
	if (quota == NULL)
		return NULL;
	quota->limit = limit;
	TAILQ_INSERT_TAIL(&quotas, quota, entry);
	return quota;
}

void
evpl_quota_leave(struct evpl_quota *quota)
{
	if (quota != NULL)
		quota->is_orphan = true;
	free_orphans();
}

void
evpl_quotas_free(void)
{
	while (!TAILQ_EMPTY(&quotas))
		quota_free(TAILQ_FIRST(&quotas));
}
