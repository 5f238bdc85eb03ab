/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the cases share: the description of a case, and the few things that every loop needs.
 *
 * A case is one line of the table: the same work, done in several ways. ways[0] is this library. ways[1] is the first
 * implementation that it is compared with. Each way is a loop that is compiled separately. It is called once per batch,
 * never per operation.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <evpl/evpl.h>

#include <rte_cycles.h>

#define BENCH_WAYS 7
#define BENCH_HELD_MAX 4096u /* the most that a case holds at once */
#define BENCH_BURST 32u

struct bench_case;

struct bench_way {
	const char *name;
	/* Does c->operations * n operations. @return the TSC cycles that they took. */
	uint64_t (*cycles)(const struct bench_case *c, uint64_t n);
	/* Instead of cycles: returns one figure in the case's unit. */
	double (*value)(const struct bench_case *c);
	bool (*present)(void); /* NULL: always */
};

enum bench_order { BENCH_IN_ORDER, BENCH_REVERSE, BENCH_RANDOM };

struct bench_case {
	const char *name;
	const char *what;
	const char *unit;
	double want;	     /* the target of the ratio to ways[1]; 0: none */
	double at_most;	     /* the target of ways[0]'s figure, at most; 0: none */
	unsigned operations; /* operations per pass of a loop; 0: one */
	unsigned lcores;     /* lcores that it needs; 0: one */
	bool own_library;    /* its ways call evpl_init and evpl_cleanup themselves */
	unsigned mbufs;	     /* mbufs of bench_pool, which is made for the case; 0: no pool */
	unsigned length;     /* bytes of one piece */
	unsigned count;	     /* pieces at once */
	enum bench_order order;
	bool touch;					  /* write and read the bytes */
	const char *(*setup)(const struct bench_case *c); /* @return NULL, or why the case cannot run here */
	void (*teardown)(const struct bench_case *c);
	struct bench_way ways[BENCH_WAYS];
};

/* The families of cases. Each ends with a case without a name. */
extern const struct bench_case bench_alloc[], bench_hold[], bench_clone[], bench_handover[], bench_packet[],
	bench_plain_thread[], bench_growth[], bench_memory[], bench_scale[], bench_age[], bench_sample[], bench_slabs[];
extern const struct bench_case *const bench_families[];

/* The mbuf pool of the running case, as a DPDK program would make it. */
extern struct rte_mempool *bench_pool;

/* Prints a line and ends the program with exit status 1. */
void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn, cold));

/* The calling lcore's context, made on its first call. */
struct evpl *bench_context(void);

/* For cases with own_library. bench_library_stop() ends the program with an error if anything is not home. */
void bench_library_start(const struct evpl_global_config *config);
void bench_library_stop(void);

/*
 * Runs function on that many lcores; the main lcore has index 0. The function calls bench_begin() before its work,
 * which waits until all lcores have called it, and bench_end() after its work.
 */
void bench_run_on_lcores(unsigned lcores, void (*function)(unsigned index, void *arg), void *arg);
void bench_begin(void);

/*
 * bench_elapsed() returns the time from the first lcore that left bench_begin() to the last one that called
 * bench_end(). It is valid after bench_run_on_lcores().
 */
void bench_end(void);
uint64_t bench_elapsed(void);

/* Makes a pool as a DPDK program would make it. When it is freed, all mbufs must be home. */
struct rte_mempool *bench_pool_create(const char *name, unsigned n, unsigned length);
void bench_pool_free(struct rte_mempool *pool);

/*
 * The numbers 0 to n - 1 in that order. The random order is the same in every run. A second call with the same order is
 * cheap. n: at most BENCH_HELD_MAX.
 */
const uint32_t *bench_order(enum bench_order order, unsigned n);
void bench_shuffle(uint32_t *numbers, uint32_t n);

static inline uint64_t
bench_now(void)
{
	return rte_rdtsc_precise();
}

static inline double
bench_ns(uint64_t cycles)
{
	return (double)cycles * 1e9 / (double)rte_get_tsc_hz();
}

/* Makes the compiler assume that the bytes behind the pointer are read and written. */
static inline void
bench_do_not_optimize(const void *p)
{
	__asm__ volatile("" : : "r"(p) : "memory");
}

#endif /* BENCH_H */
