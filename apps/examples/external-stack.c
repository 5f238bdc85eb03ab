/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Iovecs beside a stack that knows only mbufs. The stack gives received datagrams to the program as mbufs, and takes
 * mbufs to send. Between them the program works with iovecs: it answers each datagram with a text of its own in front
 * of the datagram's bytes, which are not copied.
 *
 *	external-stack EAL_OPTIONS [-- PACKETS]     ends after that many packets, or at SIGINT
 *
 *	./external-stack --no-huge -m 256 --no-pci --vdev=net_pcap0,rx_pcap=in.pcap,tx_pcap=out.pcap -- 8
 *
 * prints, for a file with two datagrams for port 7 among eight packets:
 *
 *	8 packets received, 2 answered
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>

#include "example.h"
#include "stack.h"

#define BURST 32
#define SEGMENTS 16u

/*
 * Makes the answer's bytes of the datagram's. Takes the datagram in any case. NULL: none, for want of memory, or the
 * datagram has too many segments.
 */
static struct rte_mbuf *
answer(struct evpl *evpl, struct rte_mbuf *datagram, unsigned long number)
{
	struct evpl_iovec iovecs[1 + SEGMENTS];
	struct rte_mbuf *packet;
	int n = evpl_iovecs_from_mbuf(evpl, datagram, 0, SEGMENTS, &iovecs[1]);

	if (n < 0) { /* the mbuf is still ours */
		rte_pktmbuf_free(datagram);
		return NULL;
	}
	/* From here on the bytes belong to iovecs. The stack's pool gets its mbufs back when they end. */
	if (evpl_iovec_reserve(evpl, 32, 0, 1, &iovecs[0]) != 1) {
		evpl_iovecs_release(evpl, &iovecs[1], n);
		return NULL;
	}
	evpl_iovec_set_length(&iovecs[0], (unsigned)sprintf(evpl_iovec_data(&iovecs[0]), "answer %lu: ", number));
	evpl_iovec_commit(evpl, 0, iovecs, 1);
	packet = evpl_iovecs_to_mbuf(evpl, iovecs, n + 1);
	if (packet == NULL) /* nothing was consumed */
		evpl_iovecs_release(evpl, iovecs, n + 1);
	return packet;
}

int
main(int argc, char **argv)
{
	unsigned long wanted = 0, received = 0, answered = 0;
	struct rte_mbuf *mbufs[BURST];
	struct evpl *evpl;
	int used = example_begin(argc, argv, 0, &evpl), status = 1;
	struct rte_mempool *pool = used < 0 ? NULL : stack_start();

	if (used < 0)
		return 1;
	if (used + 1 < argc)
		wanted = strtoul(argv[used + 1], NULL, 10);
	if (pool == NULL)
		example_fail("stack_start", rte_errno);
	else
		status = -example_port_start(pool);
	while (status == 0 && !stopped && (wanted == 0 || received < wanted)) {
		uint16_t n = rte_eth_rx_burst(0, 0, mbufs, BURST);

		for (uint16_t i = 0; i < n; i++) {
			struct rte_mbuf *packet = NULL;
			struct stack_peer peer;

			/* The mbuf is the stack's, until the stack says that there is a datagram in it. */
			if (stack_input(mbufs[i], &peer))
				packet = answer(evpl, mbufs[i], answered + 1);
			if (packet != NULL && stack_output(packet, &peer))
				answered++;
		}
		received += n;
	}
	printf("%lu packets received, %lu answered\n", received, answered);
	status |= example_end(evpl);
	return status;
}
