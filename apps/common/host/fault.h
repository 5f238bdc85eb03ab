/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A bad network between a port and lwIP: frames lost, doubled, out of order, with a bit wrong. Put between netif and lwIP by
 * their own function pointers (netif->input and netif->linkoutput), so the glue knows nothing of it.
 */
#ifndef HOST_FAULT_H
#define HOST_FAULT_H

#include <stdint.h>

struct netif;

enum fault_kind {
	FAULT_DROP,
	FAULT_DUP,
	FAULT_REORDER, /* one to three later frames overtake it, or 3 ms pass */
	FAULT_CORRUPT, /* one bit of an IP packet: behind the Ethernet header, which has a check of its own on a wire */
	FAULT_KINDS
};

/*
 * --rx-drop=PERCENT ... --tx-corrupt=PERCENT: of all frames in that direction; --fault-seed=N. The distance from one to the next is
 * random, and never more than twice the mean: of 1 %, each 200 frames have one at least.
 */
struct fault_options {
	double rx[FAULT_KINDS], tx[FAULT_KINDS]; /* percent */
	uint64_t seed;				 /* of the random numbers, which are the same again for the same seed */
};

struct fault_stats {
	uint64_t rx[FAULT_KINDS], tx[FAULT_KINDS]; /* frames */
};

extern const char *const fault_names[FAULT_KINDS];

/* Whether anything is to happen in a direction: of rx, the port must leave checksums where they can be checked. */
bool fault_any(const double percent[FAULT_KINDS]);

/* Makes the netif's network as bad as that. */
void fault_attach(struct netif *netif, const struct fault_options *options);

/* Before the netifs go: all are as they were, and what was held back is lost. */
void fault_stop(void);

void fault_stats_get(struct fault_stats *stats);

#endif /* HOST_FAULT_H */
