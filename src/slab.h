/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Slabs: a memzone, or memory that the program brings, cut into equal rooms, and an mbuf for each that is pinned to it.
 */
#ifndef EVPL_SRC_SLAB_H
#define EVPL_SRC_SLAB_H

#include "base.h"
#include "class.h"
#include "stats.h"

struct evpl_buffer;
struct evpl_context;
struct evpl_room;
struct evpl_shelf;

/*
 * In memory that processes share, before the slab's mbufs. The first fields change when buffers come and go: shelf.c
 * says how.
 */
struct evpl_slab {
	uint64_t top;	       /* the free buffers */
	uint32_t home;	       /* free buffers; more by those that are being put */
	struct evpl_peak away; /* buffers that were away at once; a moment old */
	bool used;	       /* a buffer was taken since the keeper last looked; relaxed */
	struct evpl_shelf *shelf;
	uint32_t number; /* in evpl_global.slabs */
	uint32_t n;
	uint32_t stride; /* from mbuf to mbuf */
	int bank;
	struct evpl_class *class; /* of its buffers */
	uint32_t lead;		  /* bytes before each buffer, for its anchor; 0: it has none */
	bool stays;		  /* it is one of preallocate_slabs, or external */
	bool no_iova;		  /* some buffer has no IO address */
	struct evpl_slab_info info;
	evpl_slab_free_callback free_cb; /* external; may be NULL */
	void *free_arg;
	uint64_t idle_since;	 /* TSC, for the keeper; 0: it was in use when the keeper last looked */
	struct evpl_slab *going; /* the next that is about to be freed */
	char mbufs[] __rte_cache_aligned;
};

static inline struct rte_mbuf *
evpl_slab_mbuf(const struct evpl_slab *slab, uint32_t number)
{
	return (struct rte_mbuf *)((uintptr_t)slab->mbufs + (size_t)number * slab->stride);
}

static inline struct evpl_buffer *
evpl_slab_buffer(const struct evpl_slab *slab, uint32_t number)
{
	return rte_mbuf_to_priv(evpl_slab_mbuf(slab, number));
}

static inline bool
evpl_slab_is_external(const struct evpl_slab *slab)
{
	return slab->info.zone == NULL;
}

/* Whether the library must not touch its bytes. */
static inline bool
evpl_slab_is_untouched(const struct evpl_slab *slab)
{
	return (slab->info.flags & EVPL_EXTERNAL_UNTOUCHED) != 0;
}

/* Buffers that are not home; a moment old. */
static inline uint32_t
evpl_slab_away(const struct evpl_slab *slab)
{
	return slab->n - RTE_MIN(__atomic_load_n(&slab->home, __ATOMIC_RELAXED), slab->n);
}

/*
 * A slab is made, which needs no lock, and then added, with the lock held. touch: writes to every page, so that none
 * waits for its memory later. NULL and false with rte_errno. A slab that was not added is the caller's to free.
 */
struct evpl_slab *evpl_slab_make(struct evpl_class *class, int socket_id, bool touch);
struct evpl_slab *evpl_slab_of(struct evpl_class *class, const struct evpl_slab_info *info, uint32_t lead,
			       const struct evpl_room *rooms, unsigned n); /* of memory that is there */
bool evpl_slab_add(struct evpl_slab *slab);
struct evpl_slab *evpl_slab_grow(struct evpl_class *class, int socket_id); /* both; with the lock held */
bool evpl_slab_remove(struct evpl_slab *slab); /* with the lock held; false: buffers are not home */
void evpl_slab_free(struct evpl_slab *slab);   /* keeps rte_errno; needs no lock. External: calls free_cb */
/* Frees a list (`going`) of removed slabs. With the lock held, which is released meanwhile. Returns bytes. */
uint64_t evpl_slabs_let_go(struct evpl_slab *gone, unsigned n);
void evpl_slabs_free(void); /* with the lock held, and nothing in use */

struct evpl_shelf *evpl_slab_shelf(struct evpl_class *class, int bank); /* with the lock held; NULL: no memory */
void evpl_slabs_try_again(void); /* EAL may have memory again; with the lock held */
/* Makes one more slab of the context's bank. False: there is no memory, or the bank is a group. */
bool evpl_slab_try_grow(const struct evpl_context *ctx, struct evpl_class *class);
/* A free buffer of the context's bank; NULL. grow: makes a slab if there is none, and then goes to other nodes. */
struct rte_mbuf *evpl_slab_take(struct evpl_context *ctx, struct evpl_class *class, bool grow);

/* Slabs that exist: for (... = evpl_slab_next(0); ... != NULL; ... = evpl_slab_next(slab->number + 1)). Lock held. */
struct evpl_slab *evpl_slab_next(uint32_t number);

#endif /* EVPL_SRC_SLAB_H */
