/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * Reports what a port cannot do with packets of iovecs. A program asks once, when it starts:
 *
 *	struct evpl_port_limit limit[EVPL_PORT_LIMITS];
 *	int n = evpl_port_check(port_id, limit, EVPL_PORT_LIMITS);
 *
 *	for (int i = 0; i < n; i++)
 *		printf("port %u %s: %s\n", port_id, limit[i].text, limit[i].remedy);
 *	stop if n < 0 || (n > 0 && limit[0].is_error)
 *
 * An error means that iovecs sent there are lost, leak, or go out with wrong bytes, whatever else the program does.
 * Other limits concern only some packets or some uses; the remedy says what the program has to do itself.
 */
#ifndef EVPL_PORT_H
#define EVPL_PORT_H

#include <stdbool.h>

#include <evpl/evpl_core.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What is limited, errors first. The brackets say when the limit is known: before rte_eth_dev_configure() or only after
 * it ("after"), or always ("any time").
 */
enum evpl_port_limit_kind {
	EVPL_PORT_SECONDARY,	 /**< error: this process is a secondary one [any time] */
	EVPL_PORT_ATTACHED,	 /**< error: the driver ignores what an attached mbuf points to [any time] */
	EVPL_PORT_NEAR,		 /**< error: the driver handles near packets (evpl_mbuf.h) wrongly [any time] */
	EVPL_PORT_NO_IOVA,	 /**< error: the device needs IO addresses, and the memory has none [any time] */
	EVPL_PORT_FAST_FREE,	 /**< error: RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE is on, on port or queue [after] */
	EVPL_PORT_ONE_SEGMENT,	 /**< the port does not announce chains [any time], or they are off [after] */
	EVPL_PORT_SEGMENTS,	 /**< the number of segments in a chain is limited [any time] */
	EVPL_PORT_LENGTH,	 /**< long packets go out with wrong bytes, or are lost [any time] */
	EVPL_PORT_VLAN_INSERT,	 /**< a VLAN offload is on, and drops packets of iovecs [after] */
	EVPL_PORT_TSO,		 /**< TSO is on, and crashes with packets of iovecs [after] */
	EVPL_PORT_PADDING,	 /**< short packets of iovecs are not padded, and not sent [any time] */
	EVPL_PORT_RX_POOL,	 /**< the port cannot receive into pools of evpl_rx_pool_create() [any time] */
	EVPL_PORT_RX_VLAN,	 /**< VLAN tags are lost in pools of evpl_rx_pool_create() [any time] */
	EVPL_PORT_RX_ROOM,	 /**< a data room is too small for the device [any time], or for its frames [after] */
	EVPL_PORT_RX_SEGMENTS,	 /**< received packets may have several segments [after] */
	EVPL_PORT_SHARED_MEMORY, /**< the peer reads packets in place, in DPDK's memory only [any time] */
	EVPL_PORT_LATE,		 /**< sent packets are freed late, some only when the port closes [any time] */
	EVPL_PORT_LIMITS	 /**< how many kinds there are */
};

/** One thing that a port cannot do. */
struct evpl_port_limit {
	enum evpl_port_limit_kind kind; /**< what is limited */
	bool is_error;			/**< iovecs sent there are lost, leak, or go out with wrong bytes */
	char text[160];	    /**< the limit with its numbers, to follow "port 0": verb first, one line, no stop */
	const char *remedy; /**< what to do about it; never NULL, and valid as long as the process lives */
};

/**
 * Reports what a port cannot do with packets of iovecs. Call it before rte_eth_dev_configure() to choose offloads, and
 * again when the queues are set up, because more is known then. (A call between these two makes EAL log a line per
 * queue.) Limits that no driver reports are known by the driver's name and DPDK's version; apps/README.md has the
 * sources.
 * @param r_limits  filled in the order of the kinds, so errors come first; at most one of each kind. NULL: only counts.
 * @param max       room in @p r_limits; EVPL_PORT_LIMITS is always enough.
 * @return the number of limits found (at most max are filled in), or a negative errno: one of these, or what the
 *	driver returned.
 * @retval -EINVAL  r_limits is NULL and max is not 0.
 * @retval -ENODEV  there is no such port.
 * Owns: nothing. The library need not be started (evpl_init()).
 * Threads: any thread, but no thread may configure the port meanwhile.
 * Cost: about ten questions to the driver. Not for the data path.
 */
EVPL_PVT_EXPORT int evpl_port_check(uint16_t port_id, struct evpl_port_limit *r_limits, unsigned max);

#ifdef __cplusplus
}
#endif

#endif /* EVPL_PORT_H */
