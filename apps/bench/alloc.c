/* SPDX-License-Identifier: BSD-3-Clause */
/* Takes and gives back immediately; reserves and commits. */
#include "impl.h"

#define WAY(suffix, impl) BENCH_WAY(alloc_release, suffix, impl)
BENCH_EACH_IMPL(WAY)

/* Commits three quarters of what was reserved. */
static uint64_t
reserve_commit(const struct bench_case *c, uint64_t n)
{
	struct evpl *evpl = bench_context();
	struct evpl_iovec iovec;
	uint64_t started = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		if (evpl_iovec_reserve(evpl, c->length, 0, 1, &iovec) != 1)
			bench_fail("%s: out of memory", c->name);
		evpl_iovec_set_length(&iovec, c->length * 3 / 4);
		evpl_iovec_commit(evpl, 0, &iovec, 1);
		bench_do_not_optimize(&iovec);
		evpl_iovec_release(evpl, &iovec);
	}
	return bench_now() - started;
}

static uint64_t
alloc_append(const struct bench_case *c, uint64_t n)
{
	uint64_t started = bench_now();

	for (uint64_t i = 0; i < n; i++) {
		struct rte_mbuf *mbuf = rte_pktmbuf_alloc(bench_pool);

		if (mbuf == NULL || rte_pktmbuf_append(mbuf, (uint16_t)(c->length * 3 / 4)) == NULL)
			bench_fail("%s: out of mbufs", c->name);
		bench_do_not_optimize(mbuf);
		rte_pktmbuf_free(mbuf);
	}
	return bench_now() - started;
}

#define ALLOC(kind, text, bytes, wanted)                                                                               \
	{                                                                                                              \
		.name = "alloc/" #kind "/" #bytes, .what = "alloc " #bytes " bytes " text, .unit = "ns",               \
		.want = (wanted), .mbufs = 2047, .length = (bytes), .ways = {                                          \
			{"evpl", alloc_release_##kind, NULL, NULL},                                                    \
			{"pktmbuf", alloc_release_pktmbuf, NULL, NULL},                                                \
			{"malloc", alloc_release_malloc_##kind, NULL, NULL},                                           \
			{"mimalloc", alloc_release_mimalloc, NULL, mimalloc_present},                                  \
		}                                                                                                      \
	}
#define LOCAL(bytes, wanted) ALLOC(local, "LOCAL + release", bytes, wanted)
#define SHARED(bytes, wanted) ALLOC(shared, "SHARED + release on the same thread", bytes, wanted)

const struct bench_case bench_alloc[] = {
	LOCAL(64, 3.5),
	LOCAL(256, 0),
	LOCAL(1500, 0),
	LOCAL(9000, 0),
	SHARED(64, 3.5),
	SHARED(256, 0),
	SHARED(1500, 0),
	SHARED(9000, 0),
	{
		.name = "reserve/1500",
		.what = "reserve 1,500 bytes, shorten to 1,125, commit, release; pktmbuf: alloc, append, free",
		.unit = "ns",
		.mbufs = 2047,
		.length = 1500,
		.ways = {{"evpl", reserve_commit, NULL, NULL}, {"pktmbuf", alloc_append, NULL, NULL}},
	},
	{.name = NULL},
};
