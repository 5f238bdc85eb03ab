/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Commands for dpdk-telemetry.py. A file has the commands of one subject, and telemetry.c has the list of all.
 */
#ifndef EVPL_SRC_TELEMETRY_H
#define EVPL_SRC_TELEMETRY_H

#include "base.h"
#include "field.h"

#include <rte_telemetry.h>

struct evpl_command {
	const char *name;
	telemetry_cb answer;
	const char *help;
	const struct evpl_field *fields;
	unsigned fields_n;
};
#define EVPL_COMMAND_FIELDS(table) .fields = (table), .fields_n = RTE_DIM(table)

extern const struct evpl_command evpl_contexts_command, evpl_slabs_command, evpl_map_command; /* telemetry_slab.c */
extern const struct evpl_command evpl_ports_command;					      /* telemetry_port.c */
extern const struct evpl_command evpl_processes_command;				      /* telemetry_process.c */

void evpl_telemetry_register(void);

/* The number in a command's parameter, before its first comma; 0 without one. */
unsigned evpl_parameter(const char *params);

/* Rows for a struct with a struct evpl_failures failed, struct evpl_counters done, or struct evpl_holding holding. */
#define EVPL_FAILED_FIELDS(type)                                                                                       \
	EVPL_FIELD_NAMED("alloc_einval", type, failed.alloc_einval, "calls"),                                          \
		EVPL_FIELD_NAMED("alloc_emsgsize", type, failed.alloc_emsgsize, "calls"),                              \
		EVPL_FIELD_NAMED("alloc_enomem", type, failed.alloc_enomem, "calls"),                                  \
		EVPL_FIELD_NAMED("send_einval", type, failed.send_einval, "packets"),                                  \
		EVPL_FIELD_NAMED("send_emsgsize", type, failed.send_emsgsize, "packets"),                              \
		EVPL_FIELD_NAMED("send_enomem", type, failed.send_enomem, "packets"),                                  \
		EVPL_FIELD_NAMED("send_eoverflow", type, failed.send_eoverflow, "packets")
#define EVPL_COUNTER_FIELDS(type)                                                                                      \
	EVPL_FIELD_NAMED("refills", type, done.refills, "buffers"),                                                    \
		EVPL_FIELD_NAMED("whole_buffers", type, done.whole_buffers, "buffers"),                                \
		EVPL_FIELD_NAMED("rewinds", type, done.rewinds, "buffers"),                                            \
		EVPL_FIELD_NAMED("remote_returns", type, done.remote_returns, "buffers"),                              \
		EVPL_FIELD_NAMED("other_node", type, done.other_node, "buffers"),                                      \
		EVPL_FIELD_NAMED("splits", type, done.splits, "calls"),                                                \
		EVPL_FIELD_NAMED("spills", type, done.spills, "references"),                                           \
		EVPL_FIELD_NAMED("bytes_taken", type, done.bytes_taken, "bytes"),                                      \
		EVPL_FIELD_NAMED("allocs", type, done.allocs, "iovecs"),                                               \
		EVPL_FIELD_NAMED("releases", type, done.releases, "iovecs")
#define EVPL_HOLDING_FIELDS(type)                                                                                      \
	EVPL_FIELD_NAMED("buffers_held", type, holding.buffers, "buffers"),                                            \
		EVPL_FIELD_NAMED("iovecs", type, holding.iovecs, "references"),                                        \
		EVPL_FIELD_NAMED("packets", type, holding.packets, "mbufs"),                                           \
		EVPL_FIELD_NAMED("bytes_pinned", type, holding.bytes_pinned, "bytes"),                                 \
		EVPL_FIELD_NAMED("bytes_carved", type, holding.bytes_carved, "bytes"),                                 \
		EVPL_FIELD_NAMED("bytes_live", type, holding.bytes_live, "bytes"),                                     \
		EVPL_FIELD_NAMED("oldest_ms", type, holding.oldest_ms, "milliseconds")

#endif /* EVPL_SRC_TELEMETRY_H */
