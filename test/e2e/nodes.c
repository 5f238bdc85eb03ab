/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two contexts, on two lcores of different NUMA nodes, and slabs of four buffers of which there can be two. Each
 * context takes a buffer, so each node gets a slab. Then the first context takes all of its node's, and two of the
 * other node's. It holds them until its standard input ends. Takes EAL's options.
 */
#include <stdio.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include <evpl/evpl.h>

#define SIZE (16u << 10)
#define SHARED EVPL_IOVEC_FLAG_SHARED

static struct evpl *second;
static struct evpl_iovec iovecs[7];

static bool
take(struct evpl *evpl, struct evpl_iovec *iovec)
{
	return evpl_iovec_alloc(evpl, SIZE, 0, 1, SHARED, iovec) == 1;
}

static int
take_there(void *arg)
{
	second = evpl_create(NULL);
	return second != NULL && take(second, arg) ? 0 : 1;
}

int
main(int argc, char **argv)
{
	const struct evpl_global_config config = {.slab_size = 4 * SIZE,
						  .buffer_size = SIZE,
						  .large_buffer_size = SIZE,
						  .max_slabs = 2,
						  .packet_mbufs = 63};
	struct evpl *first;
	unsigned worker;
	char byte;

	if (rte_eal_init(argc, argv) < 0 || evpl_init(&config) != 0)
		return 1;
	worker = rte_get_next_lcore(UINT32_MAX, 1, 0);
	first = evpl_create(NULL);
	if (first == NULL || worker >= RTE_MAX_LCORE || !take(first, &iovecs[0]))
		return 2;
	if (rte_eal_remote_launch(take_there, &iovecs[1], worker) != 0 || rte_eal_wait_lcore(worker) != 0)
		return 3;
	for (unsigned i = 2; i < 7; i++) {
		if (!take(first, &iovecs[i]))
			return 4;
	}
	printf("holds\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	evpl_iovecs_release(NULL, iovecs, 7);
	evpl_destroy(first);
	evpl_destroy(second);
	return evpl_cleanup() == 0 ? 0 : 5;
}
