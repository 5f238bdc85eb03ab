/* SPDX-License-Identifier: BSD-3-Clause */
/* The bytes that are reserved per byte that a program asked for: slabs, and everything that manages them. */
#include "impl.h"

#include <rte_lcore.h>
#include <rte_malloc.h>

#define SLABS 4u

/* All memzones and mempools come from EAL's heap. */
static uint64_t
heap_bytes(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < rte_socket_count(); i++) {
		struct rte_malloc_socket_stats stats;

		if (rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &stats) == 0)
			sum += stats.heap_allocsz_bytes;
	}
	return sum;
}

/* Fills SLABS slabs. The packet mbufs that the library keeps for ports count, too. */
static double
bytes_evpl(const struct bench_case *c)
{
	struct evpl_global_config config = {.max_slabs = SLABS};
	size_t room = SLABS * EVPL_DEFAULT_SLAB_SIZE / c->length + 1, n = 0;
	struct evpl_iovec *iovecs = calloc(room, sizeof(*iovecs));
	uint64_t before = heap_bytes(), reserved;
	struct evpl *evpl;

	if (iovecs == NULL)
		bench_fail("%s: out of memory", c->name);
	bench_library_start(&config);
	evpl = bench_context();
	while (n < room && evpl_iovec_alloc(evpl, c->length, 0, 1, 0, &iovecs[n]) == 1)
		n++;
	reserved = heap_bytes() - before;
	for (size_t k = 0; k < n; k++)
		evpl_iovec_release(evpl, &iovecs[k]);
	bench_library_stop();
	free(iovecs);
	return (double)reserved / ((double)n * c->length);
}

/* A pool whose mbufs can hold any packet, as they must. Each mbuf holds one packet. */
static double
bytes_pktmbuf(const struct bench_case *c)
{
	uint64_t before = heap_bytes(), reserved;
	struct rte_mempool *pool = bench_pool_create("bench_memory", 8191, c->length);

	reserved = heap_bytes() - before;
	bench_pool_free(pool);
	return (double)reserved / (8191.0 * c->length);
}

#define MEMORY(bytes, most)                                                                                            \
	{                                                                                                              \
		.name = "memory/" #bytes,                                                                              \
		.what = "EAL memory (slabs, mbufs, rings) per live payload byte, " #bytes "-byte packets",             \
		.unit = "B", .own_library = true, .at_most = (most), .length = (bytes), .ways = {                      \
			{"evpl", NULL, bytes_evpl, NULL},                                                              \
			{"pktmbuf", NULL, bytes_pktmbuf, NULL},                                                        \
		}                                                                                                      \
	}

const struct bench_case bench_memory[] = {
	MEMORY(64, 1.5),
	MEMORY(256, 0),
	MEMORY(1500, 0),
	{.name = NULL},
};
