/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who holds what, in words.
 */
#ifndef EVPL_SRC_HOLDERS_H
#define EVPL_SRC_HOLDERS_H

#include "base.h"

/* Logs which contexts, slabs, pools and ports hold what `held` counts. Takes the lock. */
void evpl_holders_log(const struct evpl_stats *held);

#endif /* EVPL_SRC_HOLDERS_H */
