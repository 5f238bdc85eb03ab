/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A context's quota: how many bytes of buffers it may have at once. It is in memory that processes share, because
 * buffers come home in any process. It outlives its context, until its last buffer is home.
 */
#ifndef EVPL_SRC_QUOTA_H
#define EVPL_SRC_QUOTA_H

#include "base.h"

#include <sys/queue.h>

/* Bytes: a context may have two current buffers, and needs one more for an iovec. */
#define EVPL_QUOTA_LEAST(largest) ((uint64_t)(largest)*3)

struct evpl_quota {
	uint64_t limit;	  /* bytes */
	uint64_t used;	  /* atomic. The last thing that a thread touches when a buffer comes home */
	uint64_t refused; /* takes of buffers; relaxed, the owner's */
	bool is_orphan;	  /* its context is gone */
	TAILQ_ENTRY(evpl_quota) entry;
};

/* With the lock held. */
struct evpl_quota *evpl_quota_create(uint64_t limit, int socket_id); /* NULL: no memory */
void evpl_quota_leave(struct evpl_quota *quota);		     /* the context is gone; NULL is allowed */
void evpl_quotas_free(void);					     /* with nothing in use */

/* Whether so many bytes more are allowed; a moment old. NULL: there is no quota. */
static inline bool
evpl_quota_allows(const struct evpl_quota *quota, uint64_t bytes)
{
	return quota == NULL || __atomic_load_n(&quota->used, __ATOMIC_RELAXED) + bytes <= quota->limit;
}

/* By the owner. False: that would be too much. */
static inline bool
evpl_quota_take(struct evpl_quota *quota, uint32_t bytes)
{
	if (!evpl_quota_allows(quota, bytes)) { /* others only make it less */
		__atomic_store_n(&quota->refused, quota->refused + 1, __ATOMIC_RELAXED);
		return false;
	}
	__atomic_fetch_add(&quota->used, bytes, __ATOMIC_RELAXED);
	return true;
}

/* On any thread, in any process. */
static inline void
evpl_quota_give_back(struct evpl_quota *quota, uint32_t bytes)
{
	__atomic_fetch_sub(&quota->used, bytes, __ATOMIC_RELEASE);
}

#endif /* EVPL_SRC_QUOTA_H */
