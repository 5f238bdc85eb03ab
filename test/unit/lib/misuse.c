/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Broken contracts in calls that return nothing: the program stops, with one line that names the call and the numbers.
 *
 * What would break: upstream adds offset and length in 32 bits, which wraps, and tests the sum after the count was
 * taken. A malformed packet's negative offset then reads outside. Each child below is a process of its own that must
 * end in SIGABRT. On its way out it also checks the iovec's reference count. If the count was changed before the test,
 * the exit status is another one.
 */
#include <limits.h>
#include <signal.h>
#include <unistd.h>

#include <rte_log.h>

#include "support.h"

static struct evpl *evpl;
static struct evpl_iovec iovec, other;
static uint16_t count;

/* What program.c has a child do that is stopped, or SIG_DFL. */
static void (*end_of_child)(int number);

/* Returning from the handler lets abort() end the process by SIGABRT. */
static void
end(int number)
{
	if (end_of_child != SIG_DFL)
		end_of_child(number);
}

static void
on_abort(int number)
{
	if (iovec.ref != NULL && rte_mbuf_refcnt_read(iovec.ref) != count)
		_exit(3);
	end(number);
}

static void
start(unsigned length, unsigned flags)
{
	if (evpl_init(&home_small) != 0 || (evpl = evpl_create(NULL)) == NULL ||
	    evpl_iovec_alloc(evpl, length, 0, 1, flags, &iovec) != 1)
		_exit(97);
	count = rte_mbuf_refcnt_read(iovec.ref);
	end_of_child = signal(SIGABRT, on_abort);
}

static void
clone_segment_offset_wraps(void)
{
	start(1000, LOCAL);
	evpl_iovec_clone_segment(&other, &iovec, UINT_MAX, 2);
}

static void
clone_segment_length_wraps(void)
{
	start(1000, SHARED);
	evpl_iovec_clone_segment(&other, &iovec, 500, UINT_MAX - 499);
}

static void
clone_segment_one_byte_too_long(void)
{
	start(1000, SHARED);
	evpl_iovec_clone_segment(&other, &iovec, 999, 2);
}

static void
clone_segment_offset_beyond(void)
{
	start(1000, LOCAL);
	evpl_iovec_clone_segment(&other, &iovec, 1001, 0);
}

static void
clone_segment_negative_offset(void)
{
	start(1000, LOCAL);
	evpl_iovec_clone_segment(&other, &iovec, (unsigned)-8, 8);
}

static void
clone_segment_of_empty(void)
{
	start(1000, LOCAL);
	evpl_iovec_clone_segment(&other, &other, 0, 0);
}

static void
clone_of_empty(void)
{
	start(1000, LOCAL);
	evpl_iovec_clone(&iovec, &other);
}

static void
clone_of_moved(void)
{
	struct evpl_iovec moved;

	start(1000, SHARED);
	evpl_iovec_move(&moved, &iovec);
	evpl_iovec_clone(&other, &iovec);
}

static void
move_segment_offset_wraps(void)
{
	start(1000, LOCAL);
	evpl_iovec_move_segment(&other, &iovec, UINT_MAX, 2);
}

static void
move_segment_length_wraps(void)
{
	start(1000, SHARED);
	evpl_iovec_move_segment(&other, &iovec, 500, UINT_MAX - 499);
}

static void
move_segment_one_byte_too_long(void)
{
	start(1000, SHARED);
	evpl_iovec_move_segment(&other, &iovec, 1, 1000);
}

static void
move_segment_of_empty(void)
{
	start(1000, LOCAL);
	evpl_iovec_move_segment(&iovec, &other, 0, 0);
}

static void
set_length_beyond_the_buffer(void)
{
	start(1000, LOCAL);
	evpl_iovec_set_length(&iovec, 65537);
}

static void
set_length_beyond_the_end_from_the_middle(void)
{
	start(40000, SHARED);
	evpl_iovec_clone_segment(&other, &iovec, 30000, 100);
	count++;
	evpl_iovec_set_length(&other, 65536 - 29999);
}

static void
set_length_of_uint_max(void)
{
	start(1000, LOCAL);
	evpl_iovec_set_length(&iovec, UINT_MAX);
}

