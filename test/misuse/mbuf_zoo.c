/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs one case of mbuf/, alone in its process. It is a program of plain DPDK, and knows nothing of the plug-in:
 *
 *	mbuf-zoo EAL'S OPTIONS -- CASE bug|twin    exit code 0: it ran to its end, and every object is home, once
 *	mbuf-zoo --list                            prints the cases
 */
#include "mbuf_zoo.h"

#include "case_list.h"

#include <pthread.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_lcore.h>

static uint16_t ports[4];
static unsigned port_count;

void
zoo_check(bool held, const char *what)
{
	if (held)
		return;
	fprintf(stderr, "zoo: not so: %s\n", what);
	_exit(4);
}

struct rte_mempool *
zoo_pool(const char *name)
{
	struct rte_mempool *pool =
		rte_pktmbuf_pool_create(name, ZOO_MBUFS, 16, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);

	zoo_check(pool != NULL, "a mempool");
	return pool;
}

void
zoo_take_all(struct rte_mempool *pool)
{
	struct rte_mbuf *all[ZOO_MBUFS];
	unsigned n = 0;

	while (n < ZOO_MBUFS && (all[n] = rte_pktmbuf_alloc(pool)) != NULL)
		n++;
	while (n > 0)
		rte_pktmbuf_free(all[--n]);
}

uint16_t
zoo_port(const char *driver, struct rte_mempool *pool)
{
	struct rte_eth_conf conf = {0};
	char name[32];
	uint16_t port;

	snprintf(name, sizeof(name), "%s_zoo%u", driver, port_count);
	zoo_check(rte_eal_hotplug_add("vdev", name, "") == 0, "a device");
	zoo_check(rte_eth_dev_get_port_by_name(name, &port) == 0, "a port");
	zoo_check(rte_eth_dev_configure(port, 1, 1, &conf) == 0, "a configuration");
	zoo_check(rte_eth_rx_queue_setup(port, 0, 64, 0, NULL, pool) == 0, "an RX queue");
	zoo_check(rte_eth_tx_queue_setup(port, 0, 64, 0, NULL) == 0, "a TX queue");
	zoo_check(rte_eth_dev_start(port) == 0, "a start");
	ports[port_count++] = port;
	return port;
}

void
zoo_on_worker(int (*function)(void *arg), void *arg)
{
	zoo_check(rte_eal_remote_launch(function, arg, 1) == 0, "a launch");
	rte_eal_wait_lcore(1);
}

struct start {
	int (*function)(void *arg);
	void *arg;
};

static void *
run_start(void *arg)
{
	const struct start *start = arg;

	start->function(start->arg);
	return NULL;
}

void
zoo_elsewhere(int (*function)(void *arg), void *arg)
{
	struct start start = {function, arg};
	pthread_t thread;

	zoo_check(pthread_create(&thread, NULL, run_start, &start) == 0, "a thread");
	pthread_join(thread, NULL);
}

void
zoo_ask(void)
{
	puts("ready");
	fflush(stdout);
	while (getchar() != EOF)
		;
}

/* Takes all objects of a pool at once. Each of them must come out, once. */
static void
check_home(struct rte_mempool *pool, void *arg)
{
	void *all[2 * ZOO_MBUFS];
	unsigned n = 0;

	(void)arg;
	while (n < RTE_DIM(all) && rte_mempool_get(pool, &all[n]) == 0)
		n++;
	zoo_check(n == pool->size, "every object is home");
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < i; k++)
			zoo_check(all[i] != all[k], "every object is home once");
	}
	rte_mempool_put_bulk(pool, all, n);
}

static void
run(zoo_function function)
{
	function();
	for (unsigned i = 0; i < port_count; i++) {
		rte_eth_dev_stop(ports[i]);
		rte_eth_dev_close(ports[i]);
	}
	rte_mempool_walk(check_home, NULL);
	rte_eal_cleanup();
}

int
main(int argc, char **argv)
{
	const struct text *chosen;
	int used;

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		list_cases();
		return 0;
	}
	used = rte_eal_init(argc, argv);
	if (used < 0)
		return 2;
	chosen = argc - used == 3 ? find_case(argv[used + 1]) : NULL;
	if (chosen != NULL) {
		run(strcmp(argv[used + 2], "twin") == 0 ? chosen->twin : chosen->bug);
		return 0;
	}
	fprintf(stderr, "usage: mbuf-zoo EAL'S OPTIONS -- CASE bug|twin\n       mbuf-zoo --list\n");
	return 2;
}
