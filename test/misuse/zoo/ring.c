/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

#include <rte_ring.h>
#include <rte_ring_elem.h>

static struct evpl_ring *
make_ring(void)
{
	struct evpl_ring *ring = evpl_ring_create("zoo", 4, SOCKET_ID_ANY, 0);

	zoo_check(ring != NULL, "a ring");
	return ring;
}

/* Takes one iovec out of the ring again, and releases it. */
static void
drain(struct evpl *evpl, struct evpl_ring *ring)
{
	struct evpl_iovec out;

	zoo_check(evpl_ring_dequeue_burst(ring, &out, 1, NULL) == 1, "one iovec");
	evpl_iovec_release(evpl, &out);
	evpl_ring_free(evpl, ring);
}

/*
 * An iovec that went into a ring is used: the address of its bytes is asked for.
 * expect: use after it went into a ring
 */
ZOO_CASE(data)

static void
data_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_ring *ring = make_ring();
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_ring_enqueue_burst(ring, &iovec, 1, NULL);	 /* let go */
	evpl_iovec_data(&iovec);			 /* misused */
	drain(evpl, ring);
}

static void
data_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_ring *ring = make_ring();
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_data(&iovec);
	zoo_check(evpl_ring_enqueue_burst(ring, &iovec, 1, NULL) == 1, "room");
	drain(evpl, ring);
}

/*
 * An iovec that went into a ring, and came out of it again, is released where it was.
 * expect: release after it went into a ring
 */
ZOO_CASE(release)

static void
release_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_ring *ring = make_ring();
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_ring_enqueue_burst(ring, &iovec, 1, NULL);	 /* let go */
	drain(evpl, ring);
	evpl_iovec_release(evpl, &iovec); /* misused */
}

static void
release_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_ring *ring = make_ring();
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_ring_enqueue_burst(ring, &iovec, 1, NULL);
	evpl_ring_dequeue_burst(ring, &iovec, 1, NULL);
	evpl_iovec_release(evpl, &iovec);
	evpl_ring_free(evpl, ring);
}

/*
 * An iovec goes into a ring twice.
 * expect: use after it went into a ring
 */
ZOO_CASE(enqueue)

static void
enqueue_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_ring *ring = make_ring();
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_ring_enqueue_burst(ring, &iovec, 1, NULL);	 /* let go */
	evpl_ring_enqueue_burst(ring, &iovec, 1, NULL);	 /* misused */
	drain(evpl, ring);
}

/* A ring that is full leaves the iovec as it was, and it may be tried again. */
static void
enqueue_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_ring *ring = make_ring();
	struct evpl_iovec iovecs[5], out;

	zoo_check(evpl_iovecs_alloc(evpl, 64, 0, flags, iovecs, 5) == 5, "5 iovecs");
	zoo_check(evpl_ring_enqueue_burst(ring, iovecs, 5, NULL) == 4, "room for 4");
	zoo_check(evpl_ring_enqueue_burst(ring, &iovecs[4], 1, NULL) == 0, "no room");
	zoo_check(evpl_ring_dequeue_burst(ring, &out, 1, NULL) == 1, "one");
	evpl_iovec_release(evpl, &out);
	zoo_check(evpl_ring_enqueue_burst(ring, &iovecs[4], 1, NULL) == 1, "room again");
	evpl_ring_free(evpl, ring);
}

/*
 * A LOCAL iovec comes out of a ring on another thread.
 * expect: a LOCAL iovec touched by another thread
 * flags: LOCAL
 */
ZOO_CASE(dequeue_local)

static void
dequeue_elsewhere(void *arg)
{
	struct evpl_iovec out;

	evpl_ring_dequeue_burst(arg, &out, 1, NULL); /* misused elsewhere */
	evpl_iovec_release(NULL, &out);
}

