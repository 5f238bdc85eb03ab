/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs one case of zoo/, alone in its process:
 *
 *	zoo CASE bug|twin LOCAL|SHARED    exit code 0: it ran to its end, and every buffer is home (see zoo_run())
 *	zoo --mode                        prints the features of this build: trace, bytes, asan
 *	zoo --list                        prints the cases
 */
#include <rte_errno.h>
#include <rte_lcore.h>

#include "support.h"

#include "zoo.h"

#include "case_list.h"

#ifndef ZOO_TRACE_BYTES
#define ZOO_TRACE_BYTES 0
#endif

#if defined(__SANITIZE_ADDRESS__)
#define ZOO_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ZOO_ASAN 1
#endif
#endif
#ifndef ZOO_ASAN
#define ZOO_ASAN 0
#endif

static const struct text *chosen;
static bool is_twin;
static unsigned chosen_flags;
static bool has_port;
static uint16_t port;
static struct rte_mempool *port_pool;

void
zoo_check(bool held, const char *what)
{
	if (held)
		return;
	fprintf(stderr, "zoo: not so: %s\n", what);
	exit(4);
}

uint16_t
zoo_port(void)
{
	if (!has_port) {
		port_pool = plain_pool("zoo_port", 1023, RTE_MBUF_DEFAULT_BUF_SIZE);
		port = port_null(port_pool, 64);
		has_port = true;
	}
	return port;
}

struct rte_mempool *
zoo_pool(unsigned cache)
{
	struct rte_mempool *pool =
		rte_pktmbuf_pool_create("zoo", 63, cache, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);

	zoo_check(pool != NULL, "a mempool");
	return pool;
}

void
zoo_on_worker(int (*function)(void *arg), void *arg)
{
	unsigned worker = rte_get_next_lcore((unsigned)-1, 1, 0);

	zoo_check(worker != RTE_MAX_LCORE, "a worker lcore");
	zoo_check(rte_eal_remote_launch(function, arg, worker) == 0, "a launch");
	rte_eal_wait_lcore(worker);
}

/*
 * A twin must bring every buffer home. A bug that nobody stopped is asked the same in a plain build, to know what it
 * did; with tracing, its end is left to evpl_destroy and evpl_cleanup.
 */
static void
zoo_run(void)
{
	struct evpl *evpl;

	zoo_check(evpl_init(&home_small) == 0, "evpl_init");
	evpl = evpl_create(NULL);
	zoo_check(evpl != NULL, "evpl_create");
	(is_twin ? chosen->twin : chosen->bug)(evpl, chosen_flags);
	if (has_port) {
		port_close(port);
		rte_mempool_free(port_pool);
	}
	evpl_destroy(evpl);
	if (is_twin || !EVPL_IOVEC_TRACE)
		home_assert();	 /* exits when it fails */
	if (evpl_cleanup() != 0) /* cleanup */
		exit(3);
}

static int
usage(void)
{
	fprintf(stderr, "usage: zoo CASE bug|twin LOCAL|SHARED\n       zoo --mode | --list\n");
	return 2;
}

int
main(int argc, char **argv)
{
	static const struct child children[] = {{.name = "run", .run = zoo_run}};
	const struct program program = {.name = "zoo", .children = children, .n_children = 1};
	char child[] = "--child", run[] = "run";
	char *child_argv[] = {argv[0], child, run, NULL};

	if (argc == 2 && strcmp(argv[1], "--mode") == 0) {
		printf("trace=%d bytes=%d asan=%d\n", EVPL_IOVEC_TRACE, EVPL_IOVEC_TRACE && ZOO_TRACE_BYTES, ZOO_ASAN);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		list_cases();
		return 0;
	}
	if (argc != 4)
		return usage();
	chosen = find_case(argv[1]);
	is_twin = strcmp(argv[2], "twin") == 0;
	chosen_flags = strcmp(argv[3], "SHARED") == 0 ? SHARED : LOCAL;
	if (chosen == NULL || (!is_twin && strcmp(argv[2], "bug") != 0) ||
	    (chosen_flags == LOCAL && strcmp(argv[3], "LOCAL") != 0))
		return usage();
	return program_main(&program, 3, child_argv);
}
