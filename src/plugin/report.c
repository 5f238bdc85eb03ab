/* SPDX-License-Identifier: BSD-3-Clause */
#include "plugin/report.h"

#include "held/line.h"
#include "held/place.h"
#include "plugin/held.h"
#include "plugin/option.h"
#include "trace/stack.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>

#define MOST_REPORTS 1000u /* of a program that goes on */
#define MOST_MODULES 16u
#define MOST_OFFSETS 64u
#define INDENT "            " /* of a frame */

int32_t plugin_process;
static struct {
	int32_t process; /* 0: there is none */
	uint64_t tsc;	 /* of the fork() */
} parent;
static unsigned bugs;

void
report_forked(void)
{
	parent.process = plugin_process;
	parent.tsc = rte_rdtsc();
	plugin_process = (int32_t)getpid();
}

bool
report_knows(const struct object_event *event)
{
	return event->process == plugin_process || (event->process == parent.process && event->tsc < parent.tsc);
}

/* Frames of the report so far whose lines are not known, by module; with the lock of plugin_options.out. */
static struct {
	const char *module;
	unsigned count;
	uintptr_t offsets[MOST_OFFSETS];
} modules[MOST_MODULES];

static void
note_offset(const char *module, uintptr_t offset)
{
	unsigned m = 0, i = 0;

	while (m < MOST_MODULES && modules[m].module != NULL && strcmp(modules[m].module, module) != 0)
		m++;
	if (m == MOST_MODULES)
		return;
	modules[m].module = module;
	while (i < modules[m].count && modules[m].offsets[i] != offset)
		i++;
	if (i == modules[m].count && i < MOST_OFFSETS)
		modules[m].offsets[modules[m].count++] = offset;
}

void
report_line_commands(FILE *out)
{
	for (unsigned m = 0; out != NULL && m < MOST_MODULES && modules[m].module != NULL; m++) {
		fprintf(out, "  for lines: addr2line -fie %s", modules[m].module);
		for (unsigned i = 0; i < modules[m].count; i++)
			fprintf(out, " 0x%" PRIxPTR, modules[m].offsets[i]);
		fputc('\n', out);
	}
	memset(modules, 0, sizeof(modules));
}

static bool
is_in_libc(uintptr_t address)
{
	Dl_info info;

	return dladdr((void *)address, &info) != 0 && info.dli_fname != NULL &&
	       strstr(info.dli_fname, "/libc.so") != NULL;
}

static void
say_frame(FILE *out, uintptr_t address, const char *between)
{
	struct link_map *map;
	Dl_info info;

	if (evpl_line_say(out, address, between))
		return;
	evpl_place_say_address(out, address);
	/* The call is before the address that it returns to. */
	if (dladdr1((void *)address, &info, (void **)&map, RTLD_DL_LINKMAP) != 0 && info.dli_fname != NULL)
		note_offset(info.dli_fname, address - 1 - map->l_addr);
}

static uint64_t ages_end; /* with the lock of plugin_options.out */

/* A report's first line in a file takes long, because debug information is read. Ages do not count this. */
uint64_t
report_time(void)
{
	ages_end = rte_rdtsc();
	return ages_end;
}

void
report_frames(FILE *out, trace_place place, const char *between)
{
	uintptr_t frames[TRACE_STACK_DEPTH];
	unsigned n = trace_stack_frames(place & (TRACE_PLACE_SITE - 1), frames);

	/* What calls main(), or a thread's function, tells nothing: _start, and functions of libc. */
	if (n > 2 && is_in_libc(frames[n - 2]) && !is_in_libc(frames[n - 1]))
		n--;
	while (n > 1 && is_in_libc(frames[n - 1]))
		n--;
	for (unsigned i = 0; i < n; i++) {
		fputs(i == 0 ? "" : between, out);
		say_frame(out, frames[i], between);
	}
}

static void
say_age(FILE *out, const struct object_event *event)
{
	double s = ages_end > event->tsc ? (double)(ages_end - event->tsc) / (double)rte_get_tsc_hz() : 0;

	if (s < 1e-3)
		fprintf(out, "%.0f us ago", s * 1e6);
	else if (s < 1)
		fprintf(out, "%.0f ms ago", s * 1e3);
	else
		fprintf(out, "%.1f s ago", s);
}

