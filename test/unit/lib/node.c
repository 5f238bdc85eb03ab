/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In which order a context tries NUMA nodes, and what is read of the kernel. By itself: machines that this one is not
 * are tables here, and folders.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "node.h"

#define DIM(a) (sizeof(a) / sizeof((a)[0]))
#define NODE(n) ((uint64_t)1 << (n))
#define ALL(n) (NODE(n) - 1)
#define LAST (RTE_MAX_NUMA_NODES - 1) /* 31 on x86, 3 on arm64 */

/* Two sockets; four nodes of which 0 and 1 are near each other, and 2 and 3; a node that is nearer from one side. */
static const struct evpl_topology one = {.nodes = ALL(1), .distance = {{10}}};
static const struct evpl_topology two = {.nodes = ALL(2), .distance = {{10, 21}, {21, 10}}};
static const struct evpl_topology four = {
	.nodes = ALL(4), .distance = {{10, 12, 20, 22}, {12, 10, 22, 20}, {20, 22, 10, 12}, {22, 20, 12, 10}}};
static const struct evpl_topology unknown = {.nodes = ALL(4)};
static const struct evpl_topology partly = {.nodes = ALL(4), .distance = {{10, 0, 0, 30}}};
static const struct evpl_topology gap = {.nodes = NODE(0) | NODE(LAST),
					 .distance = {[0] = {[0] = 10, [LAST] = 40}, [LAST] = {[0] = 40, [LAST] = 10}}};
static const struct evpl_topology nothing = {0};

static void
order_is_as_the_table_says(void **state)
{
	const struct {
		const struct evpl_topology *topology;
		uint32_t free[RTE_MAX_NUMA_NODES];
		int wish;
		unsigned n;
		uint8_t order[5];
	} row[] = {
		{&one, {0}, 0, 1, {0}},
		{&one, {100}, 0, 1, {0}},
		/* The wish comes first, whatever others have. */
		{&two, {0, 500}, 0, 2, {0, 1}},
		{&two, {0, 500}, 1, 2, {1, 0}},
		{&two, {0, 0}, 1, 2, {1, 0}},
		/* Near before far. */
		{&four, {0}, 0, 4, {0, 1, 2, 3}},
		{&four, {0}, 1, 4, {1, 0, 3, 2}},
		{&four, {0}, 2, 4, {2, 3, 0, 1}},
		{&four, {0}, 3, 4, {3, 2, 1, 0}},
		{&four, {9, 9, 9, 9}, 3, 4, {3, 2, 1, 0}},
		/* Free buffers before a new slab, even if they are far. */
		{&four, {0, 0, 0, 7}, 0, 4, {0, 3, 1, 2}},
		{&four, {0, 0, 1, 7}, 0, 4, {0, 2, 3, 1}},
		{&four, {5, 0, 0, 1}, 1, 4, {1, 0, 3, 2}},
		/* Equally far, or unknown: more free buffers first, then the lower number. */
		{&unknown, {0}, 2, 4, {2, 0, 1, 3}},
		{&unknown, {1, 5, 0, 3}, 2, 4, {2, 1, 3, 0}},
		{&unknown, {3, 3, 0, 3}, 2, 4, {2, 0, 1, 3}},
		/* A distance that is known before one that is not. */
		{&partly, {0}, 0, 4, {0, 3, 1, 2}},
		{&partly, {0}, 1, 4, {1, 0, 2, 3}},
		/* Numbers with gaps, and a wish that the kernel does not name. */
		{&gap, {0}, LAST, 2, {LAST, 0}},
		{&gap, {0}, 2, 3, {2, 0, LAST}},
		{&nothing, {0}, 0, 1, {0}},
		/* A node without a name that has buffers nevertheless: without huge pages EAL serves any node. */
		{&one, {[LAST] = 2}, 0, 2, {0, LAST}},
		{&one, {[2] = 2}, 2, 2, {2, 0}},
	};

	(void)state;
	for (unsigned i = 0; i < DIM(row); i++) {
		uint8_t order[RTE_MAX_NUMA_NODES];
		unsigned n = evpl_node_order(row[i].topology, row[i].free, row[i].wish, order);

		if (n != row[i].n || memcmp(order, row[i].order, n) != 0)
			fail_msg("row %u: %u nodes: %u %u %u %u", i, n, order[0], order[1], order[2], order[3]);
	}
}

