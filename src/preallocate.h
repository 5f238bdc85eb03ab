/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The slabs that evpl_init() makes.
 */
#ifndef EVPL_SRC_PREALLOCATE_H
#define EVPL_SRC_PREALLOCATE_H

#include "base.h"

/*
 * Makes n slabs of small buffers, and writes to all of their pages. With the lock held. False: fewer could be made; the
 * log says why. What was made is left to evpl_slabs_free().
 */
bool evpl_preallocate(unsigned n, int socket_id);

#endif /* EVPL_SRC_PREALLOCATE_H */
