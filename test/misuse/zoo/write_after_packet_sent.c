/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A byte is written after the packet that held the bytes was sent and the port was done with it.
 * expect: write after release: byte 5 of 64 bytes at %p
 * needs: bytes
 * found: cleanup
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec); /* taken */
	p = evpl_iovec_data(&iovec);
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1); /* let go */
	p[5] = 1;				       /* written */
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	volatile char *p;

	evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
	p = evpl_iovec_data(&iovec);
	p[5] = 1;
	evpl_tx_burst(evpl, zoo_port(), 0, &iovec, 1);
}
