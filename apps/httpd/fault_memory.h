/* SPDX-License-Identifier: BSD-3-Clause */
/* Slabs without a free buffer in the middle of transfers, for as many requests for memory as are wanted. */
#ifndef HTTPD_FAULT_MEMORY_H
#define HTTPD_FAULT_MEMORY_H

#include <stdint.h>

#include <evpl/evpl.h>

/*
 * --hold-slabs=N: holds all memory that the slabs have, from the first byte of a body or an echo on, until N requests of lwIP's and
 * of HTTP's found none. The end depends on their number, not on time. 0: never.
 */
void fault_memory_start(struct evpl *evpl, uint64_t requests);

/* Once per turn of the main loop: what became free is held, too, or all is given back. */
void fault_memory_poll(void);

/* Before the context goes: gives back what is held. */
void fault_memory_stop(void);

#endif /* HTTPD_FAULT_MEMORY_H */
