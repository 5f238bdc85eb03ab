/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The served folder. A file is read once, on its first request, into iovecs that all its downloads send from. It stays
 * until others need its place, or until it changes on disk.
 *
 * Two things block. A request opens a file that is not held, or was not looked at for a second (one openat() per
 * segment of its name). Each turn of the main loop reads at most one buffer (64 KiB) of one file. Packets wait while
 * the disk works.
 */
#ifndef HTTPD_FILES_H
#define HTTPD_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <time.h>

#include "http_fields.h"
#include "tcp/content.h"

struct files_options {
	/*
	 * --folder=DIR (.): the served folder. The server follows no link in it, and serves no name that begins with a
	 * dot.
	 */
	const char *folder;
	uint64_t cache; /* --cache=BYTES (1G): most bytes of files held; a file without room is answered with 503 */
};

struct files_stats {
	uint32_t files; /* held */
	uint64_t bytes; /* of their contents, and a fixed cost of each */
	uint64_t peak_bytes;
	uint64_t loads; /* files opened to be read */
	uint64_t bytes_read;
	uint64_t hits;	    /* requests for a file that was held */
	uint64_t evictions; /* given up for others */
	uint64_t changed;   /* given up because the disk had another one */
	uint64_t no_room;   /* requests refused: over --cache, or no memory for the first bytes */
	uint64_t no_memory; /* times that reading had to wait for a buffer */
	/* Files that changed while they were read, could not be read to their end, or had no memory for a second. */
	uint64_t broken;
};

#define FILE_ETAG_ROOM 40

/* One file's bytes, and the fields of its responses. */
struct file {
	struct content content;
	uint64_t loaded; /* bytes that are read, from the start */
	bool broken;	 /* no more bytes will come */
	const char *type;
	time_t modified;
	char last_modified[HTTP_DATE_ROOM];
	char etag[FILE_ETAG_ROOM];

	/* Private to files.c. */
	int fd; /* -1 when all is read */
	unsigned users;
	bool stale; /* nobody finds it any more: ends with its last user */
	uint64_t cost;
	uint64_t looked_at_ms;
	uint64_t starved_ms;	    /* waits for memory since then; 0: does not wait */
	struct timespec changed_at; /* the file's mtime */
	LIST_ENTRY(file) bucket;
	TAILQ_ENTRY(file) used;	   /* the list of all that are found; the one used last is last */
	TAILQ_ENTRY(file) loading; /* the list of those with an fd */
	char name[];
};

enum files_result {
	FILES_OK,
	FILES_NOT_FOUND, /* or not readable */
	FILES_FOLDER,	 /* a "/" is missing */
	FILES_NO_ROOM,
};

/* Iovecs are taken from the context, LOCAL. 0, or -1 with errno. */
int files_start(const struct files_options *options, struct evpl *context);

/* Call it when no file has a user any more. */
void files_stop(void);

/* The file of that name, which http_path_decode() made. After FILES_OK the caller calls files_put() once. */
enum files_result files_get(const char *name, struct file **r_file);
void files_put(struct file *file);

/* Continues to read files. Call it once per turn of the main loop. True: a file has more bytes now, or is broken. */
bool files_load(void);

void files_stats(struct files_stats *stats);

#endif /* HTTPD_FILES_H */
