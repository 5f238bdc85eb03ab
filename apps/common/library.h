/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The library's own options, written once for every program that has them; and evpl_init() and evpl_cleanup() with
 * these options.
 */
#ifndef APPS_LIBRARY_H
#define APPS_LIBRARY_H

#include <stdint.h>
#include <stdio.h>

#include <evpl/evpl.h>

#include "option.h"

/* Rows of a struct command_table for a struct evpl_global_config. The program itself computes packet_mbufs. */
#define LIBRARY_ROWS 10
extern const struct option_row library_rows[LIBRARY_ROWS];

/* Whether the options are consistent. 0, or -1 after an error line. */
int library_check(const struct evpl_global_config *config);

/* 0; else the exit status, and an error line was printed. */
int library_start(const struct evpl_global_config *config);
int library_stop(void);

/* The number of buffers and mbufs in use. If nobody may hold any, these are lost. */
uint64_t library_in_use(const struct evpl_stats *stats);

/* Prints the end of a report: the number of lost buffers, by kind. plain_mbufs: lost ones of ordinary pools. */
void library_print_lost(const struct evpl_stats *lost, unsigned plain_mbufs, FILE *out);

#endif /* APPS_LIBRARY_H */
