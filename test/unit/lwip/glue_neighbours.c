/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The neighbours of evpl-httpd's glue (apps/lwip), as many as the build has room for, without a port.
 *
 * What would break: frames could go to a wrong neighbour, if an index has too few bits, or if a wrong hint is used.
 * Neighbours could be asked again and again, although they have told their address. Packets could hold memory for
 * neighbours that never answer.
 */
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/inet_chksum.h>
#include <lwip/init.h>
#include <lwip/ip6_addr.h>
#include <netif/ethernet.h>

#include "fixes/neighbours.h"
#include "glue_pbuf.h"
#include "support.h"

#define ETHERNET 14u
#define IP6 40u
#define MESSAGE 32u /* with the option that has a MAC */

static const uint8_t our_mac[6] = {2, 0, 0, 0, 0xff, 1};

static struct {
	unsigned frames;
	uint8_t to[6];
	unsigned type;
} sent;

static struct netif netif;

static err_t
link_output(struct netif *n, struct pbuf *p)
{
	const uint8_t *frame = p->payload;

	(void)n;
	sent.frames++;
	memcpy(sent.to, frame, sizeof(sent.to));
	sent.type = (unsigned)(frame[12] << 8 | frame[13]);
	return ERR_OK;
}

static err_t
netif_start(struct netif *n)
{
	memcpy(n->hwaddr, our_mac, sizeof(our_mac));
	n->hwaddr_len = sizeof(our_mac);
	n->mtu = 1500;
	n->output = neighbours_output;
	n->output_ip6 = ethip6_output;
	n->linkoutput = link_output;
	n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
	return ERR_OK;
}

static void
neighbours_start(void **state)
{
	struct home *home = *state;
	struct glue_config config = {.evpl = home->evpl};
	ip4_addr_t address, mask, none = {0};

	IP4_ADDR(&address, 10, 0, 0, 1);
	IP4_ADDR(&mask, 255, 0, 0, 0);
	config.tx_pool = evpl_rx_pool_create("tx", 63, 2048, SOCKET_ID_ANY);
	assert_non_null(config.tx_pool);
	assert_int_equal(glue_init(&config), 0);
	assert_non_null(netif_add(&netif, &address, &mask, &none, NULL, netif_start, ethernet_input));
	netif_create_ip6_linklocal_address(&netif, 1);
	netif_ip6_addr_set_state(&netif, 0, IP6_ADDR_PREFERRED);
	netif_set_link_up(&netif);
	netif_set_up(&netif);
}

static void
neighbours_stop(void)
{
	netif_remove(&netif);
	glue_stop();
	glue_finish();
}

static void
mac_of(unsigned i, uint8_t mac[6])
{
	memcpy(mac, (uint8_t[]){2, 1, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, 0}, 6);
}

static void
address_of(unsigned i, ip4_addr_t *address)
{
	IP4_ADDR(address, 10, 1 + (i >> 16), i >> 8, i);
}

static void
address6_of(unsigned i, ip6_addr_t *address)
{
	IP6_ADDR(address, PP_HTONL(0xfe800000), 0, 0, lwip_htonl(i + 1));
	ip6_addr_assign_zone(address, IP6_UNICAST, &netif);
}

static void
receive(const void *frame, unsigned length)
{
	struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_RAM);

	assert_non_null(p);
	assert_int_equal(pbuf_take(p, frame, (u16_t)length), ERR_OK);
	if (netif.input(p, &netif) != ERR_OK)
		pbuf_free(p);
}

/* The neighbour asks for our address, and so tells its own. */
static void
tell(unsigned i)
{
	uint8_t frame[ETHERNET + 28] = {[12] = 8, [13] = 6, [15] = 1, [16] = 8, [18] = 6, [19] = 4, [21] = 1};
	ip4_addr_t address;

	address_of(i, &address);
	memcpy(frame, our_mac, 6);
	mac_of(i, frame + 6);
	mac_of(i, frame + 22);
	memcpy(frame + 28, &address, 4);
	memcpy(frame + 38, netif_ip4_addr(&netif), 4);
	receive(frame, sizeof(frame));
}

/* A message of neighbour discovery from it: it asks for our address, or answers. Each tells its own. */
static void
discover(unsigned i, bool answers)
{
	uint8_t frame[ETHERNET + IP6 + MESSAGE] = {
		[12] = 0x86, [13] = 0xdd, [14] = 0x60, [19] = MESSAGE, [20] = 58, [21] = 255};
	struct pbuf body = {.payload = frame + ETHERNET + IP6, .len = MESSAGE, .tot_len = MESSAGE};
	const ip6_addr_t *ours = netif_ip6_addr(&netif, 0);
	uint8_t *message = body.payload;
	ip6_addr_t address;
	u16_t sum;

	address6_of(i, &address);
	memcpy(frame, our_mac, 6);
	mac_of(i, frame + 6);
	memcpy(frame + 22, address.addr, 16);
	memcpy(frame + 38, ours->addr, 16);
	message[0] = answers ? 136 : 135;
	message[4] = answers ? 0x60 : 0; /* asked for, and to be believed */
	memcpy(message + 8, answers ? address.addr : ours->addr, 16);
	message[24] = answers ? 2 : 1;
	message[25] = 1;
	mac_of(i, message + 26);
	sum = ip6_chksum_pseudo(&body, 58, MESSAGE, &address, ours);
	memcpy(message + 2, &sum, 2);
	receive(frame, sizeof(frame));
}

