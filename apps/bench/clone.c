/* SPDX-License-Identifier: BSD-3-Clause */
/* Takes a second reference to bytes that are held, and cuts a large buffer into segments without a copy. */
#include "impl.h"
#include "large.h"

#define SEGMENT 1448u
#define SEGMENTS ((BENCH_LARGE + SEGMENT - 1) / SEGMENT)

/* Takes a second reference to what held has. Returns the slot to release: view, or held again. */
typedef void *(*reference)(enum bench_impl impl, const struct bench_case *c, union bench_slot *view,
			   union bench_slot *held);

BENCH_INLINE uint64_t
time_reference_and_release(enum bench_impl impl, const struct bench_case *c, uint64_t n, reference refer)
{
	struct bench_env env = bench_env(impl);
	union bench_slot held, view;
	uint64_t started;

	alloc_one(impl, &env, &held, c->length);
	started = bench_now();
	for (uint64_t i = 0; i < n; i++)
		release_one(impl, &env, refer(impl, c, &view, &held));
	started = bench_now() - started;
	release_one(impl, &env, &held);
	return started;
}

BENCH_INLINE void *
clone_piece(enum bench_impl impl, const struct bench_case *c, union bench_slot *view, union bench_slot *held)
{
	if (is_evpl(impl)) {
		evpl_iovec_clone(&view->iovec, &held->iovec);
		return view;
	}
	view->pointer = rte_pktmbuf_clone(held->pointer, bench_pool);
	if (view->pointer == NULL)
		bench_fail("%s: out of mbufs", c->name);
	return view;
}

/* Only counts on the same mbuf or bytes. A queue or another segment would need a separate view of the bytes. */
BENCH_INLINE void *
count_piece(enum bench_impl impl, const struct bench_case *c, union bench_slot *view, union bench_slot *held)
{
	struct counted *counted = held->pointer;

	RTE_SET_USED(c);
	RTE_SET_USED(view);
	if (impl == PKTMBUF)
		rte_mbuf_refcnt_update(held->pointer, 1);
	else if (impl == MALLOC)
		counted->count++;
	else
		__atomic_add_fetch(&counted->count, 1, __ATOMIC_RELAXED);
	return held;
}

BENCH_WAY_CALL(clone_release_local, time_reference_and_release(EVPL_LOCAL, c, n, clone_piece))
BENCH_WAY_CALL(clone_release_shared, time_reference_and_release(EVPL_SHARED, c, n, clone_piece))
BENCH_WAY_CALL(clone_pktmbuf, time_reference_and_release(PKTMBUF, c, n, clone_piece))
BENCH_WAY_CALL(count_pktmbuf, time_reference_and_release(PKTMBUF, c, n, count_piece))
BENCH_WAY_CALL(count_malloc_local, time_reference_and_release(MALLOC, c, n, count_piece))
BENCH_WAY_CALL(count_malloc_shared, time_reference_and_release(MALLOC_ATOMIC, c, n, count_piece))

BENCH_INLINE uint64_t
cut_segments(enum bench_impl impl, const struct bench_case *c, uint64_t n)
{
	struct bench_env env = bench_env(impl);
	struct evpl_iovec large, views[SEGMENTS];
	uint64_t started;

	RTE_SET_USED(c);
	alloc_one(impl, &env, &large, BENCH_LARGE);
	started = bench_now();
	for (uint64_t i = 0; i < n; i++) {
		for (unsigned k = 0; k < SEGMENTS; k++)
			evpl_iovec_clone_segment(&views[k], &large, k * SEGMENT,
						 RTE_MIN(SEGMENT, BENCH_LARGE - k * SEGMENT));
		for (unsigned k = 0; k < SEGMENTS; k++)
			release_one(impl, &env, &views[k]);
	}
	started = bench_now() - started;
	release_one(impl, &env, &large);
	return started;
}

BENCH_WAY(cut_segments, local, EVPL_LOCAL)
BENCH_WAY(cut_segments, shared, EVPL_SHARED)

static uint64_t
cut_segments_extbuf(const struct bench_case *c, uint64_t n)
{
	struct rte_mbuf *views[SEGMENTS];
	uint64_t started;

	bench_large_begin();
	started = bench_now();
	for (uint64_t i = 0; i < n; i++) {
		for (unsigned k = 0; k < SEGMENTS; k++) {
			uint16_t length = (uint16_t)RTE_MIN(SEGMENT, BENCH_LARGE - k * SEGMENT);

			views[k] = rte_pktmbuf_alloc(bench_pool);
			if (views[k] == NULL)
				bench_fail("%s: out of mbufs", c->name);
			bench_large_attach(views[k], k * SEGMENT, length);
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
			{"evpl", cut_segments_##kind, NULL, NULL},                                                     \
			{"extbuf", cut_segments_extbuf, NULL, NULL},                                                   \
		}                                                                                                      \
	}

const struct bench_case bench_clone[] = {
	CLONE(local, "LOCAL", 0), CLONE(shared, "SHARED", 2.0), SEGMENTED(local, "LOCAL"), SEGMENTED(shared, "SHARED"),
	{.name = NULL},
};
