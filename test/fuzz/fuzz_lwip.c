/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames to lwIP on the glue (apps/lwip), with evpl-httpd's servers above it. A fuzzer would never guess a handshake,
 * so this file is also a TCP client: it opens connections with right numbers, and then sends segments in which the
 * input changes what it likes. Checksums are right unless the input says otherwise.
 *
 * An input is a list of operations: an opcode, then its arguments (see run_operation()). After each input a connection
 * must be accepted as before, and all memory must be home.
 */
#include <string.h>
#include <unistd.h>

#include <lwip/etharp.h>
#include <lwip/icmp6.h>
#include <lwip/nd6.h>
#include <lwip/timeouts.h>

#include "fuzz.h"
#include "frame.h"
#include "ground.h"
#include "input.h"

#include "files.h"
#include "glue.h"
#include "http.h"
#include "services.h"
#include "tcp/connection.h"

#define OPERATIONS_MAX 64u
#define CONNECTIONS 8u
#define FRAME_LONGEST 4096u
#define MBUFS 511u
#define HTTP_PORT 80u

enum { FLAG_FIN = 1, FLAG_SYN = 2, FLAG_RST = 4, FLAG_ACK = 16 };

static const uint16_t server_ports[] = {HTTP_PORT, 7, 9, 19};

/* A connection as the client sees it. */
struct client {
	bool open, v6;
	uint16_t port, server_port;
	uint32_t seq, ack; /* the next ones */
};

static struct evpl *evpl;
static struct rte_mempool *rx_pool, *small_pool, *tx_pool;
static struct ground_port port;
static struct glue_netif netif;
static struct client clients[CONNECTIONS];
static uint16_t next_port = 20000;
static uint32_t random_state;
static uint64_t blocks_at_rest;
static char folder[] = "/tmp/evpl-fuzz-lwip-XXXXXX"; /* empty; fuzz_http.c has files */

/* Stands for glue_random() of apps/lwip/sys.c (--wrap), so that each input sees the same numbers. */
uint32_t __wrap_glue_random(void);
uint32_t
__wrap_glue_random(void)
{
	return random_state = random_state * 1664525 + 1013904223;
}

/* Frames. */

/* The frame is received in segments: the first ones have the lengths of cuts, and the last one has the rest. */
static void
deliver(const uint8_t *frame, size_t length, const uint8_t *cuts, size_t cut_count)
{
	struct rte_mbuf *packet = NULL;
	size_t at = 0;

	for (size_t i = 0; i <= cut_count; i++) {
		size_t some = i < cut_count ? LWIP_MIN(cuts[i], length - at) : length - at;
		struct rte_mempool *pool = i % 2 != 0 && some <= 128 ? small_pool : rx_pool;

		packet = ground_append(packet, pool, frame + at, (uint32_t)some);
		at += some;
	}
	ground_deliver(&port, packet);
}

/* What the server sends to a client moves its numbers on. */
static void
read_answer(const uint8_t *frame, uint32_t length)
{
	bool v6 = length > ETHERNET + IP6 + TCP && frame[12] == 0x86;
	const uint8_t *ip = frame + ETHERNET, *tcp = ip + frame_ip(v6);
	uint32_t headers = ETHERNET + frame_ip(v6) + TCP;

	if (length < headers || (v6 ? ip[6] : ip[9]) != IP_PROTO_TCP)
		return;
	for (unsigned i = 0; i < CONNECTIONS; i++) {
		struct client *c = &clients[i];

		if (c->port != (tcp[2] << 8 | tcp[3]) || c->server_port != (tcp[0] << 8 | tcp[1]))
			continue;
		headers += (unsigned)(tcp[12] >> 4) * 4 - TCP;
		c->open = (tcp[13] & FLAG_RST) == 0;
		c->ack = frame_get32(tcp + 4) + (length - headers) + (tcp[13] & (FLAG_SYN | FLAG_FIN) ? 1 : 0);
	}
}

static void
turn(void)
{
	glue_poll();
	if (glue_memory_came_back())
		connections_retry();
	http_poll();
	for (unsigned i = 0; i < port.sent; i++)
		read_answer(port.packets[i].bytes, port.packets[i].length);
	ground_forget(&port);
	port.overflow = 0;
}

