/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A bus without devices. EAL calls the drivers of buses at its start, when all plug-ins are loaded, and at its end,
 * while there still is memory. It has no other call for this. Distributions do not install bus_driver.h, so this has
 * its struct as DPDK 22.11 to 26.03 and 26.07 have it. A plug-in belongs to one ABI version of DPDK, as all drivers do.
 */
#ifndef EVPL_SRC_PLUGIN_BUS_H
#define EVPL_SRC_PLUGIN_BUS_H

#include <stdbool.h>
#include <sys/queue.h>

#include <rte_bus.h>
#include <rte_common.h>
#include <rte_dev.h>
#include <rte_version.h>

#if __has_include(<bus_driver.h>)

#include <bus_driver.h>

#else

#if RTE_VERSION >= RTE_VERSION_NUM(26, 7, 0, 0)
typedef int (*rte_dev_cmp_t)(const struct rte_device *dev, const void *data); /* before, rte_dev.h had it */

struct rte_bus {
	TAILQ_ENTRY(rte_bus) next;
	const char *name;
	bool allow_multi_probe;
	int (*scan)(void);
	int (*probe)(struct rte_bus *bus);
	struct rte_device *(*find_device)(const struct rte_bus *bus, const struct rte_device *start, rte_dev_cmp_t cmp,
					  const void *data);
	void *others[14]; /* and the bus's configuration, a word */
	int (*cleanup)(struct rte_bus *bus);
	TAILQ_HEAD(, rte_device) device_list;
	TAILQ_HEAD(, rte_driver) driver_list;
};
#else
struct rte_bus {
	TAILQ_ENTRY(rte_bus) next;
	const char *name;
	int (*scan)(void);
	int (*probe)(void);
	struct rte_device *(*find_device)(const struct rte_device *start, rte_dev_cmp_t cmp, const void *data);
	void *others[11]; /* and the bus's configuration, a word */
	int (*cleanup)(void);
};
#endif

void rte_bus_register(struct rte_bus *bus);

#endif

#if RTE_VERSION >= RTE_VERSION_NUM(26, 7, 0, 0)
#define BUS_PARAM __rte_unused struct rte_bus *bus
#else
#define BUS_PARAM void
#endif

#endif /* EVPL_SRC_PLUGIN_BUS_H */
