/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"

/* Parses the number that text begins with, and finds its end. strtoull() alone would accept "-1", " 1" and "+1". */
static bool
leading_number(const char *text, uint64_t *value, const char **end)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	size_t count = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");

	if (count == 0)
		return false;
	errno = 0;
	*value = strtoull(digits, NULL, hex ? 16 : 10);
	*end = digits + count;
	return errno == 0;
}

bool
args_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	const char *end;
	uint64_t v;

	if (!leading_number(text, &v, &end) || *end != '\0' || v < min || v > max)
		return false;
	*value = v;
	return true;
}

bool
args_bytes(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	static const char units[] = "KMG";
	const char *end, *unit;
	unsigned shift = 0;
	uint64_t v;

	if (!leading_number(text, &v, &end))
		return false;
	if (*end != '\0') {
		unit = strchr(units, *end & ~0x20);
		if (unit == NULL || *unit == '\0' || end[1] != '\0')
			return false;
		shift = 10 * (unsigned)(unit - units + 1);
	}
	if (v > UINT64_MAX >> shift || v << shift < min || v << shift > max)
		return false;
	*value = v << shift;
	return true;
}

bool
args_seconds(const char *text, double max, double *value)
{
	char *end;
	double v;

	if (text[0] == '\0' || strspn(text, "0123456789.") != strlen(text))
		return false;
	v = strtod(text, &end);
	if (*end != '\0' || !isfinite(v) || v > max)
		return false;
	*value = v;
	return true;
}

size_t
args_list(const char *text, uint64_t min, uint64_t max, size_t room, uint64_t *values)
{
	const char *end;

	for (size_t n = 0; n < room; text = end + 1) {
		if (!leading_number(text, &values[n], &end) || values[n] < min || values[n] > max)
			return 0;
		n++;
		if (*end == '\0')
			return n;
		if (*end != ',')
			return 0;
	}
	return 0;
}