/* Segments. */

struct segment {
	uint8_t flags;
	uint16_t window;
	uint32_t seq, ack;
	const uint8_t *options, *data;
	size_t option_length, data_length; /* options: a multiple of 4, at most 40 */
};

static void
send_segment(const struct client *c, const struct segment *s, const uint8_t *cuts, size_t cut_count)
{
	static uint8_t frame[FRAME_LONGEST];
	uint8_t *tcp = frame + ETHERNET + frame_ip(c->v6);
	size_t length = TCP + s->option_length + s->data_length;

	frame_put16(tcp, c->port);
	frame_put16(tcp + 2, c->server_port);
	frame_put32(tcp + 4, s->seq);
	frame_put32(tcp + 8, s->ack);
	tcp[12] = (uint8_t)((TCP + s->option_length) / 4 << 4);
	tcp[13] = s->flags;
	frame_put16(tcp + 14, s->window);
	frame_put32(tcp + 16, 0);
	memcpy(tcp + TCP, s->options, s->option_length);
	memcpy(tcp + TCP + s->option_length, s->data, s->data_length);
	frame_headers(frame, c->v6, IP_PROTO_TCP, (uint8_t)(2 + c->port % 4), length);
	frame_checksum(frame, c->v6, IP_PROTO_TCP, 16, length);
	deliver(frame, ETHERNET + frame_ip(c->v6) + length, cuts, cut_count);
	turn();
}

static void
open_connection(struct client *c, uint16_t server_port, bool v6, const uint8_t *options, size_t option_length)
{
	struct segment s = {.flags = FLAG_SYN, .window = 60000, .seq = 1000, .options = options, .data = options};

	s.option_length = option_length / 4 * 4;
	*c = (struct client){.v6 = v6, .port = next_port++, .server_port = server_port};
	if (next_port > 60000)
		next_port = 20000;
	send_segment(c, &s, NULL, 0);
	if (!c->open)
		return;
	s.flags = FLAG_ACK;
	s.option_length = 0;
	s.seq = c->seq = 1001;
	s.ack = c->ack;
	send_segment(c, &s, NULL, 0);
}

/* Operations. */

static void
cut_and_deliver(struct input *in, const uint8_t *frame, size_t length)
{
	size_t cut_count = input_below(in, 6);
	const uint8_t *cuts = input_bytes(in, &cut_count);

	deliver(frame, length, cuts, cut_count);
	turn();
}

static void
open_by_input(struct input *in)
{
	uint8_t which = input_u8(in);
	size_t option_length = input_below(in, 41);
	const uint8_t *options = input_bytes(in, &option_length);

	open_connection(&clients[which % CONNECTIONS], server_ports[which / 8 % 4], which & 0x80, options,
			option_length);
}

/* Bytes in order, as a client sends them. */
static void
send_data(struct input *in)
{
	struct client *c = &clients[input_below(in, CONNECTIONS)];
	size_t length = input_u16(in) % 1400;
	size_t cut_count = input_below(in, 6);
	const uint8_t *cuts = input_bytes(in, &cut_count), *data = input_bytes(in, &length);
	struct segment s = {.flags = FLAG_ACK, .window = 60000, .seq = c->seq, .ack = c->ack, .data = data};

	s.data_length = length;
	s.options = data;
	c->seq += (uint32_t)length;
	send_segment(c, &s, cuts, cut_count);
}

/* -32,768 to 32,767, for a sequence number, which wraps. */
static uint32_t
offset(struct input *in)
{
	int16_t bytes = (int16_t)input_u16(in);

	return (uint32_t)bytes;
}

/* A segment whose every field may be wrong. */
static void
send_odd_segment(struct input *in)
{
	struct client *c = &clients[input_below(in, CONNECTIONS)];
	struct segment s = {.flags = input_u8(in), .window = input_u16(in)};
	size_t cut_count;
	const uint8_t *cuts;

	s.seq = c->seq + offset(in);
	s.ack = c->ack + offset(in);
	if (s.flags & 0x80)
		s.seq += input_u32(in);
	if (s.flags & 0x40)
		s.ack += input_u32(in);
	s.flags &= 0x3f;
	s.option_length = input_below(in, 11) * 4u;
	s.data_length = input_u16(in) % 1400;
	cut_count = input_below(in, 6);
	cuts = input_bytes(in, &cut_count);
	s.options = input_bytes(in, &s.option_length);
	s.option_length -= s.option_length % 4;
	s.data = input_bytes(in, &s.data_length);
	send_segment(c, &s, cuts, cut_count);
}

