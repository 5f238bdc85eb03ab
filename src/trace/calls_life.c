/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The calls of a tracing build that make and end contexts and the library, and the report of what is held.
 */
#include "base.h"
#include "context.h"
#include "global.h"
#include "trace/records.h"
#include "trace/report.h"
#include "trace/calls.h" /* last: from here on the names are the public ones */

#include <stdio.h>

struct evpl *
traced_create(uint64_t where, const struct evpl_thread_config *config)
{
	static uint32_t last;
	struct evpl *evpl = evpl_plain_create(config);

	if (evpl != NULL) {
		evpl_context(evpl)->hook.created = trace_place_make(trace_self(), where);
		evpl_context(evpl)->hook.number = (uint64_t)__atomic_add_fetch(&last, 1, __ATOMIC_RELAXED) << 32;
	}
	return evpl;
}

void
traced_destroy(uint64_t where, struct evpl *evpl)
{
	struct trace_thread *me;
	uint32_t number;
	bool used;

	if (evpl == NULL)
		return;
	me = trace_self();
	me->here = trace_place_make(me, where);
	me->call = CALL_DESTROY;
	if (evpl_context(evpl)->hook.created == 0)
		trace_stop_context(CALL_DESTROY, evpl, me->here);
	number = (uint32_t)(evpl_context(evpl)->hook.number >> 32);
	used = evpl_context(evpl)->hook.owner != 0;
	evpl_plain_destroy(evpl);
	if (used)
		trace_report_live(stderr, "evpl_destroy: LOCAL iovecs that were taken through it are still held", false,
				  (int)number);
}

int
traced_cleanup(uint64_t where)
{
	struct trace_thread *me = trace_self();
	int rc;

	me->here = trace_place_make(me, where);
	me->call = CALL_CLEANUP;
	rc = evpl_plain_cleanup();
	/* Iovecs on mbufs of the program's own do not hinder it. */
	if (rc == -EBUSY || (rc == 0 && evpl_global.users == 0))
		trace_report_live(stderr, "evpl_cleanup: iovecs are still held", false, -1);
	return rc;
}

void
evpl_leak_report(FILE *out)
{
	trace_report_live(out, "evpl_leak_report: iovecs are held", true, -1);
}
