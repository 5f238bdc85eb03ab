/* SPDX-License-Identifier: BSD-3-Clause */
/* evpl_init() and evpl_cleanup() for a program with --slab-size, --buffer-size, --large-buffer-size, --max-slabs, --sample-period,
 * --far-packets. */
#ifndef APPS_LIBRARY_H
#define APPS_LIBRARY_H

#include <stdint.h>

#include <evpl/evpl.h>

/* Whether the options fit each other. 0, or -1 after an error line. */
int library_check(const struct evpl_global_config *config);

/* 0; else the exit status, an error line was printed. */
int library_start(const struct evpl_global_config *config);
int library_stop(void);

/* Buffers and mbufs in use: when nobody may hold any, those that are lost. */
uint64_t library_in_use(const struct evpl_stats *stats);

#endif /* APPS_LIBRARY_H */
