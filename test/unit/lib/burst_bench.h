/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of bursts run on: a receive pool, a port that receives from it, and the context of the case. */
#ifndef TEST_BURST_BENCH_H
#define TEST_BURST_BENCH_H

#include "support.h"

/** The mbufs of the pool. */
#define BENCH_MBUFS 4095

struct bench {
	struct evpl *evpl;
	struct rte_mempool *pool;
	uint16_t port;
};

/** Opens a port of port_null(), which receives packets of @p size bytes, or else one of port_loop(). */
struct bench open_bench(void **state, bool null, unsigned size);

/** Closes the port. Asserts that all mbufs of the pool are home. */
void close_bench(struct bench *b);

/** Enough for every case that is not about a lack of mbufs. */
extern const struct evpl_global_config bench_plenty;

#endif /* TEST_BURST_BENCH_H */
