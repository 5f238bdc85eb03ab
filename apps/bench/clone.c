/* SPDX-License-Identifier: BSD-3-Clause */
/* Takes a second reference to bytes that are held, and cuts a large buffer into segments without a copy. */
#include "impl.h"

#define SEGMENT 1448u
#define LARGE (60u << 10)
#define SEGMENTS ((LARGE + SEGMENT - 1) / SEGMENT)

BENCH_INLINE uint64_t
clone_release(enum bench_impl impl, const struct bench_case *c, uint64_t n)
{
	struct bench_env env = bench_env(impl);
	struct evpl_iovec held, view;
	uint64_t started;

	alloc_one(impl, &env, &held, c->length);
	started = bench_now();
	for (uint64_t i = 0; i < n; i++) {
		evpl_iovec_clone(&view, &held);
		release_one(impl, &env, &view);
	}
	started = bench_now() - started;
	release_one(impl, &env, &held);
	return started;
}

BENCH_WAY(clone_release, local, EVPL_LOCAL)
BENCH_WAY(clone_release, shared, EVPL_SHARED)

static uint64_t
clone_pktmbuf(const struct bench_case *c, uint64_t n)
{
	struct bench_env env = bench_env(PKTMBUF);
	struct rte_mbuf *held, *view;
	uint64_t started;

	alloc_one(PKTMBUF, &env, &held, c->length);
	started = bench_now();
	for (uint64_t i = 0; i < n; i++) {
		view = rte_pktmbuf_clone(held, bench_pool);
		if (view == NULL)
			bench_fail("%s: out of mbufs", c->name);
		release_one(PKTMBUF, &env, &view);
	}
	started = bench_now() - started;
	release_one(PKTMBUF, &env, &held);
	return started;
}

/* Only counts on the same mbuf. A queue or another segment would need a separate view of the bytes. */
static uint64_t
count_pktmbuf(const struct bench_case *c, uint64_t n)
{
	struct bench_env env = bench_env(PKTMBUF);
	struct rte_mbuf *held;
	uint64_t started;

	alloc_one(PKTMBUF, &env, &held, c->length);
	started = bench_now();
	for (uint64_t i = 0; i < n; i++) {
		rte_mbuf_refcnt_update(held, 1);
		release_one(PKTMBUF, &env, &held);
	}
	started = bench_now() - started;
	release_one(PKTMBUF, &env, &held);
	return started;
}

BENCH_INLINE uint64_t
count_malloc(enum bench_impl impl, const struct bench_case *c, uint64_t n)
{
	struct bench_env env = bench_env(impl);
	struct counted *held;
	uint64_t started;

	alloc_one(impl, &env, &held, c->length);
	started = bench_now();
	for (uint64_t i = 0; i < n; i++) {
		if (impl == MALLOC)
			held->count++;
		else
			__atomic_add_fetch(&held->count, 1, __ATOMIC_RELAXED);
		release_one(impl, &env, &held);
	}
	started = bench_now() - started;
	release_one(impl, &env, &held);
	return started;
}

BENCH_WAY(count_malloc, local, MALLOC)
BENCH_WAY(count_malloc, shared, MALLOC_ATOMIC)

BENCH_INLINE uint64_t
segments(enum bench_impl impl, const struct bench_case *c, uint64_t n)
{
	struct bench_env env = bench_env(impl);
	struct evpl_iovec large, views[SEGMENTS];
	uint64_t started;

	RTE_SET_USED(c);
	alloc_one(impl, &env, &large, LARGE);
	started = bench_now();
	for (uint64_t i = 0; i < n; i++) {
		for (unsigned k = 0; k < SEGMENTS; k++)
			evpl_iovec_clone_segment(&views[k], &large, k * SEGMENT, RTE_MIN(SEGMENT, LARGE - k * SEGMENT));
		for (unsigned k = 0; k < SEGMENTS; k++)
			release_one(impl, &env, &views[k]);
	}
	started = bench_now() - started;
	release_one(impl, &env, &large);
	return started;
}

BENCH_WAY(segments, local, EVPL_LOCAL)
BENCH_WAY(segments, shared, EVPL_SHARED)

/* segments_extbuf() attaches to bytes that belong to the case, so nothing is freed when the last mbuf ends. */
static void
large_ended(void *bytes, void *opaque)
{
	RTE_SET_USED(bytes);
	RTE_SET_USED(opaque);
}

static uint64_t
segments_extbuf(const struct bench_case *c, uint64_t n)
{
	static struct rte_mbuf_ext_shared_info shinfo = {.free_cb = large_ended};
	static char large[LARGE] __rte_cache_aligned;
	struct rte_mbuf *views[SEGMENTS];
	uint64_t started;

	rte_mbuf_ext_refcnt_set(&shinfo, 1);
	started = bench_now();
	for (uint64_t i = 0; i < n; i++) {
		for (unsigned k = 0; k < SEGMENTS; k++) {
			uint16_t length = (uint16_t)RTE_MIN(SEGMENT, LARGE - k * SEGMENT);

			views[k] = rte_pktmbuf_alloc(bench_pool);
			if (views[k] == NULL)
				bench_fail("%s: out of mbufs", c->name);
			rte_mbuf_ext_refcnt_update(&shinfo, 1);
			rte_pktmbuf_attach_extbuf(views[k], large + k * SEGMENT, RTE_BAD_IOVA, length, &shinfo);
			views[k]->data_len = length;
			views[k]->pkt_len = length;
		}
		bench_do_not_optimize(views);
		for (unsigned k = 0; k < SEGMENTS; k++)
			rte_pktmbuf_free(views[k]);
	}
	return bench_now() - started;
}

#define CLONE(kind, KIND, wanted)                                                                                      \
	{                                                                                                              \
		.name = "clone/" #kind "/1500",                                                                        \
		.what = "clone " KIND                                                                                  \
			" + release; pktmbuf: rte_pktmbuf_clone + free; refcnt: only one more count of the same mbuf", \
		.unit = "ns", .want = (wanted), .mbufs = 2047, .length = 1500, .ways = {                               \
			{"evpl", clone_release_##kind, NULL, NULL},                                                    \
			{"pktmbuf", clone_pktmbuf, NULL, NULL},                                                        \
			{"refcnt", count_pktmbuf, NULL, NULL},                                                         \
			{"malloc", count_malloc_##kind, NULL, NULL},                                                   \
		}                                                                                                      \
	}
#define SEGMENTED(kind, KIND)                                                                                          \
	{                                                                                                              \
		.name = "segment/" #kind "/60K",                                                                       \
		.what = "60 KB cut by clone_segment " KIND                                                             \
			" into 1,448 bytes each + release; extbuf: rte_pktmbuf_attach_extbuf; per segment",            \
		.unit = "ns", .operations = SEGMENTS, .mbufs = 2047, .ways = {                                         \
			{"evpl", segments_##kind, NULL, NULL},                                                         \
			{"extbuf", segments_extbuf, NULL, NULL},                                                       \
		}                                                                                                      \
	}

const struct bench_case bench_clone[] = {
	CLONE(local, "LOCAL", 0), CLONE(shared, "SHARED", 2.0), SEGMENTED(local, "LOCAL"), SEGMENTED(shared, "SHARED"),
	{.name = NULL},
};
