/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Notes: what a far packet on a received direct mbuf counts on. That mbuf has no shinfo, so each packet mbuf of an
 * ordinary pool has a note in its private area, which keeps one reference of the received mbuf.
 */
#ifndef EVPL_SRC_NOTE_H
#define EVPL_SRC_NOTE_H

#include "base.h"

#include <rte_mempool.h>

struct evpl_note {
	struct rte_mbuf_ext_shared_info shinfo;
	struct rte_mbuf *ref; /* NULL: free. A clone may keep it after its own mbuf is back. */
	bool extra;	      /* taken in that case, from EAL's heap */
};

uint16_t evpl_note_size(void);
void evpl_note_init(struct rte_mempool *pool, void *opaque, void *object, unsigned index); /* of each mbuf */
/* A note with one count for the packet mbuf m. It takes over the caller's reference of ref. NULL: no memory. */
struct evpl_note *evpl_note_take(struct rte_mbuf *m, struct rte_mbuf *ref);

#endif /* EVPL_SRC_NOTE_H */
