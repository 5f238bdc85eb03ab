/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdint.h>

struct rte_mempool;

/* Starts a port with one queue pair. 0, or -1. */
int port_start(uint16_t id, struct rte_mempool *pool, uint8_t mac[6]);
void port_stop(uint16_t id);
