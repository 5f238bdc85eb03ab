/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>

#include "glue_queue.h"

uint16_t
glue_queue_receive(struct glue_queue *q, struct rte_mbuf **packets)
{
	uint64_t from = rte_rdtsc();
	uint16_t count = rte_eth_rx_burst(q->port_id, q->queue_id, packets, GLUE_BURST);

	q->cycles += rte_rdtsc() - from;
	q->moves += count;
	return count;
}

unsigned
glue_queue_checked(const struct rte_mbuf *m)
{
	unsigned good = 0;

	if ((m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD)
		good |= GLUE_IP_GOOD;
	if ((m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD)
		good |= GLUE_L4_GOOD;
	return good;
}

void
glue_queue_flush(struct glue_queue *q)
{
	uint64_t from;
	uint16_t sent;

	if (q->waiting == 0)
		return;
	from = rte_rdtsc();
	sent = rte_eth_tx_burst(q->port_id, q->queue_id, q->packets, q->waiting);
	q->cycles += rte_rdtsc() - from;
	q->moves += sent;
	q->waiting -= sent;
	memmove(q->packets, &q->packets[sent], q->waiting * sizeof(q->packets[0]));
}

bool
glue_queue_full(struct glue_queue *q)
{
	if (q->waiting == RTE_DIM(q->packets))
		glue_queue_flush(q);
	return q->waiting == RTE_DIM(q->packets);
}

void
glue_queue_send(struct glue_queue *q, struct rte_mbuf *m)
{
	if (q->tcp_checksum)
		glue_queue_offload(m);
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
}
