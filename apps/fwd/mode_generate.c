/* SPDX-License-Identifier: BSD-3-Clause */
/* Modes that make packets: UDP over IPv4, with zero bytes as payload. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "mode.h"

/* Packets begin on a cache line, as packets of a mempool do. */
#define PACKET_ALIGNMENT 64

#define TTL 64
#define IPV4_OFFSET RTE_ETHER_HDR_LEN
#define UDP_OFFSET (IPV4_OFFSET + sizeof(struct rte_ipv4_hdr))
_Static_assert(UDP_OFFSET + sizeof(struct rte_udp_hdr) == FWD_UDP_HEADERS, "the headers fill fwd_stream.header");

/* The endpoints of flowgen, as in testpmd. The destination address is increased for each flow. */
#define FLOWGEN_SRC 0x0AFE0000u /* 10.254.0.0 */
#define FLOWGEN_DST 0x0AFD0000u /* 10.253.0.0 */
#define FLOWGEN_SRC_PORT 1000
#define FLOWGEN_DST_PORT 1001
/* testpmd counts the FCS in this length, but does not send one. */
#define FLOWGEN_FCS 4

static void
make_header(uint8_t *header, const struct rte_ether_addr *src, const struct rte_ether_addr *dst, uint32_t length)
{
	struct rte_ether_hdr *eth = (struct rte_ether_hdr *)header;
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(header + IPV4_OFFSET);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(header + UDP_OFFSET);

	memset(header, 0, FWD_UDP_HEADERS);
	rte_ether_addr_copy(dst, &eth->dst_addr);
	rte_ether_addr_copy(src, &eth->src_addr);
	eth->ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->total_length = rte_cpu_to_be_16((uint16_t)(length - IPV4_OFFSET));
	ip->time_to_live = TTL;
	ip->next_proto_id = IPPROTO_UDP;
	/* There is no UDP checksum: zero means none. */
	udp->dgram_len = rte_cpu_to_be_16((uint16_t)(length - UDP_OFFSET));
}

static void
set_addresses(uint8_t *header, uint32_t src, uint32_t dst)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(header + IPV4_OFFSET);

	ip->src_addr = rte_cpu_to_be_32(src);
	ip->dst_addr = rte_cpu_to_be_32(dst);
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

/* Writes zeros, without a call if there are few, as in the smallest packets. */
static inline void
write_zeros(uint8_t *data, uint32_t n)
{
	if (n < 16 || n > 256) {
		memset(data, 0, n);
		return;
	}
	for (uint32_t i = 0; i + 16 < n; i += 16)
		memset(data + i, 0, 16);
	memset(data + n - 16, 0, 16);
}

static void
set_ports(uint8_t *header, uint16_t src, uint16_t dst)
{
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(header + UDP_OFFSET);

	udp->src_port = rte_cpu_to_be_16(src);
	udp->dst_port = rte_cpu_to_be_16(dst);
}

void
fwd_txonly_header(struct fwd_stream *s)
{
	const struct fwd_options *o = s->options;

	make_header(s->header, &s->targets[0].mac, &s->targets[0].peer, o->length);
	set_addresses(s->header, o->ip_src, o->ip_dst);
	set_ports(s->header, o->udp_src, o->udp_dst);
}

void
fwd_flowgen_header(struct fwd_stream *s)
{
	static const struct rte_ether_addr src = {.addr_bytes = {0x00, 0x01, 0x02, 0x03, 0x04, 0x00}};
	static const struct rte_ether_addr dst = {.addr_bytes = {0x00, 0x01, 0x02, 0x03, 0x04, 0x01}};

	make_header(s->header, &src, &dst, s->options->length - FLOWGEN_FCS);
	set_addresses(s->header, FLOWGEN_SRC, FLOWGEN_DST);
	set_ports(s->header, FLOWGEN_SRC_PORT, FLOWGEN_DST_PORT);
}

/*
 * Sets another destination address than that of fwd_flowgen_header(). The checksum is updated as RFC 1624 says (3):
 * ~(~sum + ~old + new). The old values are constant.
 */
static inline void
set_flow(uint8_t *header, uint32_t dst)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(header + IPV4_OFFSET);
	uint32_t sum = (uint16_t)~rte_be_to_cpu_16(ip->hdr_checksum);

	sum += (uint16_t) ~(FLOWGEN_DST >> 16) + (uint16_t)~FLOWGEN_DST + (dst >> 16) + (uint16_t)dst;
	sum = (sum >> 16) + (uint16_t)sum;
	sum += sum >> 16;
	ip->dst_addr = rte_cpu_to_be_32(dst);
	ip->hdr_checksum = rte_cpu_to_be_16((uint16_t)~sum);
}

/*
 * Takes up to n iovecs of `length` bytes. They are mbufs from the start if they fit into the RX pool's mbufs; otherwise
 * packet mbufs are attached to them when they are sent.
 */
static uint16_t
take_packets(struct fwd_stream *s, uint32_t length, uint16_t n)
{
	unsigned flags = s->options->shared ? EVPL_IOVEC_FLAG_SHARED : 0;

	if (likely(length <= s->packet_room)) {
		/* If there are not n mbufs, fewer are tried. */
		while (n > 0 && evpl_packets_alloc(s->evpl, *s->packet_pool, length, flags, s->iovecs, n) < 0)
			n /= 2;
		return n;
	}
	for (uint16_t i = 0; i < n; i++) {
		if (unlikely(evpl_iovec_alloc(s->evpl, length, PACKET_ALIGNMENT, 1, flags, &s->iovecs[i]) != 1))
			return i;
	}
	return n;
}

