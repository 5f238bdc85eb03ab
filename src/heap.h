/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EAL's heap has a lock. So whoever frees memory is ordered before whoever gets it next. Thread sanitizer does not see
 * into EAL. In its builds a lock around the calls shows it that order, where threads free and get memory without
 * evpl_global.lock. In other builds this is nothing.
 */
#ifndef EVPL_SRC_HEAP_H
#define EVPL_SRC_HEAP_H

#include "base.h"

#ifdef EVPL_COMPAT_TSAN
#include <pthread.h>
extern pthread_mutex_t evpl_heap_mutex;
#endif

static inline void
evpl_heap_lock(void)
{
#ifdef EVPL_COMPAT_TSAN
	pthread_mutex_lock(&evpl_heap_mutex);
#endif
}

static inline void
evpl_heap_unlock(void)
{
#ifdef EVPL_COMPAT_TSAN
	pthread_mutex_unlock(&evpl_heap_mutex);
#endif
}

#endif /* EVPL_SRC_HEAP_H */
