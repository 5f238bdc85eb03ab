/* SPDX-License-Identifier: BSD-3-Clause */
/* The report of a host, in words and as JSON: ports, lwIP, memory. The program's own part stands in the middle. */
#ifndef HOST_REPORT_H
#define HOST_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include <evpl/evpl.h>

#include "fault.h"
#include "port.h"

/* lwIP's own counters; all zero if lwIP does not count. */
struct host_tcp_stats {
	uint32_t sent, received, dropped, bad_checksum, no_memory, retransmitted;
};

/*
 * The time of a program's work, in TSC cycles. A program that polls is always busy. So only those turns of its loop
 * count in which a packet was received, queued or sent. No turn works for a millisecond outside of the ports' bursts.
 * If a turn takes longer, the system ran something else. Such a turn does not count as work, but as interrupted.
 */
struct report_cycles {
	uint64_t busy;	      /* in turns with work */
	uint64_t driver;      /* of these, in the ports' bursts, with system calls; the rest: stack and servers */
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
	struct evpl_stats held; /* while the program ran */
	struct evpl_stats lost; /* after everything was closed */
	unsigned lost_mbufs;	/* of pools unknown to the library */
};

/* Counts the turn that began at the TSC value `from`, and ends now. Returns the TSC. */
uint64_t host_report_turn(struct report_cycles *c, const struct host_ports *ports, uint64_t from);

/* Copies all counters into the report. */
void host_report_take(struct host_report *r, const struct host_ports *ports);

/* Counts what is not home. Call it when ports and lwIP are gone. True: everything is home. */
bool host_report_take_lost(struct host_report *r, unsigned lost_mbufs);

/* The parts before and behind the program's own figures. */
void host_report_print_begin(const struct host_report *r, FILE *out);
void host_report_print_end(const struct host_report *r, FILE *out);
void host_report_json_begin(const struct host_report *r, FILE *out);
void host_report_json_end(const struct host_report *r, FILE *out);

#endif /* HOST_REPORT_H */
