/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTPD_OPTIONS_H
#define HTTPD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <evpl/evpl.h>

#include "../common/host/address.h"
#include "../common/host/fault.h"
#include "../common/host/port.h"
#include "../load/load.h"
#include "files.h"
#include "http.h"
#include "services.h"
#include "tcp/connection.h"

/* What the command line asks for. */
struct httpd_options {
	struct address_options addresses;
	struct port_options ports;
	struct evpl_global_config library; /* but for packet_mbufs, which is computed */

	double duration_s;     /* 0: no limit */
	double stats_period_s; /* 0: never */
	const char *json;

	struct fault_options faults;
	uint64_t hold_slabs; /* for so many requests: fault_memory.h */
	struct connection_limits limits;
	struct files_options files;
	struct http_options http;
	struct services_options services;
	struct load_options load;
	uint64_t lwip_memory; /* bytes, as struct glue_config's memory */
};

/*
 * Splits argv at "--" and parses what follows it.
 * Returns the number of arguments that are EAL's, the program's name included; 0: help or version was printed,
 * nothing is left to do; -1: one line on stderr says what is wrong.
 */
int options_parse(int argc, char **argv, struct httpd_options *o);

#endif /* HTTPD_OPTIONS_H */
