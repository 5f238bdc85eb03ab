/* SPDX-License-Identifier: BSD-3-Clause */
/* rte_ip_frag, rte_gso and rte_gro. Planted bug: a byte is written to a fragment that was freed. */
#include "program.h"

#include <netinet/in.h>
#include <rte_cycles.h>
#include <rte_gro.h>
#include <rte_gso.h>
#include <rte_ip_frag.h>
#include <rte_tcp.h>

#define LENGTH 6000u
#define MOST 64

static struct rte_mempool *direct, *indirect;
static struct rte_ip_frag_tbl *table;
static struct rte_ip_frag_death_row dead;

static void
reassemble(struct rte_mbuf **fragments, int n, bool all)
{
	struct rte_mbuf *whole = NULL;

	for (int i = 0; i < n; i++) {
		struct rte_mbuf *m = fragments[i];
		struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);

		m->l2_len = 0;
		m->l3_len = sizeof(*ip);
		if (!all && i == 1) { /* it is lost: the others time out */
			rte_pktmbuf_free(m);
			if (program_bug)
				*rte_pktmbuf_mtod(m, char *) = 1;
			continue;
		}
		whole = rte_ipv4_frag_reassemble_packet(table, &dead, m, rte_rdtsc(), ip);
	}
	rte_ip_frag_free_death_row(&dead, 3);
	need((whole != NULL) == all);
	if (whole != NULL)
		program_check(whole, sizeof(struct rte_ipv4_hdr), LENGTH);
	rte_pktmbuf_free(whole);
}

static void
fragment(bool all)
{
	struct rte_mbuf *packet = program_packet(direct, IPPROTO_UDP, LENGTH), *fragments[MOST];
	int n;

	rte_pktmbuf_adj(packet, sizeof(struct rte_ether_hdr));
	n = rte_ipv4_fragment_packet(packet, fragments, MOST, 1420, direct, indirect);
	need(n > 3);
	rte_pktmbuf_free(packet);
	reassemble(fragments, n, all);
}

static struct rte_mbuf *
tcp_packet(uint32_t length, uint32_t seq)
{
	struct rte_mbuf *packet = program_packet(direct, IPPROTO_TCP, sizeof(struct rte_tcp_hdr) + length);
	struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(packet, struct rte_tcp_hdr *, 34);

	*tcp = (struct rte_tcp_hdr){.sent_seq = rte_cpu_to_be_32(seq), .data_off = 0x50, .tcp_flags = RTE_TCP_ACK_FLAG};
	rte_pktmbuf_mtod_offset(packet, struct rte_ipv4_hdr *, 14)->fragment_offset =
		rte_cpu_to_be_16(RTE_IPV4_HDR_DF_FLAG);
	packet->l4_len = sizeof(*tcp);
	packet->packet_type = RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4 | RTE_PTYPE_L4_TCP;
	return packet;
}

static void
segment_and_merge(void)
{
	const struct rte_gso_ctx gso = {.direct_pool = direct,
					.indirect_pool = indirect,
					.gso_types = RTE_ETH_TX_OFFLOAD_TCP_TSO,
					.gso_size = 1000};
	const struct rte_gro_param gro = {.gro_types = RTE_GRO_TCP_IPV4, .max_flow_num = 4, .max_item_per_flow = MOST};
	struct rte_mbuf *packet = tcp_packet(9000, 1), *segments[MOST], *merged[MOST];
	int n;

	packet->ol_flags |= RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_IPV4;
	n = rte_gso_segment(packet, &gso, segments, MOST);
	need(n > 5);
	rte_pktmbuf_free(packet);
	rte_pktmbuf_free_bulk(segments, (unsigned)n);
	for (uint16_t i = 0; i < 8; i++)
		merged[i] = tcp_packet(100, i * 100);
	n = rte_gro_reassemble_burst(merged, 8, &gro);
	need(n < 8);
	rte_pktmbuf_free_bulk(merged, (unsigned)n);
}

void
fragments(void)
{
	direct = program_pool("direct", 1023, 0, RTE_MBUF_DEFAULT_BUF_SIZE);
	indirect = program_pool("indirect", 1023, 0, 0);
	table = rte_ip_frag_table_create(16, 16, 256, rte_get_tsc_hz(), (int)rte_socket_id());
	need(table != NULL);
	for (unsigned i = 0; i < ROUNDS; i++) {
		fragment(true);
		if (i % 50 == 1)
			fragment(false);
		segment_and_merge();
	}
	rte_ip_frag_table_destroy(table);
	rte_ip_frag_free_death_row(&dead, 3);
	rte_mempool_free(indirect);
	rte_mempool_free(direct);
}
