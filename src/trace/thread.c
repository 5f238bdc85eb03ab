/* SPDX-License-Identifier: BSD-3-Clause */
/* The threads that tracing has seen. */
#include "trace/thread.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_lcore.h>

#ifndef TRACE_THREADS /* a test has fewer numbers */
#define TRACE_THREADS UINT16_MAX
#endif

struct trace_thread trace_nobody = {.place_bits = 1};
_Thread_local struct trace_thread *trace_me = &trace_nobody;
void (*trace_thread_leaves)(struct trace_thread *me);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static struct trace_thread *threads[TRACE_THREADS + 1]; /* by number; kept when the thread ends, for its name */
static unsigned thread_count;

static void
read_own_name(struct trace_thread *me)
{
	if (pthread_getname_np(pthread_self(), me->name, sizeof(me->name)) != 0)
		me->name[0] = '\0';
}

/* Its number and name stay, for it may return: trace_thread_begin(). */
static void
thread_ended(void *arg)
{
	struct trace_thread *me = arg;

	if (trace_thread_leaves != NULL)
		trace_thread_leaves(me);
	free(me->stacks);
	me->stacks = NULL;
	pthread_mutex_lock(&lock);
	read_own_name(me);
	me->ended = true;
	pthread_mutex_unlock(&lock);
	trace_me = &trace_nobody;
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
	read_own_name(me);
	trace_thread_look(me);
}

/*
 * With the lock. When all numbers were given, a thread that has ended loses its number, and its name is forgotten. Only
 * if none has ended, two threads share a number.
 */
static uint16_t
next_number(void)
{
	uint16_t number = 0;

	for (unsigned tries = 0; tries < TRACE_THREADS; tries++) {
		number = (uint16_t)(thread_count++ % TRACE_THREADS + 1);
		if (threads[number] == NULL || threads[number]->ended)
			break;
	}
	return number;
}

static _Thread_local struct trace_thread *was; /* kept when the thread's destructor has run */

/*
 * A thread's first call, or a call from a destructor of the program's own thread-specific data, after ours has run.
 * That is still the same thread. It ends again in the next round of destructors.
 */
struct trace_thread *
trace_thread_begin(void)
{
	struct trace_thread *me = was != NULL ? was : calloc(1, sizeof(*me));
	uint16_t number;

	if (me == NULL) {
		fprintf(stderr, "evpl: no memory to trace a thread\n");
		abort();
	}
	pthread_once(&once, make_key);
	pthread_mutex_lock(&lock);
	if (was == NULL) {
		number = next_number();
		if (threads[number] != NULL && threads[number]->ended)
			free(threads[number]);
		threads[number] = me;
		me->place_bits = (uint64_t)number << 48;
	}
	me->ended = false;
	pthread_mutex_unlock(&lock);
	me->tid = (int)gettid();
	trace_thread_name(me);
	pthread_setspecific(key, me);
	trace_me = was = me;
	return me;
}

void
trace_thread_forked(void)
{
	pthread_mutex_init(&lock, NULL);
	trace_me = &trace_nobody;
	was = NULL;
}

const struct trace_thread *
trace_thread_of(trace_place place)
{
	return threads[place >> 48];
}

/* A thread often gets its name from the one that made it, after its first call. */
static void
read_name(const struct trace_thread *thread, char name[sizeof(thread->name)])
{
	char path[48];
	ssize_t n = -1;
	bool ended;
	int file;

	pthread_mutex_lock(&lock);
	ended = thread->ended;
	memcpy(name, thread->name, sizeof(thread->name));
	pthread_mutex_unlock(&lock);
	if (ended)
		return;
	snprintf(path, sizeof(path), "/proc/self/task/%d/comm", thread->tid);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return;
	n = read(file, name, sizeof(thread->name));
	close(file);
	name[n > 0 ? n - 1 : 0] = '\0'; /* it ends with a newline */
}

void
trace_say_thread(FILE *out, trace_place place)
{
	const struct trace_thread *thread = trace_thread_of(place);
	char name[sizeof(thread->name)];

	if (thread == NULL) {
		fprintf(out, "thread ?");
		return;
	}
	read_name(thread, name);
	if (thread->lcore < 0)
		fprintf(out, "thread %s (%d), no lcore", name, thread->tid);
	else
		fprintf(out, "thread %s (%d), lcore %d", name, thread->tid, thread->lcore);
}
