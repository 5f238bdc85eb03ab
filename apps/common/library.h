/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_init() and evpl_cleanup() for a program with the options --slab-size, --buffer-size, --large-buffer-size,
 * --max-slabs, --sample-period and --far-packets.
 */
#ifndef APPS_LIBRARY_H
#define APPS_LIBRARY_H

#include <stdint.h>

#include <evpl/evpl.h>

/* Whether the options are consistent. 0, or -1 after an error line. */
int library_check(const struct evpl_global_config *config);

/* 0; else the exit status, and an error line was printed. */
int library_start(const struct evpl_global_config *config);
int library_stop(void);

/* The number of buffers and mbufs in use. If nobody may hold any, these are lost. */
uint64_t library_in_use(const struct evpl_stats *stats);

#endif /* APPS_LIBRARY_H */
