/* SPDX-License-Identifier: BSD-3-Clause */
/* What happened to a host, in words and as JSON: ports, lwIP, memory. What its program did stands between the two halves. */
#ifndef HOST_REPORT_H
#define HOST_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include <evpl/evpl.h>

#include "fault.h"
#include "port.h"

/* lwIP's own counters; all zero with a library that does not count. */
struct host_tcp_stats {
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

struct host_report {
	double seconds;
	struct report_cycles cycles;
	const struct host_ports *ports;
	struct fault_stats faults;
	struct host_tcp_stats tcp;
	struct glue_memory_stats memory;
	struct evpl_stats held; /* while it ran */
	struct evpl_stats lost; /* after everything was closed */
	unsigned lost_mbufs;	/* of pools that are not the library's */
};

/* Counts the turn that began at from, in TSC cycles, and ended now, which is returned. */
uint64_t host_report_turn(struct report_cycles *c, const struct host_ports *ports, uint64_t from);

/* The counters as they are now. */
void host_report_take(struct host_report *r, const struct host_ports *ports);

/* After ports and lwIP are gone: what is not home. True when all is. */
bool host_report_take_lost(struct host_report *r, unsigned lost_mbufs);

/* What stands before the program's own figures, and what behind. */
void host_report_print_begin(const struct host_report *r, FILE *out);
void host_report_print_end(const struct host_report *r, FILE *out);
void host_report_json_begin(const struct host_report *r, FILE *out);
void host_report_json_end(const struct host_report *r, FILE *out);

#endif /* HOST_REPORT_H */
