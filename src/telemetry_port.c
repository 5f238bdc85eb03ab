/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Telemetry of ports, as far as it concerns memory: what their queues hold, and what they counted.
 */
#include "telemetry.h"

#include "global.h"
#include "rx_pool.h"

#include <evpl/evpl_port.h>

#include <pthread.h>
#include <stdio.h>
#include <sys/queue.h>

#include <rte_ethdev.h>
#include <rte_mempool.h>

#define PORTS_SHOWN 24u /* in one answer, which has 16 KiB. The command's parameter says which one is the first */

struct port {
	const char *name, *driver, *rx_pool;
	int node;
	uint32_t link, rx_queues, tx_queues, limits, rx_in_slabs, rx_mbufs_in_use;
	uint64_t rx_packets, rx_bytes, rx_missed, rx_errors, rx_no_mbuf, tx_packets, tx_bytes, tx_errors;
};

#define PORT(member, unit) EVPL_FIELD(struct port, member, unit)
static const struct evpl_field port_fields[] = {
	PORT(name, "text"),	     PORT(driver, "text"),
	PORT(node, "NUMA node"),     PORT(link, "0 or 1"),
	PORT(rx_queues, "queues"),   PORT(tx_queues, "queues"),
	PORT(limits, "limits"),	     PORT(rx_pool, "text"),
	PORT(rx_in_slabs, "0 or 1"), PORT(rx_mbufs_in_use, "mbufs"),
	PORT(rx_packets, "packets"), PORT(rx_bytes, "bytes"),
	PORT(rx_missed, "packets"),  PORT(rx_errors, "packets"),
	PORT(rx_no_mbuf, "packets"), PORT(tx_packets, "packets"),
	PORT(tx_bytes, "bytes"),     PORT(tx_errors, "packets"),
};

/* Whether the pool is one of evpl_rx_pool_create(). */
static bool
is_in_slabs(const struct rte_mempool *pool)
{
	struct evpl_global *g = &evpl_global;
	const struct evpl_rx_pool *rx;
	bool found = false;

	pthread_mutex_lock(&g->lock);
	if (g->users > 0) {
		TAILQ_FOREACH (rx, &g->rx_pools, entry)
			found = found || rx->pool == pool;
	}
	pthread_mutex_unlock(&g->lock);
	return found;
}

/* The pool of the first receive queue: most programs use one per port. Not every driver tells it. */
static void
port_fill_rx(struct port *p, uint16_t id)
{
	struct rte_eth_rxq_info queue;

	if (p->rx_queues == 0 || rte_eth_rx_queue_info_get(id, 0, &queue) != 0 || queue.mp == NULL)
		return;
	p->rx_pool = queue.mp->name;
	p->rx_in_slabs = is_in_slabs(queue.mp);
	p->rx_mbufs_in_use = rte_mempool_in_use_count(queue.mp);
}

static void
port_add(struct rte_tel_data *d, uint16_t id)
{
	struct port p = {.name = "", .driver = "", .rx_pool = "", .node = rte_eth_dev_socket_id(id)};
	char name[32], device[RTE_ETH_NAME_MAX_LEN];
	struct rte_eth_stats stats = {0};
	struct rte_eth_dev_info info;
	struct rte_eth_link link = {0};
	int limits = evpl_port_check(id, NULL, 0);

	if (rte_eth_dev_get_name_by_port(id, device) == 0)
		p.name = device;
	if (rte_eth_dev_info_get(id, &info) == 0) {
		p.driver = info.driver_name;
		p.rx_queues = info.nb_rx_queues;
		p.tx_queues = info.nb_tx_queues;
	}
	p.link = rte_eth_link_get_nowait(id, &link) == 0 && link.link_status;
	p.limits = limits > 0 ? (uint32_t)limits : 0;
	port_fill_rx(&p, id);
	if (rte_eth_stats_get(id, &stats) == 0) {
		p.rx_packets = stats.ipackets;
		p.rx_bytes = stats.ibytes;
		p.rx_missed = stats.imissed;
		p.rx_errors = stats.ierrors;
		p.rx_no_mbuf = stats.rx_nombuf;
		p.tx_packets = stats.opackets;
		p.tx_bytes = stats.obytes;
		p.tx_errors = stats.oerrors;
	}
	snprintf(name, sizeof(name), "port_%u", id);
	evpl_fields_add_dict(d, name, port_fields, RTE_DIM(port_fields), &p);
}

static int
ports_answer(const char *command, const char *params, struct rte_tel_data *d)
{
	unsigned first = evpl_parameter(params), count = 0, shown = 0;

	RTE_SET_USED(command);
	rte_tel_data_start_dict(d);
	for (uint16_t id = rte_eth_find_next(0); id < RTE_MAX_ETHPORTS; id = rte_eth_find_next((uint16_t)(id + 1))) {
		if (id >= first && shown++ < PORTS_SHOWN)
			port_add(d, id);
		count++;
	}
	evpl_compat_tel_add_uint(d, "ports", count);
	return 0;
}

const struct evpl_command evpl_ports_command = {
	.name = "/evpl/ports",
	.answer = ports_answer,
	.help = "Each port of DPDK, and the pool that it receives into. Parameters: the first number to show (default "
		"0)",
	EVPL_COMMAND_FIELDS(port_fields),
};
