/* SPDX-License-Identifier: BSD-3-Clause */
/* Which objects are not free, by the places that took them. */
#ifndef EVPL_SRC_PLUGIN_HELD_H
#define EVPL_SRC_PLUGIN_HELD_H

#include "plugin/pool.h"

#include <stdio.h>

struct place;

/* A table of EVPL_PLACES places, most objects first, which the caller frees. NULL: nothing is held, or no memory. */
struct place *held_places(const struct traced_pool *pool, uint64_t *total);
/* Whether these are mbufs that are not free, and whose refcnt is 0 or wrapped. */
bool held_has_wrong_count(const struct place *place);
/* Lists what is not free, in all pools. */
void held_list(FILE *out);
/* Lists what is not free in a pool that ends. With EVPL_TRACE_LEAKS=stop the program stops after the list. */
void held_end(struct traced_pool *pool);
/* A pool that this process made; a pool that is about to be freed. */
void held_add(struct traced_pool *pool);
void held_remove(const struct traced_pool *pool);
/* Calls a function for each traced pool that the process made. None of them is freed meanwhile. */
void held_walk(void (*each)(struct traced_pool *pool, void *arg), void *arg);
/* The same, but does nothing when EAL has ended or is about to. */
void held_walk_safely(void (*each)(struct traced_pool *pool, void *arg), void *arg);
/* The same for the traced pools of other processes. */
void held_walk_others(void (*each)(struct traced_pool *pool, void *arg), void *arg);
/* In the child of a fork(): another thread may have been about to answer. */
void held_forked(void);
/* Begins to answer telemetry and SIGUSR1. */
void held_begin(void);
/* No question is answered from here on, because EAL is about to give its memory back. Waits for an answer under way. */
void held_over(void);

#endif /* EVPL_SRC_PLUGIN_HELD_H */
