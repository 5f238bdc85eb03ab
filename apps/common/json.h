/* SPDX-License-Identifier: BSD-3-Clause */
/* Members of a JSON object, on one line. */
#ifndef APPS_JSON_H
#define APPS_JSON_H

#include <stdint.h>
#include <stdio.h>

/* A member, and the comma that it needs for another to follow. */
void json_u64(FILE *out, const char *key, uint64_t value);

/* The last member, the brace behind it, and what follows. */
void json_end(FILE *out, const char *key, uint64_t value, const char *end);

/* A whole object as a member: counts by their names, and what follows. */
void json_counts(FILE *out, const char *key, const char *const *names, const uint64_t *counts, unsigned n,
		 const char *end);

#endif /* APPS_JSON_H */
