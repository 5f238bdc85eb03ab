/* SPDX-License-Identifier: BSD-3-Clause */
#include "value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

double
value_percent(struct value *v)
{
	size_t length = strlen(v->text);
	char copy[16] = "";
	double p = 0;

	if (length > 0 && v->text[length - 1] == '%')
		length--;
	if (length < sizeof(copy))
		memcpy(copy, v->text, length);
	if (!args_seconds(copy, 100, &p))
		value_expected(v, "a percentage, as 1% or 0.5%");
	return p;
}

const char *
value_text(struct value *v, const char *what)
{
	if (*v->text == '\0')
		value_expected(v, what);
	return v->text;
}
