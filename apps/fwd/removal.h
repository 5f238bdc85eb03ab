/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sees that a port goes away while it forwards. There are three ways:
 *
 *	its driver reports that the device was removed (RTE_ETH_EVENT_INTR_RMV)
 *	the device is unplugged, as by rte_dev_remove() (RTE_ETH_EVENT_DESTROY)
 *	the kernel's network interface that it uses is deleted (net_tap, net_af_packet; RTM_DELLINK)
 */
#ifndef FWD_REMOVAL_H
#define FWD_REMOVAL_H

#include <stdbool.h>

#include "port.h"

struct fwd_removal {
	struct fwd_ports *ports;
	int links;    /* a netlink socket that tells of deleted interfaces; -1: none */
	int quiet;    /* no lcore uses a port any more; atomic */
	bool printed; /* the line about it */
};

/* The ports must be started, and no lcore uses them yet. */
void fwd_removal_watch(struct fwd_removal *r, struct fwd_ports *ports);

/* To be called before lcores use the ports. False after an error line: a port is gone already. */
bool fwd_removal_begin(struct fwd_removal *r);

/* Whether a port is gone. The first time an error line is printed. The main thread calls it every few milliseconds. */
bool fwd_removal_seen(struct fwd_removal *r);

/* To be called when no lcore uses a port any more. A device that is unplugged waits for that. */
void fwd_removal_quiet(struct fwd_removal *r);

/* To be called before ports are closed, because that looks like a removal. */
void fwd_removal_end(struct fwd_removal *r);

#endif /* FWD_REMOVAL_H */
