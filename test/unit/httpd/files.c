/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * evpl-httpd's served folder (apps/httpd/files.c): which files are read, kept and given up, and which are never
 * reached.
 *
 * What would break: a name could lead out of the folder. One download could have bytes of two versions of a file. A
 * file in use could be given up for another one. Memory could be lost. So links stand at each place of a name; files
 * change before, while and after they are read; and each case ends with every buffer home.
 */
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

#include "files.h"

/* One buffer of home_small is 64 KiB. */
#define LARGE (5 * 65536 + 1000)

/* A file is looked at again after a second. */
#define NO_LONGER_FRESH_US 1100000

static char outside[256]; /* the folder's parent */
static char folder[300];

static void
path_of(char *path, size_t room, const char *name)
{
	assert_true((size_t)snprintf(path, room, "%s/%s", folder, name) < room);
}

/* Its bytes are those of a seed; so is its time, for clocks of file systems may stand still between two writes. */
static void
write_file(const char *name, size_t length, uint64_t seed)
{
	const struct timespec times[2] = {{.tv_sec = (time_t)seed}, {.tv_sec = (time_t)seed}};
	unsigned char *bytes = malloc(length + 1);
	char path[512];
	FILE *file;

	assert_non_null(bytes);
	bytes_fill(bytes, length, seed, 0);
	path_of(path, sizeof(path), name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	fclose(file);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	free(bytes);
}

static void
start(struct home *home, uint64_t cache)
{
	const struct files_options options = {.folder = folder, .cache = cache};

	assert_int_equal(files_start(&options, home->evpl), 0);
}

static struct file *
get(const char *name)
{
	struct file *file;

	assert_int_equal(files_get(name, &file), FILES_OK);
	return file;
}

static void
assert_content(struct file *file, size_t length, uint64_t seed)
{
	uint64_t at = 0;

	/* A turn may do no more than give up another file. */
	for (unsigned turns = 0; turns < 100; turns++)
		files_load();
	assert_false(file->broken);
	assert_int_equal(file->content.length, length);
	assert_int_equal(file->loaded, length);
	while (at < length) {
		struct content_piece piece = content_at(&file->content, at, length - at);
		const uint8_t *bytes = (const uint8_t *)evpl_iovec_data(piece.iovec) + piece.offset;

		assert_true(piece.length > 0);
		assert_int_equal(bytes_right(bytes, piece.length, seed, at), piece.length);
		at += piece.length;
	}
}

static void
assert_not_found(const char *name)
{
	struct file *file;

	assert_int_equal(files_get(name, &file), FILES_NOT_FOUND);
}

static void
file_is_read_once_for_all_its_users(void **state)
{
	struct files_stats stats, before;
	struct file *file, *again;

	files_stats(&before);
	start(*state, 1 << 20);
	write_file("a", 1000, 1);
	file = get("a");
	again = get("a");
	assert_ptr_equal(file, again);
	assert_content(file, 1000, 1);
	files_put(again);
	files_put(file);
	assert_ptr_equal(get("a"), file);
	files_put(file);
	files_stats(&stats);
	assert_int_equal(stats.loads - before.loads, 1);
	assert_int_equal(stats.hits - before.hits, 2);
	files_stop();
}

static void
file_of_several_buffers_is_read_one_at_a_time(void **state)
{
	struct file *file;

	start(*state, 1 << 20);
	write_file("large", LARGE, 2);
	file = get("large");
	for (uint64_t loaded = 65536; loaded < LARGE; loaded += 65536) {
		assert_int_equal(file->loaded, loaded);
		assert_true(files_load());
	}
	assert_false(files_load());
	assert_content(file, LARGE, 2);
	files_put(file);
	files_stop();
}

static void
file_without_bytes_is_a_file(void **state)
{
	struct file *file;

	start(*state, 1 << 20);
	write_file("empty", 0, 1);
	file = get("empty");
	assert_false(files_load());
	assert_content(file, 0, 1);
	files_put(file);
	files_stop();
}

/* Browsers refuse scripts, styles, WebAssembly and more of another type. */
static void
file_has_the_media_type_of_its_suffix(void **state)
{
	static const struct {
		const char *name, *type;
	} rows[] = {
		{"a.html", "text/html; charset=utf-8"},
		{"a.css", "text/css; charset=utf-8"},
		{"a.js", "text/javascript; charset=utf-8"},
		{"a.mjs", "text/javascript; charset=utf-8"},
		{"a.json", "application/json"},
		{"a.js.map", "application/json"},
		{"a.wasm", "application/wasm"},
		{"a.svg", "image/svg+xml"},
		{"a.webp", "image/webp"},
		{"a.avif", "image/avif"},
		{"a.woff2", "font/woff2"},
		{"a.webmanifest", "application/manifest+json"},
		{"a.mp4", "video/mp4"},
		{"a.webm", "video/webm"},
		{"a.pdf", "application/pdf"},
		{"a.txt", "text/plain; charset=utf-8"},
		{"a.xml", "application/xml"},
		{"A.PNG", "image/png"},
		{"a.none", "application/octet-stream"},
		{"a", "application/octet-stream"},
	};

	start(*state, 1 << 20);
	for (size_t i = 0; i < DIM(rows); i++) {
		struct file *file;

		write_file(rows[i].name, 1, 1);
		file = get(rows[i].name);
		assert_string_equal(file->type, rows[i].type);
		files_put(file);
	}
	files_stop();
}

static void
link_is_not_followed_anywhere_in_a_name(void **state)
{
	char path[512], secret[512];

	start(*state, 1 << 20);
	snprintf(secret, sizeof(secret), "%s/secret", outside);
	write_file("inside", 10, 1);
	path_of(path, sizeof(path), "to-file");
	assert_int_equal(symlink(secret, path), 0);
	path_of(path, sizeof(path), "to-inside");
	assert_int_equal(symlink("inside", path), 0);
	path_of(path, sizeof(path), "to-folder");
	assert_int_equal(symlink(outside, path), 0);
	path_of(path, sizeof(path), "sub/to-up");
	assert_int_equal(symlink("..", path), 0);
	assert_not_found("to-file");
	assert_not_found("to-inside");
	assert_not_found("to-folder/secret");
	assert_not_found("to-folder");
	assert_not_found("sub/to-up/inside");
	files_stop();
}

static void
what_is_no_file_is_not_read(void **state)
{
	struct file *file;
	char path[512], name[300];

	start(*state, 1 << 20);
	path_of(path, sizeof(path), "fifo");
	assert_int_equal(mkfifo(path, 0600), 0);
	write_file("plain", 10, 1);
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_not_found("fifo");
	assert_not_found("none");
	assert_not_found("plain/none");
	assert_not_found(name);
	assert_int_equal(files_get("sub", &file), FILES_FOLDER);
	files_stop();
}

static void
file_that_finds_no_room_is_refused_until_another_goes(void **state)
{
	struct files_stats stats;
	struct file *a, *b, *c;

	start(*state, 150000);
	write_file("a", 60000, 1);
	write_file("b", 60000, 2);
	write_file("c", 60000, 3);
	write_file("huge", 200000, 4);
	a = get("a");
	b = get("b");
	assert_int_equal(files_get("c", &c), FILES_NO_ROOM);
	assert_int_equal(files_get("huge", &c), FILES_NO_ROOM);
	files_put(a);
	c = get("c");
	assert_content(c, 60000, 3);
	assert_content(b, 60000, 2);
	files_stats(&stats);
	assert_true(stats.bytes <= 150000);
	assert_int_equal(stats.files, 2);
	files_put(b);
	files_put(c);
	/* b was used longer ago than c. */
	files_put(get("a"));
	files_stats(&stats);
	assert_ptr_equal(get("c"), c);
	files_put(c);
	files_stop();
	files_stats(&stats);
	assert_int_equal(stats.bytes, 0);
	assert_int_equal(stats.files, 0);
}

static void
file_that_changed_is_read_again_and_its_users_keep_the_old(void **state)
{
	struct file *old, *new;
	char etag[FILE_ETAG_ROOM];

	start(*state, 1 << 20);
	write_file("a", 70000, 1);
	old = get("a");
	strcpy(etag, old->etag);
	assert_content(old, 70000, 1);
	write_file("a", 70000, 2);
	usleep(NO_LONGER_FRESH_US);
	new = get("a");
	assert_ptr_not_equal(old, new);
	assert_string_not_equal(new->etag, etag);
	assert_content(new, 70000, 2);
	assert_content(old, 70000, 1);
	files_put(old);
	assert_content(new, 70000, 2);
	files_put(new);
	files_stop();
}

static void
file_that_is_gone_is_not_found_any_more(void **state)
{
	char path[512];
	struct file *file;

	start(*state, 1 << 20);
	write_file("a", 100, 1);
	file = get("a");
	path_of(path, sizeof(path), "a");
	assert_int_equal(unlink(path), 0);
	usleep(NO_LONGER_FRESH_US);
	assert_not_found("a");
	assert_content(file, 100, 1);
	files_put(file);
	files_stop();
}

/* The bytes behind the first buffer are read after the change. */
static void
file_that_changes_while_it_is_read_is_broken(void **state)
{
	struct file *cut, *same_length;
	char path[512];

	start(*state, 2 << 20);
	write_file("cut", LARGE, 1);
	write_file("rewritten", LARGE, 1);
	cut = get("cut");
	same_length = get("rewritten");
	path_of(path, sizeof(path), "cut");
	assert_int_equal(truncate(path, 100000), 0);
	write_file("rewritten", LARGE, 2);
	while (files_load())
		continue;
	assert_true(cut->broken);
	assert_true(same_length->broken);
	files_put(cut);
	files_put(same_length);
	/* They are not served again. */
	same_length = get("rewritten");
	assert_content(same_length, LARGE, 2);
	files_put(same_length);
	files_stop();
}

static void
file_waits_for_memory_and_is_read_when_there_is_some(void **state)
{
	struct home *home = *state;
	struct evpl_iovec taken[64];
	struct file *file, *refused;
	unsigned n = 0;

	start(home, 10 << 20);
	write_file("large", LARGE, 1);
	write_file("other", 100, 2);
	file = get("large");
	while (n < DIM(taken) && evpl_iovec_alloc(home->evpl, evpl_buffer_size(), 0, 1, 0, &taken[n]) == 1)
		n++;
	assert_true(n > 0 && n < DIM(taken));
	while (files_load())
		continue;
	assert_true(file->loaded < LARGE);
	assert_int_equal(files_get("other", &refused), FILES_NO_ROOM);
	evpl_iovecs_release(home->evpl, taken, (int)n);
	assert_content(file, LARGE, 1);
	files_put(file);
	file = get("other");
	assert_content(file, 100, 2);
	files_put(file);
	files_stop();
}

/* One that fits --cache, but not memory: it must neither take the last buffers, nor keep what it has. */
static void
file_larger_than_memory_leaves_some_and_is_given_up(void **state)
{
	struct home *home = *state;
	struct evpl_iovec taken[4];
	struct file *file, *other;

	start(home, 10 << 20);
	write_file("huge", 3 << 20, 1);
	write_file("other", 65536, 2);
	file = get("huge");
	while (files_load())
		continue;
	assert_false(file->broken);
	assert_int_equal(evpl_iovecs_alloc(home->evpl, evpl_buffer_size(), 0, 0, taken, DIM(taken)), DIM(taken));
	evpl_iovecs_release(home->evpl, taken, DIM(taken));
	usleep(NO_LONGER_FRESH_US);
	assert_true(files_load());
	assert_true(file->broken);
	files_put(file);
	other = get("other");
	assert_content(other, 65536, 2);
	files_put(other);
	files_stop();
}

/* What nobody uses makes room in memory, too. */
static void
file_not_used_goes_for_one_that_finds_no_memory(void **state)
{
	struct file *file;
	char name[] = "a";

	start(*state, 10 << 20);
	for (unsigned i = 0; i < 8; i++, name[0]++) {
		write_file(name, LARGE, i);
		file = get(name);
		assert_content(file, LARGE, i);
		files_put(file);
	}
	files_stop();
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Each case has a folder of its own, and a library. */
static int
setup(void **state)
{
	const char *parent = getenv("TMPDIR");
	char path[512];

	snprintf(outside, sizeof(outside), "%s/evpl-files-XXXXXX", parent != NULL ? parent : P_tmpdir);
	if (mkdtemp(outside) == NULL)
		return -1;
	snprintf(folder, sizeof(folder), "%s/folder", outside);
	path_of(path, sizeof(path), "sub");
	if (mkdir(folder, 0700) != 0 || mkdir(path, 0700) != 0)
		return -1;
	write_file("../secret", 10, 1);
	return home_setup(state);
}

static int
teardown(void **state)
{
	nftw(outside, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return home_teardown(state);
}

static const struct evpl_global_config one_slab = {.slab_size = 2 << 20, .max_slabs = 1};

#define files_case(function, config)                                                                                   \
	{                                                                                                              \
#function, function, setup, teardown, (void *)(uintptr_t) & (config)                                   \
	}

static const struct CMUnitTest cases[] = {
	files_case(file_is_read_once_for_all_its_users, home_small),
	files_case(file_of_several_buffers_is_read_one_at_a_time, home_small),
	files_case(file_without_bytes_is_a_file, home_small),
	files_case(file_has_the_media_type_of_its_suffix, home_small),
	files_case(link_is_not_followed_anywhere_in_a_name, home_small),
	files_case(what_is_no_file_is_not_read, home_small),
	files_case(file_that_finds_no_room_is_refused_until_another_goes, home_small),
	files_case(file_that_changed_is_read_again_and_its_users_keep_the_old, home_small),
	files_case(file_that_is_gone_is_not_found_any_more, home_small),
	files_case(file_that_changes_while_it_is_read_is_broken, home_small),
	files_case(file_waits_for_memory_and_is_read_when_there_is_some, one_slab),
	files_case(file_larger_than_memory_leaves_some_and_is_given_up, one_slab),
	files_case(file_not_used_goes_for_one_that_finds_no_memory, one_slab),
};

int
main(int argc, char **argv)
{
	const struct program program = {.name = "files", .cases = cases, .n_cases = DIM(cases)};

	return program_main(&program, argc, argv);
}
