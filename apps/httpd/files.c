/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"

#define BUCKETS 4096

/* A held file that was looked at within this time is not looked at again. */
#define FRESH_MS 1000

/* Buffers that files leave for what is sent. */
#define SPARE_BUFFERS 8

/* A file that finds no memory for so long is given up. It may be the file that has all of the memory. */
#define PATIENCE_MS 1000

static struct evpl *evpl;
static int folder = -1;
static uint64_t cache;
static struct files_stats stats;
static LIST_HEAD(bucket, file) buckets[BUCKETS];
static TAILQ_HEAD(, file) used_files = TAILQ_HEAD_INITIALIZER(used_files);
static TAILQ_HEAD(, file) loading_files = TAILQ_HEAD_INITIALIZER(loading_files);

static const char *
type_of(const char *name)
{
	static const struct {
		const char *suffix, *type;
	} types[] = {
		{".html", "text/html; charset=utf-8"},
		{".htm", "text/html; charset=utf-8"},
		{".xhtml", "application/xhtml+xml"},
		{".css", "text/css; charset=utf-8"},
		{".js", "text/javascript; charset=utf-8"},
		{".mjs", "text/javascript; charset=utf-8"},
		{".json", "application/json"},
		{".map", "application/json"},
		{".webmanifest", "application/manifest+json"},
		{".csv", "text/csv; charset=utf-8"},
		{".vtt", "text/vtt; charset=utf-8"},
		{".xml", "application/xml"},
		{".txt", "text/plain; charset=utf-8"},
		{".md", "text/plain; charset=utf-8"},
		{".c", "text/plain; charset=utf-8"},
		{".h", "text/plain; charset=utf-8"},
		{".png", "image/png"},
		{".jpg", "image/jpeg"},
		{".jpeg", "image/jpeg"},
		{".gif", "image/gif"},
		{".svg", "image/svg+xml"},
		{".ico", "image/x-icon"},
		{".webp", "image/webp"},
		{".avif", "image/avif"},
		{".apng", "image/apng"},
		{".bmp", "image/bmp"},
		{".woff", "font/woff"},
		{".woff2", "font/woff2"},
		{".ttf", "font/ttf"},
		{".otf", "font/otf"},
		{".wasm", "application/wasm"},
		{".pdf", "application/pdf"},
		{".mp4", "video/mp4"},
		{".webm", "video/webm"},
		{".ogv", "video/ogg"},
		{".mp3", "audio/mpeg"},
		{".m4a", "audio/mp4"},
		{".ogg", "audio/ogg"},
		{".opus", "audio/ogg"},
		{".wav", "audio/wav"},
		{".flac", "audio/flac"},
		{".gz", "application/gzip"},
		{".zip", "application/zip"},
	};
	const char *suffix = strrchr(name, '.');

	for (size_t i = 0; suffix != NULL && i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcasecmp(suffix, types[i].suffix) == 0)
			return types[i].type;
	}
	return "application/octet-stream";
}

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/*
 * Opens segment by segment. So no segment can be a symbolic link, and no name leads upwards. Without O_NONBLOCK the
 * call would wait for the writer of a FIFO. -1 with errno.
 */
static int
open_below(const char *name)
{
	int at = folder, next;
	char segment[256];

	for (;;) {
		size_t length = strcspn(name, "/");
		bool last = name[length] == '\0';

		if (length >= sizeof(segment)) {
			errno = ENAMETOOLONG;
			next = -1;
		} else {
			memcpy(segment, name, length);
			segment[length] = '\0';
			next = openat(at, segment,
				      O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
					      (last ? 0 : O_DIRECTORY));
		}
		if (at != folder)
			close(at);
		if (next < 0 || last)
			return next;
		at = next;
		name += length + 1;
	}
}

/* FNV-1a. rte_jhash() reads whole words, and would read bytes behind a name's end. */
static struct bucket *
bucket_of(const char *name)
{
	uint32_t hash = 2166136261;

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619;
	return &buckets[hash % BUCKETS];
}

static struct file *
find_file(const char *name)
{
	struct file *file;

	LIST_FOREACH(file, bucket_of(name), bucket)
	{
		if (strcmp(file->name, name) == 0)
			return file;
	}
	return NULL;
}

