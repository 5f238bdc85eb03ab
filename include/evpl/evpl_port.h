/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * What a port cannot do with packets of iovecs, asked once, when a program starts:
 *
 *	struct evpl_port_limit limit[EVPL_PORT_LIMITS];
 *	int n = evpl_port_check(port_id, limit, EVPL_PORT_LIMITS);
 *
 *	for (int i = 0; i < n; i++)
 *		printf("port %u %s: %s\n", port_id, limit[i].text, limit[i].remedy);
 *	stop if n < 0 || (n > 0 && limit[0].is_error)
 *
 * An error means that iovecs sent there are lost, leak, or go out with false bytes, whatever else the program does.
 * Other limits concern some packets, or some uses, and the remedy says what the program has to do itself.
 */
#ifndef EVPL_PORT_H
#define EVPL_PORT_H

#include <stdbool.h>

#include <evpl/evpl_core.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What is limited, errors first. In brackets: whether it is seen before rte_eth_dev_configure(), after, or at any time. */
enum evpl_port_limit_kind {
	EVPL_PORT_SECONDARY,	 /**< error: this process is a secondary one [any time] */
	EVPL_PORT_ATTACHED,	 /**< error: the driver does not look where an attached mbuf points [any time] */
	EVPL_PORT_NEAR,		 /**< error: the driver takes near packets (see evpl_mbuf.h) for others [any time] */
	EVPL_PORT_NO_IOVA,	 /**< error: a device that needs IO addresses, and memory that has none [any time] */
	EVPL_PORT_FAST_FREE,	 /**< error: RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE is on, for the port or a queue [after] */
	EVPL_PORT_ONE_SEGMENT,	 /**< chains are not announced [any time], or not switched on [after] */
	EVPL_PORT_SEGMENTS,	 /**< chains of so many segments, and no longer [any time] */
	EVPL_PORT_VLAN_INSERT,	 /**< a VLAN offload that is on drops packets of iovecs [after] */
	EVPL_PORT_TSO,		 /**< TSO that is on crashes with packets of iovecs [after] */
	EVPL_PORT_PADDING,	 /**< short packets of iovecs are not padded, and not sent [any time] */
	EVPL_PORT_RX_POOL,	 /**< receives into no pool of evpl_rx_pool_create() [any time] */
	EVPL_PORT_RX_VLAN,	 /**< VLAN tags are lost in pools of evpl_rx_pool_create() [any time] */
	EVPL_PORT_RX_ROOM,	 /**< a data room is too small for the device [any time], or for its frames [after] */
	EVPL_PORT_RX_SEGMENTS,	 /**< received packets may have several segments [after] */
	EVPL_PORT_SHARED_MEMORY, /**< the peer reads packets where they lie, in DPDK's memory only [any time] */
	EVPL_PORT_LATE,		 /**< sent packets come home later, if at all before the port is closed [any time] */
	EVPL_PORT_LIMITS	 /**< how many kinds there are */
};

/** One thing that a port cannot do. */
struct evpl_port_limit {
	enum evpl_port_limit_kind kind;
	bool is_error;
	char text
		[160]; /**< what, with the numbers, as it stands behind "port 0": a verb first, one line, no full stop */
	const char *remedy; /**< what to do about it; never NULL, and lives as long as the process */
};

/**
 * Tells what a port cannot do with packets of iovecs. It may be asked before rte_eth_dev_configure(), to choose offloads, and
 * again once the queues are set up, when more is known (in between EAL logs a line per queue). What no driver tells is
 * known by its name and DPDK's version; apps/README.md has the sources.
 * @param r_limits  filled in the order of the kinds, so errors come first; at most one of each kind. NULL: only counts.
 * @param max       room in @p r_limits; EVPL_PORT_LIMITS is always enough.
 * @return limits found, though no more than max are filled in; -EINVAL: r_limits is NULL and max is not 0; -ENODEV: no such port; or
 *	what its driver returned.
 * Owns: nothing; the library need not run (evpl_init()).
 * Threads: any thread, but none that configures the port meanwhile.
 * Cost: asks the driver some ten times. Not for the data path.
 */
EVPL_EXPORT int evpl_port_check(uint16_t port_id, struct evpl_port_limit *r_limits, unsigned max);

#ifdef __cplusplus
}
#endif

#endif /* EVPL_PORT_H */
