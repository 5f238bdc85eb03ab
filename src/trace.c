/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of records, and each thread's share of it.
 */
#define _GNU_SOURCE 1
#include "trace.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

union trace_slot trace_slots[TRACE_RECORDS];
_Thread_local struct trace_thread *trace_me;
uint32_t trace_held_back = TRACE_RING / 2;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static struct trace_thread *threads[UINT16_MAX + 1]; /* by number; kept when the thread ends, for its name */
static unsigned thread_count, live_threads;
static uint32_t never_used = TRACE_SHARE; /* index 0 is nobody's */
/* Records that threads had too many of, or left behind: first in, first out. With the lock held. */
static uint32_t spilled[TRACE_RECORDS];
static uint32_t spilled_head, spilled_count;

/* With the lock held. */
static void
share_rings(void)
{
	uint32_t some = TRACE_RECORDS / 16 / RTE_MAX(live_threads, 1u);

	__atomic_store_n(&trace_held_back, RTE_MAX(RTE_MIN(some, TRACE_RING / 2), 2 * TRACE_TICK), __ATOMIC_RELAXED);
}

static void
spill(uint32_t index)
{
	spilled[(spilled_head + spilled_count++) % TRACE_RECORDS] = index;
}

/* A thread's records go back when it ends; its number and name stay. It may come back: see trace_thread_begin(). */
static void
thread_ended(void *arg)
{
	struct trace_thread *me = arg;

	while (me->tail != me->head)
		trace_spill(me);
	pthread_mutex_lock(&lock);
	for (; me->spare != 0; me->spare = trace_slots[me->spare].bytes.next)
		spill(me->spare);
	while (me->fresh_count > 0)
		spill(me->fresh[--me->fresh_count]);
	live_threads--;
	share_rings();
	pthread_mutex_unlock(&lock);
	free(me->ring);
	me->ring = NULL;
	me->spare_count = 0;
	me->quick_until = me->head;
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

void
trace_thread_look(struct trace_thread *me)
{
	unsigned lcore_id = rte_lcore_id();

	me->lcore = lcore_id == LCORE_ID_ANY ? -1 : (int16_t)lcore_id;
}

void
trace_thread_name(struct trace_thread *me)
{
	if (pthread_getname_np(pthread_self(), me->name, sizeof(me->name)) != 0)
		me->name[0] = '\0';
	trace_thread_look(me);
}

/*
 * A thread's first call; or one from a destructor of the program's own thread-specific data, after ours has run: it is
 * the same thread still, and ends again in the next round of destructors.
 */
struct trace_thread *
trace_thread_begin(void)
{
	static _Thread_local struct trace_thread *was;
	struct trace_thread *me = was != NULL ? was : calloc(1, sizeof(*me));
	uint16_t number;

	if (me != NULL)
		me->ring = calloc(TRACE_RING, sizeof(*me->ring));
	if (me == NULL || me->ring == NULL) {
		fprintf(stderr, "evpl: no memory to trace a thread\n");
		abort();
	}
	pthread_once(&once, make_key);
	pthread_mutex_lock(&lock);
	if (was == NULL) {
		number = (uint16_t)(thread_count++ % UINT16_MAX + 1);
		/* The 65,536th takes the first one's number: its name is forgotten. */
		if (threads[number] != NULL && threads[number]->ring == NULL)
			free(threads[number]);
		threads[number] = me;
		me->mark = (uint64_t)number << 48;
	}
	live_threads++;
	share_rings();
	pthread_mutex_unlock(&lock);
	me->tid = (int)gettid();
	trace_thread_name(me);
	pthread_setspecific(key, me);
	trace_me = was = me;
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
	while (spilled_count > 0 && me->fresh_count < TRACE_SHARE) {
		me->fresh[me->fresh_count++] = spilled[spilled_head];
		spilled_head = (spilled_head + 1) % TRACE_RECORDS;
		spilled_count--;
	}
	if (me->fresh_count > 0) {
		found = true;
	} else if (never_used < TRACE_RECORDS) {
		for (; me->fresh_count < TRACE_SHARE; never_used++)
			me->fresh[me->fresh_count++] = never_used;
	} else if (me->tail != me->head) {
		/* Before their time: a use of the iovec that the oldest one stood for can no longer name its places. */
		me->fresh[me->fresh_count++] = me->ring[me->head++ % TRACE_RING] % TRACE_RECORDS;
		me->quick_until = me->head;
	} else {
		static bool said;

		if (!said)
			fprintf(stderr,
				"evpl: tracing has none of its %u records left: iovecs that are taken while it is so "
				"are "
				"not checked\n",
				TRACE_RECORDS);
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
		spill(me->ring[me->head++ % TRACE_RING] % TRACE_RECORDS);
	pthread_mutex_unlock(&lock);
	me->quick_until = me->head;
}

void
trace_spill_spare(struct trace_thread *me)
{
	pthread_mutex_lock(&lock);
	for (; me->spare_count > TRACE_SPARE / 2 && me->spare != 0; me->spare_count--) {
		uint32_t index = me->spare;

		me->spare = trace_slots[index].bytes.next;
		spill(index);
	}
	pthread_mutex_unlock(&lock);
}

bool
trace_is_short(void)
{
	return __atomic_load_n(&never_used, __ATOMIC_RELAXED) >= TRACE_RECORDS;
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
