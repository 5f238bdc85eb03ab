/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends one file to many receivers. The bytes of the file are in memory once. Each packet is a header of its own, and a
 * clone of a part of the file: a reference, no copy.
 *
 *	zero-copy-file EAL_OPTIONS -- FILE RECEIVERS     receivers are 198.18.0.1 and so on, UDP port 9
 *
 *	./zero-copy-file --no-huge -m 256 --no-pci --vdev=net_pcap0,tx_pcap=out.pcap,rx_pcap=in.pcap -- FILE 3
 *
 * prints, for a file of 100,000 bytes:
 *
 *	100000 bytes to 3 receivers: 216 packets
 */
#include <limits.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_errno.h>

#include "example.h"
#include "headers.h"

#define PART 1400u /* bytes of the file in a packet */
#define IOVECS 64  /* of up to 2 MiB: the largest file is 128 MiB */

/* Returns the number of iovecs that hold the file, or -1. */
static int
file_read(struct evpl *evpl, const char *name, struct evpl_iovec *r_iovecs, long *r_bytes)
{
	FILE *file = fopen(name, "rb");
	int n = -1, full = 0;

	if (file != NULL && fseek(file, 0, SEEK_END) == 0)
		*r_bytes = ftell(file);
	if (*r_bytes > 0 && *r_bytes <= INT_MAX && fseek(file, 0, SEEK_SET) == 0)
		n = evpl_iovec_alloc(evpl, (unsigned)*r_bytes, 0, IOVECS, 0, r_iovecs);
	while (full < n && fread(evpl_iovec_data(&r_iovecs[full]), evpl_iovec_length(&r_iovecs[full]), 1, file) == 1)
		full++;
	if (file != NULL)
		fclose(file);
	if (n > 0 && full == n)
		return n;
	fprintf(stderr, "%s: empty, too large, or not to be read\n", name);
	evpl_iovecs_release(evpl, r_iovecs, n); /* n <= 0 does nothing */
	return -1;
}

/* Sends some bytes of the file to one receiver. */
static int
send_part(struct evpl *evpl, const struct evpl_iovec *file, unsigned offset, unsigned length, unsigned receiver)
{
	struct evpl_iovec iovecs[2];
	struct rte_mbuf *packet;

	if (evpl_iovec_alloc(evpl, sizeof(struct headers), alignof(struct headers), 1, 0, &iovecs[0]) != 1)
		return example_fail("evpl_iovec_alloc", rte_errno);
	fill_headers(evpl_iovec_data(&iovecs[0]), receiver, length);
	evpl_iovec_clone_segment(&iovecs[1], file, offset, length);
	packet = evpl_iovecs_to_mbuf(evpl, iovecs, 2);
	if (packet == NULL) { /* nothing was consumed */
		evpl_iovecs_release(evpl, iovecs, 2);
		return example_fail("evpl_iovecs_to_mbuf", rte_errno);
	}
	while (!stopped && rte_eth_tx_burst(0, 0, &packet, 1) != 1)
		rte_delay_us(10); /* the queue is full */
	if (stopped)
		rte_pktmbuf_free(packet);
	return stopped ? -1 : 0;
}

/* Sends one iovec of the file to all receivers. */
static int
send_iovec(struct evpl *evpl, const struct evpl_iovec *file, unsigned receivers, unsigned long *packets)
{
	unsigned length = evpl_iovec_length(file);

	for (unsigned offset = 0; offset < length; offset += PART) {
		for (unsigned receiver = 1; receiver <= receivers; receiver++, ++*packets) {
			if (send_part(evpl, file, offset, RTE_MIN(PART, length - offset), receiver) != 0)
				return -1;
		}
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct evpl_iovec file[IOVECS];
	unsigned long receivers = 0, packets = 0;
	long bytes = 0;
	struct evpl *evpl;
	int used = example_begin(argc, argv, 0, &evpl), n = -1, rc = -1;

	if (used < 0)
		return 1;
	if (used + 3 == argc)
		receivers = strtoul(argv[used + 2], NULL, 10);
	if (receivers < 1 || receivers > 65535)
		fprintf(stderr, "usage: zero-copy-file EAL_OPTIONS -- FILE RECEIVERS\n");
	else if (example_port_start(NULL) == 0)
		n = file_read(evpl, argv[used + 1], file, &bytes);
	for (int i = 0; i < n; i++) {
		rc = send_iovec(evpl, &file[i], (unsigned)receivers, &packets);
		if (rc != 0)
			break;
	}
	printf("%ld bytes to %lu receivers: %lu packets\n", bytes, receivers, packets);
	evpl_iovecs_release(evpl, file, n);
	return example_end(evpl) | (rc != 0);
}
