/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two structures, both lock-free, because drivers free buffers on any thread:
 *
 *	slab->top   the slab's free buffers, last in, first out. So a buffer that a driver has just freed is used again
 *	            while it is in cache. The links are numbers of buffers, and the upper half of the word counts the
 *	            puts. Without it a thread could take the top buffer with the link that the buffer had before another
 *	            thread took it and put it back.
 *	map         a bit per slab. Whoever puts a buffer sets the bit after it, if the bit is clear. Whoever finds no
 *	            buffer behind a bit clears it, looks again, and sets it again if there is one now. Both orders are
 *	            sequentially consistent, so one of the two sees the other, and a free buffer does not stay without
 *	            its bit.
 *
 * The lowest slab with a free buffer comes first. So few slabs are in use, and the others can be given back.
 *
 * What a thread may touch, and when, decides when a slab's memory may go (evpl_shelf_remove):
 *
 *	put    the last thing that it touches of the slab is slab->top. After that it touches the shelf only, which
 *	       stays. The last thing that it touches of the shelf is its count of free buffers: when that is
 *	       complete, no thread is in here.
 *	take   names the slab in ctx->taking before it looks at it. evpl_shelf_remove() makes the slab's number unknown,
 *	       and then waits until no context names it.
 */
#include "shelf.h"

#include "buffer.h"
#include "context.h"
#include "global.h"
#include "heap.h"
#include "slab.h"
#include "spin.h"

#include <sys/queue.h>

#include <rte_malloc.h>
#include <rte_pause.h>

#define BITS 64u
#define AGAIN 256u /* times that a take looks again while the count says that there is a free buffer */

/* slab->top: the number of the top buffer + 1, or 0, and how many buffers were put. */
static inline uint64_t
top_make(uint64_t top, uint32_t link, uint32_t puts)
{
	return (((top >> 32) + puts) << 32) | link;
}

struct evpl_shelf *
evpl_shelf_create(int socket_id)
{
	size_t words = (evpl_global.max_slabs + BITS - 1) / BITS;
	struct evpl_shelf *shelf;

	evpl_heap_lock();
	shelf = rte_zmalloc_socket("evpl", sizeof(*shelf) + words * sizeof(shelf->map[0]), RTE_CACHE_LINE_SIZE,
				   socket_id);
	if (shelf == NULL)
		shelf = rte_zmalloc("evpl", sizeof(*shelf) + words * sizeof(shelf->map[0]), RTE_CACHE_LINE_SIZE);
	evpl_heap_unlock();
	return shelf;
}

static inline void
mark(struct evpl_shelf *shelf, uint32_t number)
{
	uint64_t *word = &shelf->map[number / BITS], bit = (uint64_t)1 << number % BITS;

	if (!(__atomic_load_n(word, __ATOMIC_SEQ_CST) & bit))
		__atomic_fetch_or(word, bit, __ATOMIC_SEQ_CST);
}

