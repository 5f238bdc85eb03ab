/* SPDX-License-Identifier: BSD-3-Clause */
#include "json_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "error.h"

static int
print_failure(const struct json_file *json, int error)
{
	error_line("--json=%s: %s", json->path, strerror(error));
	return 1;
}

int
json_file_open(struct json_file *json, const char *path)
{
	int fd;

	*json = (struct json_file){.path = path};
	if (path == NULL)
		return 0;
	if (strcmp(path, "-") == 0) {
		json->file = stdout;
		return 0;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	json->created = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return print_failure(json, errno);
	json->file = fdopen(fd, "w");
	if (json->file == NULL) {
		close(fd);
		json_file_close(json);
		return print_failure(json, ENOMEM);
	}
	return 0;
}

FILE *
json_file_words(const struct json_file *json)
{
	return json->path != NULL && strcmp(json->path, "-") == 0 ? stderr : stdout;
}

int
json_file_flush_words(const struct json_file *json)
{
	FILE *out = json_file_words(json);

	if (fflush(out) == 0 && !ferror(out))
		return 0;
	error_line("the report could not be written: %s", strerror(errno));
	return 1;
}

int
json_file_write(struct json_file *json, void (*print)(const void *report, FILE *out), const void *report)
{
	int error = 0;

	if (json->file == NULL)
		return 0;
	/* Only files can be truncated: pipes and devices return EINVAL. */
	if (json->file != stdout && ftruncate(fileno(json->file), 0) != 0 && errno != EINVAL)
		return print_failure(json, errno);
	json->created = false;
	print(report, json->file);
	if (ferror(json->file) || fflush(json->file) != 0)
		error = errno;
	if (json->file != stdout && fclose(json->file) != 0 && error == 0)
		error = errno;
	json->file = NULL;
	return error != 0 ? print_failure(json, error) : 0;
}

void
json_file_close(struct json_file *json)
{
	if (json->created)
		unlink(json->path);
	json->created = false;
	if (json->file != NULL && json->file != stdout)
		fclose(json->file);
	json->file = NULL;
}
