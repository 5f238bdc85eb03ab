/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef EVPL_SRC_PLUGIN_DRIVER_H
#define EVPL_SRC_PLUGIN_DRIVER_H

#include "plugin/pool.h"

/* The traced pool behind any mempool; NULL: it is not traced. */
struct traced_pool *plugin_pool(const struct rte_mempool *mempool);

#endif /* EVPL_SRC_PLUGIN_DRIVER_H */