static void
end_loading(struct file *file)
{
	if (file->fd < 0)
		return;
	close(file->fd);
	file->fd = -1;
	TAILQ_REMOVE(&loading_files, file, loading);
}

static void
destroy_file(struct file *file)
{
	end_loading(file);
	stats.files--;
	stats.bytes -= file->cost;
	content_release(&file->content, evpl);
	free(file);
}

/* Nobody finds it any more. Responses that send it go on. */
static void
forget_file(struct file *file)
{
	LIST_REMOVE(file, bucket);
	TAILQ_REMOVE(&used_files, file, used);
	file->stale = true;
	if (file->users == 0)
		destroy_file(file);
}

/* Gives up the file whose last use is longest ago. False: all are in use. */
static bool
evict_unused(void)
{
	struct file *file;

	TAILQ_FOREACH (file, &used_files, used) {
		if (file->users == 0) {
			stats.evictions++;
			forget_file(file);
			return true;
		}
	}
	return false;
}

static bool
make_room(uint64_t cost)
{
	while (stats.bytes + cost > cache) {
		if (cost > cache || !evict_unused())
			return false;
	}
	return true;
}

/* Whether there are free buffers, or new ones can be made. */
static bool
has_spare_buffers(void)
{
	struct evpl_iovec probe[SPARE_BUFFERS];
	struct evpl_stats now;
	int n = 0;

	evpl_stats_get(&now);
	if (now.buffers - now.buffers_in_use >= SPARE_BUFFERS)
		return true;
	while (n < SPARE_BUFFERS && evpl_iovec_alloc(evpl, evpl_buffer_size(), 0, 1, 0, &probe[n]) == 1)
		n++;
	evpl_iovecs_release(evpl, probe, n);
	return n == SPARE_BUFFERS;
}

static void
set_metadata(struct file *file, const struct stat *st)
{
	file->type = type_of(file->name);
	file->modified = st->st_mtime;
	file->changed_at = st->st_mtim;
	http_date_format(st->st_mtime, file->last_modified);
	snprintf(file->etag, sizeof(file->etag), "\"%" PRIx64 "-%" PRIx64 "\"",
		 (uint64_t)st->st_mtim.tv_sec * 1000000000 + (uint64_t)st->st_mtim.tv_nsec, (uint64_t)st->st_size);
}

static bool
is_same_version(const struct file *file, const struct stat *st)
{
	return (uint64_t)st->st_size == file->content.length && st->st_mtim.tv_sec == file->changed_at.tv_sec &&
	       st->st_mtim.tv_nsec == file->changed_at.tv_nsec;
}

/* A file may be written while it is read. Its bytes then belong to no version. */
static bool
is_unchanged(const struct file *file)
{
	struct stat st;

	return fstat(file->fd, &st) == 0 && is_same_version(file, &st);
}

/* No response sends it any further. */
static void
break_off_file(struct file *file)
{
	file->broken = true;
	stats.broken++;
	if (!file->stale)
		forget_file(file);
}

/* Reads one more iovec. False: there was no memory, and nothing was done. */
static bool
read_chunk(struct file *file)
{
	struct evpl_iovec *iovec = has_spare_buffers() ? content_grow(&file->content, evpl) : NULL;
	ssize_t n;

	if (iovec == NULL) {
		stats.no_memory++;
		return false;
	}
	file->starved_ms = 0;
	n = pread(file->fd, evpl_iovec_data(iovec), evpl_iovec_length(iovec), (off_t)file->loaded);
	if (n != (ssize_t)evpl_iovec_length(iovec)) {
		break_off_file(file);
		return true;
	}
	file->loaded += (uint64_t)n;
	stats.bytes_read += (uint64_t)n;
	if (file->loaded == file->content.length && !is_unchanged(file))
		break_off_file(file);
	return true;
}

/* The file found no memory. Another file may be given up for it, or this one is. */
static void
handle_no_memory(struct file *file)
{
	if (evict_unused())
		return;
	if (file->starved_ms == 0)
		file->starved_ms = now_ms();
	else if (now_ms() - file->starved_ms > PATIENCE_MS)
		break_off_file(file);
}

