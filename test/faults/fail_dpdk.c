/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's functions that can fail, with an error that the documentation of each names. */
#include "faulty.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_hash.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_memzone.h>
#include <rte_pdump.h>
#include <rte_ring.h>
#include <rte_telemetry.h>
#include <rte_version.h>

/* Those that return NULL and set rte_errno. */
#define NO_MEMORY(type, name, parameters, arguments) FAILS(type, name, parameters, arguments, rte_errno = ENOMEM, NULL)

/* ---- memory ------------------------------------------------------------------------------------------------------ */

NO_MEMORY(const struct rte_memzone *, rte_memzone_reserve,
	  (const char *name, size_t length, int socket, unsigned flags), (name, length, socket, flags))
NO_MEMORY(const struct rte_memzone *, rte_memzone_reserve_aligned,
	  (const char *name, size_t length, int socket, unsigned flags, unsigned align),
	  (name, length, socket, flags, align))
NO_MEMORY(void *, rte_malloc, (const char *type, size_t size, unsigned align), (type, size, align))
NO_MEMORY(void *, rte_zmalloc, (const char *type, size_t size, unsigned align), (type, size, align))
NO_MEMORY(void *, rte_malloc_socket, (const char *type, size_t size, unsigned align, int socket),
	  (type, size, align, socket))
NO_MEMORY(void *, rte_zmalloc_socket, (const char *type, size_t size, unsigned align, int socket),
	  (type, size, align, socket))
NO_MEMORY(struct rte_ring *, rte_ring_create, (const char *name, unsigned count, int socket, unsigned flags),
	  (name, count, socket, flags))
NO_MEMORY(struct rte_ring *, rte_ring_create_elem,
	  (const char *name, unsigned size, unsigned count, int socket, unsigned flags),
	  (name, size, count, socket, flags))

/* ---- mempools ---------------------------------------------------------------------------------------------------- */

NO_MEMORY(struct rte_mempool *, rte_mempool_create_empty,
	  (const char *name, unsigned n, unsigned size, unsigned cache, unsigned private_size, int socket,
	   unsigned flags),
	  (name, n, size, cache, private_size, socket, flags))
NO_MEMORY(struct rte_mempool *, rte_pktmbuf_pool_create,
	  (const char *name, unsigned n, unsigned cache, uint16_t private_size, uint16_t room, int socket),
	  (name, n, cache, private_size, room, socket))
FAILS(int, rte_mempool_populate_default, (struct rte_mempool * pool), (pool), , -ENOMEM)
FAILS(int, rte_mempool_set_ops_byname, (struct rte_mempool * pool, const char *name, void *config),
      (pool, name, config), , -EINVAL)
FAILS(int, rte_mempool_register_ops, (const struct rte_mempool_ops *ops), (ops), , -ENOSPC)

static rte_mempool_dequeue_t dequeue_of[RTE_MEMPOOL_MAX_OPS_IDX];

/* rte_mempool_get_bulk() and rte_pktmbuf_alloc() are inline, so the return address is that of their caller. */
static int
mempool_get(struct rte_mempool *pool, void **objects, unsigned n)
{
	if (HITS(mempool_get))
		return -ENOBUFS;
	return dequeue_of[pool->ops_index](pool, objects, n);
}

void
faulty_watch_pools(void)
{
	for (unsigned i = 0; i < rte_mempool_ops_table.num_ops; i++) {
		struct rte_mempool_ops *ops = &rte_mempool_ops_table.ops[i];

		if (ops->dequeue == mempool_get || ops->dequeue == NULL)
			continue;
		dequeue_of[i] = ops->dequeue;
		ops->dequeue = mempool_get;
	}
}

/* ---- EAL --------------------------------------------------------------------------------------------------------- */

FAILS(int, rte_eal_init, (int argc, char **argv), (argc, argv), rte_errno = ENOMEM, -1)
FAILS(int, rte_eal_remote_launch, (lcore_function_t * function, void *arg, unsigned lcore), (function, arg, lcore), ,
      -EBUSY)
#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
FAILS(int, rte_thread_create_control, (rte_thread_t * thread, const char *name, rte_thread_func function, void *arg),
      (thread, name, function, arg), , EAGAIN)
#else
FAILS(int, rte_ctrl_thread_create,
      (pthread_t * thread, const char *name, const pthread_attr_t *attributes, void *(*function)(void *), void *arg),
      (thread, name, attributes, function, arg), , -EAGAIN)
#endif
FAILS(int, rte_thread_set_affinity, (rte_cpuset_t * cpus), (cpus), , -1)

/* What goes into an answer is DPDK's to free. Until then it is a block of whoever made it. */
FAULTY_EXPORT struct rte_tel_data *
rte_tel_data_alloc(void)
{
	if (HITS(rte_tel_data_alloc))
		return NULL;
	return blocks_began(NEXT(rte_tel_data_alloc)(), FROM);
}

