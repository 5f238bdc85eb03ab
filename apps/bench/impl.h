/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Taking, reading and giving back: the same three functions for each implementation. A loop is written once with these
 * functions, always inline. BENCH_WAY compiles it once per implementation. The implementation is a constant there, so
 * the compiled loop does not test it.
 */
#ifndef BENCH_IMPL_H
#define BENCH_IMPL_H

#include <stdlib.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_mbuf.h>

#include "bench.h"
#include "mimalloc.h"

enum bench_impl { EVPL_LOCAL, EVPL_SHARED, PKTMBUF, MALLOC, MALLOC_ATOMIC, MIMALLOC_ATOMIC };

/* Programs that use malloc put a count before their bytes, because iovecs and mbufs have one too. */
struct counted {
	uint32_t count;
	uint32_t length;
	char bytes[];
};

/* This is looked up once per batch. */
struct bench_env {
	struct evpl *evpl;
	struct rte_mempool *pool;
};

#define BENCH_INLINE static inline __attribute__((always_inline))

/* Defines a way: a function that returns a call of a loop, which may use c and n. */
#define BENCH_WAY_CALL(name, call)                                                                                     \
	static uint64_t name(const struct bench_case *c, uint64_t n)                                                   \
	{                                                                                                              \
		return call;                                                                                           \
	}

#define BENCH_WAY(loop, suffix, impl) BENCH_WAY_CALL(loop##_##suffix, loop(impl, c, n))

/* The same for a way that returns one figure. */
#define BENCH_VALUE_CALL(name, call)                                                                                   \
	static double name(const struct bench_case *c)                                                                 \
	{                                                                                                              \
		return call;                                                                                           \
	}

/* Calls define(suffix, impl) for every implementation. */
#define BENCH_EACH_IMPL(define)                                                                                        \
	define(local, EVPL_LOCAL) define(shared, EVPL_SHARED) define(pktmbuf, PKTMBUF) define(malloc_local, MALLOC)    \
		define(malloc_shared, MALLOC_ATOMIC) define(mimalloc, MIMALLOC_ATOMIC)

BENCH_INLINE bool
is_evpl(enum bench_impl impl)
{
	return impl == EVPL_LOCAL || impl == EVPL_SHARED;
}

BENCH_INLINE struct bench_env
bench_env(enum bench_impl impl)
{
	return (struct bench_env){.evpl = is_evpl(impl) ? bench_context() : NULL, .pool = bench_pool};
}

/* Room for one piece of any implementation. */
union bench_slot {
	struct evpl_iovec iovec;
	void *pointer;
};

/* An iovec is held by value, the others are held by a pointer. Each array is as large as its users' array would be. */
BENCH_INLINE size_t
slot_size(enum bench_impl impl)
{
	return is_evpl(impl) ? sizeof(struct evpl_iovec) : sizeof(void *);
}

BENCH_INLINE void *
slot_at(enum bench_impl impl, void *slots, size_t k)
{
	return (char *)slots + k * slot_size(impl);
}

BENCH_INLINE void
alloc_one(enum bench_impl impl, const struct bench_env *env, void *slot, unsigned length)
{
	struct counted *counted;
	bool taken;

	switch (impl) {
	case EVPL_LOCAL:
		taken = evpl_iovec_alloc(env->evpl, length, 0, 1, 0, slot) == 1;
		break;
	case EVPL_SHARED:
		taken = evpl_iovec_alloc(env->evpl, length, 0, 1, EVPL_IOVEC_FLAG_SHARED, slot) == 1;
		break;
	case PKTMBUF:
		*(struct rte_mbuf **)slot = rte_pktmbuf_alloc(env->pool);
		taken = *(struct rte_mbuf **)slot != NULL;
		break;
	default:
		counted = impl == MIMALLOC_ATOMIC ? mimalloc.alloc(sizeof(*counted) + length)
						  : malloc(sizeof(*counted) + length);
		taken = counted != NULL;
		if (likely(taken)) {
			counted->length = length;
			__atomic_store_n(&counted->count, 1, __ATOMIC_RELAXED);
		}
		*(struct counted **)slot = counted;
		break;
	}
	if (unlikely(!taken))
		bench_fail("out of memory: give EAL more (-m), or huge pages");
	bench_do_not_optimize(slot);
}

BENCH_INLINE void
release_one(enum bench_impl impl, const struct bench_env *env, void *slot)
{
	struct counted *counted;

	bench_do_not_optimize(slot);
	switch (impl) {
	case EVPL_LOCAL:
	case EVPL_SHARED:
		evpl_iovec_release(env->evpl, slot);
		break;
	case PKTMBUF:
		rte_pktmbuf_free(*(struct rte_mbuf **)slot);
		break;
	default:
		counted = *(struct counted **)slot;
		if (impl == MALLOC ? --counted->count != 0
				   : __atomic_sub_fetch(&counted->count, 1, __ATOMIC_ACQ_REL) != 0)
			break;
		if (impl == MIMALLOC_ATOMIC)
			mimalloc.free(counted);
		else
			free(counted);
		break;
	}
}

BENCH_INLINE void *
bytes_of(enum bench_impl impl, void *slot)
{
	if (is_evpl(impl))
		return evpl_iovec_data(slot);
	if (impl == PKTMBUF)
		return rte_pktmbuf_mtod(*(struct rte_mbuf **)slot, void *);
	return (*(struct counted **)slot)->bytes;
}

BENCH_INLINE void
write_bytes(void *bytes, unsigned length, unsigned value)
{
	memset(bytes, (int)value, length);
	bench_do_not_optimize(bytes);
}

BENCH_INLINE void
read_bytes(const void *bytes, unsigned length)
{
	const char *at = bytes;
	uint64_t sum = 0, word;

	for (unsigned i = 0; i + sizeof(word) <= length; i += (unsigned)sizeof(word)) {
		memcpy(&word, at + i, sizeof(word));
		sum += word;
	}
	__asm__ volatile("" : : "r"(sum));
}

/* Alloc and release, and nothing else: the loop that several families use. */
BENCH_INLINE uint64_t
alloc_release_on(enum bench_impl impl, struct bench_env env, const struct bench_case *c, uint64_t n)
{
	unsigned length = c->length;
	union bench_slot slot;
	uint64_t started;

	/* The first operation is not measured, because it may do work that is done only once. */
	alloc_one(impl, &env, &slot, length);
	release_one(impl, &env, &slot);
	started = bench_now();
	for (uint64_t i = 0; i < n; i++) {
		alloc_one(impl, &env, &slot, length);
		release_one(impl, &env, &slot);
	}
	return bench_now() - started;
}

BENCH_INLINE uint64_t
alloc_release(enum bench_impl impl, const struct bench_case *c, uint64_t n)
{
	return alloc_release_on(impl, bench_env(impl), c, n);
}

#endif /* BENCH_IMPL_H */
