/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Echo (RFC 862) over UDP: sends each datagram for port 7 back, in the buffer that it came in.
 *
 *	echo EAL_OPTIONS [-- PACKETS]     ends after that many packets, or at SIGINT
 *
 * With a port that reads and writes pcap files:
 *
 *	./echo --no-huge -m 256 --no-pci --vdev=net_pcap0,rx_pcap=in.pcap,tx_pcap=out.pcap -- 8
 *
 * prints, for a file with two datagrams for port 7 among eight packets:
 *
 *	8 packets received, 2 sent back
 */
#include <stdio.h>
#include <stdlib.h>

#include "example.h"
#include "headers.h"

#define BURST 32
#define ECHO_PORT 7

/* Turns a request into its answer. False: the packet is no request, whatever bytes are in it. */
static bool
answer(struct evpl_iovec *packet)
{
	struct headers *h = evpl_iovec_data(packet);
	struct rte_ether_addr mac;
	unsigned length;
	uint32_t address;
	uint16_t port;

	if (evpl_iovec_length(packet) < sizeof(*h) || h->ether.ether_type != rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4) ||
	    rte_is_multicast_ether_addr(&h->ether.dst_addr) || h->ip.version_ihl != 0x45 ||
	    h->ip.next_proto_id != IPPROTO_UDP ||
	    (h->ip.fragment_offset & rte_cpu_to_be_16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK)) != 0)
		return false;
	length = rte_be_to_cpu_16(h->ip.total_length);
	if (length < sizeof(h->ip) + sizeof(h->udp) || length > evpl_iovec_length(packet) - sizeof(h->ether) ||
	    rte_be_to_cpu_16(h->udp.dgram_len) != length - sizeof(h->ip))
		return false;
	/* Two echo services must not keep each other busy. */
	if (h->udp.dst_port != rte_cpu_to_be_16(ECHO_PORT) || h->udp.src_port == rte_cpu_to_be_16(ECHO_PORT))
		return false;

	/* IP's checksum stays right when addresses are exchanged. UDP's is left out: on a veth it may be wrong. */
	mac = h->ether.src_addr;
	h->ether.src_addr = h->ether.dst_addr;
	h->ether.dst_addr = mac;
	address = h->ip.src_addr;
	h->ip.src_addr = h->ip.dst_addr;
	h->ip.dst_addr = address;
	port = h->udp.src_port;
	h->udp.src_port = h->udp.dst_port;
	h->udp.dst_port = port;
	h->udp.dgram_cksum = 0;
	evpl_iovec_set_length(packet, (unsigned)sizeof(h->ether) + length); /* without padding */
	return true;
}

int
main(int argc, char **argv)
{
	struct evpl_iovec packets[BURST];
	unsigned long wanted = 0, received = 0, answered = 0;
	struct evpl *evpl;
	int used = example_begin(argc, argv, 0, &evpl);

	if (used < 0)
		return 1;
	if (used + 1 < argc)
		wanted = strtoul(argv[used + 1], NULL, 10);
	if (example_port_start(NULL) != 0) {
		example_end(evpl);
		return 1;
	}
	while (!stopped && (wanted == 0 || received < wanted)) {
		uint16_t n = evpl_rx_burst(evpl, 0, 0, packets, BURST);
		uint16_t answers = 0, sent;

		for (uint16_t i = 0; i < n; i++) {
			if (!answer(&packets[i]))
				evpl_iovec_release(evpl, &packets[i]);
			else if (answers++ != i)
				evpl_iovec_move(&packets[answers - 1], &packets[i]); /* never "=" */
		}
		sent = evpl_tx_burst(evpl, 0, 0, packets, answers);
		/* What the port did not take is still ours. Datagrams may be lost. */
		evpl_iovecs_release(evpl, &packets[sent], answers - sent);
		received += n;
		answered += sent;
	}
	printf("%lu packets received, %lu sent back\n", received, answered);
	return example_end(evpl);
}
