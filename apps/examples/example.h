/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the examples have in common: their start, one port, and their end.
 */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>

#include <evpl/evpl.h>

/** Set by SIGINT and SIGTERM. */
extern volatile sig_atomic_t stopped;

/**
 * Starts EAL, the library, and a context for this thread.
 * @param flags  what evpl_rx_burst() makes: 0 (LOCAL) or EVPL_IOVEC_FLAG_SHARED.
 * @return EAL's number of arguments: those of the program follow. Or -1, and stderr says what was wrong.
 */
int example_begin(int argc, char **argv, unsigned flags, struct evpl **r_evpl);

/**
 * Starts port 0 with one queue in each direction.
 * @param pool  where it receives to. NULL: a new pool of the library.
 * @return 0; or -1, and stderr says what was wrong.
 */
int example_port_start(struct rte_mempool *pool);

/** Closes port 0, if there is one, and ends the library and EAL. @return an exit code: 1 if a buffer was lost. */
int example_end(struct evpl *evpl);

/** Says on stderr what failed. @return -1 */
int example_fail(const char *what, int error);

#endif /* EXAMPLE_H */
