/* SPDX-License-Identifier: BSD-3-Clause */
/* The servers' part of the host's report, in words and as JSON. */
#ifndef HTTPD_REPORT_H
#define HTTPD_REPORT_H

#include <stdio.h>

#include "../common/host/report.h"
#include "files.h"
#include "http.h"
#include "services.h"
#include "tcp/connection.h"

struct httpd_report {
	struct connection_stats connections;
	struct http_stats http;
	struct services_stats services;
	struct files_stats files;
};

/* Copies all counters into the report. */
void report_take(struct httpd_report *r);

/* Prints one line, for --stats-period. */
void report_line(const struct httpd_report *r, const struct host_report *host, FILE *out);

void report_print(const struct httpd_report *r, FILE *out);
void report_json(const struct httpd_report *r, FILE *out);

#endif /* HTTPD_REPORT_H */
