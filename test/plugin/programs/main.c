/* SPDX-License-Identifier: BSD-3-Clause */
/* usage: plugin-programs EAL'S OPTIONS -- NAME [bug] */
#include "program.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ip.h>

static const struct {
	const char *name;
	void (*run)(void);
} programs[] = {{"asked", asked},     {"captured", captured},	{"chains", chains},
		{"forward", forward}, {"fragments", fragments}, {"pipeline", pipeline},
		{"pools", pools},     {"server", server},	{"client", client}};

bool program_bug;

void
program_fail(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: not true: %s (%s)\n", file, line, condition, rte_strerror(rte_errno));
	exit(3);
}

struct rte_mempool *
program_pool(const char *name, unsigned n, uint16_t private_size, uint16_t room)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create(name, n, 32, private_size, room, (int)rte_socket_id());

	need(pool != NULL);
	return pool;
}

static uint8_t
byte_at(uint32_t i)
{
	return (uint8_t)(i * 7 % 251);
}

struct rte_mbuf *
program_packet(struct rte_mempool *pool, uint8_t protocol, uint32_t length)
{
	static uint16_t id;
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool), *last = packet;
	struct rte_ether_hdr *ether;
	struct rte_ipv4_hdr *ip;

	need(packet != NULL);
	ether = (struct rte_ether_hdr *)(void *)rte_pktmbuf_append(packet, sizeof(*ether));
	memset(ether, 2, sizeof(*ether));
	ether->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
	ip = (struct rte_ipv4_hdr *)(void *)rte_pktmbuf_append(packet, sizeof(*ip));
	*ip = (struct rte_ipv4_hdr){.version_ihl = 0x45,
				    .total_length = rte_cpu_to_be_16((uint16_t)(sizeof(*ip) + length)),
				    .packet_id = rte_cpu_to_be_16(id++),
				    .time_to_live = 64,
				    .next_proto_id = protocol,
				    .src_addr = rte_cpu_to_be_32(RTE_IPV4(198, 18, 0, 1)),
				    .dst_addr = rte_cpu_to_be_32(RTE_IPV4(198, 18, 0, 2))};
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	packet->l2_len = sizeof(*ether);
	packet->l3_len = sizeof(*ip);
	for (uint32_t at = 0; at < length;) {
		uint16_t n = (uint16_t)RTE_MIN(length - at, (uint32_t)rte_pktmbuf_tailroom(last));
		uint8_t *bytes;

		if (n == 0) {
			struct rte_mbuf *next = rte_pktmbuf_alloc(pool);

			need(next != NULL && rte_pktmbuf_chain(packet, next) == 0);
			last = next;
			continue;
		}
		bytes = (uint8_t *)rte_pktmbuf_append(packet, n);
		need(bytes != NULL);
		for (uint16_t i = 0; i < n; i++)
			bytes[i] = byte_at(at + i);
		at += n;
	}
	return packet;
}

void
program_check(const struct rte_mbuf *packet, uint32_t offset, uint32_t length)
{
	uint8_t room[64];

	for (uint32_t at = 0; at < length; at += sizeof(room)) {
		uint32_t n = RTE_MIN(length - at, (uint32_t)sizeof(room));
		const uint8_t *bytes = rte_pktmbuf_read(packet, offset + at, n, room);

		need(bytes != NULL);
		for (uint32_t i = 0; i < n; i++)
			need(bytes[i] == byte_at(at + i));
	}
}

void
program_ports(struct rte_mempool *pool, uint16_t queues)
{
	static const struct rte_eth_conf conf = {.txmode.offloads = 0};
	uint16_t port;

	need(rte_eth_dev_count_avail() > 0);
	for (port = rte_eth_find_next(0); port < RTE_MAX_ETHPORTS; port = rte_eth_find_next((uint16_t)(port + 1))) {
		need(rte_eth_dev_configure(port, queues, queues, &conf) == 0);
		for (uint16_t queue = 0; queue < queues; queue++) {
			need(rte_eth_rx_queue_setup(port, queue, 128, 0, NULL, pool) == 0);
			need(rte_eth_tx_queue_setup(port, queue, 128, 0, NULL) == 0);
		}
		need(rte_eth_dev_start(port) == 0);
	}
}

void
program_close_ports(void)
{
	uint16_t port;

	for (port = rte_eth_find_next(0); port < RTE_MAX_ETHPORTS; port = rte_eth_find_next((uint16_t)(port + 1))) {
		rte_eth_dev_stop(port);
		rte_eth_dev_close(port);
	}
}

int
main(int argc, char **argv)
{
	int used = rte_eal_init(argc, argv);
	const char *name = used >= 0 && used + 1 < argc ? argv[used + 1] : "";

	program_bug = used >= 0 && used + 2 < argc && strcmp(argv[used + 2], "bug") == 0;
	for (unsigned i = 0; i < RTE_DIM(programs); i++) {
		if (strcmp(programs[i].name, name) == 0) {
			programs[i].run();
			rte_eal_cleanup();
			printf("%s: done\n", name);
			return 0;
		}
	}
	fprintf(stderr, "no program \"%s\"\n", name);
	return 2;
}