static void
set_length_of_empty(void)
{
	start(1000, LOCAL);
	evpl_iovec_set_length(&other, 1);
}

static void
release_of_empty(void)
{
	start(1000, LOCAL);
	evpl_iovec_release(evpl, &other);
}

static void
release_of_empty_shared_without_context(void)
{
	start(1000, SHARED);
	other.flags = SHARED;
	evpl_iovec_release(NULL, &other);
}

static void
release_of_moved(void)
{
	struct evpl_iovec moved;

	start(1000, LOCAL);
	evpl_iovec_move(&moved, &iovec);
	evpl_iovecs_release(evpl, &iovec, 1);
}

static void
commit_longer_than_reserved(void)
{
	start(1000, LOCAL);
	if (evpl_iovec_reserve(evpl, 777, 0, 1, &other) != 1)
		_exit(97);
	count = rte_mbuf_refcnt_read(iovec.ref);
	evpl_iovec_set_length(&other, 778); /* inside the buffer: only tracing knows that it is too long */
	evpl_iovec_commit(evpl, 0, &other, 1);
}

static void
commit_of_negative_number(void)
{
	start(1000, LOCAL);
	evpl_iovec_commit(evpl, 0, &iovec, -1);
}

static void
commit_without_context(void)
{
	start(1000, LOCAL);
	if (evpl_iovec_reserve(evpl, 777, 0, 1, &other) != 1)
		_exit(97);
	count = rte_mbuf_refcnt_read(iovec.ref);
	evpl_iovec_commit(NULL, 0, &other, 1);
}

static void
commit_without_iovecs(void)
{
	start(1000, LOCAL);
	evpl_iovec_commit(evpl, 0, NULL, 1);
}

/* A plain build sees only an iovec that its program made longer without evpl_iovec_set_length(). */
static void
commit_of_a_longer_length(void)
{
	start(1000, LOCAL);
	if (evpl_iovec_reserve(evpl, 777, 0, 1, &other) != 1)
		_exit(97);
	count = rte_mbuf_refcnt_read(iovec.ref);
	other.length = 800;
	evpl_iovec_commit(evpl, 0, &other, 1);
}

static void
commit_with_alignment_three(void)
{
	start(1000, LOCAL);
	if (evpl_iovec_reserve(evpl, 777, 0, 1, &other) != 1)
		_exit(97);
	count = rte_mbuf_refcnt_read(iovec.ref);
	evpl_iovec_commit(evpl, 3, &other, 1);
}

static void
on_abort_of_counts(int number)
{
	if (rte_mbuf_refcnt_read(iovec.ref) < EVPL_REF_LIMIT)
		_exit(3);
	end(number);
}

/* Not the caller's fault, but a count must never wrap: with nothing left to count on there is no other way. */
static void
clone_beyond_all_counts(void)
{
	start(1000, SHARED);
	signal(SIGABRT, on_abort_of_counts);
	rte_log_set_global_level(RTE_LOG_EMERG);
	home_spend_heap();
	for (unsigned i = 0; i < 200000; i++)
		evpl_iovec_clone(&other, &iovec); /* the references are all kept, the views not */
}

static void
clone_beyond_all_counts_stops(void **state)
{
	(void)state;
	child_assert_stops("clone_beyond_all_counts",
			   (const char *const[]){"evpl_iovec_clone", "counted", "SHARED", NULL});
}

/* DPDK's clones have nearly all of the room above the limit. Each mbuf that counts for another needs some of it. */
static void
clone_beyond_the_count_of_the_first_mbuf(void)
{
	start(1000, SHARED);
	signal(SIGABRT, on_abort_of_counts);
	while (rte_mbuf_refcnt_read(iovec.ref) < EVPL_REF_LIMIT)
		evpl_iovec_clone(&other, &iovec);
	rte_mbuf_refcnt_update(iovec.ref, 16120);
	for (unsigned i = 0; i < 15 * EVPL_REF_LIMIT; i++)
		evpl_iovec_clone(&other, &iovec); /* the references are all kept, the views not */
}

