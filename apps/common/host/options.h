/* SPDX-License-Identifier: BSD-3-Clause */
/* The options of all programs on lwIP: addresses, ports, memory, faults, and how long they run. */
#ifndef HOST_OPTIONS_H
#define HOST_OPTIONS_H

#include <stdint.h>

#include <evpl/evpl.h>

#include "../command.h"
#include "../library.h"
#include "address.h"
#include "fault.h"
#include "port.h"

struct host_options {
	struct address_options addresses;
	struct port_options ports;
	struct evpl_global_config library; /* without packet_mbufs, which is computed */
	struct fault_options faults;
	uint64_t lwip_memory; /* bytes, as struct glue_config's memory */

	double duration_s;     /* 0: no limit */
	double stats_period_s; /* 0: never */
	const char *json;
};

/* The text that follows the program's version in --version. */
#if GLUE_LWIP_SOURCE
#define HOST_LWIP_VERSION " (lwIP built from source: no copies)"
#else
#define HOST_LWIP_VERSION " (lwIP of the system: what is sent is copied)"
#endif

/*
 * A program's tables, for struct command. Its struct host_options is at the offset `at`. The program's own tables
 * follow HOST_FIRST_TABLE, or lie between the others.
 */
#define HOST_FIRST_TABLE(at)                                                                                           \
	{                                                                                                              \
		host_network_rows, HOST_NETWORK_ROWS, (at)                                                             \
	}
#define HOST_MEMORY_TABLES(at)                                                                                         \
	{host_port_rows, HOST_PORT_ROWS, (at)},                                                                        \
	{                                                                                                              \
		library_rows, LIBRARY_ROWS, (at) + offsetof(struct host_options, library)                              \
	}
#define HOST_FAULT_TABLE(at)                                                                                           \
	{                                                                                                              \
		host_fault_rows, HOST_FAULT_ROWS, (at)                                                                 \
	}
#define HOST_LAST_TABLE(at)                                                                                            \
	{                                                                                                              \
		host_run_rows, HOST_RUN_ROWS, (at)                                                                     \
	}

enum { HOST_NETWORK_ROWS = 4, HOST_PORT_ROWS = 9, HOST_FAULT_ROWS = 2 * FAULT_KINDS + 2, HOST_RUN_ROWS = 4 };
extern const struct option_row host_network_rows[HOST_NETWORK_ROWS];
extern const struct option_row host_port_rows[HOST_PORT_ROWS];
extern const struct option_row host_fault_rows[HOST_FAULT_ROWS];
extern const struct option_row host_run_rows[HOST_RUN_ROWS];

/* Whether the options fit each other. Sets what follows from them. 0, or -1 after an error line. */
int host_options_check(struct host_options *o);

#endif /* HOST_OPTIONS_H */
