/* SPDX-License-Identifier: BSD-3-Clause */
/* Takes and gives back on a thread that EAL does not know. It has no lcore id, and mempools have no cache for it. */
#include "impl.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <rte_errno.h>

struct work {
	const struct bench_case *c;
	uint64_t (*loop)(struct evpl *evpl, const struct bench_case *c, uint64_t n);
	uint64_t n, cycles;
	bool evpl;
};

static void *
thread_main(void *arg)
{
	struct work *w = arg;
	struct evpl *evpl = w->evpl ? evpl_create(NULL) : NULL;

	if (w->evpl && evpl == NULL)
		bench_fail("evpl_create: %s", rte_strerror(rte_errno));
	w->cycles = w->loop(evpl, w->c, w->n);
	evpl_destroy(evpl);
	return NULL;
}

/* The thread inherits the main lcore's affinity, so it runs on that core while the main lcore waits. */
static uint64_t
in_thread(struct work *w)
{
	pthread_t thread;
	int rc = pthread_create(&thread, NULL, thread_main, w);

	if (rc != 0)
		bench_fail("pthread_create: %s", strerror(rc));
	pthread_join(thread, NULL);
	return w->cycles;
}

#define PLAIN(suffix, impl)                                                                                            \
	static uint64_t loop_##suffix(struct evpl *evpl, const struct bench_case *c, uint64_t n)                       \
	{                                                                                                              \
		return alloc_release_on(impl, (struct bench_env){.evpl = evpl, .pool = bench_pool}, c, n);             \
	}                                                                                                              \
	static uint64_t plain_##suffix(const struct bench_case *c, uint64_t n)                                         \
	{                                                                                                              \
		struct work w = {.c = c, .loop = loop_##suffix, .n = n, .evpl = is_evpl(impl)};                        \
                                                                                                                       \
		return in_thread(&w);                                                                                  \
	}

BENCH_EACH_IMPL(PLAIN)

#define ON_PLAIN_THREAD(kind, KIND, wanted)                                                                            \
	{                                                                                                              \
		.name = "plain-thread/" #kind "/64",                                                                   \
		.what = "alloc 64 bytes " KIND " + release on a pthread without an lcore id", .unit = "ns",            \
		.want = (wanted), .mbufs = 2047, .length = 64, .ways = {                                               \
			{"evpl", plain_##kind, NULL, NULL},                                                            \
			{"pktmbuf", plain_pktmbuf, NULL, NULL},                                                        \
			{"malloc", plain_malloc_##kind, NULL, NULL},                                                   \
			{"mimalloc", plain_mimalloc, NULL, mimalloc_present},                                          \
		}                                                                                                      \
	}

const struct bench_case bench_plain_thread[] = {
	ON_PLAIN_THREAD(local, "LOCAL", 5.0),
	ON_PLAIN_THREAD(shared, "SHARED", 5.0),
	{.name = NULL},
};