/* The same, with the header filled in and a payload of zeros. Counts packets for which there is no memory. */
static uint16_t
make_packets(struct fwd_stream *s, uint32_t length, uint16_t n)
{
	uint16_t got = take_packets(s, length, n);

	fwd_count(&s->targets[0].count->drop_memory, (uint64_t)(n - got));
	for (uint16_t i = 0; i < got; i++) {
		uint8_t *data = evpl_iovec_data(&s->iovecs[i]);

		memcpy(data, s->header, FWD_UDP_HEADERS);
		write_zeros(data + FWD_UDP_HEADERS, length - FWD_UDP_HEADERS);
	}
	return got;
}

uint16_t
fwd_flowgen(struct fwd_stream *s, uint16_t n)
{
	struct fwd_lcore *lcore = s->lcore;
	uint32_t flows = s->options->flows;
	uint32_t flow = lcore->next_flow;
	uint32_t length = s->options->length - FLOWGEN_FCS;
	uint16_t received, made, sent;
	uint64_t bytes;

	received = fwd_receive(s, s->options->burst, &bytes);
	if (received != 0) {
		fwd_count(&s->count->rx_consumed, received);
		evpl_iovecs_release(s->evpl, s->iovecs, received);
	}
	made = make_packets(s, length, n);
	for (uint16_t i = 0; i < made; i++) {
		set_flow(evpl_iovec_data(&s->iovecs[i]), FLOWGEN_DST + flow);
		if (++flow == flows)
			flow = 0;
	}
	sent = made == 0 ? 0 : fwd_send(s, &s->targets[0], s->iovecs, made, (uint64_t)made * length);
	/* The flows of dropped packets are sent again, so that no flow is left out. */
	for (uint16_t i = sent; i < made; i++)
		flow = (flow == 0 ? flows : flow) - 1;
	lcore->next_flow = flow;
	return sent;
}

/* The source addresses of testpmd's --txonly-multi-flow: 256 for each lcore. */
static void
set_next_source(struct fwd_stream *s, uint8_t *header)
{
	uint32_t number = s->lcore->next_flow++ & 0xff;

	set_addresses(header, (s->options->ip_dst | number << 8) + s->lcore->id, s->options->ip_dst);
}

/* Makes one packet of several iovecs; the header may cross their borders. NULL: no memory. */
static struct rte_mbuf *
make_segments(struct fwd_stream *s)
{
	const struct fwd_options *o = s->options;
	struct evpl_iovec *iovecs = s->iovecs;
	unsigned flags = o->shared ? EVPL_IOVEC_FLAG_SHARED : 0;
	struct rte_mbuf *packet = NULL;
	unsigned taken = 0;
	uint32_t done = 0;

	while (taken < o->segment_count) {
		uint32_t length = o->segments[taken];
		uint32_t header = done < FWD_UDP_HEADERS ? FWD_UDP_HEADERS - done : 0;

		if (evpl_iovec_alloc(s->evpl, length, PACKET_ALIGNMENT, 1, flags, &iovecs[taken]) != 1)
			break;
		if (header > length)
			header = length;
		if (header != 0)
			memcpy(evpl_iovec_data(&iovecs[taken]), s->header + done, header);
		memset((uint8_t *)evpl_iovec_data(&iovecs[taken]) + header, 0, length - header);
		done += length;
		taken++;
	}
	if (taken == o->segment_count)
		packet = evpl_iovecs_to_mbuf(s->evpl, iovecs, (int)taken);
	if (packet == NULL)
		evpl_iovecs_release(s->evpl, iovecs, (int)taken);
	return packet;
}

static uint16_t
send_segmented(struct fwd_stream *s, uint16_t n)
{
	struct fwd_target *t = &s->targets[0];
	struct rte_mbuf *packets[FWD_BURST_MAX];
	uint32_t first = s->lcore->next_flow;
	uint16_t made, sent;

	for (made = 0; made < n; made++) {
		if (s->options->multi_flow)
			set_next_source(s, s->header);
		packets[made] = make_segments(s);
		if (packets[made] == NULL)
			break;
	}
	if (made < n)
		fwd_count(&t->count->drop_memory, (uint64_t)(n - made));
	sent = made == 0 ? 0 : rte_eth_tx_burst(t->port, t->queue, packets, made);
	/* The flows of dropped packets are sent again, as in testpmd. */
	s->lcore->next_flow = first + sent;
	fwd_count(&t->count->tx_packets, sent);
	fwd_count(&t->count->tx_bytes, (uint64_t)sent * s->options->length);
	fwd_count(&t->count->drop_full, (uint64_t)(made - sent));
	for (uint16_t i = sent; i < made; i++)
		rte_pktmbuf_free(packets[i]);
	return sent;
}

/* Sends n packets with source addresses of their own. The flows of dropped packets are sent again, as in testpmd. */
static uint16_t
send_flows(struct fwd_stream *s, uint16_t n)
{
	uint32_t first = s->lcore->next_flow;
	uint16_t sent;

	for (uint16_t i = 0; i < n; i++)
		set_next_source(s, evpl_iovec_data(&s->iovecs[i]));
	sent = n == 0 ? 0 : fwd_send(s, &s->targets[0], s->iovecs, n, (uint64_t)n * s->options->length);
	s->lcore->next_flow = first + sent;
	return sent;
}

uint16_t
fwd_txonly(struct fwd_stream *s, uint16_t n)
{
	if (unlikely(s->options->segment_count > 1))
		return send_segmented(s, n);
	n = make_packets(s, s->options->length, n);
	if (unlikely(s->options->multi_flow))
		return send_flows(s, n);
	return n == 0 ? 0 : fwd_send(s, &s->targets[0], s->iovecs, n, (uint64_t)n * s->options->length);
}
