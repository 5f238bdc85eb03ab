/* SPDX-License-Identifier: BSD-3-Clause */
#include "ethdev.h"

#include <errno.h>
#include <stdio.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>

#include "error.h"
#include "signals.h"

#define LINK_POLL_MS 20u

_Static_assert(sizeof(((struct ethdev *)0)->name) >= RTE_ETH_NAME_MAX_LEN, "rte_eth_dev_get_name_by_port() fills it");

unsigned
ethdev_list(uint16_t ids[RTE_MAX_ETHPORTS])
{
	unsigned n = 0;

	/* As RTE_ETH_FOREACH_DEV, but with a conversion from its 64-bit result to a port id. */
	for (uint64_t id = rte_eth_find_next_owned_by(0, RTE_ETH_DEV_NO_OWNER); id < RTE_MAX_ETHPORTS;
	     id = rte_eth_find_next_owned_by((uint16_t)(id + 1), RTE_ETH_DEV_NO_OWNER))
		ids[n++] = (uint16_t)id;
	return n;
}

int
ethdev_failed(const struct ethdev *d, const char *what, int rc)
{
	error_line("port %u (%s): %s: %s", d->id, d->name, what, rte_strerror(-rc));
	return 1;
}

int
ethdev_init(struct ethdev *d, uint16_t id, struct rte_eth_dev_info *info)
{
	int rc;

	*d = (struct ethdev){.id = id};
	if (rte_eth_dev_get_name_by_port(id, d->name) != 0)
		snprintf(d->name, sizeof(d->name), "port%u", id);
	rc = rte_eth_dev_info_get(id, info);
	if (rc == 0)
		rc = rte_eth_macaddr_get(id, &d->mac);
	if (rc != 0)
		return ethdev_failed(d, "information", rc);
	d->socket = rte_eth_dev_socket_id(id);
	if (d->socket < 0)
		d->socket = (int)rte_lcore_to_socket_id(rte_get_main_lcore());
	return 0;
}

int
ethdev_setup_queues(const struct ethdev *d, const struct ethdev_queues *queues)
{
	int rx_socket = queues->rx_socket != NULL ? *queues->rx_socket : d->socket;
	int tx_socket = queues->tx_socket != NULL ? *queues->tx_socket : d->socket;
	int rc;

	for (uint16_t q = 0; q < queues->rx; q++) {
		rc = rte_eth_rx_queue_setup(d->id, q, queues->rxd, (unsigned)rx_socket, NULL, queues->rx_pool);
		if (rc != 0)
			return ethdev_failed(d, "RX queue", rc);
	}
	for (uint16_t q = 0; q < queues->tx; q++) {
		rc = rte_eth_tx_queue_setup(d->id, q, queues->txd, (unsigned)tx_socket, NULL);
		if (rc != 0)
			return ethdev_failed(d, "TX queue", rc);
	}
	return 0;
}

int
ethdev_start(struct ethdev *d, uint16_t mtu)
{
	/*
	 * Some drivers take the MTU from the configuration. Some others can set it only on a stopped port, and some
	 * only on a started one.
	 */
	int mtu_rc = mtu == 0 ? 0 : rte_eth_dev_set_mtu(d->id, mtu);
	int rc = rte_eth_dev_start(d->id);

	if (rc != 0)
		return ethdev_failed(d, "start", rc);
	d->started = true;
	if (mtu_rc != 0 && mtu_rc != -ENOTSUP)
		mtu_rc = rte_eth_dev_set_mtu(d->id, mtu);
	if (mtu_rc != 0 && mtu_rc != -ENOTSUP)
		return ethdev_failed(d, "MTU", mtu_rc);
	return 0;
}

static bool
is_down(const struct ethdev *d)
{
	struct rte_eth_link link = {0};

	/* Some ports know nothing of links; there is no wait for these. */
	return rte_eth_link_get_nowait(d->id, &link) == 0 && link.link_status == RTE_ETH_LINK_DOWN;
}

void
ethdev_wait_link(const struct ethdev *d, unsigned *ms)
{
	for (; *ms >= LINK_POLL_MS && is_down(d) && !signals_stop_requested(); *ms -= LINK_POLL_MS)
		rte_delay_us_sleep(LINK_POLL_MS * 1000);
}

void
ethdev_drain(const struct ethdev *d, uint16_t queue, uint32_t most)
{
	struct rte_mbuf *packets[64];
	uint16_t n;

	for (uint32_t done = 0; done < most; done += n) {
		n = rte_eth_rx_burst(d->id, queue, packets, RTE_DIM(packets));
		if (n == 0)
			break;
		rte_pktmbuf_free_bulk(packets, n);
	}
}

void
ethdev_close(struct ethdev *d)
{
	if (d->started)
		rte_eth_dev_stop(d->id);
	rte_eth_dev_close(d->id);
	d->started = false;
}
