/* SPDX-License-Identifier: BSD-3-Clause */
/* How frames leave a netif, for the other files of the glue; glue.h has what programs call. */
#ifndef GLUE_NETIF_H
#define GLUE_NETIF_H

#include <stdbool.h>

#include "glue.h"

/* Whether the port takes no packet more, which is counted. */
bool glue_netif_is_full(struct glue_netif *n);

/* Sends a frame of that many bytes, which is not to be called while the port is full. ERR_OK; m NULL: ERR_MEM, which is counted. */
err_t glue_netif_send(struct glue_netif *n, struct rte_mbuf *m, unsigned length);

#endif /* GLUE_NETIF_H */
