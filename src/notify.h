/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who wants to know of slabs: evpl_slab_notify(). All with the lock held.
 */
#ifndef EVPL_SRC_NOTIFY_H
#define EVPL_SRC_NOTIFY_H

#include "base.h"

int evpl_notify_added(const struct evpl_slab_info *info); /* 0, or a positive errno: do not use it */
void evpl_notify_removed(const struct evpl_slab_info *info);
void evpl_notify_free(void); /* forgets all callbacks */

#endif /* EVPL_SRC_NOTIFY_H */