FAULTY_EXPORT int
rte_tel_data_add_dict_container(struct rte_tel_data *d, const char *name, struct rte_tel_data *value, int keep)
{
	int rc;

	if (HITS(rte_tel_data_add_dict_container))
		return -ENOSPC;
	rc = NEXT(rte_tel_data_add_dict_container)(d, name, value, keep);
	if (rc == 0)
		blocks_ended(value);
	return rc;
}

#define COMMANDS_MAX 64

static struct {
	const char *name;
	telemetry_cb function;
} commands[COMMANDS_MAX];
static unsigned command_count;

/* Two commands of one name would be a fault of the caller's. */
FAULTY_EXPORT int
rte_telemetry_register_cmd(const char *name, telemetry_cb function, const char *help)
{
	if (HITS(rte_telemetry_register_cmd))
		return -ENOENT;
	if (faulty_is_ours(FROM)) {
		if (faulty_command(name) != NULL || command_count == COMMANDS_MAX)
			abort();
		commands[command_count].name = name;
		commands[command_count++].function = function;
	}
	return NEXT(rte_telemetry_register_cmd)(name, function, help);
}

void *
faulty_command(const char *name)
{
	for (unsigned i = 0; i < command_count; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return (void *)(uintptr_t)commands[i].function;
	}
	return NULL;
}

FAILS(int, rte_pdump_init, (void), (), rte_errno = ENOMEM, -1)

/* ---- tables ------------------------------------------------------------------------------------------------------ */

NO_MEMORY(struct rte_hash *, rte_hash_create, (const struct rte_hash_parameters *parameters), (parameters))

/* ---- ports ------------------------------------------------------------------------------------------------------- */

FAILS(int, rte_eth_dev_info_get, (uint16_t port, struct rte_eth_dev_info *info), (port, info), , -EIO)
FAILS(int, rte_eth_dev_conf_get, (uint16_t port, struct rte_eth_conf *conf), (port, conf), , -ENODEV)
FAILS(int, rte_eth_dev_get_mtu, (uint16_t port, uint16_t *mtu), (port, mtu), , -ENODEV)
FAILS(int, rte_eth_dev_set_mtu, (uint16_t port, uint16_t mtu), (port, mtu), , -EIO)
FAILS(int, rte_eth_dev_get_name_by_port, (uint16_t port, char *name), (port, name), , -ENODEV)
FAILS(int, rte_eth_macaddr_get, (uint16_t port, struct rte_ether_addr *mac), (port, mac), , -ENODEV)
FAILS(int, rte_eth_dev_configure, (uint16_t port, uint16_t rx, uint16_t tx, const struct rte_eth_conf *conf),
      (port, rx, tx, conf), , -EIO)
FAILS(int, rte_eth_rx_queue_setup,
      (uint16_t port, uint16_t queue, uint16_t n, unsigned socket, const struct rte_eth_rxconf *conf,
       struct rte_mempool *pool),
      (port, queue, n, socket, conf, pool), , -ENOMEM)
FAILS(int, rte_eth_tx_queue_setup,
      (uint16_t port, uint16_t queue, uint16_t n, unsigned socket, const struct rte_eth_txconf *conf),
      (port, queue, n, socket, conf), , -ENOMEM)
FAILS(int, rte_eth_rx_queue_info_get, (uint16_t port, uint16_t queue, struct rte_eth_rxq_info *info),
      (port, queue, info), , -EINVAL)
FAILS(int, rte_eth_tx_queue_info_get, (uint16_t port, uint16_t queue, struct rte_eth_txq_info *info),
      (port, queue, info), , -EINVAL)
FAILS(int, rte_eth_dev_start, (uint16_t port), (port), , -EIO)
FAILS(int, rte_eth_dev_stop, (uint16_t port), (port), , -EBUSY)
FAILS(int, rte_eth_dev_close, (uint16_t port), (port), , -EIO)
FAILS(int, rte_eth_promiscuous_enable, (uint16_t port), (port), , -EIO)
FAILS(int, rte_eth_allmulticast_enable, (uint16_t port), (port), , -EIO)
FAILS(int, rte_eth_link_get_nowait, (uint16_t port, struct rte_eth_link *link), (port, link), , -EIO)
FAILS(int, rte_eth_stats_get, (uint16_t port, struct rte_eth_stats *stats), (port, stats), , -EIO)
FAILS(int, rte_eth_xstats_get_id_by_name, (uint16_t port, const char *name, uint64_t *id), (port, name, id), , -ENODEV)
FAILS(int, rte_eth_xstats_get_by_id, (uint16_t port, const uint64_t *ids, uint64_t *values, unsigned n),
      (port, ids, values, n), , -EINVAL)
FAILS(int, rte_eth_dev_callback_register,
      (uint16_t port, enum rte_eth_event_type event, rte_eth_dev_cb_fn function, void *arg),
      (port, event, function, arg), , -ENOMEM)
FAILS(int, rte_eth_dev_callback_unregister,
      (uint16_t port, enum rte_eth_event_type event, rte_eth_dev_cb_fn function, void *arg),
      (port, event, function, arg), , -EAGAIN)
