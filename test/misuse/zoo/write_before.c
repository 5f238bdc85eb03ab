/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * One byte is written before the start.
 * expect: write before the start: byte 1 before 64 bytes at %p
 * needs: bytes
 */
ZOO_CASE(start)

static void
start_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	p[-1] = 1;			  /* written */
	evpl_iovec_release(evpl, &iovec); /* found */
}

static void
start_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[0] = 1;
	evpl_iovec_release(evpl, &iovec);
}

/*
 * The first of the guard bytes before the start is written.
 * expect: write before the start: byte 16 before 64 bytes at %p
 * needs: bytes
 */
ZOO_CASE(start_far)

static void
start_far_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	p[-16] = 1;			  /* written */
	evpl_iovec_release(evpl, &iovec); /* found */
}

static void
start_far_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[0] = 1;
	evpl_iovec_release(evpl, &iovec);
}

/*
 * One byte is written before the start of a reservation. Found by the commit.
 * expect: write before the start: byte 1 before 64 bytes at %p
 * needs: bytes
 * flags: LOCAL
 */
ZOO_CASE(start_found_at_commit)

static void
start_found_at_commit_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	p[-1] = 1;			       /* written */
	evpl_iovec_commit(evpl, 0, &iovec, 1); /* found */
	evpl_iovec_release(evpl, &iovec);
}

static void
start_found_at_commit_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	p = evpl_iovec_data(&iovec);
	p[0] = 1;
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * One byte, a header's last, is written before the start. Found when it becomes a packet.
 * expect: write before the start: byte 1 before 64 bytes at %p
 * needs: bytes
 */
ZOO_CASE(start_found_at_to_mbuf)

static void
start_found_at_to_mbuf_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	p[-1] = 1;				       /* written */
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1); /* found */
	rte_pktmbuf_free(packet);
}

static void
start_found_at_to_mbuf_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[0] = 1;
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	rte_pktmbuf_free(packet);
}

/*
 * A byte is written before the start of a packet that was sent, before it ends.
 * expect: write before the start: byte 1 before 64 bytes at %p
 * needs: bytes
 * found: cleanup
 */
ZOO_CASE(start_of_packet_found_at_cleanup)

static void
start_of_packet_found_at_cleanup_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);	 /* let go */
	p = rte_pktmbuf_mtod(packet, volatile char *);
	p[-1] = 1; /* written */
	rte_pktmbuf_free(packet);
}

static void
start_of_packet_found_at_cleanup_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	p = rte_pktmbuf_mtod(packet, volatile char *);
	p[0] = 1;
	rte_pktmbuf_free(packet);
}
