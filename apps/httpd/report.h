/* SPDX-License-Identifier: BSD-3-Clause */
/* What happened, in words and as JSON. */
#ifndef HTTPD_REPORT_H
#define HTTPD_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include <evpl/evpl.h>

#include "../common/host/fault.h"
#include "../common/host/port.h"
#include "options.h"

/* lwIP's own counters; all zero with a library that does not count. */
struct httpd_tcp_stats {
	uint32_t sent, received, dropped, bad_checksum, no_memory, retransmitted;
};

/*
 * A program that polls is always busy: what its work costs is the time of the turns of its loop that had some, that is, in
 * which a packet was received, queued or sent. In TSC cycles. No turn has work for a millisecond outside of the ports' bursts:
 * in one that is longer, the system ran something else. Those are left out, and counted.
 */
struct report_cycles {
	uint64_t busy; /* in turns that had work */
	uint64_t
		driver; /* of those, in the ports' bursts, system calls and all; the rest is the stack's and the servers' */
	uint64_t interrupted; /* turns */
	uint64_t moves_before, driver_before;
};

struct httpd_report {
	double seconds;
	struct report_cycles cycles;
	const struct httpd_ports *ports;
	struct connection_stats connections;
	struct http_stats http;
	struct services_stats services;
	struct load_stats load;
	struct files_stats files;
	struct fault_stats faults;
	struct httpd_tcp_stats tcp;
	struct glue_memory_stats memory;
	struct evpl_stats held; /* while serving */
	struct evpl_stats lost; /* after everything was closed */
	unsigned lost_mbufs;	/* of pools that are not the library's */
};

/* Counts the turn that began at from, in TSC cycles, and ended now, which is returned. */
uint64_t report_turn(struct report_cycles *c, const struct httpd_ports *ports, uint64_t from);

/* The counters as they are now. */
void report_take(struct httpd_report *r, const struct httpd_ports *ports);

/* After ports and lwIP are gone: what is not home. True when all is. */
bool report_take_lost(struct httpd_report *r, unsigned lost_mbufs);

/* One line, for --stats-period. */
void report_line(const struct httpd_report *r, FILE *out);

/* What --load has come to: one line, if it is on. */
void report_load(const struct load_stats *l, FILE *out);

void report_print(const struct httpd_report *r, FILE *out);

/* For json_file_write(): of a struct httpd_report. */
void report_json(const void *report, FILE *out);

#endif /* HTTPD_REPORT_H */
