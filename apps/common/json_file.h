/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a report goes as JSON: what --json names. */
#ifndef APPS_JSON_FILE_H
#define APPS_JSON_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct json_file {
	const char *path; /* NULL: nowhere */
	FILE *file;
	bool created; /* there was no such file before */
};

/* Before anything is started: opens the file, and leaves in it what it has. 0; else an error line was printed. */
int json_file_open(struct json_file *json, const char *path);

/* Where what is said in words goes: to stdout, or to stderr when the JSON has that for itself. */
FILE *json_file_words(const struct json_file *json);

/* The words are all written. 0; else an error line was printed. */
int json_file_flush_words(const struct json_file *json);

/* Replaces what is in the file by what print() writes of the report. 0; else an error line was printed. */
int json_file_write(struct json_file *json, void (*print)(const void *report, FILE *out), const void *report);

/* Without a report a file that was there stays as it was, and one that was not goes again. */
void json_file_close(struct json_file *json);

#endif /* APPS_JSON_FILE_H */
