/* SPDX-License-Identifier: BSD-3-Clause */
#include "plugin/check.h"

#include "plugin/held.h"
#include "plugin/option.h"
#include "plugin/report.h"
#include "plugin/room.h"
#include "trace/pattern.h"
#include "trace/stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_prefetch.h>

#define SOME 64u /* objects that are looked at together */

/* This call, as a place. */
static struct object_event
event_here(const void *frame, uintptr_t address)
{
	struct trace_thread *me = trace_self();

	return (struct object_event){
		.place = trace_place_make(me, trace_stack_here(me, frame, address, plugin_options.depth)),
		.tsc = rte_rdtsc(),
		.process = plugin_process};
}

/* Every Nth object that this thread takes. */
static bool
is_noted(void)
{
	static _Thread_local unsigned left __attribute__((tls_model("initial-exec")));

	if (likely(plugin_options.sample == 1))
		return true;
	if (left == 0)
		left = plugin_options.sample;
	return --left == 0;
}

/* Notes when an event was; and where, if the object is noted. */
static void
note(struct object_event *event, const struct object *object, const struct object_event *here)
{
	*event = *here;
	if (!object->noted)
		event->place = 0;
}

/* For valgrind or the address sanitizer, from which bytes can be hidden. Programs seldom run under one. */
static void
hide(const void *bytes, size_t n)
{
	if (unlikely(trace_hiding))
		trace_hide(bytes, n);
}

static void
reveal(const void *bytes, size_t n)
{
	if (unlikely(trace_hiding))
		trace_reveal(bytes, n);
}

static void
show(const void *bytes, size_t n)
{
	if (unlikely(trace_hiding))
		trace_show(bytes, n);
}

static void
fill_guards(const struct traced_pool *pool, uint32_t number)
{
	char *room = traced_pool_room(pool, number);

	if (pool->guard == 0)
		return;
	if (pool->front)
		fill_bytes(room - pool->guard, pool->guard, GUARD_BYTE);
	fill_bytes(room + pool->room_length, pool->guard, GUARD_BYTE);
	if (pool->front)
		hide(room - pool->guard, pool->guard);
	hide(room + pool->room_length, pool->guard);
}

#define FEW (OBJECT_FRONT / 8u) /* bytes that a program wrote may by chance look as if nobody wrote them */

/*
 * Whether a program wrote to the spare bytes and to the guard in front of a data room. rte_pktmbuf_priv_size() says
 * that both belong to the private area, so a program may write all of it. A faulty write that begins at the data room
 * and goes backwards does not get through all spare bytes.
 */
__attribute__((no_sanitize("address"))) static bool
is_front_used(const char *front, unsigned char untouched)
{
	unsigned n = 0;

	for (unsigned i = 0; i < OBJECT_FRONT; i++)
		n += (unsigned char)front[i] == untouched;
	return n <= FEW;
}

/*
 * Before the guards are relied on. DPDK clears the private area of a new mbuf. So other bytes are the program's, which
 * keeps them: they are not written over. Spare bytes have the pattern where the program has none of its own.
 */
static void
begin_guards(struct traced_pool *pool, uint32_t number)
{
	char *front = traced_pool_room(pool, number) - OBJECT_FRONT;
	bool is_new = __atomic_load_n(&pool->objects[number].state, __ATOMIC_RELAXED) == OBJECT_NEW;

	if (pool->guard == 0)
		return;
	reveal(front, OBJECT_FRONT);
	if (is_new && is_filled(front, OBJECT_FRONT, 0))
		fill_bytes(front, OBJECT_FRONT, GUARD_BYTE);
	else if (is_front_used(front, is_new ? 0 : GUARD_BYTE))
		pool->front = false;
	fill_guards(pool, number);
}

/* A guard that was written to is reported once, and filled again. */
static void
check_guards(struct traced_pool *pool, uint32_t number, const struct object_event *here)
{
	char *room = traced_pool_room(pool, number);
	const unsigned char *at;

	if (pool->guard == 0)
		return;
	reveal(room - pool->guard, pool->guard);
	reveal(room + pool->room_length, pool->guard);
	if (likely(is_filled(room + pool->room_length, OBJECT_GUARD, GUARD_BYTE) &&
		   (!pool->front || is_filled(room - OBJECT_GUARD, OBJECT_GUARD, GUARD_BYTE)) && !trace_hiding))
		return;
	at = trace_find_other(room + pool->room_length, pool->guard, GUARD_BYTE);
	if (unlikely(at != NULL))
		report_room(pool, number, "write past the data room", at, here);
	/* Backwards: the byte next to the room was written first. */
	at = pool->front ? trace_find_other(room - pool->guard, pool->guard, GUARD_BYTE) : NULL;
	if (unlikely(at != NULL) && is_front_used(room - OBJECT_FRONT, GUARD_BYTE))
		pool->front = false;
	else if (unlikely(at != NULL))
		report_room(pool, number, "write before the data room", at, here);
	fill_guards(pool, number);
}