void
report_event(FILE *out, const char *word, const struct object_event *event)
{
	fprintf(out, "  %-9s ", word);
	if (event->tsc == 0) {
		fprintf(out, "never\n");
		return;
	}
	say_age(out, event);
	if (event->place == 0 || !report_knows(event)) {
		if (!report_knows(event))
			fprintf(out, " by process %" PRId32 "\n", event->process);
		else
			fprintf(out, "; the place was not noted (EVPL_TRACE_SAMPLE=%u)\n", plugin_options.sample);
		return;
	}
	fprintf(out, " by ");
	trace_say_thread(out, event->place);
	fprintf(out, ", in\n");
	fprintf(out, INDENT);
	report_frames(out, event->place, "\n" INDENT);
	fputc('\n', out);
}

unsigned
report_bugs(void)
{
	return __atomic_load_n(&bugs, __ATOMIC_RELAXED);
}

void
report_flush(void)
{
	static bool said;
	FILE *out = plugin_options.out;
	bool failed = fflush(out) != 0 || ferror(out);

	if (failed && !said && out != stderr)
		fprintf(stderr, "evpl_trace: a report could not be written to EVPL_TRACE_FILE\n");
	said = said || failed;
}

void
report_stop(void)
{
	flockfile(plugin_options.out);
	report_flush();
	abort();
}

/* Begins a report, in which other threads do not write; false: there were so many that no more are shown. */
static bool
begin(const char *what, const char *more)
{
	FILE *out = plugin_options.out;
	unsigned n = __atomic_add_fetch(&bugs, 1, __ATOMIC_RELAXED);

	if (n > MOST_REPORTS + 1)
		return false;
	if (trace_me != &trace_nobody)
		trace_thread_name(trace_me); /* it may have got a name, or an lcore id, since its last look */
	flockfile(out);
	if (n == MOST_REPORTS + 1) {
		fprintf(out, "evpl_trace: %u bugs were shown; no more are\n", MOST_REPORTS);
		fflush(out);
		funlockfile(out);
		return false;
	}
	report_time();
	fprintf(out, "evpl_trace: BUG: %s%s\n", what, more);
	return true;
}

static void
end(void)
{
	report_line_commands(plugin_options.out);
	report_flush();
	if (!plugin_options.report)
		report_stop(); /* with the lock: what others have to say dies with them */
	funlockfile(plugin_options.out);
}

static const char *
kind_of(const struct traced_pool *pool)
{
	return pool->of_mbufs ? "mbuf" : "object";
}

static void
say_object(const struct traced_pool *pool, uint32_t number)
{
	const struct rte_mbuf *m = pool->addresses[number];
	FILE *out = plugin_options.out;

	fprintf(out, "  %-9s %p of pool %s", kind_of(pool), (const void *)m, pool->mempool->name);
	if (pool->room != 0)
		fprintf(out, ", data room %p, %" PRIu32 " bytes", (void *)traced_pool_room(pool, number),
			pool->room_length);
	fputc('\n', out);
}

/* The place where the program is now; at the end of a pool there is none. */
static void
say_here(const char *word, const struct object_event *here)
{
	if (here->place != 0)
		report_event(plugin_options.out, word, here);
	else
		fprintf(plugin_options.out, "  %-9s when the pool's objects were looked at\n", word);
}

static void
say_all(const struct traced_pool *pool, uint32_t number, const char *word, const struct object_event *here)
{
	const struct object *object = &pool->objects[number];
	uint32_t state = __atomic_load_n(&object->state, __ATOMIC_ACQUIRE);

	say_object(pool, number);
	report_event(plugin_options.out, "taken", &object->taken);
	if (state == OBJECT_FREE || state == OBJECT_NEW)
		report_event(plugin_options.out, "freed", &object->freed);
	say_here(word, here);
	end();
}

void
report_room(const struct traced_pool *pool, uint32_t number, const char *what, const unsigned char *at,
	    const struct object_event *here)
{
	ptrdiff_t offset = (const char *)at - traced_pool_room(pool, number);
	char more[80];

	if (offset < 0)
		snprintf(more, sizeof(more), ": byte %td before its start is 0x%02x", -offset, *at);
	else if ((uint64_t)offset >= pool->room_length)
		snprintf(more, sizeof(more), ": byte %td behind its end is 0x%02x",
			 offset - (ptrdiff_t)pool->room_length + 1, *at);
	else
		snprintf(more, sizeof(more), ": byte %td of the data room is 0x%02x", offset, *at);
	if (begin(what, more))
		say_all(pool, number, "found", here);
}

#define FIELD(name)                                                                                                    \
	{                                                                                                              \
#name, offsetof(struct rte_mbuf, name), sizeof(((struct rte_mbuf *)0)->name)                           \
	}