/* All nodes that there can be: each exactly once. */
static void
every_node_is_tried_once(void **state)
{
	static struct evpl_topology all;
	uint32_t free[RTE_MAX_NUMA_NODES], seed = 1;
	uint8_t order[RTE_MAX_NUMA_NODES];

	(void)state;
	all.nodes = UINT64_MAX >> (64 - RTE_MAX_NUMA_NODES);
	for (unsigned round = 0; round < 1000; round++) {
		bool seen[RTE_MAX_NUMA_NODES] = {false};
		int wish = (int)(round % RTE_MAX_NUMA_NODES);

		for (unsigned i = 0; i < RTE_MAX_NUMA_NODES; i++) {
			seed = seed * 1664525 + 1013904223;
			free[i] = seed >> 30;
			all.distance[wish][i] = (uint8_t)(seed >> 24 & 3);
		}
		assert_int_equal(evpl_node_order(&all, free, wish, order), RTE_MAX_NUMA_NODES);
		assert_int_equal(order[0], wish);
		for (unsigned i = 0; i < RTE_MAX_NUMA_NODES; i++) {
			assert_false(seen[order[i]]);
			seen[order[i]] = true;
		}
		for (unsigned i = 2; i < RTE_MAX_NUMA_NODES; i++)
			assert_true(free[order[i - 1]] > 0 || free[order[i]] == 0);
	}
}

static char folder[] = "/tmp/evpl_node_XXXXXX";

static void
make_node(unsigned node, const char *distance)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/node%u", folder, node);
	assert_int_equal(mkdir(path, 0700), 0);
	if (distance == NULL)
		return;
	strcat(path, "/distance");
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(distance, file);
	assert_int_equal(fclose(file), 0);
}

static void
remove_node(unsigned node)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/node%u/distance", folder, node);
	unlink(path);
	snprintf(path, sizeof(path), "%s/node%u", folder, node);
	assert_int_equal(rmdir(path), 0);
}

static void
topology_is_what_the_folder_says(void **state)
{
	struct evpl_topology t;

	(void)state;
	assert_non_null(mkdtemp(folder));
	make_node(0, "10 15 21 31\n");
	make_node(1, "15 10 40");	/* cut off */
	make_node(2, "21 40 10 999\n"); /* more than the kernel ever has */
	make_node(LAST, NULL);
	evpl_topology_read(&t, folder);
	assert_int_equal(t.nodes, NODE(0) | NODE(1) | NODE(2) | NODE(LAST));
	assert_int_equal(t.distance[0][0], 10);
	assert_int_equal(t.distance[0][1], 15);
	assert_int_equal(t.distance[0][2], 21);
	assert_int_equal(t.distance[0][LAST], 31);
	assert_int_equal(t.distance[1][2], 40);
	assert_int_equal(t.distance[1][LAST], 0);
	assert_int_equal(t.distance[2][0], 21);
	assert_int_equal(t.distance[2][LAST], UINT8_MAX);
	assert_int_equal(t.distance[LAST][0], 0);
	remove_node(0);
	remove_node(1);
	remove_node(2);
	remove_node(LAST);
	assert_int_equal(rmdir(folder), 0);
	evpl_topology_read(&t, folder);
	assert_int_equal(t.nodes, 0);
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(order_is_as_the_table_says),
		cmocka_unit_test(every_node_is_tried_once),
		cmocka_unit_test(topology_is_what_the_folder_says),
	};

	return cmocka_run_group_tests_name("node", cases, NULL, NULL);
}
