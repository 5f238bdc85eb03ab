/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A bad network between a port and lwIP: frames lost, doubled, out of order, with a wrong bit. It hooks into the
 * netif's own function pointers (netif->input and netif->linkoutput), so the glue does not know it.
 */
#ifndef HOST_FAULT_H
#define HOST_FAULT_H

#include <stdbool.h>
#include <stdint.h>

struct netif;

enum fault_kind {
	FAULT_DROP,
	FAULT_DUP,
	FAULT_REORDER, /* one to three later frames overtake it, or 3 ms pass */
	FAULT_CORRUPT, /* one bit of an IP packet; never of the Ethernet header, because real links check frames */
	FAULT_KINDS
};

/*
 * --rx-drop=PERCENT ... --tx-corrupt=PERCENT: of all frames in that direction; --fault-seed=N. The distance from one
 * fault to the next is random, and never more than twice the mean: with 1 %, each 200 frames have at least one.
 */
struct fault_options {
	double rx[FAULT_KINDS], tx[FAULT_KINDS]; /* percent */
	uint64_t seed;				 /* of the random numbers: the same seed gives the same ones */
};

struct fault_stats {
	uint64_t rx[FAULT_KINDS], tx[FAULT_KINDS]; /* frames */
};

extern const char *const fault_names[FAULT_KINDS];

/* Whether a direction has any fault. For rx, the port must then leave checksums where they can be checked. */
bool fault_any(const double percent[FAULT_KINDS]);

/* Makes the netif's network as bad as the options say. */
void fault_attach(struct netif *netif, const struct fault_options *options);

/* Restores the netifs, and drops the frames that were held back. Call it before the netifs are removed. */
void fault_stop(void);

void fault_stats_get(struct fault_stats *stats);

#endif /* HOST_FAULT_H */
