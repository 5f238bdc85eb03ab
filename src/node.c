/* SPDX-License-Identifier: BSD-3-Clause */
#include "node.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A line has the distances to all nodes that are online, in the order of their numbers. */
static void
read_distances(struct evpl_topology *t, const char *folder, unsigned from)
{
	unsigned distance;
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/node%u/distance", folder, from);
	file = fopen(path, "r");
	if (file == NULL)
		return;
	for (unsigned to = 0; to < RTE_MAX_NUMA_NODES; to++) {
		if (!(t->nodes >> to & 1))
			continue;
		if (fscanf(file, "%u", &distance) != 1)
			break;
		t->distance[from][to] = (uint8_t)RTE_MIN(distance, (unsigned)UINT8_MAX);
	}
	fclose(file);
}

void
evpl_topology_read(struct evpl_topology *t, const char *folder)
{
	char path[256];

	memset(t, 0, sizeof(*t));
	for (unsigned node = 0; node < RTE_MAX_NUMA_NODES; node++) {
		snprintf(path, sizeof(path), "%s/node%u", folder, node);
		if (access(path, F_OK) == 0)
			t->nodes |= (uint64_t)1 << node;
	}
	for (unsigned node = 0; node < RTE_MAX_NUMA_NODES; node++) {
		if (t->nodes >> node & 1)
			read_distances(t, folder, node);
	}
}

/* Whether a context of node `wish` tries a before b. */
static bool
comes_first(const struct evpl_topology *t, const uint32_t *free, int wish, unsigned a, unsigned b)
{
	unsigned to_a = t->distance[wish][a] != 0 ? t->distance[wish][a] : UINT8_MAX + 1;
	unsigned to_b = t->distance[wish][b] != 0 ? t->distance[wish][b] : UINT8_MAX + 1;

	if ((free[a] == 0) != (free[b] == 0))
		return free[a] != 0;
	if (to_a != to_b)
		return to_a < to_b;
	return free[a] != free[b] ? free[a] > free[b] : a < b;
}

unsigned
evpl_node_order(const struct evpl_topology *t, const uint32_t free[RTE_MAX_NUMA_NODES], int wish,
		uint8_t order[RTE_MAX_NUMA_NODES])
{
	unsigned n = 0, at;

	order[n++] = (uint8_t)wish;
	for (unsigned node = 0; node < RTE_MAX_NUMA_NODES; node++) {
		if ((int)node == wish || (!(t->nodes >> node & 1) && free[node] == 0))
			continue;
		for (at = n++; at > 1 && comes_first(t, free, wish, node, order[at - 1]); at--)
			order[at] = order[at - 1];
		order[at] = (uint8_t)node;
	}
	return n;
}
