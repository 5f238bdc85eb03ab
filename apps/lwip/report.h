/* SPDX-License-Identifier: BSD-3-Clause */
/* What happened, in words and as JSON. */
#ifndef HTTPD_REPORT_H
#define HTTPD_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include <evpl/evpl.h>

#include "fault.h"
#include "options.h"
#include "port.h"

/* lwIP's own counters; all zero with a library that does not count. */
struct httpd_tcp_stats {
	uint32_t sent, received, dropped, bad_checksum, no_memory, retransmitted;
};

struct httpd_report {
	double seconds;
	const struct httpd_ports *ports;
	struct connection_stats connections;
	struct http_stats http;
	struct services_stats services;
	struct files_stats files;
	struct fault_stats faults;
	struct httpd_tcp_stats tcp;
	struct glue_memory_stats memory;
	struct evpl_stats held; /* while serving */
	struct evpl_stats lost; /* after everything was closed */
	unsigned lost_mbufs;	/* of pools that are not the library's */
};

/* The counters as they are now. */
void report_take(struct httpd_report *r, const struct httpd_ports *ports);

/* After ports and lwIP are gone: what is not home. True when all is. */
bool report_take_lost(struct httpd_report *r, unsigned lost_mbufs);

/* One line, for --stats-period. */
void report_line(const struct httpd_report *r, FILE *out);

void report_print(const struct httpd_report *r, FILE *out);

/* For json_file_write(): of a struct httpd_report. */
void report_json(const void *report, FILE *out);

#endif /* HTTPD_REPORT_H */
