/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file
 * evpl-dpdk: libevpl's memory API for DPDK programs. Include this header only.
 *
 *	slab     a large rte_memzone on one NUMA node
 *	buffer   an equal slice of a slab: one mbuf with a pinned external buffer
 *	iovec    a view of some bytes of a buffer, and one reference: one count of that mbuf's refcnt
 *	context  struct evpl, one per thread: the thread's current buffers and its stock of references
 *	packet   an mbuf that a PMD sends or has received; its data are the bytes of an iovec
 *
 *	evpl_core.h    evpl_init, evpl_create and their counterparts, configuration, statistics
 *	evpl_memory.h  the iovec calls; evpl_inline_pvt.h has their hot half
 *	evpl_mbuf.h    makes packets of iovecs and iovecs of packets, bursts on ports, RX pools
 *	evpl_port.h    reports what a port cannot do with packets of iovecs
 *	evpl_pressure.h  what to do when memory gets short: callbacks, and waits after ENOMEM
 *	evpl_process.h iovecs that are lent to a secondary process
 *	evpl_ring.h    a queue of iovecs from thread to thread
 *	evpl_slab.h    slabs that come and go (evpl_trim), callbacks that tell of each, and slabs of memory of your own
 *	evpl_version.h the version of these headers, and of the library that runs
 *	evpl_trace.h   the checked calls of a tracing build
 *	evpl_flags_pvt.h   all bits of iovec.flags (headers that end in _pvt.h are for the library's own use)
 *	evpl_compat_pvt.h  what differs between DPDK versions
 *
 * Compilers:
 *	DPDK's headers call strnlen(), which is not in C11. gcc 14 and later take that for an error with -std=c11.
 *	Compile with -std=gnu11 (or any gnu standard, which is gcc's default), or add -D_DEFAULT_SOURCE.
 *
 * Errors:
 * - Set-up calls return 0 or a negative errno.
 * - Data calls return a count, or return -1 and set rte_errno.
 * - Calls that return a pointer return NULL and set rte_errno.
 * - A void call that gets an impossible argument stops the program. One line on stderr says what was wrong.
 */
#ifndef EVPL_H
#define EVPL_H

#include <evpl/evpl_core.h>
#include <evpl/evpl_mbuf.h>
#include <evpl/evpl_memory.h>
#include <evpl/evpl_port.h>
#include <evpl/evpl_pressure.h>
#include <evpl/evpl_process.h>
#include <evpl/evpl_ring.h>
#include <evpl/evpl_slab.h>
#include <evpl/evpl_trace.h>
#include <evpl/evpl_version.h>

#endif /* EVPL_H */
