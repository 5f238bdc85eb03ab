/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "Every buffer home": a running library per case, and the proof at its end that no buffer was lost or given out twice.
 *
 * Counting is not enough. rte_mempool_avail_count() is clamped to the pool's size. So a buffer that was freed twice
 * hides one that was lost, or is not noticed at all. Therefore home_assert() also takes every buffer and every packet
 * mbuf that there is, and looks for an address that comes out twice.
 */
#ifndef TEST_HOME_H
#define TEST_HOME_H

#include <stdint.h>

#include <rte_memzone.h>
#include <rte_version.h>

#include <evpl/evpl.h>

/** MiB that EAL has in tests. */
#define HOME_MEMORY 256

/** The *state of a case, between home_setup() and home_teardown(). */
struct home {
	const struct evpl_global_config *config; /* the argument of evpl_init(); NULL: defaults */
	struct evpl *evpl;			 /* of the main thread; a case may destroy it and set NULL */
	size_t heap;				 /* bytes in use of EAL's heap, before the library was started */
};

/** @return the context of the case with that *state. */
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
/** As home_case(), with the name of the variant that it runs. */
#define home_case_named(name, function, config)                                                                        \
	{                                                                                                              \
		name, function, home_setup, home_teardown, (void *)(uintptr_t) & (config)                              \
	}

/** Calls evpl_init(*state) and makes a context. *state becomes a struct home. */
int home_setup(void **state);

/** Destroys the context, asserts that everything is home, stops the library, asserts that EAL's heap is as before. */
int home_teardown(void **state);

/** Replaces the context of the case by a new one, so that its current buffers and their counts are given back. */
struct evpl *home_fresh(struct home *home);

/** Asserts that no context is left and every buffer, RX mbuf and packet mbuf is home, each exactly once. */
void home_assert(void);

/** As home_assert(), for one mempool of mbufs: all @p n are home, clean, and different. */
void home_assert_pool(struct rte_mempool *pool, unsigned n);

/** Asserts that @p n buffers are in use, without the contexts' current ones. */
void home_assert_held(uint32_t n);

/** Whether packets on buffers are far: those of a tracing build, and of a run with EVPL_TEST_FAR. */
bool home_is_far(void);

/** @return the bytes in use of EAL's heap. */
size_t home_heap(void);

/** @return the bytes in use of the C library's heap. Sanitizers have a heap of their own, and it says nothing there. */
size_t home_c_heap(void);

/** @return the most memzones of EAL. Since 23.07 a program can ask for more. */
static inline unsigned
home_memzones(void)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 7, 0, 0)
	return (unsigned)rte_memzone_max_get();
#else
	return RTE_MAX_MEMZONE;
#endif
}

/** Takes all of EAL's memory, down to the last 64 bytes. @return what home_give_back() needs to give it back. */
void *home_spend_heap(void);
void home_give_back(void *spent);

/** A configuration for tests: slabs of 1 MiB with 64 KiB buffers, as many as there is memory for. */
extern const struct evpl_global_config home_small;

#endif /* TEST_HOME_H */
