/* SPDX-License-Identifier: BSD-3-Clause */
/* Parsers for the values of command-line options. Each function takes the whole text or nothing, and prints nothing. */
#ifndef APPS_ARGS_H
#define APPS_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A decimal number, or a hexadecimal one after 0x. True if it is in [min, max]. */
bool args_number(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* As args_number(), with an optional K, M or G (powers of 1,024) at the end. */
bool args_bytes(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* Seconds with an optional fraction, 0 to max. */
bool args_seconds(const char *text, double max, double *value);

/* A comma-separated list of 1 to room numbers in [min, max]. Returns their number; 0: the text is not such a list. */
size_t args_list(const char *text, uint64_t min, uint64_t max, size_t room, uint64_t *values);

#endif /* APPS_ARGS_H */
