/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_hash.h>
#include <rte_jhash.h>
#include <rte_lcore.h>

#include "peers.h"

/* The hash keeps the count in place of a pointer. */
static struct rte_hash *counts;

int
peers_start(unsigned max)
{
	struct rte_hash_parameters parameters = {
		.name = "httpd_peers",
		/* A cuckoo hash may refuse a key before it is full. */
		.entries = max < 32 ? 64 : 2 * max,
		.key_len = sizeof(struct peer),
		.hash_func = rte_jhash,
		.socket_id = (int)rte_socket_id(),
	};

	counts = rte_hash_create(&parameters);
	return counts != NULL ? 0 : -1;
}

void
peers_stop(void)
{
	rte_hash_free(counts);
	counts = NULL;
}

static uintptr_t
count_of(const struct peer *peer)
{
	void *count;

	return rte_hash_lookup_data(counts, peer, &count) >= 0 ? (uintptr_t)count : 0;
}

bool
peers_enter(const struct peer *peer, unsigned limit)
{
	uintptr_t count = count_of(peer);

	return count < limit && rte_hash_add_key_data(counts, peer, (void *)(count + 1)) == 0;
}

void
peers_leave(const struct peer *peer)
{
	uintptr_t count = count_of(peer);

	if (count > 1)
		rte_hash_add_key_data(counts, peer, (void *)(count - 1));
	else
		rte_hash_del_key(counts, peer);
}
