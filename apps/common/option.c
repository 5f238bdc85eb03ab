/* SPDX-License-Identifier: BSD-3-Clause */
#include "option.h"

#include <string.h>

#include "error.h"

static void
set_integer(const struct option_row *row, void *field, uint64_t n)
{
	uint8_t n8 = (uint8_t)n;
	uint16_t n16 = (uint16_t)n;
	uint32_t n32 = (uint32_t)n;

	if (row->size == sizeof(n8))
		memcpy(field, &n8, sizeof(n8));
	else if (row->size == sizeof(n16))
		memcpy(field, &n16, sizeof(n16));
	else if (row->size == sizeof(n32))
		memcpy(field, &n32, sizeof(n32));
	else
		memcpy(field, &n, sizeof(n));
}

static void
set_seconds(void *field, double seconds)
{
	memcpy(field, &seconds, sizeof(seconds));
}

static void
set_text(void *field, const char *text)
{
	memcpy(field, &text, sizeof(text));
}

static void
set_default(const struct option_row *row, void *values)
{
	void *field = (char *)values + row->offset;

	switch (row->kind) {
	case OPTION_IS_FLAG:
	case OPTION_IS_NUMBER:
	case OPTION_IS_BYTES:
		set_integer(row, field, row->usual);
		break;
	case OPTION_IS_SECONDS:
	case OPTION_IS_PERCENT:
		set_seconds(field, row->usual_seconds);
		break;
	case OPTION_IS_TEXT:
		set_text(field, row->usual_text);
		break;
	case OPTION_IS_OTHER:
	case OPTION_IS_NOTED:
	case OPTION_IS_REFUSED:
	case OPTION_IS_HEADING:
	case OPTION_IS_MISSING:
		break;
	}
}

void
option_set_defaults(const struct option_row *rows, size_t count, void *values)
{
	for (size_t i = 0; i < count; i++)
		set_default(&rows[i], values);
}

int
option_set(const struct option_row *row, void *values, const char *text)
{
	struct value v = {.name = row->name, .text = text};
	void *field = (char *)values + row->offset;

	switch (row->kind) {
	case OPTION_IS_FLAG:
		set_integer(row, field, 1);
		break;
	case OPTION_IS_NUMBER:
		set_integer(row, field, value_number(&v, row->min, row->max));
		break;
	case OPTION_IS_BYTES:
		set_integer(row, field, value_bytes(&v, row->min, row->max));
		break;
	case OPTION_IS_SECONDS:
		set_seconds(field, value_seconds(&v));
		break;
	case OPTION_IS_PERCENT:
		set_seconds(field, value_percent(&v));
		break;
	case OPTION_IS_TEXT:
		set_text(field, value_text(&v, row->expected));
		break;
	case OPTION_IS_OTHER:
		row->set(&v, values);
		break;
	case OPTION_IS_NOTED:
		break;
	case OPTION_IS_REFUSED:
		error_line("--%s: %s", row->name, row->help);
		v.failed = true;
		break;
	case OPTION_IS_HEADING:
	case OPTION_IS_MISSING:
		v.failed = true;
		break;
	}
	return v.failed ? -1 : 0;
}

int
option_check(const struct option_row *row)
{
	if (row->kind != OPTION_IS_MISSING && (row->kind != OPTION_IS_OTHER || row->set != NULL))
		return 0;
	error_line("--%s: the program does not say what this option sets", row->name != NULL ? row->name : "?");
	return -1;
}
