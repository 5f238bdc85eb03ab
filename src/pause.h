/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A pause after a failure. EAL's search for memory takes locks, calls the kernel and may log. Where it failed it is not
 * repeated for a second, so that a data path that lives without more memory does not pay for it on every packet.
 */
#ifndef EVPL_SRC_PAUSE_H
#define EVPL_SRC_PAUSE_H

#include "base.h"

#include <rte_cycles.h>

/* The TSC at which it ends; 0: there is none. */
typedef uint64_t evpl_pause;

static inline bool
evpl_pause_is_over(const evpl_pause *pause)
{
	return rte_get_tsc_cycles() >= __atomic_load_n(pause, __ATOMIC_RELAXED);
}

static inline void
evpl_pause_begin_ms(evpl_pause *pause, unsigned ms)
{
	__atomic_store_n(pause, rte_get_tsc_cycles() + rte_get_tsc_hz() / 1000 * ms, __ATOMIC_RELAXED);
}

static inline void
evpl_pause_begin(evpl_pause *pause)
{
	evpl_pause_begin_ms(pause, 1000);
}

static inline void
evpl_pause_end(evpl_pause *pause)
{
	__atomic_store_n(pause, 0, __ATOMIC_RELAXED);
}

#endif /* EVPL_SRC_PAUSE_H */
