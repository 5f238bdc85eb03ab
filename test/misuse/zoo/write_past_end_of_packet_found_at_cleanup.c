/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A byte is written behind a packet that was sent, before it ends. Who ends it is not to blame: found when
 * the library is stopped.
 * expect: write past the end: byte 0 behind 64 bytes at %p
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
	p[64] = 1; /* written */
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
	p[63] = 1;
	rte_pktmbuf_free(packet);
}
