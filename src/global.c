/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the process has, and the sizes that can be asked for. It calls no other file of the library.
 */
#include "global.h"

#include "heap.h"

#include <pthread.h>

#ifdef EVPL_COMPAT_TSAN
pthread_mutex_t evpl_heap_mutex = PTHREAD_MUTEX_INITIALIZER;
#endif

RTE_LOG_REGISTER(evpl_logtype, lib.evpl, NOTICE)

struct evpl_global evpl_global = {.lock = PTHREAD_MUTEX_INITIALIZER, .settled = PTHREAD_COND_INITIALIZER};

/* Of the smaller or larger class; 0 when the library is not running. */
static uint32_t
class_size(unsigned class)
{
	struct evpl_global *g = &evpl_global;
	uint32_t size;

	pthread_mutex_lock(&g->lock);
	size = g->users > 0 ? g->classes[class].size : 0;
	pthread_mutex_unlock(&g->lock);
	return size;
}

uint32_t
evpl_buffer_size(void)
{
	return class_size(0);
}

uint32_t
evpl_large_buffer_size(void)
{
	return class_size(1);
}