/* A free object: its mbuf is as it was freed, and nobody wrote to its data room. */
static void
check_free(struct traced_pool *pool, uint32_t number, const struct object_event *here)
{
	struct object *object = &pool->objects[number];
	struct rte_mbuf *m = pool->addresses[number];
	const unsigned char *at;
	char *room;

	if (!object->filled)
		return;
	/* Byte by byte: a write to padding is a write, too. */
	if (!plugin_options.no_fields &&
	    unlikely(memcmp((const void *)m, (const void *)&pool->headers[number], sizeof(*m)) != 0)) {
		report_header(pool, number, &pool->headers[number], here);
		*m = pool->headers[number];
	}
	if (pool->room == 0)
		return;
	check_guards(pool, number, here);
	room = traced_pool_room(pool, number);
	reveal(room, pool->room_length);
	at = room_find_written(room, object->length);
	if (unlikely(at != NULL)) {
		report_room(pool, number, "write after free", at, here);
		room_fill(room, object->length);
	}
}

static void
take_one(struct traced_pool *pool, uint32_t number, const struct object_event *here)
{
	struct object *object = &pool->objects[number];

	check_free(pool, number, here);
	object->noted = is_noted();
	note(&object->taken, object, here);
	if (pool->room != 0) {
		if (!object->filled && object->noted)
			begin_guards(pool, number);
		show(traced_pool_room(pool, number), pool->room_length);
	}
	object->filled = false;
	__atomic_store_n(&object->state, OBJECT_TAKEN, __ATOMIC_RELEASE);
}

/*
 * rte_mempool_free() takes every object out, one by one, and removes it from the mempool after each. So an object that
 * is missing there tells that the pool is about to end, and that the object before it was taken for this, too.
 */
static bool
is_ending(struct traced_pool *pool)
{
	if (likely(pool->mempool->populated_size >= pool->count) || pool->ending)
		return pool->ending;
	pool->ending = true;
	if (pool->single.number != POOL_NO_OBJECT)
		pool->objects[pool->single.number] = pool->single.was;
	traced_pool_end(pool);
	return true;
}

/*
 * In a pool of one object, which is not free, nothing is missing yet. But rte_mempool_free() has already taken such a
 * pool off EAL's list.
 */
static void
look_for_end(struct traced_pool *pool)
{
	if (likely(pool->count != 1) || pool->ending || rte_mempool_lookup(pool->mempool->name) == pool->mempool)
		return;
	pool->ending = true;
	traced_pool_end(pool);
}

static int
take(struct traced_pool *pool, void **addresses, uint32_t *numbers, unsigned n, const void *frame, uintptr_t address)
{
	struct object_event here;

	if (unlikely(!traced_pool_pop(pool, numbers, n))) {
		pool->single.number = POOL_NO_OBJECT;
		look_for_end(pool);
		return -ENOBUFS;
	}
	here = event_here(frame, address);
	if (n == 1) {
		pool->single.number = numbers[0];
		pool->single.was = pool->objects[numbers[0]];
	}
	for (unsigned i = 0; i < n; i++) {
		if (i + 1 < n)
			rte_prefetch0(pool->addresses[numbers[i + 1]]);
		take_one(pool, numbers[i], &here);
		addresses[i] = pool->addresses[numbers[i]];
	}
	return 0;
}

/* All are taken at once, or none is: others may need what this call cannot have. */
int
traced_take(struct traced_pool *pool, void **addresses, unsigned n, const void *frame, uintptr_t address)
{
	uint32_t some[SOME], *many;
	int ret;

	if (unlikely(!__atomic_load_n(&pool->looked, __ATOMIC_ACQUIRE)))
		traced_pool_look(pool);
	if (unlikely(is_ending(pool)) || n == 0)
		return traced_pool_pop(pool, some, RTE_MIN(n, 1u)) ? 0 : -ENOBUFS;
	if (likely(n <= SOME))
		return take(pool, addresses, some, n, frame, address);
	many = n <= pool->count ? malloc(n * sizeof(*many)) : NULL;
	if (many == NULL)
		return -ENOBUFS;
	ret = take(pool, addresses, many, n, frame, address);
	free(many);
	return ret;
}

