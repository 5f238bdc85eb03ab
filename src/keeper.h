/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keeper: a control thread of DPDK that makes slabs ahead of need and gives idle ones back.
 */
#ifndef EVPL_SRC_KEEPER_H
#define EVPL_SRC_KEEPER_H

#include "base.h"

/* With the lock held. */
bool evpl_keeper_start(void); /* if it does not run; false: impossible */
void evpl_keeper_stop(void);  /* while no slab is coming or going */

#endif /* EVPL_SRC_KEEPER_H */
