/* SPDX-License-Identifier: BSD-3-Clause */
/* A step of a player of the model: one call of the API that is drawn at random, and what it changes in the ledger. */
#ifndef TEST_STEP_H
#define TEST_STEP_H

#include "ledger.h"

void step(struct player *p);

/** At the end a player takes these steps alone, until it holds nothing. */
void step_release(struct player *p);
void step_free_packet(struct player *p);
void step_take_what_was_sent(struct player *p);

#endif /* TEST_STEP_H */