/*
 * A packet with a right IP header, and the input's bytes behind it. The checksum of TCP, UDP, ICMP or ICMPv6 is right,
 * too, unless the input says otherwise.
 */
static void
send_packet(struct input *in)
{
	static uint8_t frame[FRAME_LONGEST];
	uint8_t how = input_u8(in), protocol = input_u8(in), host = input_u8(in);
	bool v6 = how & 1;
	size_t length = input_u16(in) % 1600;
	const uint8_t *bytes = input_bytes(in, &length);
	uint8_t *behind = frame + ETHERNET + frame_ip(v6);
	size_t sum_at = protocol == IP_PROTO_TCP ? 16 : protocol == IP_PROTO_UDP ? 6 : 2;

	memcpy(behind, bytes, length);
	frame_headers(frame, v6, protocol, host, length);
	if ((how & 2) == 0)
		frame_checksum(frame, v6, protocol, sum_at, length);
	if ((how & 4) != 0 && !v6) { /* a fragment */
		frame_put16(frame + ETHERNET + 6, (unsigned)(how >> 3) << 8 | host);
		frame_ip4_checksum(frame);
	}
	cut_and_deliver(in, frame, ETHERNET + frame_ip(v6) + length);
}

static void
send_frame(struct input *in)
{
	size_t length = input_u16(in) % FRAME_LONGEST;
	const uint8_t *bytes = input_bytes(in, &length);

	/* The pool of the ports has rooms of 2,048 bytes. */
	cut_and_deliver(in, bytes, LWIP_MIN(length, 2048));
}

/* lwIP's timers, without waiting. */
static void
pass_time(struct input *in)
{
	unsigned n = 1 + input_below(in, 16);

	while (n-- > 0) {
		for (int i = 0; i < lwip_num_cyclic_timers; i++)
			lwip_cyclic_timers[i].handler();
		turn();
	}
}

static void
end_connection(struct input *in)
{
	uint8_t how = input_u8(in);
	struct client *c = &clients[how % CONNECTIONS];
	struct segment s = {.flags = how & 0x80 ? FLAG_RST : FLAG_FIN | FLAG_ACK,
			    .window = 60000,
			    .seq = c->seq,
			    .ack = c->ack,
			    .options = peer_mac,
			    .data = peer_mac};

	send_segment(c, &s, NULL, 0);
	c->seq++;
	s.seq = c->seq;
	s.ack = c->ack;
	s.flags = FLAG_ACK;
	send_segment(c, &s, NULL, 0);
}

static void
run_operation(struct input *in)
{
	switch (input_below(in, 7)) {
	case 0:
		open_by_input(in);
		break;
	case 1:
		send_data(in);
		break;
	case 2:
		send_odd_segment(in);
		break;
	case 3:
		send_packet(in);
		break;
	case 4:
		send_frame(in);
		break;
	case 5:
		pass_time(in);
		break;
	default:
		end_connection(in);
		break;
	}
}

/* lwIP learns the peers' MACs: an ARP request and a neighbour solicitation of each. */
static void
introduce(uint8_t host)
{
	static const uint8_t arp[] = {8, 6, 0, 1, 8, 0, 6, 4, 0, 1};
	uint8_t frame[ETHERNET + IP6 + 32] = {0}, *icmp = frame + ETHERNET + IP6;

	memset(frame, 0xff, 6);
	memcpy(frame + 6, peer_mac, 6);
	memcpy(frame + 12, arp, sizeof(arp));
	memcpy(frame + 22, peer_mac, 6);
	memcpy(frame + 28, our_ip4, 4);
	frame[31] = host;
	memcpy(frame + 38, our_ip4, 4);
	deliver(frame, ETHERNET + 28, NULL, 0);
	memset(icmp, 0, 32);
	icmp[0] = ICMP6_TYPE_NS;
	memcpy(icmp + 8, our_ip6, 16);
	icmp[24] = icmp[25] = 1;
	memcpy(icmp + 26, peer_mac, 6);
	frame_headers(frame, true, IP6_NEXTH_ICMP6, host, 32);
	frame_checksum(frame, true, IP6_NEXTH_ICMP6, 2, 32);
	deliver(frame, sizeof(frame), NULL, 0);
	turn();
}

