/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The served folder. A file is read once, on its first request, into iovecs that all its downloads send from, and stays until
 * its place is needed for others or it changes on disk.
 *
 * What blocks: a request for a file that is not held, or was not looked at for a second, opens it (one openat() per
 * segment of its name); each turn of the main loop reads at most one buffer (64 KiB) of one file. On a disk that sleeps, that is
 * how long packets wait.
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
	/* --folder=DIR (.): what is served. No link in it is followed, nothing whose name begins with a dot is served. */
	const char *folder;
	uint64_t cache; /* --cache=BYTES (1G): most bytes of files held; what finds no room is answered with 503 */
};

struct files_stats {
	uint32_t files; /* held */
	uint64_t bytes; /* of their contents, and some for each */
	uint64_t peak_bytes;
	uint64_t loads; /* files opened to be read */
	uint64_t bytes_read;
	uint64_t hits;	    /* requests for one that was held */
	uint64_t evictions; /* given up for others */
	uint64_t changed;   /* given up because it was another one on disk */
	uint64_t no_room;   /* requests refused: over --cache, or no memory for the first bytes */
	uint64_t no_memory; /* times that reading had to wait for a buffer */
	/* Files changed while they were read, not to be read to their end, or without memory for a second. */
	uint64_t broken;
};

#define FILE_ETAG_ROOM 40

/* One file's bytes, and what is said of them. */
struct file {
	struct content content;
	uint64_t loaded; /* bytes that are there, from the beginning */
	bool broken;	 /* and no more will come */
	const char *type;
	time_t modified;
	char last_modified[HTTP_DATE_ROOM];
	char etag[FILE_ETAG_ROOM];

	/* files.c's own */
	int fd; /* -1 when all is read */
	unsigned users;
	bool stale; /* not found any more: goes with its last user */
	uint64_t cost;
	uint64_t looked_at_ms;
	uint64_t starved_ms;	    /* since when it waits for memory; 0: it does not */
	struct timespec changed_at; /* the file's mtime */
	LIST_ENTRY(file) bucket;
	TAILQ_ENTRY(file) used;	   /* of all that are found; the one used last is last */
	TAILQ_ENTRY(file) loading; /* of those with an fd */
	char name[];
};

enum files_result {
	FILES_OK,
	FILES_NOT_FOUND, /* or not to be read */
	FILES_FOLDER,	 /* a "/" is missing */
	FILES_NO_ROOM,
};

/* Iovecs are the context's, LOCAL. 0, or -1 with errno. */
int files_start(const struct files_options *options, struct evpl *context);

/* When no file has a user any more. */
void files_stop(void);

/* The file of that name, as http_path_decode() makes them; at FILES_OK the caller owes one files_put(). */
enum files_result files_get(const char *name, struct file **r_file);
void files_put(struct file *file);

/* Reads on, if there is something to read; true: some file has more bytes, or is broken. Once per turn of the main loop. */
bool files_load(void);

void files_stats(struct files_stats *stats);

#endif /* HTTPD_FILES_H */
