/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pools come and go, while the program is asked again and again what is held.
 */
#include "program.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

static bool done;

static void *
ask(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE)) {
		kill(getpid(), SIGUSR1);
		usleep(50);
	}
	return NULL;
}

void
asked(void)
{
	pthread_t asking;
	struct rte_mempool *pool = program_pool("stays", 127, 0, 256);

	need(pthread_create(&asking, NULL, ask, NULL) == 0);
	for (unsigned i = 0; i < 10 * ROUNDS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "pool-%u", i % 7);
		rte_mempool_free(program_pool(name, 127, 0, 256));
	}
	__atomic_store_n(&done, true, __ATOMIC_RELEASE);
	need(pthread_join(asking, NULL) == 0);
	need(rte_mempool_avail_count(pool) == 127);
	rte_mempool_free(pool);
}
