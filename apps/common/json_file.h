/* SPDX-License-Identifier: BSD-3-Clause */
/* The file of --json, which a report is written to. */
#ifndef APPS_JSON_FILE_H
#define APPS_JSON_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct json_file {
	const char *path; /* NULL: no file */
	FILE *file;
	bool created; /* the file did not exist before */
};

/* Opens the file before anything else is started, and keeps its content. 0; else an error line was printed. */
int json_file_open(struct json_file *json, const char *path);

/* The stream for text: stdout, or stderr if the JSON goes to stdout. */
FILE *json_file_words(const struct json_file *json);

/* Writes all text that is still buffered to the stream. 0; else an error line was printed. */
int json_file_flush_words(const struct json_file *json);

/* Replaces the content of the file by what print() writes of the report. 0; else an error line was printed. */
int json_file_write(struct json_file *json, void (*print)(const void *report, FILE *out), const void *report);

/* Closes the file. If no report was written, an old file keeps its content, and a new file is removed. */
void json_file_close(struct json_file *json);

#endif /* APPS_JSON_FILE_H */
