/* SPDX-License-Identifier: BSD-3-Clause */
#include "told.h"

#include <errno.h> /* program_invocation_short_name */
#include <inttypes.h>

void
report(struct told *told)
{
	FILE *out = fmemopen(told->text, sizeof(told->text), "w");
	char *line;

	assert_non_null(out);
	evpl_leak_report(out);
	fclose(out);
	told->lines = 0;
	told->iovecs = told->bytes = 0;
	for (line = strchr(told->text, '\n') + 1; *line != '\0'; line = strchr(line, '\n') + 1) {
		uint64_t iovecs, bytes;
		char s[2], where[256];
		double age;
		int n;

		n = sscanf(line, " %" SCNu64 " iovec%1[s], %" SCNu64 " bytes, oldest %lf s, taken in %255[^\n]",
			   &iovecs, s, &bytes, &age, where);
		if (n == 1) /* one iovec */
			n = sscanf(line, " %" SCNu64 " iovec, %" SCNu64 " bytes, oldest %lf s, taken in %255[^\n]",
				   &iovecs, &bytes, &age, where) +
			    1;
		assert_int_equal(n, 5);
		assert_true(age >= 0 && age < 600);
		assert_non_null(strstr(where, program_invocation_short_name));
		told->lines++;
		told->iovecs += iovecs;
		told->bytes += bytes;
	}
}

void
take(struct evpl *evpl, unsigned n, unsigned length, unsigned flags, struct evpl_iovec *iovecs)
{
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(evpl_iovec_alloc(evpl, length, 0, 1, flags, &iovecs[i]), 1);
}
