/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The value of one option: as args.h has it, but a wrong one gets its error line here, and is marked as failed.
 */
#ifndef APPS_VALUE_H
#define APPS_VALUE_H

#include <stdbool.h>
#include <stdint.h>

struct value {
	const char *name; /* of the option */
	const char *text;
	bool failed;
};

/* The error line: what the text should have been. */
void value_expected(struct value *v, const char *what);

uint64_t value_number(struct value *v, uint64_t min, uint64_t max);
uint64_t value_bytes(struct value *v, uint64_t min, uint64_t max);

/* Up to a year. */
double value_seconds(struct value *v);

/* "1%", "0.5": 0 to 100. */
double value_percent(struct value *v);

/* Any text but none; what it is, for the error line. */
const char *value_text(struct value *v, const char *what);

#endif /* APPS_VALUE_H */
