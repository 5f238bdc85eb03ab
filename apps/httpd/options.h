/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef HTTPD_OPTIONS_H
#define HTTPD_OPTIONS_H

#include <stdint.h>

#include "../common/host/options.h"
#include "files.h"
#include "http.h"
#include "services.h"
#include "tcp/connection.h"

/* What the command line asks for. */
struct httpd_options {
	struct host_options host;
	unsigned hold_slabs; /* for so many requests: fault_memory.h */
	struct connection_limits limits;
	struct files_options files;
	struct http_options http;
	struct services_options services;
};

/*
 * Splits argv at "--" and parses what follows it.
 * Returns the number of arguments that are EAL's, the program's name included; 0: help or version was printed,
 * nothing is left to do; -1: one line on stderr says what is wrong.
 */
int options_parse(int argc, char **argv, struct httpd_options *o);

#endif /* HTTPD_OPTIONS_H */
