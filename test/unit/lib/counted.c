/* SPDX-License-Identifier: BSD-3-Clause */
#include "counted.h"

void
make_local(struct evpl *evpl, void *arg, struct evpl_iovec *iovec)
{
	(void)arg;
	assert_int_equal(evpl_iovec_alloc(evpl, 1000, 0, 1, LOCAL, iovec), 1);
	iovec_fill(iovec, 42);
}

void
make_shared(struct evpl *evpl, void *arg, struct evpl_iovec *iovec)
{
	(void)arg;
	assert_int_equal(evpl_iovec_alloc(evpl, 1000, 0, 1, SHARED, iovec), 1);
	iovec_fill(iovec, 42);
}

void
make_received_local(struct evpl *evpl, void *pool, struct evpl_iovec *iovec)
{
	assert_int_equal(evpl_iovecs_from_mbuf(evpl, filled_mbuf(pool, 1000, 42), LOCAL, 1, iovec), 1);
	assert_int_equal(iovec->flags & SHARED, 0);
}

void
make_received_shared(struct evpl *evpl, void *pool, struct evpl_iovec *iovec)
{
	assert_int_equal(evpl_iovecs_from_mbuf(evpl, filled_mbuf(pool, 1000, 42), SHARED, 1, iovec), 1);
	assert_int_equal(iovec->flags & SHARED, SHARED);
}
