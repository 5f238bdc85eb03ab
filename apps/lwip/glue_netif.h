/* SPDX-License-Identifier: BSD-3-Clause */
/* Netifs, and how frames leave them, for the other files of the glue. glue.h has what programs call. */
#ifndef GLUE_NETIF_H
#define GLUE_NETIF_H

#include <stdbool.h>

#include "glue.h"

/* Whether the port takes no more packets now. If so, tx_full counts it. */
bool glue_netif_is_full(struct glue_netif *n);

/*
 * Sends a frame of length bytes. Call it only if the port is not full. Returns ERR_OK. If m is NULL, there was no
 * memory: tx_no_memory counts it, and the call returns ERR_MEM.
 */
err_t glue_netif_send(struct glue_netif *n, struct rte_mbuf *m, unsigned length);

/* Sends what waits on all netifs, then removes them. */
void glue_netifs_remove(void);

#endif /* GLUE_NETIF_H */
