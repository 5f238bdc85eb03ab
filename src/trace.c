/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of records, and each thread's share of it.
 */
#define _GNU_SOURCE 1
#include "trace.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_spinlock.h>

#define SHARE 64u /* records that a thread takes at a time */

union trace_slot trace_slots[TRACE_RECORDS];
_Thread_local struct trace_thread *trace_me;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static struct trace_thread *threads[UINT16_MAX + 1]; /* by number; kept when the thread ends, for its name */
static unsigned thread_count;
static uint32_t never_used = SHARE; /* index 0 is nobody's */
/* Records that threads had too many of, or left behind: first in, first out. With the lock held. */
static uint32_t spilled[TRACE_RECORDS];
static uint32_t spilled_head, spilled_count;

/* A thread's records go back when it ends; its number and name stay. */
static void
thread_ended(void *arg)
{
	struct trace_thread *me = arg;

	while (me->tail != me->head)
		trace_spill(me);
	pthread_mutex_lock(&lock);
	for (uint32_t next = me->spare; next != 0; next = trace_slots[next].bytes.next)
		spilled[(spilled_head + spilled_count++) % TRACE_RECORDS] = next;
	while (me->fresh < me->fresh_end)
		spilled[(spilled_head + spilled_count++) % TRACE_RECORDS] = me->fresh++;
	pthread_mutex_unlock(&lock);
	free(me->ring);
	me->ring = NULL;
	trace_me = NULL;
}

static void
make_key(void)
{
	if (pthread_key_create(&key, thread_ended) != 0) {
		fprintf(stderr, "evpl: no thread-specific data key left for tracing\n");
		abort();
	}
}

struct trace_thread *
trace_thread_begin(void)
{
	struct trace_thread *me = calloc(1, sizeof(*me));
	unsigned lcore_id = rte_lcore_id();
	uint16_t number;

	if (me != NULL)
		me->ring = calloc(TRACE_RING, sizeof(*me->ring));
	if (me == NULL || me->ring == NULL) {
		fprintf(stderr, "evpl: no memory to trace a thread\n");
		abort();
	}
	pthread_once(&once, make_key);
	me->tid = (int)gettid();
	me->lcore = lcore_id == LCORE_ID_ANY ? -1 : (int16_t)lcore_id;
	if (pthread_getname_np(pthread_self(), me->name, sizeof(me->name)) != 0)
		me->name[0] = '\0';
	pthread_mutex_lock(&lock);
	number = (uint16_t)(thread_count++ % UINT16_MAX + 1);
	threads[number] = me; /* the 65,536th takes the first one's number: its name is forgotten */
	pthread_mutex_unlock(&lock);
	me->mark = (uint64_t)number << 48;
	pthread_setspecific(key, me);
	trace_me = me;
	return me;
}

const struct trace_thread *
trace_thread_of(trace_place place)
{
	return threads[place >> 48];
}

bool
trace_refill(struct trace_thread *me)
{
	bool found = true;

	pthread_mutex_lock(&lock);
	if (never_used < TRACE_RECORDS) {
		me->fresh = never_used;
		never_used += SHARE;
		me->fresh_end = never_used;
	} else if (spilled_count > 0) {
		me->fresh = spilled[spilled_head];
		me->fresh_end = me->fresh + 1;
		spilled_head = (spilled_head + 1) % TRACE_RECORDS;
		spilled_count--;
	} else if (me->tail != me->head) {
		/* Before their time: a use of the iovec that the oldest one stood for can no longer name its places. */
		me->fresh = me->ring[me->head++ % TRACE_RING] % TRACE_RECORDS;
		me->fresh_end = me->fresh + 1;
		me->quick_until = me->head;
	} else {
		static bool said;

		if (!said)
			fprintf(stderr, "evpl: %u iovecs are live: tracing has no records left, more are not checked\n",
				TRACE_RECORDS - SHARE);
		said = true;
		found = false;
	}
	pthread_mutex_unlock(&lock);
	return found;
}

void
trace_spill(struct trace_thread *me)
{
	uint32_t some = RTE_MAX((me->tail - me->head) / 2, 1u);

	pthread_mutex_lock(&lock);
	for (; some > 0; some--)
		spilled[(spilled_head + spilled_count++) % TRACE_RECORDS] =
			me->ring[me->head++ % TRACE_RING] % TRACE_RECORDS;
	pthread_mutex_unlock(&lock);
}

unsigned
trace_records_used(void)
{
	unsigned used;

	pthread_mutex_lock(&lock);
	used = never_used;
	pthread_mutex_unlock(&lock);
	return used;
}
