/* SPDX-License-Identifier: BSD-3-Clause */
#include "json.h"

#include <inttypes.h>

void
json_u64(FILE *out, const char *key, uint64_t value)
{
	fprintf(out, "\"%s\": %" PRIu64 ", ", key, value);
}

void
json_end(FILE *out, const char *key, uint64_t value, const char *end)
{
	fprintf(out, "\"%s\": %" PRIu64 "}%s", key, value, end);
}

void
json_counts(FILE *out, const char *key, const char *const *names, const uint64_t *counts, unsigned n, const char *end)
{
	fprintf(out, "\"%s\": {", key);
	for (unsigned i = 0; i < n; i++)
		fprintf(out, "%s\"%s\": %" PRIu64, i == 0 ? "" : ", ", names[i], counts[i]);
	fprintf(out, "}%s", end);
}
