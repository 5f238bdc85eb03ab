/* SPDX-License-Identifier: BSD-3-Clause */
/* A port's queue pair as the glue sees it. This file includes none of lwIP's headers, which conflict with DPDK's. */
#ifndef GLUE_QUEUE_H
#define GLUE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#define GLUE_BURST 32u

/*
 * Packets that a queue may take from its port before lwIP sees them. The answer to one packet may bring several packets
 * back at once, and a port's own queue is short: 1,000 packets in a tap device, 512 or 1,024 in a ring. Without this
 * queue, 240 clients that asked for 20 KB at the same moment lost 3,300 ACKs in a tap device, and waited up to 1.9 s
 * for lwIP's timer. With it no ACK was lost, and the last answer came after 0.08 s.
 */
#define GLUE_AHEAD 4096u

/* Checksums of a received packet that are known to be right. */
#define GLUE_IP_GOOD 1u
#define GLUE_L4_GOOD 2u

struct glue_queue {
	uint16_t port_id;
	uint16_t queue_id;
	bool tcp_checksum; /* the port computes TCP checksums; becomes false when a path needs fragments */
	bool rx_checksum;  /* the port checks received packets, and lwIP relies on the result */
	uint16_t waiting;  /* packets not taken by the port yet */
	uint64_t refused;  /* packets that the driver would not send as they are: freed */
	uint64_t moves;	   /* packets received, queued and sent; it does not change in an idle turn of the loop */
	uint64_t cycles;   /* of the TSC, in the port's bursts: the driver's, not the stack's */
	struct rte_mbuf *packets[2 * GLUE_BURST];
	uint32_t ahead_max;   /* limit of ahead_mbufs; one burst more is possible */
	uint32_t ahead_mbufs; /* RX mbufs of the packets in received[] */
	uint16_t ahead;	      /* packets that wait in received[], from first on */
	uint16_t first;
	struct rte_mbuf *received[GLUE_AHEAD];
};

/*
 * Returns up to GLUE_BURST received packets, which belong to the caller then. Before that it takes packets from the
 * port into received[], as far as ahead_max allows.
 */
uint16_t glue_queue_receive(struct glue_queue *q, struct rte_mbuf **packets);

/* checksum.c: GLUE_IP_GOOD and GLUE_L4_GOOD, where the port says so. A fragment never has GLUE_L4_GOOD. */
unsigned glue_queue_good_checksums(const struct rte_mbuf *m);

/*
 * Whether the packet came in a VLAN whose tag the port has removed. lwIP would treat it as a packet of its own link.
 * VLAN 0 counts as no VLAN.
 */
static inline bool
glue_queue_is_of_other_vlan(const struct rte_mbuf *m)
{
	return (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0 && (m->vlan_tci & 0xFFF) != 0;
}

/* Takes over a packet, and sends it with the next flush or before. The queue must not be full: glue_queue_is_full(). */
void glue_queue_send(struct glue_queue *q, struct rte_mbuf *m);

/* Whether there is no room for another packet, because the port has not taken the waiting ones. */
bool glue_queue_is_full(struct glue_queue *q);

/* Hands the waiting packets to the port, which may leave some waiting. */
void glue_queue_flush(struct glue_queue *q);

/* Frees the waiting packets of both directions. */
void glue_queue_drop(struct glue_queue *q);

/* checksum.c: asks the port for the checksum of m, if it is a TCP packet. */
void glue_queue_offload_checksum(struct rte_mbuf *m);

#endif /* GLUE_QUEUE_H */
