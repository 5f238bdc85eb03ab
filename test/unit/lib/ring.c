/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_ring: bursts that move iovecs through a ring. The bugs that tracing has to find are in misuse/zoo/ring.c.
 *
 * What would break: a ring could hold a part of an iovec, when it is full, or where it wraps. It could have more or
 * less room than was asked for. A source that did not fit could be emptied, or one that did could stay usable. The end
 * of a ring could lose what is in it. Two producers or consumers could mix words of two iovecs.
 */
#include <rte_ring.h>

#include "support.h"
#include "threads.h"

static struct evpl_ring *
make(unsigned capacity, unsigned flags)
{
	struct evpl_ring *ring = evpl_ring_create("unit", capacity, SOCKET_ID_ANY, flags);

	assert_non_null(ring);
	return ring;
}

static void
take(struct evpl *evpl, struct evpl_iovec *iovecs, unsigned n, unsigned flags, unsigned seed)
{
	assert_int_equal(evpl_iovecs_alloc(evpl, 40, 0, flags, iovecs, n), n);
	for (unsigned i = 0; i < n; i++)
		iovec_fill(&iovecs[i], seed + i);
}

/* What was moved is empty, as after evpl_iovec_move(); what was not is as it was. */
static void
a_burst_moves_what_fits(void **state)
{
	struct home *home = *state;
	static const unsigned sizes[] = {1, 2, 3, 5, 31, 32, 33, 64, 100};

	for (unsigned s = 0; s < DIM(sizes); s++) {
		struct evpl_iovec in[120], out[120];
		unsigned capacity = sizes[s], room = 99, left = 99;
		struct evpl_ring *ring = make(capacity, 0);

		take(home->evpl, in, capacity + 10, SHARED, 7);
		assert_int_equal(evpl_ring_enqueue_burst(ring, in, capacity + 10, &room), capacity);
		assert_int_equal(room, 0);
		assert_int_equal(evpl_ring_count(ring), capacity);
		for (unsigned i = 0; i < capacity; i++) {
			assert_null(in[i].data);
			assert_null(in[i].ref);
			assert_int_equal(in[i].length, 40);
		}
		for (unsigned i = capacity; i < capacity + 10; i++)
			iovec_assert(&in[i], 7 + i, 0);
		assert_int_equal(evpl_ring_enqueue_burst(ring, &in[capacity], 1, NULL), 0);
		assert_int_equal(evpl_ring_dequeue_burst(ring, out, 120, &left), capacity);
		assert_int_equal(left, 0);
		assert_int_equal(evpl_ring_count(ring), 0);
		assert_int_equal(evpl_ring_dequeue_burst(ring, &out[capacity], 1, NULL), 0);
		for (unsigned i = 0; i < capacity; i++)
			iovec_assert(&out[i], 7 + i, 0);
		evpl_iovecs_release(home->evpl, out, (int)capacity);
		evpl_iovecs_release(home->evpl, &in[capacity], 10);
		evpl_ring_free(home->evpl, ring);
		home_assert_held(0);
	}
}

/* Bursts of all lengths, so that iovecs lie across the end of the ring's memory in every way. */
static void
iovecs_stay_whole_where_the_ring_wraps(void **state)
{
	struct home *home = *state;
	struct evpl_ring *ring = make(13, RING_F_SP_ENQ | RING_F_SC_DEQ);
	unsigned put = 0, got = 0;

	while (got < 2000) {
		struct evpl_iovec in[13], out[13];
		unsigned wanted = 1 + put % 13, n, room, left;

		take(home->evpl, in, wanted, LOCAL, put);
		n = evpl_ring_enqueue_burst(ring, in, wanted, &room);
		assert_int_equal(room, 13 - evpl_ring_count(ring));
		put += n;
		evpl_iovecs_release(home->evpl, &in[n], (int)(wanted - n));
		n = evpl_ring_dequeue_burst(ring, out, 1 + got % 7, &left);
		assert_int_equal(left, evpl_ring_count(ring));
		assert_int_equal(left, put - got - n);
		for (unsigned i = 0; i < n; i++)
			iovec_assert(&out[i], got + i, 0);
		evpl_iovecs_release(home->evpl, out, (int)n);
		got += n;
	}
	evpl_ring_free(home->evpl, ring); /* with what is left in it */
	home_assert_held(0);
}

static void
free_releases_what_is_left(void **state)
{
	struct home *home = *state;
	struct evpl_ring *ring = make(100, 0);
	struct evpl_iovec in[70];

	take(home->evpl, in, 70, SHARED, 0);
	assert_int_equal(evpl_ring_enqueue_burst(ring, in, 70, NULL), 70);
	evpl_ring_free(NULL, ring);
	evpl_ring_free(home->evpl, NULL);
	home_assert_held(0);
	ring = make(100, 0); /* the name is free again */
	evpl_ring_free(home->evpl, ring);
}

