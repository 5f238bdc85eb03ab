/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every file in zoo/ includes this header. A case there has a bug and its correct twin. Both are called with a fresh
 * context of the main thread and with LOCAL (0) or SHARED. README.md says how a case states what must be reported.
 */
#ifndef ZOO_H
#define ZOO_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_launch.h>
#include <rte_mbuf.h>

#include <evpl/evpl.h>

#include "threads.h"

typedef void (*zoo_function)(struct evpl *evpl, unsigned flags);

/** Adds a case to the zoo: ZOO_CASE() does. */
void zoo_add(const char *file, const char *name, zoo_function bug, zoo_function twin);

/** A port that takes every packet that is sent, and frees it at once. */
uint16_t zoo_port(void);

/** A mempool of 63 mbufs with data inside, which keeps @p cache of them for each lcore. */
struct rte_mempool *zoo_pool(unsigned cache);

/** Runs @p function on a worker lcore, to its end. */
void zoo_on_worker(int (*function)(void *arg), void *arg);

/** Ends the program with an exit code that no case expects, unless @p held. */
void zoo_check(bool held, const char *what);

/** Begins a case of a file of zoo/: its name is FILE_NAME. NAME_bug() and NAME_twin() follow. */
#define ZOO_CASE(name)                                                                                                 \
	static void name##_bug(struct evpl *evpl, unsigned flags);                                                     \
	static void name##_twin(struct evpl *evpl, unsigned flags);                                                    \
	__attribute__((constructor)) static void name##_register(void)                                                 \
	{                                                                                                              \
		zoo_add(__BASE_FILE__, #name, name##_bug, name##_twin);                                                \
	}

#endif /* ZOO_H */
