/* SPDX-License-Identifier: BSD-3-Clause */
#include "asked.h"

char *
ask(const char *command)
{
	static int fd = -1;
	char *said;

	if (fd < 0)
		fd = telemetry_connect();
	assert_true(fd >= 0);
	said = telemetry_ask(fd, command);
	assert_non_null(said);
	return said;
}

int64_t
number(const char *command, const char *inside, const char *field)
{
	char *said = ask(command);
	int64_t n = telemetry_number(said, inside, field);

	free(said);
	return n;
}

unsigned
shown(const char *command, const char *kind)
{
	char *said = ask(command), name[64];
	unsigned n;

	snprintf(name, sizeof(name), "\"%s_", kind);
	n = telemetry_count(said, name);
	free(said);
	return n;
}

void
assert_figures_of(const char *command, const char *inside, const struct expected *expected, unsigned n)
{
	char *said = ask(command);

	for (unsigned i = 0; i < n; i++) {
		int64_t is = telemetry_number(said, inside, expected[i].field);

		if (is != expected[i].value)
			fail_msg("%s: %s is %lld, and not %lld", command, expected[i].field, (long long)is,
				 (long long)expected[i].value);
	}
	free(said);
}

void
assert_text(const char *command, const char *inside, const char *field, const char *text)
{
	char *said = ask(command);

	if (!telemetry_is_text(said, inside, field, text))
		fail_msg("%s: %s is not %s: %s", command, field, text, said);
	free(said);
}
