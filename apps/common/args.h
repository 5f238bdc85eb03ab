/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Values of command-line options: each function takes the whole text or nothing, and says nothing itself.
 */
#ifndef APPS_ARGS_H
#define APPS_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal, or hexadecimal after 0x; true when it lies in [min, max]. */
bool args_number(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* As args_number, with an optional K, M or G (powers of 1,024) at the end. */
bool args_bytes(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* Seconds with an optional fraction, 0 to max. */
bool args_seconds(const char *text, double max, double *value);

/* A comma-separated list of 1 to room numbers in [min, max]; 0 when it is not one, else how many. */
size_t args_list(const char *text, uint64_t min, uint64_t max, size_t room, uint64_t *values);

#endif /* APPS_ARGS_H */
