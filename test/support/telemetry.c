/* SPDX-License-Identifier: BSD-3-Clause */
#include "telemetry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_eal.h>

#define MOST 65536

static char directory[] = "/tmp/evpl-telemetry-XXXXXX";

static void
remove_directory(void)
{
	char path[128];

	rmdir(rte_eal_get_runtime_dir());
	snprintf(path, sizeof(path), "%s/dpdk", directory);
	rmdir(path);
	rmdir(directory);
}

/* EVPL_TEST_EAL has the options of all tests, and may switch off what these ones are about. */
static void
allow_telemetry(char *line)
{
	static const char option[] = "--no-telemetry";
	char *at = strstr(line, option);

	if (at != NULL)
		memset(at, ' ', strlen(option));
}

bool
telemetry_begin(const char *name)
{
	const char *asked = getenv("EVPL_TEST_EAL");
	char line[2048];

	if (mkdtemp(directory) == NULL)
		return false;
	atexit(remove_directory);
	setenv("RUNTIME_DIRECTORY", directory, 1);
	if (asked != NULL)
		snprintf(line, sizeof(line), "%s", asked);
	else
		snprintf(line, sizeof(line),
			 "--no-huge --iova-mode=va --no-pci --no-shconf --file-prefix %s -m 256 --log-level=error",
			 name);
	allow_telemetry(line);
	setenv("EVPL_TEST_EAL", line, 1);
	return true;
}

int
telemetry_connect(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	char hello[1024];

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/dpdk_telemetry.v2", rte_eal_get_runtime_dir());
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	    recv(fd, hello, sizeof(hello), 0) > 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

char *
telemetry_ask(int fd, const char *command)
{
	char *said = calloc(1, MOST);

	if (said != NULL && send(fd, command, strlen(command), 0) == (ssize_t)strlen(command) &&
	    recv(fd, said, MOST - 1, 0) > 0)
		return said;
	free(said);
	return NULL;
}

/* Behind the colon of the field; NULL: there is none, or the dictionary that is asked for has two of it. */
static const char *
value_of(const char *said, const char *inside, const char *field)
{
	const char *end = said + strlen(said), *at = said, *again;
	char name[128];

	if (inside != NULL) {
		snprintf(name, sizeof(name), "\"%s\":", inside);
		at = strstr(said, name);
		end = at != NULL ? strchr(at, '}') : NULL;
		if (end == NULL)
			return NULL;
	}
	snprintf(name, sizeof(name), "\"%s\":", field);
	at = strstr(at, name);
	if (at == NULL || at >= end)
		return NULL;
	at += strlen(name);
	again = inside != NULL ? strstr(at, name) : NULL;
	return again == NULL || again >= end ? at + strspn(at, " ") : NULL;
}

int64_t
telemetry_number(const char *said, const char *inside, const char *field)
{
	const char *at = value_of(said, inside, field);

	return at != NULL ? strtoll(at, NULL, 10) : INT64_MIN;
}

bool
telemetry_is_text(const char *said, const char *inside, const char *field, const char *text)
{
	const char *at = value_of(said, inside, field);
	size_t length = strlen(text);

	return at != NULL && at[0] == '"' && strncmp(at + 1, text, length) == 0 && at[1 + length] == '"';
}

int64_t
telemetry_element(const char *said, const char *field, unsigned index)
{
	const char *at = value_of(said, NULL, field);

	if (at == NULL || *at != '[')
		return INT64_MIN;
	for (; index > 0; index--) {
		at = strpbrk(at + 1, ",]");
		if (at == NULL || *at == ']')
			return INT64_MIN;
	}
	return at[1] == ']' ? INT64_MIN : strtoll(at + 1, NULL, 10);
}

unsigned
telemetry_count(const char *said, const char *part)
{
	unsigned n = 0;

	for (const char *at = strstr(said, part); at != NULL; at = strstr(at + 1, part))
		n++;
	return n;
}
