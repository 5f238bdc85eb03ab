/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * A LOCAL iovec is touched by another thread: it is cloned.
 * expect: a LOCAL iovec touched by another thread
 * flags: LOCAL
 */
ZOO_CASE(clone)

static void
clone_elsewhere(void *arg)
{
	struct evpl_iovec another;

	evpl_iovec_clone(&another, arg); /* misused elsewhere */
	evpl_iovec_release(NULL, &another);
}

static void
clone_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	threads_run_elsewhere(clone_elsewhere, &iovec);
	evpl_iovec_release(evpl, &iovec);
}

static void
clone_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags | EVPL_IOVEC_FLAG_SHARED, &iovec);
	threads_run_elsewhere(clone_elsewhere, &iovec);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A LOCAL iovec is touched by another thread: a part of it is cloned.
 * expect: a LOCAL iovec touched by another thread
 * flags: LOCAL
 */
ZOO_CASE(clone_segment)

static void
clone_segment_elsewhere(void *arg)
{
	struct evpl_iovec another;

	evpl_iovec_clone_segment(&another, arg, 8, 16); /* misused elsewhere */
	evpl_iovec_release(NULL, &another);
}

static void
clone_segment_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	threads_run_elsewhere(clone_segment_elsewhere, &iovec);
	evpl_iovec_release(evpl, &iovec);
}

static void
clone_segment_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags | EVPL_IOVEC_FLAG_SHARED, &iovec);
	threads_run_elsewhere(clone_segment_elsewhere, &iovec);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A LOCAL iovec is touched by another thread: the address of its bytes is asked for.
 * expect: a LOCAL iovec touched by another thread
 * flags: LOCAL
 */
ZOO_CASE(data)

static void
data_elsewhere(void *arg)
{
	evpl_iovec_data(arg); /* misused elsewhere */
}

static void
data_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	threads_run_elsewhere(data_elsewhere, &iovec);
	evpl_iovec_release(evpl, &iovec);
}

static void
data_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags | EVPL_IOVEC_FLAG_SHARED, &iovec);
	threads_run_elsewhere(data_elsewhere, &iovec);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A SHARED iovec is released by another thread, and then once more.
 * expect: double release
 * flags: SHARED
 */
ZOO_CASE(double_release)

static void
double_release_elsewhere(void *arg)
{
	evpl_iovec_release(NULL, arg); /* let go elsewhere */
}

static void
double_release_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	threads_run_elsewhere(double_release_elsewhere, &iovec);
	evpl_iovec_release(evpl, &iovec); /* misused */
}

static void
double_release_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&another, &iovec);
	threads_run_elsewhere(double_release_elsewhere, &iovec);
	evpl_iovec_release(evpl, &another);
}

/*
 * A LOCAL iovec is touched by another thread: its length is asked for.
 * expect: a LOCAL iovec touched by another thread
 * flags: LOCAL
 */
ZOO_CASE(length)

static void
length_elsewhere(void *arg)
{
	evpl_iovec_length(arg); /* misused elsewhere */
}

static void
length_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	threads_run_elsewhere(length_elsewhere, &iovec);
	evpl_iovec_release(evpl, &iovec);
}

static void
length_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags | EVPL_IOVEC_FLAG_SHARED, &iovec);
	threads_run_elsewhere(length_elsewhere, &iovec);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A LOCAL iovec is touched by another thread: it is moved.
 * expect: a LOCAL iovec touched by another thread
 * flags: LOCAL
 */
ZOO_CASE(move)

static void
move_elsewhere(void *arg)
{
	struct evpl_iovec another;

	evpl_iovec_move(&another, arg); /* misused elsewhere */
	evpl_iovec_release(NULL, &another);
}

static void
move_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	threads_run_elsewhere(move_elsewhere, &iovec);
}

static void
move_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags | EVPL_IOVEC_FLAG_SHARED, &iovec);
	threads_run_elsewhere(move_elsewhere, &iovec);
}

/*
 * A LOCAL iovec is touched by another thread: a part of it is moved.
 * expect: a LOCAL iovec touched by another thread
 * flags: LOCAL
 */
