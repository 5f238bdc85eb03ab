/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A short wait for another thread. It may have been stopped, so now and then the CPU is given to it.
 */
#ifndef EVPL_SRC_SPIN_H
#define EVPL_SRC_SPIN_H

#include <sched.h>

#include <rte_pause.h>

/* One turn of the wait; *tries begins with 0. */
static inline void
evpl_spin(unsigned *tries)
{
	rte_pause();
	if (++*tries % 1024 == 0)
		sched_yield();
}

#endif /* EVPL_SRC_SPIN_H */