static void
tell6(unsigned i)
{
	discover(i, false);
}

/* A packet to it; sent tells what left. */
static void
send_to(unsigned i, bool v6)
{
	struct pbuf *p = pbuf_alloc(PBUF_LINK, 64, PBUF_RAM);
	ip4_addr_t address;
	ip6_addr_t address6;

	assert_non_null(p);
	memset(p->payload, 0, p->len);
	memset(&sent, 0, sizeof(sent));
	if (v6) {
		address6_of(i, &address6);
		/* What has waited is sent to where its header says. */
		memcpy((uint8_t *)p->payload + 24, address6.addr, 16);
		assert_int_equal(netif.output_ip6(&netif, p, &address6), ERR_OK);
	} else {
		address_of(i, &address);
		assert_int_equal(netif.output(&netif, p, &address), ERR_OK);
	}
	pbuf_free(p);
}

/* It left at once, to its own MAC. */
static void
assert_reaches(unsigned i, bool v6)
{
	uint8_t mac[6];

	send_to(i, v6);
	mac_of(i, mac);
	assert_int_equal(sent.frames, 1);
	assert_int_equal(sent.type, v6 ? 0x86dd : 0x0800);
	assert_memory_equal(sent.to, mac, sizeof(mac));
}

static void
tell_any(unsigned i, bool v6)
{
	if (v6)
		tell6(i);
	else
		tell(i);
}

/* As many as there is room for, and then one more, for which another must go. */
static void
assert_room(void **state, unsigned room, bool v6)
{
	struct netif_hint of_connection = {0};

	neighbours_start(state);
	for (unsigned i = 0; i < room; i++)
		tell_any(i, v6);
	for (unsigned i = 0; i < room; i++)
		assert_reaches(i, v6);
	/* A connection brings a hint, which is of the neighbour before. */
	netif.hints = &of_connection;
	for (unsigned i = 0; i < room; i++)
		assert_reaches(i, v6);
	netif.hints = NULL;
	tell_any(room, v6);
	assert_reaches(room, v6);
	neighbours_stop();
}

static void
neighbours_are_all_reached(void **state)
{
	assert_true(ARP_TABLE_SIZE >= 128);
	assert_room(state, ARP_TABLE_SIZE, false);
}

static void
neighbours_of_ipv6_are_all_reached(void **state)
{
	/* This version's index is made wider. */
	if (LWIP_VERSION_MAJOR == 2 && LWIP_VERSION_MINOR == 1)
		assert_int_equal(LWIP_ND6_NUM_NEIGHBORS, ARP_TABLE_SIZE);
	assert_room(state, LWIP_ND6_NUM_NEIGHBORS, true);
}

/* A neighbour that does not answer must not hold all that is sent to it. */
static void
assert_few_wait(void **state, bool v6)
{
	struct glue_memory_stats before, now;

	neighbours_start(state);
	send_to(0, v6);
	glue_memory_stats_get(&before);
	for (unsigned i = 1; i < 100; i++)
		send_to(0, v6);
	glue_memory_stats_get(&now);
	assert_true(now.bytes <= before.bytes * ARP_QUEUE_LEN);
	memset(&sent, 0, sizeof(sent));
	if (v6)
		discover(0, true);
	else
		tell(0);
	assert_int_equal(sent.frames, ARP_QUEUE_LEN + !v6); /* and the answer */
	assert_reaches(0, v6);
	neighbours_stop();
}

static void
few_packets_wait_for_a_neighbour(void **state)
{
	assert_few_wait(state, false);
}

static void
few_packets_wait_for_a_neighbour_of_ipv6(void **state)
{
	/* With an nd6.c that is as it came, lwIP has a limit of its own, or none. */
	skip_unless(LWIP_ND6_NUM_NEIGHBORS >= ARP_TABLE_SIZE, "lwIP has a limit of its own, or none");
	assert_few_wait(state, true);
}

static const struct CMUnitTest cases[] = {
	home_case(neighbours_are_all_reached, home_small),
	home_case(neighbours_of_ipv6_are_all_reached, home_small),
	home_case(few_packets_wait_for_a_neighbour, home_small),
	home_case(few_packets_wait_for_a_neighbour_of_ipv6, home_small),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "glue_neighbours", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
