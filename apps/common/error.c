/* SPDX-License-Identifier: BSD-3-Clause */
#include "error.h"

#include <errno.h>
#include <stdio.h>

void
error_vline(const char *format, va_list args)
{
	char line[512];

	vsnprintf(line, sizeof(line), format, args);
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, line);
}

void
error_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_vline(format, args);
	va_end(args);
}

void
error_eal(int number, const char *text)
{
	error_line("EAL does not start%s%s (its own messages are above)", number == 0 ? "" : ": ",
		   number == 0 ? "" : text);
}
