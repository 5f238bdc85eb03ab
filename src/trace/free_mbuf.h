/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether an mbuf that a program hands in is free.
 */
#ifndef EVPL_SRC_TRACE_FREE_MBUF_H
#define EVPL_SRC_TRACE_FREE_MBUF_H

#include "base.h"

bool trace_mbuf_is_free(const struct rte_mbuf *mbuf);

#endif /* EVPL_SRC_TRACE_FREE_MBUF_H */