/* Puts a chain of buffers, first to last, on top. From then on the slab may be gone. */
static inline void
put_chain(struct evpl_slab *slab, uint32_t first, struct evpl_buffer *last)
{
	uint64_t top = __atomic_load_n(&slab->top, __ATOMIC_RELAXED);

	do {
		__atomic_store_n(&last->next, (uint32_t)top, __ATOMIC_RELAXED);
	} while (!__atomic_compare_exchange_n(&slab->top, &top, top_make(top, first, 1), false, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
}

void
evpl_shelf_put(struct evpl_buffer *buffer)
{
	struct evpl_slab *slab = buffer->slab;
	struct evpl_shelf *shelf = slab->shelf;
	uint32_t number = slab->number;

	/* Both before it can be taken again, so that no buffer counts as away twice. */
	__atomic_fetch_add(&slab->home, 1, __ATOMIC_RELAXED);
	__atomic_fetch_sub(&shelf->away, 1, __ATOMIC_RELAXED);
	put_chain(slab, buffer->number + 1, buffer);
	mark(shelf, number);
	__atomic_fetch_add(&shelf->free, 1, __ATOMIC_RELEASE);
}

/* After a buffer was taken: the slab stays. */
static void
note_taken(struct evpl_context *ctx, struct evpl_slab *slab)
{
	struct evpl_shelf *shelf = slab->shelf;
	uint32_t away = slab->n - (__atomic_fetch_sub(&slab->home, 1, __ATOMIC_RELAXED) - 1);

	__atomic_fetch_sub(&shelf->free, 1, __ATOMIC_RELAXED);
	evpl_peak_note(&shelf->peak, __atomic_add_fetch(&shelf->away, 1, __ATOMIC_RELAXED));
	__atomic_store_n(&ctx->buffers_taken, ctx->buffers_taken + 1, __ATOMIC_RELAXED);
	evpl_peak_note(&slab->away, away);
	if (!__atomic_load_n(&slab->used, __ATOMIC_RELAXED))
		__atomic_store_n(&slab->used, true, __ATOMIC_RELAXED);
}

/* The buffers themselves may be taken by others meanwhile. Their memory stays, because ctx names the slab. */
static struct rte_mbuf *
take_top(struct evpl_context *ctx, struct evpl_slab *slab)
{
	uint64_t top = __atomic_load_n(&slab->top, __ATOMIC_ACQUIRE);
	struct evpl_buffer *buffer;
	uint32_t next;

	while ((uint32_t)top != 0) {
		buffer = evpl_slab_buffer(slab, (uint32_t)top - 1);
		next = __atomic_load_n(&buffer->next, __ATOMIC_RELAXED);
		if (__atomic_compare_exchange_n(&slab->top, &top, top_make(top, next, 0), false, __ATOMIC_ACQ_REL,
						__ATOMIC_ACQUIRE)) {
			note_taken(ctx, slab);
			return buffer->mbuf;
		}
	}
	return NULL;
}

static bool
is_empty(const struct evpl_slab *slab)
{
	return (uint32_t)__atomic_load_n(&slab->top, __ATOMIC_SEQ_CST) == 0;
}

/* Takes a buffer of the slab with that number. If it has none, clears its bit. */
static struct rte_mbuf *
take_from(struct evpl_shelf *shelf, struct evpl_context *ctx, uint32_t number)
{
	struct evpl_slab **place = &evpl_global.slabs[number];
	struct rte_mbuf *mbuf = NULL;
	struct evpl_slab *slab;

	/* Before the load of the slab: evpl_shelf_remove() does both the other way round. */
	__atomic_store_n(&ctx->taking, number + 1, __ATOMIC_SEQ_CST);
	slab = __atomic_load_n(place, __ATOMIC_SEQ_CST);
	/* The bit may be that of a slab that is gone, and its number another shelf's. */
	if (slab != NULL && slab->shelf == shelf)
		mbuf = take_top(ctx, slab);
	if (mbuf == NULL) {
		__atomic_fetch_and(&shelf->map[number / BITS], ~((uint64_t)1 << number % BITS), __ATOMIC_SEQ_CST);
		slab = __atomic_load_n(place, __ATOMIC_SEQ_CST);
		if (slab != NULL && slab->shelf == shelf && !is_empty(slab))
			mark(shelf, number);
	}
	__atomic_store_n(&ctx->taking, 0, __ATOMIC_RELEASE);
	return mbuf;
}

static struct rte_mbuf *
take_any(struct evpl_shelf *shelf, struct evpl_context *ctx)
{
	uint32_t words = __atomic_load_n(&shelf->words, __ATOMIC_ACQUIRE);
	struct rte_mbuf *mbuf;
	uint64_t bits;

	for (uint32_t i = 0; i < words; i++) {
		while ((bits = __atomic_load_n(&shelf->map[i], __ATOMIC_SEQ_CST)) != 0) {
			mbuf = take_from(shelf, ctx, i * BITS + (uint32_t)__builtin_ctzll(bits));
			if (mbuf != NULL)
				return mbuf;
		}
	}
	return NULL;
}

/*
 * A free buffer may be out of sight for a moment: its bit is being set again, another buffer came home behind the place
 * that was looked at, or evpl_shelf_remove() has it. The count of free buffers still has it then. The number of looks
 * is limited, because a thread that was stopped between a take and its count would be waited for.
 */
struct rte_mbuf *
evpl_shelf_take(struct evpl_shelf *shelf, struct evpl_context *ctx)
{
	struct rte_mbuf *mbuf;

	for (unsigned i = 0; i < AGAIN; i++) {
		mbuf = take_any(shelf, ctx);
		if (mbuf != NULL || evpl_shelf_free(shelf) == 0)
			return mbuf;
		rte_pause();
	}
	return NULL;
}

void
evpl_shelf_add(struct evpl_slab *slab)
{
	struct evpl_shelf *shelf = slab->shelf;

	for (uint32_t i = 0; i < slab->n; i++)
		evpl_slab_buffer(slab, i)->next = i + 1 < slab->n ? i + 2 : 0;
	slab->home = slab->n;
	slab->top = 1;
	shelf->buffers += slab->n;
	__atomic_store_n(&shelf->words, RTE_MAX(shelf->words, slab->number / BITS + 1), __ATOMIC_RELEASE);
	__atomic_store_n(&evpl_global.slabs[slab->number], slab, __ATOMIC_SEQ_CST);
	mark(shelf, slab->number);
	__atomic_fetch_add(&shelf->free, slab->n, __ATOMIC_RELEASE);
}

/* Takes all free buffers at once, so that no other thread finds one. True: these are all that the slab has. */
static bool
take_all(struct evpl_slab *slab)
{
	uint64_t top = __atomic_load_n(&slab->top, __ATOMIC_RELAXED);
	struct evpl_buffer *last = NULL;
	uint32_t n = 0, first;

	/* Acquires what all threads did that have put a buffer. */
	while (!__atomic_compare_exchange_n(&slab->top, &top, top_make(top, 0, 1), false, __ATOMIC_ACQ_REL,
					    __ATOMIC_RELAXED))
		;
	first = (uint32_t)top;
	for (uint32_t link = first; link != 0; link = last->next, n++)
		last = evpl_slab_buffer(slab, link - 1);
	if (n == slab->n)
		return true;
	if (n > 0)
		put_chain(slab, first, last);
	mark(slab->shelf, slab->number); /* another thread may have cleared the bit meanwhile */
	return false;
}

/* Contexts are few, and a take is short, so this wait is. */
static void
wait_for_takes(uint32_t number)
{
	const struct evpl_context *ctx;
	unsigned tries = 0;

	TAILQ_FOREACH (ctx, &evpl_global.contexts, entry) {
		while (__atomic_load_n(&ctx->taking, __ATOMIC_SEQ_CST) == number + 1)
			evpl_spin(&tries);
	}
}

static bool
remove_slab(struct evpl_slab *slab)
{
	struct evpl_shelf *shelf = slab->shelf;

	if (!take_all(slab))
		return false;
	__atomic_store_n(&evpl_global.slabs[slab->number], NULL, __ATOMIC_SEQ_CST);
	shelf->buffers -= slab->n;
	__atomic_fetch_sub(&shelf->free, slab->n, __ATOMIC_RELAXED);
	wait_for_takes(slab->number);
	return true;
}

bool
evpl_shelf_remove(struct evpl_slab *slab)
{
	struct evpl_global *g = &evpl_global;
	bool removed;

	if (__atomic_load_n(&slab->home, __ATOMIC_RELAXED) != slab->n)
		return false;
	__atomic_store_n(&g->removals, g->removals + 1, __ATOMIC_SEQ_CST);
	removed = remove_slab(slab);
	/* Before the end of the removal: whoever sees that end sees that there is room for a slab. */
	if (removed)
		__atomic_store_n(&g->slab_count, g->slab_count - 1, __ATOMIC_RELEASE);
	__atomic_store_n(&g->removals, g->removals + 1, __ATOMIC_SEQ_CST);
	return removed;
}
