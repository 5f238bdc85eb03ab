/* SPDX-License-Identifier: BSD-3-Clause */
/* What the environment says. The program under test has no options of ours. */
#ifndef EVPL_SRC_PLUGIN_OPTION_H
#define EVPL_SRC_PLUGIN_OPTION_H

#include <stdbool.h>
#include <stdio.h>

enum plugin_leaks { LEAKS_LIST, LEAKS_STOP, LEAKS_NO };
enum plugin_bytes { BYTES_SOME, BYTES_ALL, BYTES_NO };

struct plugin_options {
	unsigned report;     /* a bug is reported and the program goes on; 0: it stops */
	unsigned leaks;	     /* enum plugin_leaks */
	unsigned all_pools;  /* pools with DPDK's software operations are traced, too, whatever their objects */
	unsigned sample;     /* of so many objects that are taken, one has places and watched bytes */
	unsigned depth;	     /* frames of a place */
	unsigned quarantine; /* objects that are freed after it before an object is used again */
	unsigned bytes;	     /* enum plugin_bytes: what of free data rooms is filled and checked */
	unsigned no_fields;  /* the fields of free mbufs may be written */
	unsigned no_guards;  /* no guards around data rooms */
	unsigned asked;	     /* the environment has one of the variables */
	FILE *out;	     /* where reports go */
};
extern struct plugin_options plugin_options;

/* Reads the environment. A wrong value ends the program with one line and exit code 1. */
void plugin_options_read(void);

#endif /* EVPL_SRC_PLUGIN_OPTION_H */