/* Ends all that peers have begun, and introduces the peers again. */
static void
rest(void)
{
	glue_end_connections();
	turn();
	etharp_cleanup_netif(&netif.netif);
	nd6_cleanup_netif(&netif.netif);
	for (uint8_t host = 2; host < 6; host++)
		introduce(host);
	memset(clients, 0, sizeof(clients));
	random_state = 1;
}

static void
check_home(void)
{
	struct glue_memory_stats memory;

	fuzz_check(ground_is_home(rx_pool) && ground_is_home(small_pool) && ground_is_home(tx_pool));
	glue_memory_stats_get(&memory);
	if (blocks_at_rest == 0)
		blocks_at_rest = memory.blocks;
	fuzz_check(memory.blocks == blocks_at_rest && memory.failed == 0);
}

/* Whether a new connection is accepted as before. */
static void
check_answers(void)
{
	uint8_t none = 0;

	open_connection(&clients[0], HTTP_PORT, false, &none, 0);
	fuzz_check(clients[0].open);
	rest();
}

static void
stop(void)
{
	connections_stop();
	services_stop();
	http_stop();
	files_stop();
	rmdir(folder);
	glue_finish();
}

static void
start(void)
{
	static const struct connection_limits limits = {.connections = 64,
							.peer_connections = 64,
							.backlog = 255,
							.send_budget = 16384,
							.rx_pbufs = 32,
							.idle_s = 30,
							.progress_s = 10};
	static const struct http_options http = {
		.port = HTTP_PORT, .head_size = 1024, .line_size = 512, .request_s = 10};
	static const struct services_options services = {
		.echo_port = 7, .discard_port = 9, .chargen_port = 19, .echo_pbufs = 16};
	const struct files_options files = {.folder = folder, .cache = 1 << 20};
	struct evpl_global_config config = {.slab_size = 4 << 20};
	struct glue_config glue = {.rx_hold = 128};
	ip4_addr_t address, mask, none = {0};
	ip6_addr_t address6 = {0};

	evpl = ground_start("fuzz-lwip", &config, stop);
	rx_pool = evpl_rx_pool_create("rx", MBUFS, 0, SOCKET_ID_ANY);
	small_pool = evpl_rx_pool_create("small", MBUFS, RTE_PKTMBUF_HEADROOM + 128, SOCKET_ID_ANY);
	tx_pool = evpl_rx_pool_create("tx", MBUFS, 0, SOCKET_ID_ANY);
	fuzz_need(rx_pool != NULL && small_pool != NULL && tx_pool != NULL);
	glue.evpl = evpl;
	glue.tx_pool = tx_pool;
	fuzz_need(glue_init(&glue) == 0);
	ground_open(&port, "net_null_lwip", rx_pool);
	netif.queue.port_id = port.id;
	netif.queue.ahead_max = 64;
	netif.segments = 16;
	fuzz_need(glue_netif_add(&netif, our_mac, 1500) == 0);
	memcpy(&address, our_ip4, 4);
	IP4_ADDR(&mask, 255, 255, 255, 0);
	netif_set_addr(&netif.netif, &address, &mask, &none);
	memcpy(address6.addr, our_ip6, 16);
	netif_ip6_addr_set(&netif.netif, 1, &address6);
	netif_ip6_addr_set_state(&netif.netif, 1, IP6_ADDR_PREFERRED);
	fuzz_need(mkdtemp(folder) != NULL);
	fuzz_need(files_start(&files, evpl) == 0 && connections_start(&limits) == 0);
	fuzz_need(http_start(&http) == 0 && services_start(&services) == 0);
	rest();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size};

	if (evpl == NULL)
		start();
	for (unsigned i = 0; i < OPERATIONS_MAX && in.left > 0; i++)
		run_operation(&in);
	rest();
	check_home();
	check_answers();
	check_home();
	return 0;
}
