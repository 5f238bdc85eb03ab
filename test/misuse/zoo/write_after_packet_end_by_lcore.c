/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A byte is written after another lcore ended the packet that held the bytes.
 * expect: write after release: byte 5 of 64 bytes at %p
 * needs: bytes
 * found: cleanup
 */
#include "zoo.h"

static int
end(void *arg)
{
	rte_pktmbuf_free(arg);
	return 0;
}

static void
bug(struct evpl *evpl, unsigned flags)
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
twin(struct evpl *evpl, unsigned flags)
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
