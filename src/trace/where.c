/* SPDX-License-Identifier: BSD-3-Clause */
/* Says places. */
#include "trace/where.h"

#include "held/place.h"

#include <dlfcn.h>
#include <inttypes.h>

void
trace_say_where(FILE *out, trace_place place)
{
	uintptr_t address = (uintptr_t)(place & (TRACE_PLACE_SITE - 1));
	Dl_info info;

	if (place & TRACE_PLACE_SITE) {
		const struct evpl_site *site = (const struct evpl_site *)address;

		if (dladdr(site, &info) == 0) { /* of a shared object that was unloaded since */
			fprintf(out, "? (0x%" PRIxPTR ")", address);
			return;
		}
		fprintf(out, "%s (%s:%u)", site->function, site->file, site->line);
	} else {
		evpl_place_say_address(out, address);
	}
}

void
trace_say_thread(FILE *out, trace_place place)
{
	const struct trace_thread *thread = trace_thread_of(place);

	if (thread == NULL)
		fprintf(out, "thread ?");
	else if (thread->lcore < 0)
		fprintf(out, "thread %s (%d), no lcore", thread->name, thread->tid);
	else
		fprintf(out, "thread %s (%d), lcore %d", thread->name, thread->tid, thread->lcore);
}
