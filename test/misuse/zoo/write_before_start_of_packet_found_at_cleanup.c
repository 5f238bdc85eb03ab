/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A byte is written before the start of a packet that was sent, before it ends.
 * expect: write before the start: byte 1 before 64 bytes at %p
 * needs: bytes
 * found: cleanup
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
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
twin(struct evpl *evpl, unsigned flags)
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
