/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every file of the library includes: the public headers, the log, and what kind of build it is.
 */
#ifndef EVPL_SRC_BASE_H
#define EVPL_SRC_BASE_H

/* Zero or one in every build, so that "if (EVPL_TRACE_BYTES)" keeps both ways compiling. */
#ifndef EVPL_IOVEC_TRACE
#define EVPL_IOVEC_TRACE 0
#endif
#ifndef EVPL_TRACE_BYTES
#define EVPL_TRACE_BYTES 0
#endif

#if EVPL_IOVEC_TRACE
#define EVPL_PVT_BELOW_TRACE
#include "trace_names.h" /* made of trace/calls.def */
#endif

#include <evpl/evpl.h> /* before DPDK's headers: evpl_compat_pvt.h decides what these declare */

#include <stdbool.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <rte_mbuf.h>

extern int evpl_logtype;
#define EVPL_LOG(level, ...)                                                                                           \
	rte_log(RTE_LOG_##level, (uint32_t)evpl_logtype,                                                               \
		RTE_FMT("EVPL: " RTE_FMT_HEAD(__VA_ARGS__, ) "\n", RTE_FMT_TAIL(__VA_ARGS__, )))

#endif /* EVPL_SRC_BASE_H */
