/* SPDX-License-Identifier: BSD-3-Clause */
/* Imitates a lack of memory in the middle of transfers: --hold-slabs. */
#ifndef HTTPD_FAULT_MEMORY_H
#define HTTPD_FAULT_MEMORY_H

#include <stdint.h>

#include <evpl/evpl.h>

/*
 * --hold-slabs=N: holds all memory of the slabs from the first byte of a body or an echo on. It ends after N requests
 * of lwIP and HTTP have found no memory, and not after a time. 0: never.
 */
void fault_memory_start(struct evpl *evpl, uint64_t requests);

/* Call it once per turn of the main loop. It holds what became free, or gives all back. */
void fault_memory_poll(void);

/* Before the context is destroyed: gives back what is held. */
void fault_memory_stop(void);

#endif /* HTTPD_FAULT_MEMORY_H */