/* A view that was shortened, a clone, and a reservation: all that an iovec is goes along. */
static void
views_go_along(void **state)
{
	struct home *home = *state;
	struct evpl_ring *ring = make(4, 0);
	struct evpl_iovec in[3], out[3];

	take(home->evpl, in, 1, LOCAL, 3);
	evpl_iovec_clone_segment(&in[1], &in[0], 10, 20);
	assert_int_equal(evpl_iovec_reserve(home->evpl, 500, 0, 1, &in[2]), 1);
	evpl_iovec_set_length(&in[0], 5);
	assert_int_equal(evpl_ring_enqueue_burst(ring, in, 3, NULL), 3);
	assert_int_equal(evpl_ring_dequeue_burst(ring, out, 3, NULL), 3);
	evpl_iovec_set_length(&out[0], 40);
	iovec_assert(&out[0], 3, 0);
	iovec_assert(&out[1], 3, 10);
	evpl_iovec_set_length(&out[2], 50);
	evpl_iovec_commit(home->evpl, 0, &out[2], 1);
	evpl_iovecs_release(home->evpl, out, 3);
	evpl_ring_free(home->evpl, ring);
}

#define assert_no_ring(name, capacity, flags, error)                                                                   \
	do {                                                                                                           \
		rte_errno = 0;                                                                                         \
		assert_null(evpl_ring_create(name, capacity, SOCKET_ID_ANY, flags));                                   \
		assert_int_equal(rte_errno, error);                                                                    \
	} while (0)

static void
create_refuses(void **state)
{
	struct home *home = *state;
	struct evpl_ring *ring = make(1, 0);
	char longest[RTE_RING_NAMESIZE + 1];

	memset(longest, 'n', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_no_ring("unit", 1, 0, EEXIST);
	assert_no_ring(NULL, 1, 0, EINVAL);
	assert_no_ring("none", 0, 0, EINVAL);
	assert_no_ring("none", EVPL_RING_MAX_CAPACITY + 1, 0, EINVAL);
	assert_no_ring("none", UINT32_MAX, 0, EINVAL);
	assert_no_ring("none", 1, 0x80000000u, EINVAL);
	assert_no_ring("none", 1, RING_F_SP_ENQ | RING_F_MP_HTS_ENQ, EINVAL);
	assert_no_ring("none", 1, RING_F_MC_RTS_DEQ | RING_F_MC_HTS_DEQ, EINVAL);
	assert_no_ring(longest, 1, 0, ENAMETOOLONG);
	evpl_ring_free(home->evpl, ring);
	ring = evpl_ring_create(longest + 1, 1, SOCKET_ID_ANY, 0);
	assert_non_null(ring);
	evpl_ring_free(home->evpl, ring);
}

#define PACKETS 20000u

struct handover {
	struct evpl_ring *ring;
	unsigned packets;
};

/* Both threads enqueue to, and dequeue from, one ring: each takes out what either put in. */
static void
put_and_take(unsigned index, void *arg)
{
	const struct handover *handover = arg;
	struct evpl *evpl = evpl_create(NULL);
	unsigned put = 0;

	if (!threads_check(evpl != NULL) || !threads_meet())
		return;
	while (put < handover->packets && !threads_failed()) {
		struct evpl_iovec in[8], out[8];
		unsigned n;

		threads_check(evpl_iovecs_alloc(evpl, 16, 0, SHARED, in, 8) == 8);
		for (unsigned i = 0; i < 8; i++)
			memset(evpl_iovec_data(&in[i]), (int)(index + put + i), 16);
		n = evpl_ring_enqueue_burst(handover->ring, in, 8, NULL);
		evpl_iovecs_release(evpl, &in[n], (int)(8 - n));
		put += n;
		n = evpl_ring_dequeue_burst(handover->ring, out, 5 + put % 4, NULL);
		for (unsigned i = 0; i < n; i++) {
			const unsigned char *bytes = evpl_iovec_data(&out[i]);

			threads_check(evpl_iovec_length(&out[i]) == 16 && bytes[0] == bytes[15]);
		}
		evpl_iovecs_release(evpl, out, (int)n);
	}
	evpl_destroy(evpl);
}

static void
two_threads_share_a_ring(void **state)
{
	struct home *home = *state;
	static const unsigned flags[] = {0, RING_F_MP_RTS_ENQ | RING_F_MC_RTS_DEQ,
					 RING_F_MP_HTS_ENQ | RING_F_MC_HTS_DEQ};

	two_lcores_only();
	for (unsigned i = 0; i < DIM(flags); i++) {
		struct handover handover = {.ring = make(20, flags[i]), .packets = threads_rounds(PACKETS)};

		threads_run(THREADS_LCORES, put_and_take, &handover);
		evpl_ring_free(home->evpl, handover.ring);
		home_assert_held(0);
	}
}

static const struct CMUnitTest cases[] = {
	home_case(a_burst_moves_what_fits, home_small),
	home_case(iovecs_stay_whole_where_the_ring_wraps, home_small),
	home_case(free_releases_what_is_left, home_small),
	home_case(views_go_along, home_small),
	home_case(create_refuses, home_small),
	home_case(two_threads_share_a_ring, home_small),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "ring", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
