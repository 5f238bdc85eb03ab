/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory as C11 describes it, for the models. Each of them compiles this file into its verifier.
 *
 * A place is one atomic variable. It keeps all values that some thread may still read, in the order in which they were
 * written. Each thread knows a newest value of each place: it never reads an older one, but it may go on reading that
 * one although newer ones are there. A release store writes down all that its thread knows, and an acquire load learns
 * what is written down. An atomic addition always reads the newest value, and passes on what is written down there.
 *
 * The bytes of the buffer are not atomic. A thread knows of each other thread's last use of them, or it does not. Only
 * a thread that knows of all of them may write over the bytes or bring the buffer home.
 *
 * What this does not have: a load that takes its value after a later store of its thread. README.md says why that is
 * enough.
 */
#ifndef EVPL_TEST_MODEL_MEMORY_H
#define EVPL_TEST_MODEL_MEMORY_H

#include <stdbool.h>
#include <string.h>

/* Orders. In C11's words: memory_order_relaxed, acquire, release, acq_rel. */
enum { RELAXED, ACQUIRE, RELEASE, ACQ_REL };

struct view {
	unsigned char at[N_PLACES];    /* the newest value that is known of each place */
	unsigned char used[N_THREADS]; /* 1: the thread's last use of the bytes is known */
};

struct written {
	unsigned char value;
	struct view down; /* what is learnt by an acquire */
};

struct memory {
	struct place {
		struct written values[N_WRITES];
		unsigned char count;
	} places[N_PLACES];
	struct view threads[N_THREADS];
	struct view bags[N_BAGS]; /* what a lock, a queue of the program, or another count passes on */
	bool idle[N_THREADS];	  /* it holds nothing, and so it reads nothing before it takes out of a bag */
	bool counts[N_BAGS];	  /* a thread that takes it may read what is known there */
	bool broken;		  /* a place needs more than N_WRITES */
};

static void
view_join(struct view *to, const struct view *from)
{
	for (int i = 0; i < N_PLACES; i++)
		to->at[i] = from->at[i] > to->at[i] ? from->at[i] : to->at[i];
	for (int i = 0; i < N_THREADS; i++)
		to->used[i] |= from->used[i];
}

static void
view_forget(struct view *view, int place, int n)
{
	view->at[place] = view->at[place] > n ? view->at[place] - n : 0;
}

/* Drops the values that no thread can read any more, so that there are fewer states. */
static void
memory_forget(struct memory *memory, int place)
{
	struct place *p = &memory->places[place];
	int n = p->count;

	for (int i = 0; i < N_THREADS; i++)
		n = !memory->idle[i] && memory->threads[i].at[place] < n ? memory->threads[i].at[place] : n;
	for (int i = 0; i < N_BAGS; i++)
		n = memory->counts[i] && memory->bags[i].at[place] < n ? memory->bags[i].at[place] : n;
	if (n == p->count)
		n--;
	if (n == 0)
		return;
	memmove(p->values, p->values + n, (p->count - n) * sizeof(p->values[0]));
	p->count -= n;
	memset(p->values + p->count, 0, n * sizeof(p->values[0]));
	for (int i = 0; i < N_THREADS; i++)
		view_forget(&memory->threads[i], place, n);
	for (int i = 0; i < N_BAGS; i++)
		view_forget(&memory->bags[i], place, n);
	for (int i = 0; i < N_PLACES; i++) {
		for (int k = 0; k < memory->places[i].count; k++)
			view_forget(&memory->places[i].values[k].down, place, n);
	}
}

static void
memory_init(struct memory *memory, int place, int value)
{
	memory->places[place].values[0].value = value;
	memory->places[place].count = 1;
	for (int i = 0; i < N_THREADS; i++) {
		for (int k = 0; k < N_THREADS; k++)
			memory->threads[i].used[k] = 1;
	}
}

/* How many values a load may return beside the oldest one. */
static int
memory_newer(const struct memory *memory, int thread, int place)
{
	return memory->places[place].count - memory->threads[thread].at[place] - 1;
}

/* The age-th value of those, the oldest first. */
static int
memory_load(struct memory *memory, int thread, int place, int order, int age)
{
	struct view *view = &memory->threads[thread];
	struct written *w = &memory->places[place].values[view->at[place] + age];
	int value = w->value;

	view->at[place] += age;
	if (order == ACQUIRE || order == ACQ_REL)
		view_join(view, &w->down);
	memory_forget(memory, place);
	return value;
}

