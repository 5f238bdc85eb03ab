/* SPDX-License-Identifier: BSD-3-Clause */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

#include "fault_memory.h"
#include "glue.h"
#include "http.h"
#include "services.h"

#define SMALLEST 64u

/* Held memory forms a list in its own bytes, because there may be thousands of buffers. */
struct held {
	struct evpl_iovec self;
	struct held *next;
};

static_assert(sizeof(struct held) <= SMALLEST, "the smallest piece that is held has no room for the list");

static struct evpl *evpl;
static struct held *list;
static uint64_t wanted; /* requests that must still find no memory; 0: the fault is over */
static uint64_t failed_before;
static bool begun;

static uint64_t
failed_requests(void)
{
	struct glue_memory_stats memory;
	struct http_stats http;

	glue_memory_stats_get(&memory);
	http_stats(&http);
	return memory.failed + http.no_memory;
}

static bool
bytes_moved(void)
{
	struct services_stats services;
	struct http_stats http;

	http_stats(&http);
	services_stats(&services);
	return http.body_bytes + services.echo_bytes > 0;
}

/* Takes whole buffers, then the rest of those in use. */
static void
hold_all_memory(void)
{
	for (unsigned size = evpl_buffer_size(); size >= SMALLEST; size /= 2) {
		struct evpl_iovec iovec;

		while (evpl_iovec_alloc(evpl, size, SMALLEST, 1, 0, &iovec) == 1) {
			struct held *h = evpl_iovec_data(&iovec);

			evpl_iovec_move(&h->self, &iovec);
			h->next = list;
			list = h;
		}
	}
}

static void
release_held(void)
{
	while (list != NULL) {
		struct evpl_iovec self;

		/* The iovec must not be released from its own bytes: they are gone with the last reference. */
		evpl_iovec_move(&self, &list->self);
		list = list->next;
		evpl_iovec_release(evpl, &self);
	}
}

void
fault_memory_start(struct evpl *context, uint64_t requests)
{
	evpl = context;
	wanted = requests;
}

void
fault_memory_poll(void)
{
	if (wanted == 0 || (!begun && !bytes_moved()))
		return;
	if (!begun)
		failed_before = failed_requests();
	begun = true;
	if (failed_requests() - failed_before < wanted)
		hold_all_memory();
	else
		fault_memory_stop();
}

void
fault_memory_stop(void)
{
	release_held();
	wanted = 0;
}
