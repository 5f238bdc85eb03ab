/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the library holds.
 */
#ifndef EVPL_SRC_STATS_H
#define EVPL_SRC_STATS_H

#include "base.h"

/* With the lock held. */
void evpl_stats_collect(struct evpl_stats *stats);

#endif /* EVPL_SRC_STATS_H */
