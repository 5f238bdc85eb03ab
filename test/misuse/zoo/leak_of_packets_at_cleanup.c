/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The library is stopped while packets on watched bytes are still under way.
 * expect: evpl_cleanup: iovecs are still held: 0 iovecs, 0 bytes
 * needs: bytes
 * ends: well
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packets[2];

	for (unsigned i = 0; i < 2; i++) {
		evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
		packets[i] = evpl_iovecs_to_mbuf(evpl, &iovec, 1); /* leaked: 2 packets, 128 bytes */
	}
	zoo_check(evpl_cleanup() == -EBUSY, "-EBUSY");
	rte_pktmbuf_free_bulk(packets, 2);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovec;
	struct rte_mbuf *packets[2];

	zoo_check(evpl_init(NULL) == 0, "a second user");
	for (unsigned i = 0; i < 2; i++) {
		evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovec);
		packets[i] = evpl_iovecs_to_mbuf(evpl, &iovec, 1);
	}
	zoo_check(evpl_cleanup() == 0, "of two users");
	rte_pktmbuf_free_bulk(packets, 2);
}
