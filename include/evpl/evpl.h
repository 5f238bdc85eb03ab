/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * evpl-dpdk: libevpl's memory API for DPDK programs. Include this header only.
 *
 *	slab     a large rte_memzone on one NUMA node, plus the mempool over it
 *	buffer   an equal slice of a slab: one mbuf with a pinned external buffer
 *	iovec    a view of bytes of a buffer, plus one count of that mbuf's refcnt
 *	context  struct evpl, one per thread: its current buffers and its stock
 *	packet   an mbuf that a PMD sends or delivered; attached to an iovec's bytes
 *
 *	evpl_core.h    evpl_init, evpl_create and their opposites, configuration, statistics
 *	evpl_memory.h  the iovec calls; evpl_inline_pvt.h has their hot half
 *	evpl_mbuf.h    iovecs to packets and back, bursts on ports, pools for reception
 *	evpl_port.h    what a port cannot do with packets of iovecs
 *	evpl_trace.h   what a tracing build puts over all of these
 *	evpl_compat_pvt.h  what differs between DPDK versions (for this library's own use)
 *
 * Errors: set-up calls return 0 or a negative errno; data calls a count, or -1 with rte_errno;
 * calls that return a pointer NULL with rte_errno. A void call that is handed something
 * impossible stops the program with one line on stderr that says what.
 */
#ifndef EVPL_H
#define EVPL_H

#include <evpl/evpl_core.h>
#include <evpl/evpl_mbuf.h>
#include <evpl/evpl_memory.h>
#include <evpl/evpl_port.h>
#include <evpl/evpl_trace.h>

#endif /* EVPL_H */
