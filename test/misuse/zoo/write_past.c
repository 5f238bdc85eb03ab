/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * One byte is written behind the end of what was taken at a cache line.
 * expect: write past the end: byte 0 behind 64 bytes at %p
 * needs: bytes
 */
ZOO_CASE(end_aligned)

static void
end_aligned_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 64, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	p[64] = 1;			  /* written */
	evpl_iovec_release(evpl, &iovec); /* found */
}

static void
end_aligned_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 64, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[63] = 1;
	evpl_iovec_release(evpl, &iovec);
}

/*
 * One byte is written behind the end of what was committed, into what was given back.
 * expect: write past the end: byte 0 behind 10 bytes at %p
 * needs: bytes
 * flags: LOCAL
 */
ZOO_CASE(end_committed)

static void
end_committed_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	evpl_iovec_set_length(&iovec, 10);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	p = evpl_iovec_data(&iovec);
	p[10] = 1;			  /* written */
	evpl_iovec_release(evpl, &iovec); /* found */
}

static void
end_committed_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	evpl_iovec_set_length(&iovec, 10);
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	p = evpl_iovec_data(&iovec);
	p[9] = 1;
	evpl_iovec_release(evpl, &iovec);
}

/*
 * The last of the guard bytes behind the end is written.
 * expect: write past the end: byte 15 behind 64 bytes at %p
 * needs: bytes
 */
ZOO_CASE(end_far)

static void
end_far_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	p[64 + 15] = 1;			  /* written */
	evpl_iovec_release(evpl, &iovec); /* found */
}

static void
end_far_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	for (unsigned i = 0; i < 64; i++)
		p[i] = 1;
	evpl_iovec_release(evpl, &iovec);
}

/*
 * One byte is written behind the end of a reservation. Found by the commit.
 * expect: write past the end: byte 0 behind 64 bytes at %p
 * needs: bytes
 * flags: LOCAL
 */
ZOO_CASE(end_found_at_commit)

static void
end_found_at_commit_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	p[64] = 1;			       /* written */
	evpl_iovec_commit(evpl, 0, &iovec, 1); /* found */
	evpl_iovec_release(evpl, &iovec);
}

static void
end_found_at_commit_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_reserve(evpl, 64, 0, 1, &iovec);
	p = evpl_iovec_data(&iovec);
	p[63] = 1;
	evpl_iovec_commit(evpl, 0, &iovec, 1);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * One byte is written behind the end. Found by the call that ends it.
 * expect: write past the end: byte 0 behind 64 bytes at %p
 * needs: bytes
 */
ZOO_CASE(end_found_at_release)

static void
end_found_at_release_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	p[64] = 1;			  /* written */
	evpl_iovec_release(evpl, &iovec); /* found */
}

static void
end_found_at_release_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[63] = 1;
	evpl_iovec_release(evpl, &iovec);
}

/*
 * One byte is written behind the end. Found by the call that ends it.
 * expect: write past the end: byte 0 behind 64 bytes at %p
 * needs: bytes
 */
ZOO_CASE(end_found_at_releases)

static void
end_found_at_releases_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	p[64] = 1;			      /* written */
	evpl_iovecs_release(evpl, &iovec, 1); /* found */
}

static void
end_found_at_releases_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[63] = 1;
	evpl_iovecs_release(evpl, &iovec, 1);
}

/*
 * One byte is written behind the end. Found by the call that ends it.
 * expect: write past the end: byte 0 behind 64 bytes at %p
 * needs: bytes
 */
ZOO_CASE(end_found_at_to_mbuf)

static void
end_found_at_to_mbuf_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	p[64] = 1;				       /* written */
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1); /* found */
	rte_pktmbuf_free(packet);
}

static void
end_found_at_to_mbuf_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[63] = 1;
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	rte_pktmbuf_free(packet);
}

/*
 * One byte is written behind the end. Found by the call that ends it.
 * expect: write past the end: byte 0 behind 64 bytes at %p
 * needs: bytes
 */
ZOO_CASE(end_found_at_tx_burst)

static void
end_found_at_tx_burst_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	p[64] = 1;				       /* written */
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1); /* found */
}

static void
end_found_at_tx_burst_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[63] = 1;
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);
}

/*
 * One byte is written behind the end through a clone, after the original was released.
 * expect: write past the end: byte 0 behind 64 bytes at %p
 * needs: bytes
 */
ZOO_CASE(end_last_clone)

static void
end_last_clone_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_clone(&another, &iovec);
	evpl_iovec_release(evpl, &iovec);
	p = evpl_iovec_data(&another);
	p[64] = 1;			    /* written */
	evpl_iovec_release(evpl, &another); /* found */
}

static void
end_last_clone_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&another, &iovec);
	evpl_iovec_release(evpl, &iovec);
	p = evpl_iovec_data(&another);
	p[63] = 1;
	evpl_iovec_release(evpl, &another);
}

/*
 * One byte is written behind the end, and another allocation follows it.
 * expect: write past the end: byte 0 behind 64 bytes at %p
 * needs: bytes
 */
ZOO_CASE(end_neighbour)

static void
end_neighbour_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &another);
	p = evpl_iovec_data(&iovec);
	p[64] = 1; /* written */
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec); /* found */
}

static void
end_neighbour_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &another);
	p = evpl_iovec_data(&iovec);
	p[63] = 1;
	evpl_iovec_release(evpl, &another);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * One byte is written behind the end of 61 bytes.
 * expect: write past the end: byte 0 behind 61 bytes at %p
 * needs: bytes
 */
ZOO_CASE(end_odd)

static void
end_odd_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 61, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	p[61] = 1;			  /* written */
	evpl_iovec_release(evpl, &iovec); /* found */
}

static void
end_odd_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 61, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[60] = 1;
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A byte is written behind a packet that was sent, before it ends. Who ends it is not to blame: found when
 * the library is stopped.
 * expect: write past the end: byte 0 behind 64 bytes at %p
 * needs: bytes
 * found: cleanup
 */
ZOO_CASE(end_of_packet_found_at_cleanup)

static void
end_of_packet_found_at_cleanup_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);	 /* let go */
	p = rte_pktmbuf_mtod(packet, volatile char *);
	p[64] = 1; /* written */
	rte_pktmbuf_free(packet);
}

static void
end_of_packet_found_at_cleanup_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packet;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	p = rte_pktmbuf_mtod(packet, volatile char *);
	p[63] = 1;
	rte_pktmbuf_free(packet);
}