static void
clone_beyond_the_count_of_the_first_mbuf_stops(void **state)
{
	(void)state;
	child_assert_stops("clone_beyond_the_count_of_the_first_mbuf",
			   (const char *const[]){"evpl_iovec_clone", "counted", "SHARED", NULL});
}

/* One of our own packets comes back: its window is its bytes, though the buffer under them goes on. */
static void
set_length_of_a_packet_that_came_back(void)
{
	struct rte_mbuf *packet;

	start(64, SHARED);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	if (packet == NULL || evpl_iovecs_from_mbuf(evpl, packet, SHARED, 1, &iovec) != 1)
		_exit(98);
	count = rte_mbuf_refcnt_read(iovec.ref);
	evpl_iovec_set_length(&iovec, 65);
}

/* The same of its 60,000th clone, which counts on another mbuf that is attached to the whole buffer. */
static void
set_length_of_a_clone_beyond_the_count(void)
{
	static struct evpl_iovec clones[60000];
	struct rte_mbuf *packet;

	start(64, SHARED);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	if (packet == NULL || evpl_iovecs_from_mbuf(evpl, packet, SHARED, 1, &iovec) != 1)
		_exit(98);
	for (unsigned i = 0; i < DIM(clones); i++)
		evpl_iovec_clone(&clones[i], &iovec);
	if (clones[DIM(clones) - 1].ref == iovec.ref)
		_exit(96);
	count = rte_mbuf_refcnt_read(iovec.ref);
	evpl_iovec_set_length(&clones[DIM(clones) - 1], 65);
}

static void
set_length_beyond_what_was_received(void)
{
	struct rte_mempool *pool;

	start(64, SHARED);
	pool = evpl_rx_pool_create("rx", 8, 0, SOCKET_ID_ANY);
	if (pool == NULL || evpl_iovecs_from_mbuf(evpl, filled_mbuf(pool, 100, 1), LOCAL, 1, &iovec) != 1)
		_exit(98);
	count = rte_mbuf_refcnt_read(iovec.ref);
	evpl_iovec_set_length(&iovec, 101);
}

/* A tracing build knows more: whether an empty iovec never was anything, or was moved from; and what was reserved. */
#define EMPTY(argument) (EVPL_IOVEC_TRACE ? "a zeroed iovec" : argument " is empty")
#define GARBAGE(argument) (EVPL_IOVEC_TRACE ? "garbage" : argument " is empty")
#define CLONE_OF_MOVED (EVPL_IOVEC_TRACE ? "use after move" : "src is empty")
#define RELEASE_OF_MOVED (EVPL_IOVEC_TRACE ? "release after move" : "iovec is empty")
#define RELEASES (EVPL_IOVEC_TRACE ? "evpl_iovecs_release" : "evpl_iovec_release")
#define COMMIT_LONGER (EVPL_IOVEC_TRACE ? "evpl_iovec_set_length" : "evpl_iovec_commit")
#define SEGMENT(offset, length)                                                                                        \
	(EVPL_IOVEC_TRACE ? "offset " offset ", length " length ", of 1000 bytes"                                      \
			  : "offset " offset " plus length " length " is more than the 1000 bytes of src")
/* Tracing knows what was taken, so it stops before the end of the buffer. */
#define LENGTH(length, room)                                                                                           \
	(EVPL_IOVEC_TRACE ? length " of "                                                                              \
			  : "length " length " is beyond the end of the buffer or packet (" room " bytes")
#define RESERVED(length)                                                                                               \
	(EVPL_IOVEC_TRACE ? length : "length " length " of the last iovec is longer than what was reserved (777 bytes)")

