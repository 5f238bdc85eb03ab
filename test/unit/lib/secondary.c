/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl_init() in a secondary process, which a child of fork() plays. test/e2e/test_secondary.py has two real processes.
 *
 * What would break: a process with other mempool operations than the primary would free packets to the wrong pool, and
 * nobody would be told.
 */
#include <rte_mempool.h>

#include "logged.h"
#include "process_there.h"

static const char words[] = "packets of the primary must not be freed in this process";
static bool expected;

static void
plays_init(struct evpl_process *process)
{
	char *text;

	(void)process;
	log_begin();
	there_check(evpl_init(NULL) == -ENOTSUP);
	text = log_end();
	there_check((strstr(text, words) != NULL) == expected);
	free(text);
}

static void
find_packet_pool(struct rte_mempool *pool, void *found)
{
	if (strncmp(pool->name, "evpl_packets_", 13) == 0 && pool->cache_size == 0)
		*(struct rte_mempool **)found = pool;
}

static void
init_there_tells_of_other_mempool_operations(void **state)
{
	struct rte_mempool *pool = NULL;
	struct there there;

	(void)state;
	there_only();
	expected = false;
	there_begin(&there, NULL, plays_init);
	there_end(&there);
	rte_mempool_walk(find_packet_pool, &pool);
	assert_non_null(pool);
	pool->ops_index--;
	expected = true;
	there_begin(&there, NULL, plays_init);
	there_end(&there);
	pool->ops_index++;
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest cases[] = {
		home_case(init_there_tells_of_other_mempool_operations, home_small),
	};
	static const struct program program = {.name = "secondary", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
