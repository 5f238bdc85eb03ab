/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers of this process's own telemetry, and figures in them. Each call asks anew. Without an answer it fails. */
#ifndef TEST_ASKED_H
#define TEST_ASKED_H

#include "support.h"
#include "telemetry.h"

struct expected {
	const char *field;
	int64_t value;
};

/** @return the answer to a command; the caller frees it. */
char *ask(const char *command);

/** As telemetry_number(), of a command's answer. */
int64_t number(const char *command, const char *inside, const char *field);

/** @return how many dictionaries of that kind ("slab": slab_0, slab_1 ...) the answer has. */
unsigned shown(const char *command, const char *kind);

/** Asserts all figures of an array. */
#define assert_figures(command, inside, expected) assert_figures_of(command, inside, expected, DIM(expected))
void assert_figures_of(const char *command, const char *inside, const struct expected *expected, unsigned n);

void assert_text(const char *command, const char *inside, const char *field, const char *text);

#endif /* TEST_ASKED_H */
