/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lwIP's memory. Its heap and its pools (MEM_LIBC_MALLOC, MEMP_MEM_MALLOC) are blocks in slabs. Each block has its own
 * iovec in front, so that what lwIP has built can be sent in place.
 *
 *	[ self: iovec of the whole block ][ held: iovec, or empty ][ sent ][ bytes for lwIP ... ]
 *	                                                                   ^ what glue_malloc() returns
 *
 * held is a clone of the iovec that glue_write() writes while lwIP allocates, so a PBUF_ROM keeps what it points to.
 * lwIP frees the block when the peer has acknowledged the bytes, and the reference goes with it.
 *
 * Freed blocks wait in one list per size. Otherwise the state of one connection, which may live for hours, would keep a
 * whole buffer whose other blocks were short-lived. So blocks are taken by the dozen, and used again. Once a second the
 * waiting blocks are given back.
 */
#include <stddef.h>
#include <string.h>

#include "glue.h"
#include "glue_memory.h"

#define BLOCK_STEP 64u	/* sizes are multiples of this: a cache line */
#define BLOCK_SIZES 32u /* up to 2 KiB; larger ones are not kept */
#define BLOCKS_PER_TAKE 16u

struct block {
	struct evpl_iovec self;
	struct evpl_iovec held;
	bool sent; /* packets may still have its bytes when lwIP frees it */
};

/* Lies in the bytes of a free block. */
struct free_block {
	struct block *next;
};

static struct evpl *evpl;
static struct evpl_iovec *writing;
static struct block *free_blocks[BLOCK_SIZES];
static struct glue_memory_stats stats = {.limit = UINT64_MAX};
static uint64_t free_bytes; /* of the blocks that wait */
static struct evpl_wait wait;
static bool waiting;   /* a request found no slab, and there is none yet */
static bool came_back; /* there is memory again after a request found none: see glue_memory_came_back() */
static bool refused;   /* the limit refused a request, and there is no room yet */
static bool receiving; /* a packet is received, and may use the last eighth: an acknowledgement frees the rest */

static struct free_block *
free_part(struct block *b)
{
	return (struct free_block *)(b + 1);
}

static void
push_block(struct block **list, struct block *b)
{
	free_part(b)->next = *list;
	*list = b;
	free_bytes += evpl_iovec_length(&b->self);
}

static struct block *
pop_block(struct block **list)
{
	struct block *b = *list;

	*list = free_part(b)->next;
	free_bytes -= evpl_iovec_length(&b->self);
	return b;
}

/* Makes a block of an iovec's bytes. The iovec lies at their start. */
static struct block *
block_make(struct evpl_iovec *iovec)
{
	struct block *b = evpl_iovec_data(iovec);

	evpl_iovec_move(&b->self, iovec);
	b->held = (struct evpl_iovec){0};
	b->sent = false;
	return b;
}

static void
block_destroy(struct block *b)
{
	struct evpl_iovec self;

	/* The iovec must not be released from its own bytes: they are gone with the last reference. */
	evpl_iovec_move(&self, &b->self);
	evpl_iovec_release(evpl, &self);
}

void
glue_memory_trim(void)
{
	for (unsigned i = 0; i < BLOCK_SIZES; i++) {
		while (free_blocks[i] != NULL)
			block_destroy(pop_block(&free_blocks[i]));
	}
}

/* Takes n blocks of one size, or none. */
static bool
take_blocks(unsigned bytes, unsigned n, struct block **list)
{
	struct evpl_iovec iovecs[BLOCKS_PER_TAKE];

	if (evpl_iovecs_alloc(evpl, bytes, BLOCK_STEP, 0, iovecs, n) < 0)
		return false;
	for (unsigned i = 0; i < n; i++)
		push_block(list, block_make(&iovecs[i]));
	return true;
}

static void
end_wait(struct evpl *context, struct evpl_wait *w, void *arg)
{
	(void)context;
	(void)w;
	(void)arg;
	waiting = false;
	came_back = true;
}

static void
wait_for(unsigned bytes)
{
	if (!waiting)
		waiting = evpl_alloc_wait(evpl, &wait, bytes, end_wait, NULL) == 0;
}

/*
 * Notes that there is room again after the limit refused a block. A sixteenth of the limit must be free: a write that
 * fails frees the blocks that it already had, and with these alone it would fail again.
 */
