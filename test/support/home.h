/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "Every buffer home": a running library per case, and the proof at its end that nothing was lost or given twice.
 *
 * Counting is not enough: rte_mempool_avail_count is clamped to the pool's size, so a buffer that was freed twice
 * hides one that was lost, or passes alone. Hence home_assert() also takes every buffer and every packet mbuf there
 * is, and looks for an address that comes out twice.
 */
#ifndef TEST_HOME_H
#define TEST_HOME_H

#include <stdint.h>

#include <evpl/evpl.h>

/** A case's *state between home_setup and home_teardown. */
struct home {
	const struct evpl_global_config *config; /* what evpl_init got; NULL: defaults */
	struct evpl *evpl;			 /* a context of the main thread; a case may destroy and NULL it */
	size_t heap;				 /* bytes that EAL's heap had given out before */
};

/** @return the context of the case whose *state it is. */
static inline struct evpl *
home_context(void **state)
{
	const struct home *home = *state;

	return home->evpl;
}

/** A case with a running library and a context in *state; config is a struct evpl_global_config. */
#define home_case(function, config)                                                                                    \
	{                                                                                                              \
#function, function, home_setup, home_teardown, (void *)(uintptr_t) & (config)                         \
	}
/** As home_case, named for the variant that it runs. */
#define home_case_named(name, function, config)                                                                        \
	{                                                                                                              \
		name, function, home_setup, home_teardown, (void *)(uintptr_t) & (config)                              \
	}

/** evpl_init(*state) and a context; *state becomes a struct home. */
int home_setup(void **state);

/** Destroys the context, asserts that all is home, stops the library, asserts that EAL's heap is as it was. */
int home_teardown(void **state);

/** Another context in place of the case's: its current buffers, and what counts for them, are given back. */
struct evpl *home_fresh(struct home *home);

/** Asserts that no context is left and every buffer, RX mbuf and packet mbuf is home, each exactly once. */
void home_assert(void);

/** As home_assert() for one mempool of mbufs: @p n of them, clean, no two the same. */
void home_assert_pool(struct rte_mempool *pool, unsigned n);

/** Asserts that the buffers in use, the contexts' current ones aside, are @p n. */
void home_assert_held(uint32_t n);

/** Bytes that EAL's heap has given out. */
size_t home_heap(void);

/** Takes all of EAL's memory, down to the last 64 bytes; what is returned gives it back to home_give_back(). */
void *home_spend_heap(void);
void home_give_back(void *spent);

/** Slabs small enough for tests: 1 MiB of 64 KiB buffers, as many as there is memory. */
extern const struct evpl_global_config home_small;

#endif /* TEST_HOME_H */