ZOO_CASE(move_segment)

static void
move_segment_elsewhere(void *arg)
{
	struct evpl_iovec another;

	evpl_iovec_move_segment(&another, arg, 8, 16); /* misused elsewhere */
	evpl_iovec_release(NULL, &another);
}

static void
move_segment_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	threads_run_elsewhere(move_segment_elsewhere, &iovec);
}

static void
move_segment_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags | EVPL_IOVEC_FLAG_SHARED, &iovec);
	threads_run_elsewhere(move_segment_elsewhere, &iovec);
}

/*
 * A LOCAL iovec is touched by another thread: it is released.
 * expect: a LOCAL iovec touched by another thread
 * flags: LOCAL
 */
ZOO_CASE(release)

static void
release_elsewhere(void *arg)
{
	evpl_iovec_release(NULL, arg); /* misused elsewhere */
}

static void
release_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	threads_run_elsewhere(release_elsewhere, &iovec);
}

static void
release_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags | EVPL_IOVEC_FLAG_SHARED, &iovec);
	threads_run_elsewhere(release_elsewhere, &iovec);
}

/*
 * A LOCAL iovec is touched by another thread: it is released among others.
 * expect: a LOCAL iovec touched by another thread
 * flags: LOCAL
 */
ZOO_CASE(releases)

static void
releases_elsewhere(void *arg)
{
	evpl_iovecs_release(NULL, arg, 1); /* misused elsewhere */
}

static void
releases_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	threads_run_elsewhere(releases_elsewhere, &iovec);
}

static void
releases_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags | EVPL_IOVEC_FLAG_SHARED, &iovec);
	threads_run_elsewhere(releases_elsewhere, &iovec);
}

/*
 * A LOCAL iovec is touched by another thread: its length is set.
 * expect: a LOCAL iovec touched by another thread
 * flags: LOCAL
 */
ZOO_CASE(set_length)

static void
set_length_elsewhere(void *arg)
{
	evpl_iovec_set_length(arg, 32); /* misused elsewhere */
}

static void
set_length_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	threads_run_elsewhere(set_length_elsewhere, &iovec);
	evpl_iovec_release(evpl, &iovec);
}

static void
set_length_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags | EVPL_IOVEC_FLAG_SHARED, &iovec);
	threads_run_elsewhere(set_length_elsewhere, &iovec);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A LOCAL iovec is touched by another thread: it becomes a packet.
 * expect: a LOCAL iovec touched by another thread
 * flags: LOCAL
 */
ZOO_CASE(to_mbuf)

static void
to_mbuf_elsewhere(void *arg)
{
	struct evpl *evpl = evpl_create(NULL);
	struct rte_mbuf *packet;

	packet = evpl_iovecs_to_mbuf(evpl, arg, 1); /* misused elsewhere */
	rte_pktmbuf_free(packet);
	evpl_destroy(evpl);
}

static void
to_mbuf_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	threads_run_elsewhere(to_mbuf_elsewhere, &iovec);
}

static void
to_mbuf_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags | EVPL_IOVEC_FLAG_SHARED, &iovec);
	threads_run_elsewhere(to_mbuf_elsewhere, &iovec);
}

/*
 * A LOCAL iovec is touched by another thread: it is sent.
 * expect: a LOCAL iovec touched by another thread
 * flags: LOCAL
 */
ZOO_CASE(tx_burst)

static void
tx_burst_elsewhere(void *arg)
{
	struct evpl *evpl = evpl_create(NULL);

	evpl_tx_burst(evpl, zoo_port(), 0, arg, 1); /* misused elsewhere */
	evpl_destroy(evpl);
}

static void
tx_burst_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	zoo_port();
	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	threads_run_elsewhere(tx_burst_elsewhere, &iovec);
}

static void
tx_burst_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;

	zoo_port();
	evpl_iovec_alloc(evpl, 64, 0, 1, flags | EVPL_IOVEC_FLAG_SHARED, &iovec);
	threads_run_elsewhere(tx_burst_elsewhere, &iovec);
}
