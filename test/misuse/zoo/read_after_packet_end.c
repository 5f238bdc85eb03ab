/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A byte is read after the packet that held the bytes ended.
 * expect: nothing
 * why: only the address sanitizer and memcheck see reads
 * needs: bytes
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	rte_pktmbuf_free(packet);
	(void)p[7]; /* read */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;
	struct rte_mbuf *packet;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[7] = 1;
	packet = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	(void)p[7];
	rte_pktmbuf_free(packet);
}
