/* SPDX-License-Identifier: BSD-3-Clause */
#include "stats.h"

void
fwd_counters_add(struct fwd_counters *sum, const struct fwd_counters *c)
{
	sum->rx_packets += fwd_count_read(&c->rx_packets);
	sum->rx_bytes += fwd_count_read(&c->rx_bytes);
	sum->rx_malformed += fwd_count_read(&c->rx_malformed);
	sum->rx_consumed += fwd_count_read(&c->rx_consumed);
	sum->tx_packets += fwd_count_read(&c->tx_packets);
	sum->tx_bytes += fwd_count_read(&c->tx_bytes);
	sum->drop_full += fwd_count_read(&c->drop_full);
	sum->drop_memory += fwd_count_read(&c->drop_memory);
	sum->drop_malformed += fwd_count_read(&c->drop_malformed);
}
