/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets as pbufs and pbufs as packets, for the other files of the glue. glue.h has what programs call. */
#ifndef GLUE_PBUF_H
#define GLUE_PBUF_H

#include "glue.h"

int glue_pbuf_init(const struct glue_config *config);
void glue_pbuf_finish(void);

/* Takes over the whole packet. NULL: the packet is freed, and rx_no_memory or rx_refused is one more. */
struct pbuf *glue_pbuf_from_mbuf(struct rte_mbuf *m, struct glue_netif_stats *stats);

/* A packet with the pbuf's bytes. NULL: no memory. The pbuf stays lwIP's. */
struct rte_mbuf *glue_pbuf_to_mbuf(struct pbuf *p, unsigned segments, struct glue_netif_stats *stats);

/*
 * A packet with a copy of head, then of length bytes of the pbuf's chain from offset on. Together they are no longer
 * than a frame. NULL: no memory.
 */
struct rte_mbuf *glue_pbuf_part(const struct pbuf *p, const void *head, unsigned head_length, unsigned offset,
				unsigned length, struct glue_netif_stats *stats);

#endif /* GLUE_PBUF_H */
