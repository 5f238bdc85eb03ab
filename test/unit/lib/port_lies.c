/* SPDX-License-Identifier: BSD-3-Clause */
#include "port_lies.h"

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_eal.h>
#include <rte_ethdev.h>

struct lies lies;

int
rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *info)
{
	int (*real)(uint16_t, struct rte_eth_dev_info *);
	int rc;

	program_next(&real, sizeof(real), "rte_eth_dev_info_get");
	rc = real(port_id, info);
	if (rc != 0)
		return rc;
	if (lies.driver != NULL)
		info->driver_name = lies.driver;
	if (lies.other_driver != NULL && port_id != lies.driver_of)
		info->driver_name = lies.other_driver;
	info->tx_offload_capa &= ~lies.tx_offload_hidden;
	info->tx_offload_capa |= lies.tx_offload_capa;
	info->tx_queue_offload_capa |= lies.tx_queue_offload_capa;
	if (lies.min_rx_bufsize != 0)
		info->min_rx_bufsize = lies.min_rx_bufsize;
	if (lies.nb_seg_max != 0)
		info->tx_desc_lim.nb_seg_max = lies.nb_seg_max;
	if (lies.nb_mtu_seg_max != 0)
		info->tx_desc_lim.nb_mtu_seg_max = lies.nb_mtu_seg_max;
	if (lies.no_driver)
		info->driver_name = NULL;
	if (lies.no_queues)
		info->nb_rx_queues = info->nb_tx_queues = 0;
	if (lies.no_seg_max)
		info->tx_desc_lim.nb_seg_max = info->tx_desc_lim.nb_mtu_seg_max = 0;
	if (lies.max_mtu != 0)
		info->max_mtu = lies.max_mtu;
	if (lies.max_rx_pktlen != 0)
		info->max_rx_pktlen = lies.max_rx_pktlen;
	return 0;
}

int
rte_eth_stats_get(uint16_t port_id, struct rte_eth_stats *stats)
{
	int (*real)(uint16_t, struct rte_eth_stats *);

	program_next(&real, sizeof(real), "rte_eth_stats_get");
	if (lies.stats.ipackets == 0)
		return real(port_id, stats);
	*stats = lies.stats;
	return 0;
}

int
rte_eth_dev_conf_get(uint16_t port_id, struct rte_eth_conf *conf)
{
	int (*real)(uint16_t, struct rte_eth_conf *);
	int rc;

	program_next(&real, sizeof(real), "rte_eth_dev_conf_get");
	rc = real(port_id, conf);
	conf->txmode.offloads |= lies.tx_offloads;
	conf->rxmode.offloads |= lies.rx_offloads;
	return rc;
}

int
rte_eth_tx_queue_info_get(uint16_t port_id, uint16_t queue_id, struct rte_eth_txq_info *info)
{
	int (*real)(uint16_t, uint16_t, struct rte_eth_txq_info *);

	if (lies.queues_tell) {
		memset(info, 0, sizeof(*info));
		info->conf.offloads = lies.queue_offloads[queue_id];
		return 0;
	}
	program_next(&real, sizeof(real), "rte_eth_tx_queue_info_get");
	return real(port_id, queue_id, info);
}

int
rte_eth_rx_queue_info_get(uint16_t port_id, uint16_t queue_id, struct rte_eth_rxq_info *info)
{
	int (*real)(uint16_t, uint16_t, struct rte_eth_rxq_info *);

	if (lies.rx_pool != NULL) {
		memset(info, 0, sizeof(*info));
		info->mp = lies.rx_pool;
		return 0;
	}
	program_next(&real, sizeof(real), "rte_eth_rx_queue_info_get");
	return real(port_id, queue_id, info);
}

enum rte_proc_type_t
rte_eal_process_type(void)
{
	enum rte_proc_type_t (*real)(void);

	program_next(&real, sizeof(real), "rte_eal_process_type");
	return lies.secondary ? RTE_PROC_SECONDARY : real();
}

int
rte_eal_has_hugepages(void)
{
	int (*real)(void);

	program_next(&real, sizeof(real), "rte_eal_has_hugepages");
	return lies.huge_pages ? 1 : real();
}

enum rte_iova_mode
rte_eal_iova_mode(void)
{
	enum rte_iova_mode (*real)(void);

	program_next(&real, sizeof(real), "rte_eal_iova_mode");
	return lies.iova_pa ? RTE_IOVA_PA : real();
}

const char *
rte_bus_name(const struct rte_bus *bus)
{
	const char *(*real)(const struct rte_bus *);

	program_next(&real, sizeof(real), "rte_bus_name");
	return lies.bus != NULL ? lies.bus : real(bus);
}

const struct rte_devargs *
rte_dev_devargs(const struct rte_device *device)
{
	const struct rte_devargs *(*real)(const struct rte_device *);
	static struct rte_devargs devargs;

	if (lies.devargs != NULL) {
		devargs.args = lies.devargs;
		return &devargs;
	}
	program_next(&real, sizeof(real), "rte_dev_devargs");
	return real(device);
}