#define CHILDREN                                                                                                       \
	X(clone_segment_offset_wraps, "evpl_iovec_clone_segment", "4294967295", "1000", SEGMENT("4294967295", "2"))    \
	X(clone_segment_length_wraps, "evpl_iovec_clone_segment", "500", "4294966796", SEGMENT("500", "4294966796"))   \
	X(clone_segment_one_byte_too_long, "evpl_iovec_clone_segment", "999", "1000", SEGMENT("999", "2"))             \
	X(clone_segment_offset_beyond, "evpl_iovec_clone_segment", "1001", "1000", SEGMENT("1001", "0"))               \
	X(clone_segment_negative_offset, "evpl_iovec_clone_segment", "4294967288", "1000", SEGMENT("4294967288", "8")) \
	X(clone_segment_of_empty, "evpl_iovec_clone_segment", "iovec", EMPTY("src"))                                   \
	X(clone_of_empty, "evpl_iovec_clone", "iovec", EMPTY("src"))                                                   \
	X(clone_of_moved, "evpl_iovec_clone", "iovec", CLONE_OF_MOVED)                                                 \
	X(move_segment_offset_wraps, "evpl_iovec_move_segment", "4294967295", SEGMENT("4294967295", "2"))              \
	X(move_segment_length_wraps, "evpl_iovec_move_segment", "500", "4294966796", SEGMENT("500", "4294966796"))     \
	X(move_segment_one_byte_too_long, "evpl_iovec_move_segment", "1000", "iovec", SEGMENT("1", "1000"))            \
	X(move_segment_of_empty, "evpl_iovec_move_segment", "iovec", EMPTY("src"))                                     \
	X(set_length_beyond_the_buffer, "evpl_iovec_set_length", "65537", "1000", LENGTH("65537", "65536"))            \
	X(set_length_beyond_the_end_from_the_middle, "evpl_iovec_set_length", "35537", "100",                          \
	  LENGTH("35537", "35536"))                                                                                    \
	X(set_length_of_uint_max, "evpl_iovec_set_length", "4294967295", "1000", LENGTH("4294967295", "65536"))        \
	X(set_length_of_a_packet_that_came_back, "evpl_iovec_set_length", "65", "64", LENGTH("65", "64"))              \
	X(set_length_of_a_clone_beyond_the_count, "evpl_iovec_set_length", "65", "64", LENGTH("65", "64"))             \
	X(set_length_beyond_what_was_received, "evpl_iovec_set_length", "101", "100", LENGTH("101", "100"))            \
	X(set_length_of_empty, "evpl_iovec_set_length", "iovec", EMPTY("iovec"))                                       \
	X(release_of_empty, "evpl_iovec_release", "iovec", EMPTY("iovec"))                                             \
	X(release_of_empty_shared_without_context, "evpl_iovec_release", "SHARED", GARBAGE("iovec"))                   \
	X(release_of_moved, RELEASES, "iovec", RELEASE_OF_MOVED)                                                       \
	X(commit_longer_than_reserved, COMMIT_LONGER, "778", "777", RESERVED("778"))                                   \
	X(commit_of_a_longer_length, "evpl_iovec_commit", "800", "iovec", RESERVED("800"))                             \
	X(commit_of_negative_number, "evpl_iovec_commit", "iovec", "niovs -1 is negative")                             \
	X(commit_with_alignment_three, "evpl_iovec_commit", "3", "iovec", "alignment 3 is not a power of two")         \
	X(commit_without_context, "evpl_iovec_commit", "iovec", "evpl is NULL")                                        \
	X(commit_without_iovecs, "evpl_iovec_commit", "iovec", "iovecs is NULL, and niovs is 1")

#define X(function, ...)                                                                                               \
	static void function##_stops(void **state)                                                                     \
	{                                                                                                              \
		(void)state;                                                                                           \
		child_assert_stops(#function, (const char *const[]){__VA_ARGS__, NULL});                               \
	}
CHILDREN
#undef X

#define X(function, ...) {.name = #function, .run = function},
static const struct child children[] = {
	CHILDREN{.name = "clone_beyond_all_counts", .run = clone_beyond_all_counts},
	{.name = "clone_beyond_the_count_of_the_first_mbuf", .run = clone_beyond_the_count_of_the_first_mbuf}};
#undef X

#define X(function, ...) cmocka_unit_test(function##_stops),
static const struct CMUnitTest cases[] = {CHILDREN cmocka_unit_test(clone_beyond_all_counts_stops),
					  cmocka_unit_test(clone_beyond_the_count_of_the_first_mbuf_stops)};
#undef X

int
main(int argc, char **argv)
{
	const struct program program = {.name = "misuse",
					.cases = cases,
					.n_cases = DIM(cases),
					.children = children,
					.n_children = DIM(children)};

	return program_main(&program, argc, argv);
}
