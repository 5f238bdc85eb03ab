/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One byte, a header's last, is written before the start. Found when it becomes a packet.
 * expect: write before the start: byte 1 before 64 bytes at %p
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
	p[-1] = 1;				       /* written */
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1); /* found */
	rte_pktmbuf_free(packet);
}

static void
twin(struct evpl *evpl, unsigned flags)
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
