/* SPDX-License-Identifier: BSD-3-Clause */
#include "zoo.h"

/*
 * A byte is written after another lcore ended the packet that held the bytes.
 * expect: write after release: byte 5 of 64 bytes at %p
 * needs: bytes
 * found: cleanup
 */
ZOO_CASE(packet_end_by_lcore)

static int
end(void *arg)
{
	rte_pktmbuf_free(arg);
	return 0;
}

static void
packet_end_by_lcore_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1); /* let go */
	zoo_on_worker(end, packet);
	p[5] = 1; /* written */
}

static void
packet_end_by_lcore_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	p[5] = 1;
	zoo_on_worker(end, packet);
}

/*
 * A byte is written after the packet that held the bytes ended. Found when the library is stopped.
 * expect: write after release: byte 5 of 64 bytes at %p
 * needs: bytes
 * found: cleanup
 */
ZOO_CASE(packet_end_found_at_cleanup)

static void
packet_end_found_at_cleanup_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1); /* let go */
	rte_pktmbuf_free(packet);
	p[5] = 1; /* written */
}

static void
packet_end_found_at_cleanup_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	p[5] = 1;
	rte_pktmbuf_free(packet);
}

/*
 * A byte is written after the packet that held the bytes ended. Found before they are handed out again.
 * expect: write after release: byte 5 of 64 bytes at %p
 * needs: bytes
 */
ZOO_CASE(packet_end_found_at_reuse)

static void
packet_end_found_at_reuse_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1); /* let go */
	rte_pktmbuf_free(packet);
	p[5] = 1;						    /* written */
	for (unsigned i = 0; i < 100; i++) {			    /* until its buffer comes again */
		evpl_iovec_alloc(evpl, 60000, 0, 1, flags, &iovec); /* found */
		evpl_iovec_release(evpl, &iovec);
	}
}

static void
packet_end_found_at_reuse_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	p[5] = 1;
	rte_pktmbuf_free(packet);
	for (unsigned i = 0; i < 100; i++) { /* until its buffer comes again */
		evpl_iovec_alloc(evpl, 60000, 0, 1, flags, &iovec);
		evpl_iovec_release(evpl, &iovec);
	}
}

/*
 * A byte is written after the packet that held the bytes was sent and the port was done with it.
 * expect: write after release: byte 5 of 64 bytes at %p
 * needs: bytes
 * found: cleanup
 */
ZOO_CASE(packet_sent)

static void
packet_sent_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1); /* let go */
	p[5] = 1;				       /* written */
}

static void
packet_sent_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[5] = 1;
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);
}

/*
 * A byte is written by another thread after release.
 * expect: write after release: byte 3 of 64 bytes at %p
 * needs: bytes
 * found: cleanup
 */
ZOO_CASE(release_by_thread)

static void
elsewhere(void *arg)
{
	volatile char *p = arg;

	p[3] = 1; /* written */
}

static void
release_by_thread_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	evpl_iovec_release(evpl, &iovec); /* let go */
	threads_run_elsewhere(elsewhere, (void *)(uintptr_t)p);
}

static void
release_by_thread_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	threads_run_elsewhere(elsewhere, (void *)(uintptr_t)p);
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A byte is written after release. Found when the library is stopped.
 * expect: write after release: byte 63 of 64 bytes at %p
 * needs: bytes
 * found: cleanup
 */
ZOO_CASE(release_found_at_cleanup)

static void
release_found_at_cleanup_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	evpl_iovec_release(evpl, &iovec); /* let go */
	p[63] = 1;			  /* written */
}

static void
release_found_at_cleanup_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[63] = 1;
	evpl_iovec_release(evpl, &iovec);
}

/*
 * A byte is written after release. Found before the bytes are handed out again.
 * expect: write after release: byte 7 of 64 bytes at %p
 * needs: bytes
 */
ZOO_CASE(release_found_at_reuse)

static void
release_found_at_reuse_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	evpl_iovec_release(evpl, &iovec);			    /* let go */
	p[7] = 1;						    /* written */
	for (unsigned i = 0; i < 100; i++) {			    /* until its buffer comes again */
		evpl_iovec_alloc(evpl, 60000, 0, 1, flags, &iovec); /* found */
		evpl_iovec_release(evpl, &iovec);
	}
}

static void
release_found_at_reuse_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[7] = 1;
	evpl_iovec_release(evpl, &iovec);
	for (unsigned i = 0; i < 100; i++) { /* until its buffer comes again */
		evpl_iovec_alloc(evpl, 60000, 0, 1, flags, &iovec);
		evpl_iovec_release(evpl, &iovec);
	}
}

/*
 * A byte is written after the last of two clones was released.
 * expect: write after release: byte 0 of 64 bytes at %p
 * needs: bytes
 * found: cleanup
 */
ZOO_CASE(release_of_last_clone)

static void
release_of_last_clone_bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	evpl_iovec_clone(&another, &iovec);
	p = evpl_iovec_data(&iovec);
	evpl_iovec_release(evpl, &iovec);
	p[1] = 1;
	evpl_iovec_release(evpl, &another); /* let go */
	p[0] = 1;			    /* written */
}

static void
release_of_last_clone_twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec, another;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	evpl_iovec_clone(&another, &iovec);
	p = evpl_iovec_data(&iovec);
	evpl_iovec_release(evpl, &iovec);
	p[0] = 1;
	evpl_iovec_release(evpl, &another);
}
