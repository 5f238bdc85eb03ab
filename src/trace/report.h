/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What tracing says: a bug, which stops the program, and what is still held.
 */
#ifndef EVPL_SRC_TRACE_REPORT_H
#define EVPL_SRC_TRACE_REPORT_H

#include "base.h"
#include "trace/records.h"

#include <stdio.h>

const char *trace_call_name(unsigned call);
void trace_say_place(FILE *out, const char *word, unsigned how, trace_place place);
void trace_stop_iovec(enum trace_call call, const struct evpl_iovec *iovec, trace_place here)
	__attribute__((noreturn, cold));
void trace_stop_range(enum trace_call call, const struct evpl_iovec *iovec, trace_place here, uint64_t offset,
		      uint64_t length, const char *what) __attribute__((noreturn, cold));
void trace_stop_plain(enum trace_call call, const struct evpl_iovec *iovec, trace_place here, const char *what)
	__attribute__((noreturn, cold));
void trace_stop_context(enum trace_call call, const struct evpl *evpl, trace_place here)
	__attribute__((noreturn, cold));
void trace_stop_mbuf(enum trace_call call, const struct rte_mbuf *mbuf, trace_place here)
	__attribute__((noreturn, cold));
void trace_stop_bytes(enum trace_call call, const struct trace_bytes *bytes, trace_place here, const void *at,
		      const char *what) __attribute__((noreturn, cold));
void trace_stop_buffer(enum trace_call call, const struct rte_mbuf *buffer, trace_place here, const void *at)
	__attribute__((noreturn, cold));
void trace_report_live(FILE *out, const char *title, bool always,
		       int only_context); /* LOCAL ones of its number, or -1: all */

#endif /* EVPL_SRC_TRACE_REPORT_H */