/* The first field that differs. */
static void
say_field(const struct rte_mbuf *was, const struct rte_mbuf *is, char *text, size_t size)
{
	static const struct field {
		const char *name;
		size_t offset, size;
	} fields[] = {FIELD(refcnt),	 FIELD(next),	  FIELD(nb_segs),	 FIELD(buf_addr), FIELD(data_off),
		      FIELD(port),	 FIELD(ol_flags), FIELD(packet_type),	 FIELD(pkt_len),  FIELD(data_len),
		      FIELD(vlan_tci),	 FIELD(hash),	  FIELD(vlan_tci_outer), FIELD(buf_len),  FIELD(pool),
		      FIELD(tx_offload), FIELD(shinfo),	  FIELD(priv_size),	 FIELD(timesync), FIELD(dynfield1)};

	for (unsigned i = 0; i < RTE_DIM(fields); i++) {
		const struct field *field = &fields[i];
		const char *a = (const char *)was + field->offset, *b = (const char *)is + field->offset;
		uint64_t before = 0, now = 0;

		if (memcmp(a, b, field->size) == 0)
			continue;
		memcpy(&before, a, RTE_MIN(field->size, sizeof(before)));
		memcpy(&now, b, RTE_MIN(field->size, sizeof(now)));
		snprintf(text, size, ": field %s of the mbuf was 0x%" PRIx64 " and is 0x%" PRIx64, field->name, before,
			 now);
		return;
	}
	snprintf(text, size, ": a field of the mbuf");
}

void
report_header(const struct traced_pool *pool, uint32_t number, const struct rte_mbuf *was,
	      const struct object_event *here)
{
	char text[120];

	say_field(was, pool->addresses[number], text, sizeof(text));
	if (begin("write after free", text))
		say_all(pool, number, "found", here);
}

void
report_freed(const struct traced_pool *pool, uint32_t number, const char *what, const struct object_event *here)
{
	if (begin(what, ""))
		say_all(pool, number, "freed", here);
}

void
report_double_free(const struct traced_pool *pool, uint32_t number, const struct object_event *here)
{
	/* Another thread may free it at this moment, and be about to note it. */
	for (unsigned i = 0;
	     i < 100 && __atomic_load_n(&pool->objects[number].state, __ATOMIC_ACQUIRE) == OBJECT_FREED_NOW; i++)
		rte_delay_us_sleep(100);
	if (begin("double free of an ", kind_of(pool)))
		say_all(pool, number, "again", here);
}

struct search {
	const char *address;
	const struct traced_pool *pool; /* NULL: not found */
	uint32_t number;
	ptrdiff_t inside; /* so many bytes behind the object's start */
};

/* Whether the pool has an object at, or around, that address. */
static void
search_pool(struct traced_pool *pool, void *arg)
{
	struct search *search = arg;

	for (uint32_t i = 0; i < pool->count && search->pool == NULL; i++) {
		const char *start = pool->addresses[i];

		if (search->address >= start && search->address < start + pool->mempool->elt_size) {
			search->pool = pool;
			search->number = i;
			search->inside = search->address - start;
		}
	}
}

void
report_foreign(const struct traced_pool *pool, const void *address, const struct object_event *here)
{
	struct search search = {.address = address};
	FILE *out = plugin_options.out;
	char what[80];

	held_walk(search_pool, &search);
	if (search.pool == NULL)
		held_walk_others(search_pool, &search);
	snprintf(what, sizeof(what), "free of what is no %s of the pool", kind_of(pool));
	if (!begin(what, ""))
		return;
	fprintf(out, "  address   %p, put into pool %s\n", address, pool->mempool->name);
	if (search.pool == NULL) {
		fprintf(out, "  it is     in no object of a traced pool\n");
	} else {
		const struct object *object = &search.pool->objects[search.number];

		if (search.inside == 0)
			fprintf(out, "  it is     an %s of pool %s\n", kind_of(search.pool),
				search.pool->mempool->name);
		else
			fprintf(out, "  it is     %td bytes inside the %s %p of pool %s\n", search.inside,
				kind_of(search.pool), search.pool->addresses[search.number],
				search.pool->mempool->name);
		report_event(out, "taken", &object->taken);
		if (object->state == OBJECT_FREE)
			report_event(out, "freed", &object->freed);
	}
	report_event(out, "freed", here);
	end();
}

void
report_count(const struct traced_pool *pool, uint32_t number, const struct object_event *here)
{
	const struct rte_mbuf *m = pool->addresses[number];
	char what[120];

	snprintf(what, sizeof(what), "an mbuf with a refcnt of %u: it was let go more often than it was held",
		 rte_mbuf_refcnt_read(m));
	if (begin(what, ""))
		say_all(pool, number, "found", here);
}
