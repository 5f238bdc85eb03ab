/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The start-up, which a program of libevpl has to change, beside its includes: EAL starts first, and ports are opened
 * instead of sockets (wire.h). These programs have no cases. They end with 0, or, at the first check that fails, with a
 * line on stderr and 1.
 */
#ifndef LIBEVPL_STARTUP_H
#define LIBEVPL_STARTUP_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <evpl/evpl.h>

#include "bytes.h"

#define TRANSFER_SIZE 1048576

#define check(held) startup_check((held), #held, __FILE__, __LINE__)
void startup_check(bool held, const char *what, const char *file, int line);

/** @return true when the iovecs hold @p length bytes of the stream of @p seed, from byte @p offset on. */
bool startup_holds(const struct evpl_iovec *iovecs, int n, uint64_t length, uint64_t seed, uint64_t offset);

/** rte_eal_init() and evpl_init(NULL). */
void startup(const char *name);

/** evpl_cleanup(), which has to find that every reference was released. @return what main() returns. */
int shutdown_and_check(void);

#endif /* LIBEVPL_STARTUP_H */