/* DPDK's own rules for an mbuf in a pool. An mbuf that breaks one is mended, else it would be handed out as it is. */
static void
check_header(struct traced_pool *pool, uint32_t number, const struct object_event *here)
{
	struct rte_mbuf *m = pool->addresses[number];
	uint16_t count = rte_mbuf_refcnt_read(m);
	char text[120];

	if (unlikely(count != 1)) {
		snprintf(text, sizeof(text), "an mbuf put back with a refcnt of %u, where DPDK wants 1", count);
		report_freed(pool, number, text, here);
		rte_mbuf_refcnt_set(m, 1);
	}
	if (unlikely(m->next != NULL || m->nb_segs != 1)) {
		snprintf(text, sizeof(text),
			 "an mbuf put back with a broken chain: next %p, nb_segs %u, where DPDK wants none and 1",
			 (void *)m->next, m->nb_segs);
		report_freed(pool, number, text, here);
		m->next = NULL;
		m->nb_segs = 1;
	}
	if (unlikely(m->pool != pool->mempool)) {
		snprintf(text, sizeof(text), "an mbuf put back with its pool field written over: %p", (void *)m->pool);
		report_freed(pool, number, text, here);
		m->pool = pool->mempool;
	}
	if (pool->room != 0 && unlikely(m->buf_addr != traced_pool_room(pool, number))) {
		snprintf(text, sizeof(text), "an mbuf put back while it is attached to the bytes at %p", m->buf_addr);
		report_freed(pool, number, text, here);
		m->buf_addr = traced_pool_room(pool, number);
		m->buf_len = (uint16_t)pool->room_length;
		rte_mbuf_iova_set(m, rte_mempool_virt2iova(pool->addresses[number]) + pool->room);
		m->priv_size = (uint16_t)(pool->room - sizeof(*m));
		m->ol_flags = 0;
	}
}

#define USED_OFTEN 64u	/* uses of an mbuf in which its whole room is watched. After these: */
#define ONE_OF 8u	/* in one of so many uses the whole room is watched, */
#define ROOM_START 512u /* and in the others only its first bytes: headroom, and headers */

/*
 * How many bytes of a data room are watched while its mbuf is free. To watch whole rooms halves the packets per second.
 * So an mbuf that is used again and again has its whole room watched in one of ONE_OF uses only. A bug that happens
 * again and again is found all the same.
 */
static uint32_t
watched_length(const struct traced_pool *pool, struct object *object)
{
	bool whole = plugin_options.bytes == BYTES_ALL || object->uses < USED_OFTEN || object->uses % ONE_OF == 0;

	object->uses = (uint16_t)(object->uses < USED_OFTEN + ONE_OF ? object->uses + 1u : USED_OFTEN + 1u);
	if (plugin_options.bytes == BYTES_NO || pool->room == 0)
		return 0;
	return whole ? pool->room_length : RTE_MIN(pool->room_length, ROOM_START);
}

static void
free_one(struct traced_pool *pool, uint32_t number, const struct object_event *here)
{
	struct object *object = &pool->objects[number];

	if (pool->of_mbufs)
		check_header(pool, number, here);
	note(&object->freed, object, here);
	if (object->noted && pool->of_mbufs) {
		pool->headers[number] = *(struct rte_mbuf *)pool->addresses[number];
		if (pool->room != 0)
			check_guards(pool, number, here);
		object->length = watched_length(pool, object);
		if (object->length != 0)
			room_fill(traced_pool_room(pool, number), object->length);
		object->filled = true;
	}
	if (pool->room != 0)
		hide(traced_pool_room(pool, number), pool->room_length);
	__atomic_store_n(&object->state, OBJECT_FREE, __ATOMIC_RELEASE);
}

/* Whether the object was taken. Of two threads that free it at once, one gets true. */
static bool
claim(struct object *object)
{
	uint32_t taken = OBJECT_TAKEN;

	return __atomic_compare_exchange_n(&object->state, &taken, OBJECT_FREED_NOW, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

int
traced_free(struct traced_pool *pool, void *const *addresses, unsigned n, const void *frame, uintptr_t address)
{
	struct object_event here;
	uint32_t numbers[SOME];
	unsigned done = 0;

	if (unlikely(pool->populating)) {
		traced_pool_add(pool, addresses, n);
		return 0;
	}
	here = event_here(frame, address);
	for (unsigned i = 0; i < n; i++) {
		uint32_t number = traced_pool_find(pool, addresses[i]);

		if (unlikely(number == POOL_NO_OBJECT)) {
			report_foreign(pool, addresses[i], &here);
			continue;
		}
		if (unlikely(!claim(&pool->objects[number]))) {
			report_double_free(pool, number, &here);
			continue;
		}
		free_one(pool, number, &here);
		numbers[done++] = number;
		if (done == SOME) {
			traced_pool_push(pool, numbers, done);
			done = 0;
		}
	}
	traced_pool_push(pool, numbers, done);
	return 0;
}

static void
check_at_end(struct traced_pool *pool, uint32_t number, const void *here)
{
	check_free(pool, number, here);
}

void
traced_pool_end(struct traced_pool *pool)
{
	const struct object_event here = {.tsc = rte_rdtsc(), .process = plugin_process};

	traced_pool_each_free(pool, check_at_end, &here);
	for (uint32_t number = 0; number < pool->count; number++) {
		const struct object *object = &pool->objects[number];

		if (__atomic_load_n(&object->state, __ATOMIC_ACQUIRE) == OBJECT_TAKEN && object->noted &&
		    pool->room != 0)
			check_guards(pool, number, &here);
		/* The memory is another's from here on. */
		if (pool->room != 0)
			show((char *)pool->addresses[number] + pool->room - pool->guard,
			     pool->room_length + 2 * pool->guard);
	}
	held_end(pool);
}
