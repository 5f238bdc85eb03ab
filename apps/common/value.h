/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The value of one option. The functions parse as those of args.h. After a wrong value they also print an error line,
 * and set failed.
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

/* Prints the error line, which says what the text should have been. */
void value_expected(struct value *v, const char *what);

uint64_t value_number(struct value *v, uint64_t min, uint64_t max);
uint64_t value_bytes(struct value *v, uint64_t min, uint64_t max);

/* Seconds, up to a year. */
double value_seconds(struct value *v);

/* A percentage from 0 to 100, as "1%" or "0.5". */
double value_percent(struct value *v);

/* Any text that is not empty. what: its meaning, for the error line. */
const char *value_text(struct value *v, const char *what);

#endif /* APPS_VALUE_H */
