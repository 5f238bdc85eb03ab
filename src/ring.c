/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of a ring of iovecs. Its bursts are inline functions of evpl_ring.h.
 */
#include "base.h"

#include <rte_errno.h>

#define BURST 32u

/* An iovec is three words of the ring, see evpl_ring.h. */
#define WORD 8u
#define WORDS 3u
_Static_assert(sizeof(struct evpl_iovec) == WORDS * WORD, "an iovec is three words");

/* The flags that exist, and at most one kind of producers and of consumers: rte_ring_create_elem() checks too late. */
static bool
are_flags(unsigned flags)
{
	const unsigned producers = RING_F_SP_ENQ | RING_F_MP_RTS_ENQ | RING_F_MP_HTS_ENQ;
	const unsigned consumers = RING_F_SC_DEQ | RING_F_MC_RTS_DEQ | RING_F_MC_HTS_DEQ;

	return (flags & ~(producers | consumers | RING_F_EXACT_SZ)) == 0 &&
	       __builtin_popcount(flags & producers) <= 1 && __builtin_popcount(flags & consumers) <= 1;
}

struct evpl_ring *
evpl_ring_create(const char *name, unsigned capacity, int socket_id, unsigned flags)
{
	if (name == NULL || capacity == 0 || capacity > EVPL_RING_MAX_CAPACITY || !are_flags(flags)) {
		rte_errno = EINVAL;
		return NULL;
	}
	return (struct evpl_ring *)rte_ring_create_elem(name, WORD, WORDS * capacity, socket_id,
							flags | RING_F_EXACT_SZ);
}

unsigned
evpl_ring_count(const struct evpl_ring *ring)
{
	return rte_ring_count((const struct rte_ring *)ring) / WORDS;
}

void
evpl_ring_free(struct evpl *evpl, struct evpl_ring *ring)
{
	struct evpl_iovec left[BURST];
	unsigned n;

	if (ring == NULL)
		return;
	while ((n = evpl_ring_dequeue_burst(ring, left, BURST, NULL)) > 0)
		evpl_iovecs_release(evpl, left, (int)n);
	rte_ring_free((struct rte_ring *)ring);
}
