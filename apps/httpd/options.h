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

extern struct httpd_options httpd_options;

/* What the command line may have, and whether its values fit each other: see struct host_program. */
extern const struct command httpd_command;
int httpd_options_check(void);

#endif /* HTTPD_OPTIONS_H */
