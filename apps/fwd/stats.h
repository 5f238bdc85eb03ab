/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FWD_STATS_H
#define FWD_STATS_H

#include <stdint.h>

#include <rte_config.h>

/*
 * What one lcore did on one port. Only that lcore writes, and the table reads at any time. So both use relaxed atomics,
 * which cost no more than an ordinary load and store. RX fields and TX fields have a cache line each. No lcore shares a
 * line with another.
 *
 *	rx_packets == forwarded (the tx_ and drop_ fields of the ports they went to) + rx_consumed + drop_malformed
 */
struct fwd_counters {
	_Alignas(RTE_CACHE_LINE_SIZE) uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t rx_malformed; /* a header is cut short or false; forwarded all the same, or in drop_malformed */
	uint64_t rx_consumed;  /* dropped because of the mode: rxonly, flowgen; icmpecho: not a request */

	_Alignas(RTE_CACHE_LINE_SIZE) uint64_t tx_packets;
	uint64_t tx_bytes;
	uint64_t drop_full;	 /* the TX queue had no room */
	uint64_t drop_memory;	 /* no buffer, or no packet mbuf */
	uint64_t drop_malformed; /* no bytes to send, or malformed and so not answered */
};

static inline void
fwd_count(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static inline uint64_t
fwd_count_read(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* Adds c to sum. Reads c with relaxed atomics, as the table must. */
void fwd_counters_add(struct fwd_counters *sum, const struct fwd_counters *c);

#endif /* FWD_STATS_H */
