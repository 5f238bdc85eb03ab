/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every file in mbuf/ includes this header. A case there has a bug and its correct twin, as a program of plain DPDK
 * would have them. README.md says how a case states what the tracing plug-in must report.
 */
#ifndef MBUF_ZOO_H
#define MBUF_ZOO_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#define ZOO_MBUFS 63u

typedef void (*zoo_function)(void);

/** Adds a case to the zoo: ZOO_CASE() does. */
void zoo_add(const char *file, const char *name, zoo_function bug, zoo_function twin);

/** A pool of ZOO_MBUFS mbufs, with a cache for each lcore. */
struct rte_mempool *zoo_pool(const char *name);

/** Takes all mbufs of the pool that are free, and frees them. */
void zoo_take_all(struct rte_mempool *pool);

/** A port of that driver, which is started. */
uint16_t zoo_port(const char *driver, struct rte_mempool *pool);

/** Runs @p function on lcore 1, or in a thread that is no lcore, to its end. */
void zoo_on_worker(int (*function)(void *arg), void *arg);
void zoo_elsewhere(int (*function)(void *arg), void *arg);

/** Says that the case is ready, and waits until run.py has asked what is held. */
void zoo_ask(void);

/** Ends the program with an exit code that no case expects, unless @p held. */
void zoo_check(bool held, const char *what);

/** Begins a case of a file of mbuf/: its name is FILE_NAME. NAME_bug() and NAME_twin() follow. */
#define ZOO_CASE(name)                                                                                                 \
	static void name##_bug(void);                                                                                  \
	static void name##_twin(void);                                                                                 \
	__attribute__((constructor)) static void name##_register(void)                                                 \
	{                                                                                                              \
		zoo_add(__BASE_FILE__, #name, name##_bug, name##_twin);                                                \
	}

#endif /* MBUF_ZOO_H */
