/* SPDX-License-Identifier: BSD-3-Clause */
#include "burst_bench.h"

const struct evpl_global_config bench_plenty = {.slab_size = 4 << 20, .buffer_size = 64 << 10, .packet_mbufs = 8191};

struct bench
open_bench(void **state, bool null, unsigned size)
{
	struct home *home = *state;
	struct bench b = {.evpl = home->evpl};

	b.pool = evpl_rx_pool_create("burst", BENCH_MBUFS, 0, SOCKET_ID_ANY);
	assert_non_null(b.pool);
	b.port = null ? port_null(b.pool, size) : port_loop(b.pool);
	return b;
}

void
close_bench(struct bench *b)
{
	port_close(b->port);
	home_assert_pool(b->pool, BENCH_MBUFS);
	assert_int_equal(evpl_rx_pool_destroy(b->pool), 0);
}
