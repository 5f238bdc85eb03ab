/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTPD_OPTIONS_H
#define HTTPD_OPTIONS_H

#include <stdint.h>

#include "../common/host/options.h"
#include "files.h"
#include "http.h"
#include "services.h"
#include "tcp/connection.h"

/* The values of the command line. */
struct httpd_options {
	struct host_options host;
	unsigned hold_slabs; /* requests that must find no memory: fault_memory.h */
	struct connection_limits limits;
	struct files_options files;
	struct http_options http;
	struct services_options services;
};

/*
 * Splits argv at "--" and parses the arguments behind it.
 * Returns the number of EAL's arguments, the program's name included; 0: help or version was printed, nothing is left
 * to do; -1: one line on stderr says what is wrong.
 */
int options_parse(int argc, char **argv, struct httpd_options *o);

#endif /* HTTPD_OPTIONS_H */
