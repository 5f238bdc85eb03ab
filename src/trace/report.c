/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What tracing says: the bug, the iovec, and the places; and what is still held.
 */
#include "trace/report.h"

#include "context.h"
#include "held/place.h"
#include "trace/calls.h"
#include "trace/hooks.h"
#include "trace/records.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <rte_cycles.h>
#include <rte_mempool.h>

static const char *const call_names[CALL_COUNT] = {
	[CALL_NONE] = "?",
#define CALL(type, name, id, params, args) [CALL_##id] = "evpl_" #name,
#define CALL_VOID(name, id, params, args) [CALL_##id] = "evpl_" #name,
#define CALL_BARE(type, name, id) [CALL_##id] = "evpl_" #name,
#include "trace/calls.def"
};

const char *
trace_call_name(unsigned call)
{
	return call < CALL_COUNT ? call_names[call] : call_names[CALL_NONE];
}

/* "function (file:line)", or what is known of a return address. */
static void
say_where(FILE *out, trace_place place)
{
	uintptr_t address = (uintptr_t)(place & (TRACE_PLACE_SITE - 1));
	Dl_info info;

	if (place & TRACE_PLACE_SITE) {
		const struct evpl_pvt_site *site = (const struct evpl_pvt_site *)address;

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
trace_say_place(FILE *out, const char *word, unsigned how, trace_place place)
{
	fprintf(out, "  %-9s by %s in ", word, trace_call_name(how));
	say_where(out, place);
	fprintf(out, ", ");
	trace_say_thread(out, place);
	fputc('\n', out);
}

/* r is its record; NULL: none is known. One that was moved from is empty: it is shown as it was. */
static void
say_iovec(FILE *out, const struct evpl_iovec *iovec, const struct trace_record *r)
{
	if (r != NULL && iovec->ref == NULL)
		fprintf(out, "  iovec     %p: data %p, length %" PRIu32 ", %s\n", (const void *)iovec, r->data,
			r->length, r->state & TRACE_SHARED ? "SHARED" : "LOCAL");
	else
		fprintf(out, "  iovec     %p: data %p, length %" PRIu32 ", %s\n", (const void *)iovec, iovec->data,
			iovec->length, iovec->flags & EVPL_IOVEC_FLAG_SHARED ? "SHARED" : "LOCAL");
}

static void __attribute__((noreturn)) stop(void)
{
	fflush(stderr);
	abort();
}

static void
say_bug(const char *what)
{
	/* It may have got a name, or an lcore id, since its last look. */
	if (trace_me != NULL)
		trace_thread_name(trace_me);
	/* One report at a time; what the others have to say dies with them. */
	flockfile(stderr);
	fprintf(stderr, "evpl: BUG: %s\n", what);
}

static void
say_record(const struct trace_record *r)
{
	trace_say_place(stderr, "taken", r->taken_how, r->taken);
	if (!(r->state & TRACE_LIVE))
		trace_say_place(stderr, "let go", r->gone_how, r->gone);
}

/* Whether ref can be an mbuf that the library knows. */
static void
find_pool(struct rte_mempool *pool, void *arg)
{
	const void **wanted = arg;
	struct rte_mempool_memhdr *memory;

	STAILQ_FOREACH(memory, &pool->mem_list, next)
	{
		const char *from = memory->addr;

		if (*wanted != NULL && (const char *)*wanted >= from && (const char *)*wanted < from + memory->len)
			*wanted = NULL;
	}
}

static bool
is_mbuf(const void *ref)
{
	const void *wanted = ref;

	if (ref == NULL)
		return false;
	rte_mempool_walk(find_pool, &wanted);
	return wanted == NULL;
}

static bool
is_zeroed(const struct evpl_iovec *iovec)
{
	return iovec->data == NULL && iovec->length == 0 && iovec->flags == 0 && iovec->ref == NULL;
}

/* What is wrong with a use of an iovec whose record is not a live one of its own. */
static const char *
gone_words(enum trace_call call, unsigned gone_how)
{
	switch (gone_how) {
	case CALL_MOVE:
	case CALL_MOVE_SEGMENT:
		return call == CALL_RELEASE || call == CALL_RELEASES ? "release after move" : "use after move";
	case CALL_TO_MBUF:
	case CALL_TX_BURST:
		return call == CALL_RELEASE || call == CALL_RELEASES ? "release after it was sent"
								     : "use after it was sent";
	case CALL_RING_ENQUEUE:
		return call == CALL_RELEASE || call == CALL_RELEASES ? "release after it went into a ring"
								     : "use after it went into a ring";
	default:
		return call == CALL_RELEASE || call == CALL_RELEASES ? "double release" : "use after release";
	}
}

void
trace_stop_iovec(enum trace_call call, const struct evpl_iovec *iovec, trace_place here)
{
	uint32_t handle;
	const struct trace_record *r;
	bool known;

	if (iovec == NULL) {
		say_bug("a NULL instead of an iovec");
		trace_say_place(stderr, "misused", call, here);
		stop();
	}
	handle = trace_handle(iovec);
	r = &trace_slots[handle % TRACE_RECORDS].iovec;
	known = trace_index(r) != 0 && (r->state & TRACE_HANDLE) == handle && !(r->state & TRACE_PACKET) &&
		(r->state & TRACE_BYTES) != TRACE_BYTES && (r->ref == iovec->ref || iovec->ref == NULL);
	if (!known) {
		if (is_zeroed(iovec))
			say_bug("a zeroed iovec, which was never taken");
		else if (handle != 0 && is_mbuf(iovec->ref))
			say_bug("use of an iovec that was let go so long ago that its record had to be given up");
		else
			say_bug("an uninitialised or garbage iovec, which was never taken");
		say_iovec(stderr, iovec, NULL);
	} else if (r->owner != iovec) {
		fflush(stderr);
		say_bug(r->state & TRACE_LIVE ? "a copy made by \"=\": the reference is another iovec's"
					      : "a copy made by \"=\" of an iovec that was let go");
		say_iovec(stderr, iovec, r);
		fprintf(stderr, "  copied    from the iovec at %p; memcpy and an rte_ring copy, too: see evpl_ring.h\n",
			(const void *)r->owner);
		say_record(r);
	} else if (!(r->state & TRACE_LIVE)) {
		say_bug(gone_words(call, r->gone_how));
		say_iovec(stderr, iovec, r);
		say_record(r);
	} else {
		say_bug(r->ref != iovec->ref || r->state != trace_live(iovec)
				? "an iovec that was written over"
				: "a LOCAL iovec touched by another thread");
		say_iovec(stderr, iovec, r);
		say_record(r);
	}
	trace_say_place(stderr, "misused", call, here);
	stop();
}

void
trace_stop_range(enum trace_call call, const struct evpl_iovec *iovec, trace_place here, uint64_t offset,
		 uint64_t length, const char *what)
{
	const struct trace_record *r = &trace_slots[trace_handle(iovec) % TRACE_RECORDS].iovec;
	char text[160];

	if (call == CALL_COMMIT)
		snprintf(text, sizeof(text), "%s", what);
	else if (call == CALL_SET_LENGTH)
		snprintf(text, sizeof(text), "%s: %" PRIu64 " of %" PRIu32 " bytes", what, length, r->length);
	else
		snprintf(text, sizeof(text), "%s: offset %" PRIu64 ", length %" PRIu64 ", of %" PRIu32 " bytes", what,
			 offset, length, iovec->length);
	trace_stop_plain(call, iovec, here, text);
}

void
trace_stop_plain(enum trace_call call, const struct evpl_iovec *iovec, trace_place here, const char *what)
{
	const struct trace_record *r = &trace_slots[trace_handle(iovec) % TRACE_RECORDS].iovec;

	say_bug(what);
	say_iovec(stderr, iovec, r);
	say_record(r);
	trace_say_place(stderr, "misused", call, here);
	stop();
}

void
trace_stop_context(enum trace_call call, const struct evpl *evpl, trace_place here)
{
	const struct evpl_context *ctx = (const struct evpl_context *)evpl;

	if (ctx->hook.created == 0) {
		say_bug("a context that was destroyed, or never created");
		fprintf(stderr, "  context   %p\n", (const void *)evpl);
		trace_say_place(stderr, "misused", call, here);
		stop();
	}
	say_bug("a context used by a thread that does not own it");
	fprintf(stderr, "  context   %p\n", (const void *)evpl);
	trace_say_place(stderr, "created", CALL_CREATE, ctx->hook.created);
	fprintf(stderr, "  owned     since its first use in ");
	say_where(stderr, ctx->hook.used);
	fprintf(stderr, ", ");
	trace_say_thread(stderr, ctx->hook.used);
	fputc('\n', stderr);
	trace_say_place(stderr, "misused", call, here);
	stop();
}

void
trace_stop_mbuf(enum trace_call call, const struct rte_mbuf *mbuf, trace_place here)
{
	say_bug("an mbuf that is already free");
	fprintf(stderr, "  mbuf      %p of mempool %s\n", (const void *)mbuf,
		mbuf->pool != NULL ? mbuf->pool->name : "?");
	trace_say_place(stderr, "misused", call, here);
	stop();
}

void
trace_stop_buffer(enum trace_call call, const struct rte_mbuf *buffer, trace_place here, const void *at)
{
	char text[160];

	snprintf(text, sizeof(text), "write to bytes that nobody took: byte %td of the buffer at %p",
		 (const char *)at - (const char *)buffer->buf_addr, buffer->buf_addr);
	say_bug(text);
	trace_say_place(stderr, "found", call, here);
	stop();
}

void
trace_stop_bytes(enum trace_call call, const struct trace_bytes *bytes, trace_place here, const void *at,
		 const char *what)
{
	ptrdiff_t offset = (const char *)at - bytes->data;
	char text[160];

	if (offset < 0)
		snprintf(text, sizeof(text), "%s: byte %td before %" PRIu32 " bytes at %p", what, -offset,
			 bytes->length, (void *)bytes->data);
	else if ((uint64_t)offset >= bytes->length)
		snprintf(text, sizeof(text), "%s: byte %td behind %" PRIu32 " bytes at %p", what,
			 offset - (ptrdiff_t)bytes->length, bytes->length, (void *)bytes->data);
	else
		snprintf(text, sizeof(text), "%s: byte %td of %" PRIu32 " bytes at %p", what, offset, bytes->length,
			 (void *)bytes->data);
	say_bug(text);
	fprintf(stderr, "  bytes     %p, %" PRIu32 ", %s\n", (void *)bytes->data, bytes->length,
		bytes->shared ? "SHARED" : "LOCAL");
	trace_say_place(stderr, "taken", bytes->taken_how, bytes->taken);
	if (bytes->gone_how != CALL_NONE)
		trace_say_place(stderr, "let go", bytes->gone_how, bytes->gone);
	trace_say_place(stderr, "found", call, here);
	stop();
}

/* One more live iovec, or packet. What was taken after `now` was read is no age old. */
static void
add_live(struct place *places, struct place *total, struct place *one, uint32_t when, uint32_t now)
{
	uint32_t age = (int32_t)(now - when) < 0 ? 0 : now - when;

	one->age = (uint64_t)age << TRACE_WHEN_SHIFT;
	evpl_place_add(places, one);
	total->count += one->packets ? 0 : 1;
	total->bytes += one->packets ? 0 : one->bytes;
}

/* What a record says, perhaps while it changes: the caller looks at the state again. */
static struct place
read_record(const union trace_slot *slot, uint32_t state)
{
	struct place one = {.count = 1};

	if (state & TRACE_PACKET) {
		one.where = slot->packet.sent;
		one.how = slot->packet.sent_how;
		one.packets = true;
		/* Below TRACE_RECORDS, whatever else lies there by now. */
		one.bytes = trace_slots[slot->packet.bytes % TRACE_RECORDS].bytes.length;
	} else {
		one.where = slot->iovec.taken;
		one.how = slot->iovec.taken_how;
		one.bytes = slot->iovec.length;
	}
	return one;
}

/*
 * Live iovecs, and packets on watched bytes, by place, those with the most bytes first. NULL: there is none, or no
 * memory if total->count is not 0. The caller frees the table.
 */
static struct place *
find_places(int only_context, struct place *total)
{
	uint32_t now = (uint32_t)(rte_rdtsc() >> TRACE_WHEN_SHIFT);
	unsigned used = trace_records_used();
	struct place *places = NULL;

	memset(total, 0, sizeof(*total));
	for (unsigned i = 1; i < used; i++) {
		const union trace_slot *slot = &trace_slots[i];
		/* Together: when is something else in one that is gone. */
		uint64_t both = trace_load_pair(&slot->iovec.state);
		uint32_t state = (uint32_t)both;
		struct place one;

		if (likely((state & (TRACE_LIVE | TRACE_GONE)) != TRACE_LIVE && !(state & TRACE_PACKET)) || i == 0)
			continue;
		if (only_context >= 0 &&
		    (state & (TRACE_SHARED | TRACE_PACKET) || slot->iovec.context != (uint32_t)only_context))
			continue;
		one = read_record(slot, state);
		/* If it was given up meanwhile, what was read may be of whoever has the record now. */
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (trace_load_pair(&slot->iovec.state) != both)
			continue;
		if (places == NULL)
			places = calloc(EVPL_PLACES, sizeof(*places));
		if (places == NULL) {
			total->count = 1; /* at least */
			return NULL;
		}
		add_live(places, total, &one, (uint32_t)(both >> 32), now);
	}
	if (places != NULL)
		evpl_places_sort(places);
	return places;
}

void
trace_report_live(FILE *out, const char *title, bool always, int only_context)
{
	struct place total, *places = find_places(only_context, &total);

	if (places == NULL && total.count == 0 && !always)
		return;
	if (places == NULL && total.count > 0) {
		fprintf(out, "%s: no memory for the report\n", title);
		return;
	}
	flockfile(out);
	fprintf(out, "%s: %" PRIu64 " iovec%s, %" PRIu64 " bytes\n", title, total.count, total.count == 1 ? "" : "s",
		total.bytes);
	for (unsigned i = 0; places != NULL && i < EVPL_PLACES && places[i].count > 0; i++) {
		const struct place *g = &places[i];

		fprintf(out, "  %" PRIu64 " %s%s, %" PRIu64 " bytes, oldest %.1f s, ", g->count,
			g->packets ? "packet" : "iovec", g->count == 1 ? "" : "s", g->bytes, evpl_place_age_s(g));
		if (g->others) {
			fputs("in other places\n", out);
			continue;
		}
		fprintf(out, "%s by %s in ", g->packets ? "sent" : "taken", trace_call_name(g->how));
		say_where(out, g->where);
		fprintf(out, ", ");
		trace_say_thread(out, g->where);
		fputc('\n', out);
	}
	fflush(out);
	funlockfile(out);
	free(places);
}

int
hook_held_get(struct hook_held *held, unsigned n)
{
	struct place total, *places = find_places(-1, &total);

	if (places == NULL && total.count > 0)
		return -ENOMEM;
	n = evpl_places_held(places, held, n, say_where);
	free(places);
	return (int)n;
}

unsigned
hook_held_period(void)
{
	return 1;
}