static void
look_for_room(void)
{
	if (refused && stats.bytes <= stats.limit - stats.limit / 8 - stats.limit / 16) {
		refused = false;
		came_back = true;
	}
}

static struct block *
block_alloc(size_t size)
{
	unsigned bytes =
		(unsigned)RTE_ALIGN_CEIL(sizeof(struct block) + RTE_MAX(size, sizeof(struct free_block)), BLOCK_STEP);
	unsigned steps = bytes / BLOCK_STEP;
	struct block *large = NULL;
	struct block **list = steps < BLOCK_SIZES ? &free_blocks[steps] : &large;
	unsigned n = steps < BLOCK_SIZES ? BLOCKS_PER_TAKE : 1;

	if (stats.bytes + bytes > (receiving ? stats.limit : stats.limit - stats.limit / 8)) {
		refused = refused || !receiving; /* the peer sends again what could not be received */
		return NULL;
	}
	/* Free blocks of other sizes count, too, before there are more. */
	if (*list == NULL && stats.bytes + free_bytes + (uint64_t)bytes * n > stats.limit)
		glue_memory_trim();
	if (*list == NULL && !take_blocks(bytes, n, list)) {
		/* There are no more slabs. Blocks that wait in other sizes may keep one. */
		glue_memory_trim();
		if (!take_blocks(bytes, 1, list)) {
			wait_for(bytes);
			return NULL;
		}
	}
	return pop_block(list);
}

void *
glue_malloc(size_t size)
{
	struct block *b = size <= UINT16_MAX ? block_alloc(size) : NULL;

	if (b == NULL) {
		stats.failed++;
		return NULL;
	}
	if (writing != NULL)
		evpl_iovec_clone(&b->held, writing);
	stats.blocks++;
	stats.bytes += evpl_iovec_length(&b->self);
	stats.peak_bytes = RTE_MAX(stats.peak_bytes, stats.bytes);
	return b + 1;
}

void *
glue_calloc(size_t count, size_t size)
{
	void *p = size != 0 && count > UINT16_MAX / size ? NULL : glue_malloc(count * size);

	if (p != NULL)
		memset(p, 0, count * size);
	return p;
}

void
glue_free(void *memory)
{
	struct block *b = (struct block *)memory - 1;
	unsigned steps = evpl_iovec_length(&b->self) / BLOCK_STEP;

	if (b->held.ref != NULL) {
		evpl_iovec_release(evpl, &b->held);
		b->held = (struct evpl_iovec){0};
	}
	stats.blocks--;
	stats.bytes -= evpl_iovec_length(&b->self);
	look_for_room();
	/*
	 * A port may not have sent these bytes yet: nobody may write to them. The buffer knows when it has. And while a
	 * request waits for a slab, no block waits in a list.
	 */
	if (steps < BLOCK_SIZES && !b->sent && !waiting)
		push_block(&free_blocks[steps], b);
	else
		block_destroy(b);
}

struct evpl_iovec *
glue_memory_self(void *memory)
{
	return &((struct block *)memory - 1)->self;
}

void
glue_memory_mark_sent(void *memory)
{
	((struct block *)memory - 1)->sent = true;
}

struct evpl_iovec *
glue_memory_held(void *memory)
{
	struct block *b = (struct block *)memory - 1;

	return b->held.ref != NULL ? &b->held : NULL;
}

void
glue_memory_hold(struct evpl_iovec *iovec)
{
	writing = iovec;
}

void
glue_memory_init(struct evpl *context, uint64_t limit)
{
	evpl = context;
	waiting = came_back = refused = false;
	stats.limit = limit != 0 ? limit : UINT64_MAX;
}

void
glue_memory_use_reserve(bool on)
{
	receiving = on;
}

void
glue_memory_poll(void)
{
	(void)evpl_alloc_wait_poll(evpl);
}

bool
glue_memory_came_back(void)
{
	bool back = came_back;

	came_back = false;
	return back;
}

bool
glue_memory_is_low(void)
{
	return stats.bytes > stats.limit / 2;
}

uint32_t
glue_ooseq_bytes(void)
{
	return glue_memory_is_low() ? 0 : TCP_WND;
}

void
glue_memory_stats_get(struct glue_memory_stats *now)
{
	*now = stats;
}
