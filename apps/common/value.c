/* SPDX-License-Identifier: BSD-3-Clause */
#include "value.h"

#include <inttypes.h>
#include <stdio.h>

#include "args.h"
#include "error.h"

#define SECONDS_MAX 31536000.0 /* a year */

void
value_expected(struct value *v, const char *what)
{
	error_line("--%s=%s: expected %s", v->name, v->text, what);
	v->failed = true;
}

uint64_t
value_number(struct value *v, uint64_t min, uint64_t max)
{
	uint64_t n = min;
	char what[64];

	if (!args_number(v->text, min, max, &n)) {
		snprintf(what, sizeof(what), "a number from %" PRIu64 " to %" PRIu64, min, max);
		value_expected(v, what);
	}
	return n;
}

uint64_t
value_bytes(struct value *v, uint64_t min, uint64_t max)
{
	uint64_t n = min;
	char what[96];

	if (!args_bytes(v->text, min, max, &n)) {
		snprintf(what, sizeof(what), "%" PRIu64 " to %" PRIu64 " bytes, as 64K, 16M or 1G", min, max);
		value_expected(v, what);
	}
	return n;
}

double
value_seconds(struct value *v)
{
	double s = 0;

	if (!args_seconds(v->text, SECONDS_MAX, &s))
		value_expected(v, "seconds, as 5 or 0.5");
	return s;
}

const char *
value_text(struct value *v, const char *what)
{
	if (*v->text == '\0')
		value_expected(v, what);
	return v->text;
}

const char *
value_json(struct value *v)
{
	return value_text(v, "a file to write, or - for stdout");
}
