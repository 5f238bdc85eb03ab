/* SPDX-License-Identifier: BSD-3-Clause */
/* A port's queue pair as one of lwIP's netifs. */
#include <errno.h>
#include <string.h>

#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>

#include "fixes/frame_filter.h"
#include "fixes/ip6_filter.h"
#include "fixes/ip6_fragment.h"
#include "fixes/neighbours.h"
#include "glue.h"
#include "glue_memory.h"
#include "glue_netif.h"
#include "glue_pbuf.h"
#include "glue_port.h"

static struct glue_netif *netifs;

bool
glue_netif_is_full(struct glue_netif *n)
{
	bool full = glue_queue_is_full(&n->queue);

	n->stats.tx_full += full;
	return full;
}

err_t
glue_netif_send(struct glue_netif *n, struct rte_mbuf *m, unsigned length)
{
	if (m == NULL) {
		n->stats.tx_no_memory++;
		return ERR_MEM;
	}
	glue_queue_send(&n->queue, m);
	n->stats.tx_packets++;
	n->stats.tx_bytes += length;
	return ERR_OK;
}

/* lwIP sends a frame. After an error TCP keeps the segment, and tries again later. */
static err_t
link_output(struct netif *netif, struct pbuf *p)
{
	struct glue_netif *n = netif->state;
	unsigned mtu = ip6_fragment_mtu(n, p);

	if (mtu != 0)
		return ip6_fragment_send(n, p, mtu);
	if (glue_netif_is_full(n))
		return ERR_MEM;
	return glue_netif_send(n, glue_pbuf_to_mbuf(p, n->segments, &n->stats), p->tot_len);
}

static err_t
netif_start(struct netif *netif)
{
	netif->name[0] = 'd';
	netif->name[1] = 'p';
	netif->output = neighbours_output;
	netif->output_ip6 = ethip6_output;
	netif->linkoutput = link_output;
	netif->hwaddr_len = ETH_HWADDR_LEN;
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_MLD6;
	return ERR_OK;
}

int
glue_netif_add(struct glue_netif *n, const uint8_t mac[6], uint16_t mtu)
{
	struct netif *netif = &n->netif;

	if (netif_add_noaddr(netif, n, netif_start, ethernet_input) == NULL)
		return -1;
	memcpy(netif->hwaddr, mac, sizeof(netif->hwaddr));
	netif->mtu = mtu;
	netif->mtu6 = mtu;
	netif_create_ip6_linklocal_address(netif, 1);
	netif_ip6_addr_set_state(netif, 0, IP6_ADDR_PREFERRED);
	netif_set_link_up(netif);
	netif_set_up(netif);
	n->next = netifs;
	netifs = n;
	return 0;
}

int
glue_netif_open(struct glue_netif *n, uint16_t port_id, struct rte_mempool *rx_pool)
{
	struct glue_port port;
	int rc = glue_port_start(&port, port_id, rx_pool);

	if (rc != 0)
		return rc;
	n->queue.port_id = port_id;
	n->segments = port.segments;
	if (glue_netif_add(n, port.mac, port.mtu) != 0) {
		glue_port_close(port_id);
		return -ENOMEM;
	}
	n->opened = true;
	return 0;
}

void
glue_netif_remove(struct glue_netif *n)
{
	struct glue_netif **at = &netifs;

	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	netif_remove(&n->netif);
	glue_queue_drop(&n->queue);
	if (n->opened)
		glue_port_close(n->queue.port_id);
}

void
glue_netifs_remove(void)
{
	for (struct glue_netif *n = netifs; n != NULL; n = n->next)
		glue_queue_flush(&n->queue);
	while (netifs != NULL)
		glue_netif_remove(netifs);
}

bool
glue_checksum_control(void)
{
	return LWIP_CHECKSUM_CTRL_PER_NETIF;
}

/* Tells lwIP the checksums that it must handle: all but those that the port computes or found good in this packet. */
static void
set_checksums(struct glue_netif *n, unsigned good)
{
#if LWIP_CHECKSUM_CTRL_PER_NETIF
	u16_t flags = NETIF_CHECKSUM_ENABLE_ALL;

	if (n->queue.tcp_checksum)
		flags &= (u16_t)~NETIF_CHECKSUM_GEN_TCP;
	if (good & GLUE_IP_GOOD)
		flags &= (u16_t)~NETIF_CHECKSUM_CHECK_IP;
	if (good & GLUE_L4_GOOD)
		flags &= (u16_t) ~(NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP);
	NETIF_SET_CHECKSUM_CTRL(&n->netif, flags);
#else
	(void)n;
	(void)good;
#endif
}

static bool
frame_passes(struct glue_netif *n, const struct pbuf *frame)
{
	enum frame_verdict verdict = frame_filter(frame);

	n->stats.rx_refused += verdict == FRAME_REFUSED;
	n->stats.rx_short += verdict == FRAME_SHORT;
	return verdict == FRAME_PASSES;
}

static void
input_packet(struct glue_netif *n, struct rte_mbuf *m)
{
	unsigned good = n->queue.rx_checksum ? glue_queue_good_checksums(m) : 0, length = m->pkt_len;
	struct pbuf *p;

	n->stats.rx_packets++;
	n->stats.rx_bytes += length;
	if (glue_queue_is_of_other_vlan(m)) {
		n->stats.rx_refused++;
		rte_pktmbuf_free(m);
		return;
	}
	p = glue_pbuf_from_mbuf(m, &n->stats);
	if (p == NULL)
		return;
	if (!frame_passes(n, p)) {
		pbuf_free(p);
		return;
	}
	/* No port sums fragments. Segments that are already queued are too long, and will be fragmented. */
	if (ip6_filter_is_too_big(p))
		n->queue.tcp_checksum = false;
	set_checksums(n, good);
	if (n->netif.input(p, &n->netif) != ERR_OK)
		pbuf_free(p);
}

static void
poll_netif(struct glue_netif *n)
{
	struct rte_mbuf *packets[GLUE_BURST];
	uint16_t count = glue_queue_receive(&n->queue, packets);

	for (uint16_t i = 0; i < count; i++)
		input_packet(n, packets[i]);
	glue_queue_flush(&n->queue);
}

void
glue_poll(void)
{
	for (struct glue_netif *n = netifs; n != NULL; n = n->next)
		poll_netif(n);
	sys_check_timeouts();
	glue_memory_poll();
}