static struct file *
create_file(const char *name, int fd, const struct stat *st, uint64_t cost)
{
	size_t length = strlen(name);
	struct file *file = calloc(1, sizeof(*file) + length + 1);

	if (file == NULL || content_init(&file->content, (uint64_t)st->st_size) != 0) {
		free(file);
		return NULL;
	}
	memcpy(file->name, name, length + 1);
	file->fd = fd;
	file->cost = cost;
	file->users = 1;
	set_metadata(file, st);
	stats.files++;
	stats.bytes += cost;
	if (stats.bytes > stats.peak_bytes)
		stats.peak_bytes = stats.bytes;
	TAILQ_INSERT_TAIL(&loading_files, file, loading);
	TAILQ_INSERT_TAIL(&used_files, file, used);
	LIST_INSERT_HEAD(bucket_of(name), file, bucket);
	return file;
}

/* Takes over fd. */
static enum files_result
load_file(const char *name, int fd, const struct stat *st, struct file **r_file)
{
	uint64_t cost = (uint64_t)st->st_size + sizeof(struct file) + strlen(name);
	struct file *file = make_room(cost) ? create_file(name, fd, st, cost) : NULL;

	if (file == NULL) {
		close(fd);
		return FILES_NO_ROOM;
	}
	stats.loads++;
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	/* files_load() reads the rest. */
	while (file->content.length > 0 && !read_chunk(file)) {
		if (evict_unused())
			continue;
		file->users = 0;
		forget_file(file);
		return FILES_NO_ROOM;
	}
	if (file->loaded == file->content.length || file->broken)
		end_loading(file);
	file->looked_at_ms = now_ms();
	*r_file = file;
	return FILES_OK;
}

/* Adds one user to a held file. */
static enum files_result
use_held(struct file *file, struct file **r_file)
{
	file->users++;
	stats.hits++;
	TAILQ_REMOVE(&used_files, file, used);
	TAILQ_INSERT_TAIL(&used_files, file, used);
	*r_file = file;
	return FILES_OK;
}

/* Looks at the file of that name on disk. The held one (or NULL) is forgotten if the disk has another one. */
static enum files_result
look_on_disk(const char *name, struct file *held, struct file **r_file)
{
	int fd = open_below(name);
	struct stat st;

	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
		return held != NULL ? use_held(held, r_file) : FILES_NO_ROOM;
	if (fd < 0 || fstat(fd, &st) != 0)
		st.st_mode = 0;
	if (held != NULL && S_ISREG(st.st_mode) && is_same_version(held, &st)) {
		close(fd);
		held->looked_at_ms = now_ms();
		return use_held(held, r_file);
	}
	if (held != NULL) {
		stats.changed++;
		forget_file(held);
	}
	if (S_ISREG(st.st_mode))
		return load_file(name, fd, &st, r_file);
	if (fd >= 0)
		close(fd);
	return S_ISDIR(st.st_mode) ? FILES_FOLDER : FILES_NOT_FOUND;
}

enum files_result
files_get(const char *name, struct file **r_file)
{
	struct file *file = find_file(name);
	enum files_result result;

	if (file != NULL && now_ms() - file->looked_at_ms < FRESH_MS)
		return use_held(file, r_file);
	result = look_on_disk(name, file, r_file);
	if (result == FILES_NO_ROOM)
		stats.no_room++;
	return result;
}

void
files_put(struct file *file)
{
	if (--file->users == 0 && file->stale)
		destroy_file(file);
}

bool
files_load(void)
{
	struct file *file = TAILQ_FIRST(&loading_files);
	bool got;

	if (file == NULL)
		return false;
	/* Files take turns, so that a large one does not hold up the others. */
	TAILQ_REMOVE(&loading_files, file, loading);
	TAILQ_INSERT_TAIL(&loading_files, file, loading);
	file->users++;
	got = read_chunk(file);
	if (!got)
		handle_no_memory(file);
	got |= file->broken;
	if (file->loaded == file->content.length || file->broken)
		end_loading(file);
	files_put(file);
	return got;
}

int
files_start(const struct files_options *options, struct evpl *context)
{
	evpl = context;
	cache = options->cache;
	folder = open(options->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return folder < 0 ? -1 : 0;
}

void
files_stop(void)
{
	while (!TAILQ_EMPTY(&used_files))
		forget_file(TAILQ_FIRST(&used_files));
	if (folder >= 0)
		close(folder);
	folder = -1;
}

void
files_stats(struct files_stats *s)
{
	*s = stats;
}
