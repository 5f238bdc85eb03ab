/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the glue share; glue.h has the rest. */
#ifndef GLUE_INTERNAL_H
#define GLUE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "glue.h"

/* memory.c, which an lwIP that brings its own memory does without. */
void glue_memory_init(struct evpl *evpl, uint64_t limit);
/* Releases the blocks that wait to be used again: they may keep buffers. */
void glue_memory_trim(void);
/* While it is on, lwIP may allocate up to its limit; else an eighth of that is left. */
void glue_memory_receive(bool on);
/* From now on all that lwIP allocates holds a clone of the iovec, until it is freed; NULL ends that. */
void glue_memory_hold(struct evpl_iovec *iovec);
/* Of memory that lwIP allocated: the iovec that it lies in, and the one that it holds, or NULL. */
struct evpl_iovec *glue_memory_self(void *memory);
struct evpl_iovec *glue_memory_held(void *memory);
/* Packets have some of its bytes: they are not to be used again before those packets end, even if lwIP frees it. */
void glue_memory_sent(void *memory);

/* pbuf.c */
int glue_pbuf_init(const struct glue_config *config);
void glue_pbuf_finish(void);
/* Takes the packet over, all of it. NULL: no memory; the packet is gone. */
struct pbuf *glue_pbuf_from_mbuf(struct rte_mbuf *m, struct glue_netif_stats *stats);
/* A packet of the same bytes. NULL: no memory. The pbuf stays lwIP's. */
struct rte_mbuf *glue_pbuf_to_mbuf(struct pbuf *p, unsigned segments, struct glue_netif_stats *stats);
/* A packet of head and length bytes of the pbuf's chain from offset on, copied; together no longer than a frame. NULL: no memory. */
struct rte_mbuf *glue_pbuf_part(const struct pbuf *p, const void *head, unsigned head_length, unsigned offset,
				unsigned length, struct glue_netif_stats *stats);

#endif /* GLUE_INTERNAL_H */