static struct written *
memory_append(struct memory *memory, int thread, int place, int value)
{
	struct place *p = &memory->places[place];
	struct written *w;

	if (p->count == N_WRITES) {
		memory->broken = true;
		p->count--;
	}
	w = &p->values[p->count];
	memset(w, 0, sizeof(*w));
	w->value = value;
	w->down.at[place] = memory->threads[thread].at[place] = p->count++;
	return w;
}

/* False: the model has two stores that race, because the thread does not know the newest value. */
static bool
memory_store(struct memory *memory, int thread, int place, int order, int value)
{
	bool alone = memory_newer(memory, thread, place) == 0;
	struct written *w = memory_append(memory, thread, place, value);

	if (order == RELEASE)
		view_join(&w->down, &memory->threads[thread]);
	memory_forget(memory, place);
	return alone;
}

/* Returns the new value. */
static int
memory_add(struct memory *memory, int thread, int place, int order, int n)
{
	struct place *p = &memory->places[place];
	struct written last = p->values[p->count - 1], *w;

	w = memory_append(memory, thread, place, last.value + n);
	view_join(&w->down, &last.down);
	if (order == ACQUIRE || order == ACQ_REL)
		view_join(&memory->threads[thread], &last.down);
	if (order == RELEASE || order == ACQ_REL)
		view_join(&w->down, &memory->threads[thread]);
	n = w->value;
	memory_forget(memory, place);
	return n;
}

/* The thread reads or writes the bytes. */
static void
memory_use(struct memory *memory, int thread)
{
	for (int i = 0; i < N_THREADS; i++)
		memory->threads[i].used[thread] = i == thread;
	for (int i = 0; i < N_BAGS; i++)
		memory->bags[i].used[thread] = 0;
	for (int i = 0; i < N_PLACES; i++) {
		for (int k = 0; k < memory->places[i].count; k++)
			memory->places[i].values[k].down.used[thread] = 0;
	}
}

/* Whether all uses of the bytes came before what the thread does next. */
static bool
memory_is_settled(const struct memory *memory, int thread)
{
	for (int i = 0; i < N_THREADS; i++) {
		if (!memory->threads[thread].used[i])
			return false;
	}
	return true;
}

static void
memory_forget_all(struct memory *memory)
{
	for (int i = 0; i < N_PLACES; i++)
		memory_forget(memory, i);
}

/* A lock that is given back, or a queue that a pointer is put into: release. */
static void
memory_hand(struct memory *memory, int thread, int bag, bool counts)
{
	view_join(&memory->bags[bag], &memory->threads[thread]);
	memory->counts[bag] = counts;
}

/* A lock that is taken, or a queue that a pointer is taken from, which is empty then: acquire. */
static void
memory_take(struct memory *memory, int thread, int bag, bool empties)
{
	view_join(&memory->threads[thread], &memory->bags[bag]);
	memory->idle[thread] = false;
	if (empties) {
		memset(&memory->bags[bag], 0, sizeof(memory->bags[bag]));
		memory->counts[bag] = false;
	}
	memory_forget_all(memory);
}

/*
 * The thread holds nothing any more, so no value needs to be kept for it. What it knows of the bytes is forgotten, so
 * that there are fewer states: a thread that knows less finds more errors, not fewer.
 */
static void
memory_rest(struct memory *memory, int thread)
{
	memory->idle[thread] = true;
	memset(memory->threads[thread].used, 0, sizeof(memory->threads[thread].used));
	memory->threads[thread].used[thread] = 1;
	memory_forget_all(memory);
}

/* The thread comes after all others have ended. */
static void
memory_come_last(struct memory *memory, int thread)
{
	memory->idle[thread] = false;
	for (int i = 0; i < N_PLACES; i++)
		memory->threads[thread].at[i] = memory->places[i].count - 1;
	memset(memory->threads[thread].used, 1, sizeof(memory->threads[thread].used));
}

/* All threads pass a fence: membarrier(). */
static void
memory_fence_all(struct memory *memory)
{
	struct view all = memory->threads[0];

	for (int i = 1; i < N_THREADS; i++)
		view_join(&all, &memory->threads[i]);
	for (int i = 0; i < N_THREADS; i++)
		memory->threads[i] = all;
	memory_forget_all(memory);
}

#endif /* EVPL_TEST_MODEL_MEMORY_H */
