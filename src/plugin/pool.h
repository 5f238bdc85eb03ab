/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A traced pool: the record of each object, and the free objects.
 *
 *	table[]     address -> number              a hash table, since an address that is no object must be found out
 *	objects[]   number -> state, places        a cache line each
 *	headers[]   number -> the mbuf as it was freed
 *	waiting[]   the objects that were freed last, in a circle; the oldest goes to
 *	free[]      those that may be handed out, last in, first out: they are still in cache
 *
 * All of it is in a memzone, so that a secondary process that has the plug-in may take and free objects, too. The
 * mempool's caches have size 0, so each object that is taken or freed passes here.
 *
 * An mbuf pool's objects are made longer, for two guards:
 *
 *	| mbuf | private area | spare | guard | data room | guard |
 *	                      ^ the pool's private size is larger, so that DPDK puts the data room behind the guard
 *
 * Programs without a private area keep data of their own behind the mbuf, at the start of the headroom, as DPDK's
 * packet framework does (RTE_MBUF_METADATA_UINT8). They find the spare bytes there, and write no guard. A program that
 * writes as much as rte_pktmbuf_priv_size() says writes the spare bytes and the guard. Its pool has no guard there from
 * then on.
 */
#ifndef EVPL_SRC_PLUGIN_POOL_H
#define EVPL_SRC_PLUGIN_POOL_H

#include "trace/thread.h"

#include <stddef.h>

#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_spinlock.h>

#define OBJECT_GUARD 64u /* keeps the data room's place in its cache line */
#define OBJECT_SPARE RTE_PKTMBUF_HEADROOM
#define OBJECT_FRONT (OBJECT_SPARE + OBJECT_GUARD)

enum object_state {
	OBJECT_NEW, /* free, and never taken: nothing is known of its bytes */
	OBJECT_FREE,
	OBJECT_TAKEN,
	OBJECT_FREED_NOW, /* the thread that frees it looks at it */
};

/* Who took an object, or freed it. */
struct object_event {
	trace_place place; /* 0: was not noted */
	uint64_t tsc;
	int32_t process; /* places mean nothing in another one */
};

struct object {
	uint32_t state;	 /* enum object_state; atomic */
	bool noted;	 /* by sampling: it has places, and its bytes are watched */
	bool filled;	 /* free, and its header is known */
	uint16_t uses;	 /* times that it was freed; goes round when there were many */
	uint32_t length; /* bytes of its data room that hold the pattern; if filled */
	struct object_event taken, freed;
} __rte_cache_aligned;

struct traced_pool {
	uint64_t magic;
	struct rte_mempool *mempool;
	const struct rte_memzone *memory;
	int32_t process;	  /* that made it: its end lists what is not home */
	uint32_t capacity, count; /* objects */
	bool populating;	  /* what is freed now is a new object */
	bool ending;		  /* the mempool takes its objects out, to free them */
	bool looked;		  /* whether its objects are mbufs is known for good */
	bool of_mbufs;
	uint32_t room;	/* offset of an mbuf's data room in the object; 0: it is not watched */
	uint32_t guard; /* OBJECT_GUARD, or 0 */
	bool front;	/* there is a guard before the data room, too: the program does not use its bytes */
	uint32_t room_length;
	uint32_t table_mask;
	uint32_t *table; /* one more than an object's number; 0: free */
	void **addresses;
	struct object *objects;
	struct rte_mbuf *headers; /* NULL: not of mbufs */
	struct {		  /* the object that was taken last in a call for one */
		uint32_t number;
		struct object was;
	} single;

	rte_spinlock_t lock __rte_cache_aligned; /* of what follows */
	uint32_t free_count, waiting_count, waiting_first, waiting_size;
	uint32_t *free, *waiting;
};

#define POOL_NO_OBJECT UINT32_MAX

/* The traced pool behind a mempool; NULL: it has none. */
struct traced_pool *traced_pool_of(const struct rte_mempool *mempool);
/* Whether it was not freed yet. */
bool traced_pool_is_there(const struct traced_pool *pool);
/* Makes it, before the mempool has memory; changes the sizes of the mempool's objects. Returns 0 or -errno. */
int traced_pool_make(struct rte_mempool *mempool);
/* Finds out, when the first object is taken, whether the objects became mbufs. */
void traced_pool_look(struct traced_pool *pool);
/* Forgets all objects. The mempool took back the memory that it had: it was not enough, and it may get other memory. */
void traced_pool_empty(struct traced_pool *pool);
void traced_pool_free(struct traced_pool *pool);
void traced_pool_add(struct traced_pool *pool, void *const *addresses, unsigned n);
/* The number of an object, or POOL_NO_OBJECT. */
uint32_t traced_pool_find(const struct traced_pool *pool, const void *address);
/* Takes n free objects; false: there are not so many, and none was taken. */
bool traced_pool_pop(struct traced_pool *pool, uint32_t *numbers, unsigned n);
void traced_pool_push(struct traced_pool *pool, const uint32_t *numbers, unsigned n);
unsigned traced_pool_free_count(struct traced_pool *pool);
/* Calls a function for each free object. Meanwhile none is taken, for other threads may go on at a program's end. */
void traced_pool_each_free(struct traced_pool *pool,
			   void (*each)(struct traced_pool *pool, uint32_t number, const void *arg), const void *arg);

static inline char *
traced_pool_room(const struct traced_pool *pool, uint32_t number)
{
	return (char *)pool->addresses[number] + pool->room;
}

#endif /* EVPL_SRC_PLUGIN_POOL_H */