static void
dequeue_local_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_ring *ring = make_ring();
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_ring_enqueue_burst(ring, &iovec, 1, NULL); /* taken */
	threads_run_elsewhere(dequeue_elsewhere, ring);
	evpl_ring_free(evpl, ring);
}

static void
dequeue_local_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_ring *ring = make_ring();
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags | EVPL_IOVEC_FLAG_SHARED, &iovec);
	evpl_ring_enqueue_burst(ring, &iovec, 1, NULL);
	threads_run_elsewhere(dequeue_elsewhere, ring);
	evpl_ring_free(evpl, ring);
}

/*
 * A ring of LOCAL iovecs is freed by another thread.
 * expect: a LOCAL iovec touched by another thread
 * flags: LOCAL
 */
ZOO_CASE(free_local)

static void
free_elsewhere(void *arg)
{
	evpl_ring_free(NULL, arg); /* misused elsewhere */
}

static void
free_local_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_ring *ring = make_ring();
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_ring_enqueue_burst(ring, &iovec, 1, NULL); /* taken */
	threads_run_elsewhere(free_elsewhere, ring);
}

static void
free_local_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_ring *ring = make_ring();
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags | EVPL_IOVEC_FLAG_SHARED, &iovec);
	evpl_ring_enqueue_burst(ring, &iovec, 1, NULL);
	threads_run_elsewhere(free_elsewhere, ring);
}

/*
 * An iovec went through a raw rte_ring, which copies it. The copy is used: the address of its bytes is asked for.
 * expect: a copy made by "=": the reference is another iovec's
 */
ZOO_CASE(raw)

static void
raw_bug(struct evpl *evpl, unsigned flags)
{
	struct rte_ring *ring = rte_ring_create_elem("zoo", sizeof(struct evpl_iovec), 4, SOCKET_ID_ANY, 0);
	struct evpl_iovec iovec, out;

	zoo_check(ring != NULL, "a raw ring");
	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	zoo_check(rte_ring_enqueue_elem(ring, &iovec, sizeof(iovec)) == 0, "room");
	zoo_check(rte_ring_dequeue_elem(ring, &out, sizeof(out)) == 0, "one");
	evpl_iovec_data(&out); /* misused */
	evpl_iovec_release(evpl, &iovec);
	rte_ring_free(ring);
}

static void
raw_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_ring *ring = make_ring();
	struct evpl_iovec iovec, out;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	zoo_check(evpl_ring_enqueue_burst(ring, &iovec, 1, NULL) == 1, "room");
	zoo_check(evpl_ring_dequeue_burst(ring, &out, 1, NULL) == 1, "one");
	evpl_iovec_data(&out);
	evpl_iovec_release(evpl, &out);
	evpl_ring_free(evpl, ring);
}

/*
 * The library is stopped while an iovec is in a ring.
 * expect: evpl_cleanup: iovecs are still held: 1 iovec, 64 bytes
 * ends: well
 */
ZOO_CASE(left_in)

static void
left_in_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_ring *ring = make_ring();
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_ring_enqueue_burst(ring, &iovec, 1, NULL); /* leaked: 1 iovec, 64 bytes */
	zoo_check(evpl_cleanup() == -EBUSY, "-EBUSY");
	evpl_ring_free(evpl, ring);
}

static void
left_in_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_ring *ring = make_ring();
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_ring_enqueue_burst(ring, &iovec, 1, NULL);
	evpl_ring_free(evpl, ring);
}

/*
 * NULL instead of iovecs goes into a ring.
 * expect: a NULL instead of an iovec
 */
ZOO_CASE(enqueue_null)

static void
enqueue_null_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_ring *ring = make_ring();

	evpl_ring_enqueue_burst(ring, NULL, 1, NULL); /* misused */
	evpl_ring_free(evpl, ring);
}

static void
enqueue_null_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_ring *ring = make_ring();

	zoo_check(evpl_ring_enqueue_burst(ring, NULL, 0, NULL) == 0, "nothing");
	evpl_ring_free(evpl, ring);
}
