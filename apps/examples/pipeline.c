/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A pipeline of two lcores: the main lcore receives, a worker works, and the main lcore sends.
 *
 *	port --> main --messages--> worker --evpl_ring--> main --> port
 *
 * The iovecs are SHARED, because they go from thread to thread. A raw rte_ring copies what it carries, and an iovec
 * must not be copied. So the first ring carries pointers to messages: the iovec is moved into a message, beside
 * whatever else the worker has to know, and out of it again. The second ring is an evpl_ring, which moves bare iovecs.
 *
 *	pipeline EAL_OPTIONS [-- PACKETS]     ends when it has received that many and sent them, or at SIGINT
 *
 *	./pipeline -l 0,1 --no-huge -m 256 --no-pci --vdev=net_pcap0,rx_pcap=in.pcap,tx_pcap=out.pcap -- 8
 *
 * prints:
 *
 *	8 packets received, 8 sent, 0 dropped
 */
#include <stdio.h>
#include <stdlib.h>

#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_ring.h>

#include "example.h"

#define BURST 32
#define MESSAGES 1023

struct message {
	struct evpl_iovec packet;
	unsigned long number; /* what the worker has to know, beside the bytes */
};

static struct rte_mempool *messages;
static struct rte_ring *to_worker; /* of pointers to messages: it has a place for each */
static struct evpl_ring *to_port;
static unsigned long dropped; /* by either lcore */
static bool ended;

/* Lets go of a packet. */
static void
drop(struct evpl *evpl, struct evpl_iovec *packet)
{
	evpl_iovec_release(evpl, packet);
	__atomic_fetch_add(&dropped, 1, __ATOMIC_RELAXED);
}

/* Sends each second packet back to where it came from. A packet may be too short for that. */
static int
worker(__rte_unused void *arg)
{
	struct rte_ether_hdr *ether;
	struct message *message;

	while (!__atomic_load_n(&ended, __ATOMIC_ACQUIRE)) {
		if (rte_ring_dequeue(to_worker, (void **)&message) != 0)
			continue;
		if (evpl_iovec_length(&message->packet) >= sizeof(*ether) && message->number % 2 != 0) {
			ether = evpl_iovec_data(&message->packet);
			ether->dst_addr = ether->src_addr;
			rte_eth_macaddr_get(0, &ether->src_addr);
		}
		if (evpl_ring_enqueue_burst(to_port, &message->packet, 1, NULL) == 0)
			drop(NULL, &message->packet); /* full: the iovec is still ours */
		rte_mempool_put(messages, message);
	}
	return 0;
}

static void
receive(struct evpl *evpl, unsigned long *received)
{
	struct evpl_iovec packets[BURST];
	uint16_t n = evpl_rx_burst(evpl, 0, 0, packets, BURST);
	struct message *message;

	for (uint16_t i = 0; i < n; i++, ++*received) {
		if (rte_mempool_get(messages, (void **)&message) != 0) {
			drop(evpl, &packets[i]); /* the worker is behind */
			continue;
		}
		evpl_iovec_move(&message->packet, &packets[i]);
		message->number = *received;
		rte_ring_enqueue(to_worker, message);
	}
}

static void
transmit(struct evpl *evpl, unsigned long *sent)
{
	struct evpl_iovec packets[BURST];
	uint16_t n = (uint16_t)evpl_ring_dequeue_burst(to_port, packets, BURST, NULL);
	uint16_t taken = evpl_tx_burst(evpl, 0, 0, packets, n);

	*sent += taken;
	while (taken < n)
		drop(evpl, &packets[taken++]); /* what the port did not take */
}

/* Whether as many packets as were wanted have come, and none of them is still on its way. */
static bool
all_done(unsigned long wanted, unsigned long received, unsigned long sent)
{
	return wanted != 0 && received >= wanted && sent + __atomic_load_n(&dropped, __ATOMIC_RELAXED) == received;
}

int
main(int argc, char **argv)
{
	unsigned long wanted, received = 0, sent = 0;
	void *left = NULL;
	struct evpl *evpl;
	int used = example_begin(argc, argv, EVPL_IOVEC_FLAG_SHARED, &evpl), status = 1;

	if (used < 0)
		return 1;
	wanted = used + 1 < argc ? strtoul(argv[used + 1], NULL, 10) : 0;
	messages = rte_mempool_create("messages", MESSAGES, sizeof(struct message), 0, 0, NULL, NULL, NULL, NULL,
				      SOCKET_ID_ANY, 0);
	to_worker = rte_ring_create("to_worker", MESSAGES + 1, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	to_port = evpl_ring_create("to_port", 4096, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (rte_lcore_count() != 2)
		example_fail("two lcores are needed", EINVAL);
	else if (messages == NULL || to_worker == NULL || to_port == NULL)
		example_fail("messages and rings", rte_errno);
	else if (example_port_start(NULL) == 0)
		status = rte_eal_mp_remote_launch(worker, NULL, SKIP_MAIN);
	while (status == 0 && !stopped && !all_done(wanted, received, sent)) {
		if (wanted == 0 || received < wanted)
			receive(evpl, &received);
		transmit(evpl, &sent);
	}
	__atomic_store_n(&ended, true, __ATOMIC_RELEASE);
	rte_eal_mp_wait_lcore();
	printf("%lu packets received, %lu sent, %lu dropped\n", received, sent, dropped);
	while (to_worker != NULL && rte_ring_dequeue(to_worker, &left) == 0) /* SIGINT came before these */
		evpl_iovec_release(evpl, &((struct message *)left)->packet);
	evpl_ring_free(evpl, to_port);
	rte_ring_free(to_worker);
	rte_mempool_free(messages);
	return example_end(evpl) | status;
}
