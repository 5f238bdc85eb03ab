/* SPDX-License-Identifier: BSD-3-Clause */
#include "logged.h"

#include <rte_log.h>

#include "support.h"

static char *text;
static size_t text_size;
static FILE *stream;

void
log_begin(void)
{
	stream = open_memstream(&text, &text_size);
	assert_non_null(stream);
	assert_int_equal(rte_openlog_stream(stream), 0);
}

char *
log_end(void)
{
	rte_openlog_stream(NULL);
	fclose(stream);
	return text;
}

void
assert_logged(const char *line)
{
	char *is = log_end(), *want;

	assert_true(asprintf(&want, "EVPL: %s\n", line) > 0);
	assert_string_equal(is, want);
	free(want);
	free(is);
}
