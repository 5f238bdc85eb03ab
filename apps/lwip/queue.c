/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "queue.h"

static uint16_t
slot_index(const struct glue_queue *q, uint16_t i)
{
	return (uint16_t)((q->first + i) % GLUE_AHEAD);
}

/*
 * Moves packets from the port's queue into ours, as far as ours may grow. A packet counts with all of its mbufs. It
 * asks only for full bursts, because some drivers give nothing to short ones.
 */
static void
take_ahead(struct glue_queue *q)
{
	uint16_t count = GLUE_BURST;
	struct rte_mbuf *burst[GLUE_BURST];

	while (count == GLUE_BURST && q->ahead + GLUE_BURST <= GLUE_AHEAD &&
	       (q->ahead == 0 || q->ahead_mbufs + GLUE_BURST <= q->ahead_max)) {
		count = rte_eth_rx_burst(q->port_id, q->queue_id, burst, GLUE_BURST);
		for (uint16_t i = 0; i < count; i++) {
			q->received[slot_index(q, q->ahead++)] = burst[i];
			q->ahead_mbufs += burst[i]->nb_segs;
		}
	}
}

uint16_t
glue_queue_receive(struct glue_queue *q, struct rte_mbuf **packets)
{
	uint64_t from = rte_rdtsc();
	uint16_t count;

	take_ahead(q);
	count = (uint16_t)RTE_MIN(q->ahead, GLUE_BURST);
	for (uint16_t i = 0; i < count; i++) {
		packets[i] = q->received[slot_index(q, i)];
		q->ahead_mbufs -= packets[i]->nb_segs;
	}
	q->first = slot_index(q, count);
	q->ahead -= count;
	q->cycles += rte_rdtsc() - from;
	q->moves += count;
	return count;
}

/* The driver prepares the packets for its checksums. Preparing a packet twice does no harm. */
static void
prepare_waiting(struct glue_queue *q)
{
	uint16_t good;

	while ((good = rte_eth_tx_prepare(q->port_id, q->queue_id, q->packets, q->waiting)) < q->waiting) {
		rte_pktmbuf_free(q->packets[good]);
		q->refused++;
		q->moves++;
		q->waiting--;
		memmove(&q->packets[good], &q->packets[good + 1], (q->waiting - good) * sizeof(q->packets[0]));
	}
}

void
glue_queue_flush(struct glue_queue *q)
{
	uint64_t from;
	uint16_t sent;

	if (q->waiting == 0)
		return;
	from = rte_rdtsc();
	if (q->tcp_checksum)
		prepare_waiting(q);
	sent = rte_eth_tx_burst(q->port_id, q->queue_id, q->packets, q->waiting);
	q->cycles += rte_rdtsc() - from;
	q->moves += sent;
	q->waiting -= sent;
	memmove(q->packets, &q->packets[sent], q->waiting * sizeof(q->packets[0]));
}

bool
glue_queue_is_full(struct glue_queue *q)
{
	if (q->waiting == RTE_DIM(q->packets))
		glue_queue_flush(q);
	return q->waiting == RTE_DIM(q->packets);
}

void
glue_queue_send(struct glue_queue *q, struct rte_mbuf *m)
{
	if (q->tcp_checksum)
		glue_queue_offload_checksum(m);
	q->packets[q->waiting++] = m;
	q->moves++;
	if (q->waiting >= GLUE_BURST)
		glue_queue_flush(q);
}

void
glue_queue_drop(struct glue_queue *q)
{
	rte_pktmbuf_free_bulk(q->packets, q->waiting);
	q->waiting = 0;
	while (q->ahead > 0)
		rte_pktmbuf_free(q->received[slot_index(q, --q->ahead)]);
	q->ahead_mbufs = 0;
}
