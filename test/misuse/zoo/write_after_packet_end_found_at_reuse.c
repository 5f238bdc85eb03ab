/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A byte is written after the packet that held the bytes ended. Found before they are handed out again.
 * expect: write after release: byte 5 of 64 bytes at %p
 * needs: bytes
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
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
twin(struct evpl *evpl, unsigned flags)
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
