/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Slabs that nobody needs go back to EAL.
 */
#ifndef EVPL_SRC_TRIM_H
#define EVPL_SRC_TRIM_H

#include "base.h"

/*
 * Gives idle slabs back. idle: TSC cycles for which a slab was not in use when the keeper looked; 0: whatever it was.
 * With the lock held, which is released while EAL frees. Returns bytes.
 */
uint64_t evpl_slabs_trim(uint64_t idle);
void evpl_slabs_look(void); /* notes which slabs are in use; with the lock held */

#endif /* EVPL_SRC_TRIM_H */
