/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A plug-in for EAL's -d: a device that goes away while the program forwards. When the file $UNPLUG_WHEN exists,
 *
 *	$UNPLUG_HOW=event     the driver of the port named $UNPLUG_PORT reports the removal (RTE_ETH_EVENT_INTR_RMV)
 *	$UNPLUG_HOW=device    the virtual device of that name is unplugged
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_ethdev.h>

/* DPDK's own drivers call it; ethdev_driver.h is not installed everywhere. */
struct rte_eth_dev;
struct rte_eth_dev *rte_eth_dev_allocated(const char *name);
int rte_eth_dev_callback_process(struct rte_eth_dev *dev, enum rte_eth_event_type event, void *result);

static void *
unplug(void *arg)
{
	const char *when = getenv("UNPLUG_WHEN"), *how = getenv("UNPLUG_HOW"), *port = getenv("UNPLUG_PORT");
	int rc;

	(void)arg;
	while (access(when, F_OK) != 0)
		usleep(1000);
	if (strcmp(how, "event") == 0)
		rc = rte_eth_dev_callback_process(rte_eth_dev_allocated(port), RTE_ETH_EVENT_INTR_RMV, NULL);
	else
		rc = rte_eal_hotplug_remove("vdev", port);
	if (rc != 0)
		fprintf(stderr, "unplug: %d\n", rc);
	return NULL;
}

static void __attribute__((constructor)) begin(void)
{
	pthread_t thread;

	if (getenv("UNPLUG_WHEN") != NULL && pthread_create(&thread, NULL, unplug, NULL) == 0)
		pthread_detach(thread);
}
