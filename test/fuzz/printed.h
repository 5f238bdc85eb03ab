/* SPDX-License-Identifier: BSD-3-Clause */
/* A program as C: its frame, and the names of what it has. What each step prints is said there: say() of world.h. */
#ifndef TEST_FUZZ_PRINTED_H
#define TEST_FUZZ_PRINTED_H

#include "world.h"

/** Prints what is before the first step: callbacks, variables, and the start with this configuration. */
void printed_begin(const struct world *w, const struct evpl_global_config *config);

/** Prints the end of the function. */
void printed_end(const struct world *w);

/** @return the name of a pool; of NULL that of world_foreign. */
const char *printed_pool(const struct world *w, const struct pool *pool);

#endif /* TEST_FUZZ_PRINTED_H */
