/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a report goes (apps/common/json_file.c).
 *
 * What would break: an old report that is lost though no new one was made, a rest of it behind a shorter new one, and a
 * report that could not be written and nobody is told. So files are new, old, longer, unwritable and devices.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture.h"
#include "json_file.h"

static char folder[] = "/tmp/evpl-json-XXXXXX";
static char path[64];

static int
folder_begin(void **state)
{
	(void)state;
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/report.json", folder);
	return 0;
}

static int
folder_end(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder); /* nothing else is left in it */
}

static void
write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void
assert_file(const char *text)
{
	char found[64] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	found[fread(found, 1, sizeof(found) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(found, text);
}

static void
print_report(const void *report, FILE *out)
{
	fputs(report, out);
}

static void
no_path_writes_nothing(void **state)
{
	struct json_file json;

	(void)state;
	assert_int_equal(json_file_open(&json, NULL), 0);
	assert_ptr_equal(json_file_words(&json), stdout);
	assert_int_equal(json_file_write(&json, print_report, "lost"), 0);
	json_file_close(&json);
}

static void
dash_is_stdout_and_words_go_to_stderr(void **state)
{
	struct json_file json;
	int rc;

	(void)state;
	assert_int_equal(json_file_open(&json, "-"), 0);
	assert_ptr_equal(json_file_words(&json), stderr);
	capture_begin(stdout);
	rc = json_file_write(&json, print_report, "{}\n");
	json_file_close(&json);
	assert_string_equal(capture_end(), "{}\n");
	assert_int_equal(rc, 0);
	/* stdout is open still. */
	assert_true(fflush(stdout) == 0);
}

static void
new_file_has_the_report(void **state)
{
	struct json_file json;

	(void)state;
	assert_int_equal(json_file_open(&json, path), 0);
	assert_ptr_equal(json_file_words(&json), stdout);
	assert_int_equal(json_file_write(&json, print_report, "{\"a\": 1}\n"), 0);
	json_file_close(&json);
	assert_file("{\"a\": 1}\n");
}

static void
new_file_without_report_is_gone(void **state)
{
	struct json_file json;

	(void)state;
	assert_int_equal(json_file_open(&json, path), 0);
	assert_int_equal(access(path, F_OK), 0);
	json_file_close(&json);
	assert_int_not_equal(access(path, F_OK), 0);
}

static void
old_file_stays_until_the_report_replaces_all_of_it(void **state)
{
	struct json_file json;

	(void)state;
	write_file("an old report that is longer than the new one\n");
	assert_int_equal(json_file_open(&json, path), 0);
	assert_file("an old report that is longer than the new one\n");
	assert_int_equal(json_file_write(&json, print_report, "{}\n"), 0);
	json_file_close(&json);
	assert_file("{}\n");
}

static void
old_file_without_report_stays(void **state)
{
	struct json_file json;

	(void)state;
	write_file("old\n");
	assert_int_equal(json_file_open(&json, path), 0);
	json_file_close(&json);
	assert_file("old\n");
}

static void
path_that_cannot_be_opened_is_named(void **state)
{
	char missing[80], line[160];
	struct json_file json;
	const char *said;
	int rc;

	(void)state;
	snprintf(missing, sizeof(missing), "%s/none/report.json", folder);
	capture_begin(stderr);
	rc = json_file_open(&json, missing);
	said = capture_end();
	assert_int_not_equal(rc, 0);
	snprintf(line, sizeof(line), ": --json=%s: No such file or directory\n", missing);
	assert_non_null(strstr(said, line));
	json_file_close(&json);
}

/*
 * /dev/full takes nothing, and is no file that could be cut. The test opens it by a link, so that a test that fails as
 * root cannot remove the device.
 */
static void
device_that_is_full_is_named(void **state)
{
	struct json_file json;
	const char *said;
	int rc;

	(void)state;
	assert_int_equal(symlink("/dev/full", path), 0);
	assert_int_equal(json_file_open(&json, path), 0);
	capture_begin(stderr);
	rc = json_file_write(&json, print_report, "{}\n");
	said = capture_end();
	assert_int_not_equal(rc, 0);
	assert_non_null(strstr(said, ": No space left on device\n"));
	json_file_close(&json);
	assert_int_equal(access(path, F_OK), 0);
}

static void
device_takes_the_report(void **state)
{
	struct json_file json;

	(void)state;
	assert_int_equal(symlink("/dev/null", path), 0);
	assert_int_equal(json_file_open(&json, path), 0);
	assert_int_equal(json_file_write(&json, print_report, "{}\n"), 0);
	json_file_close(&json);
	assert_int_equal(access(path, F_OK), 0);
}

int
main(void)
{
	const struct CMUnitTest cases[] = {
		cmocka_unit_test(no_path_writes_nothing),
		cmocka_unit_test(dash_is_stdout_and_words_go_to_stderr),
		cmocka_unit_test_setup_teardown(new_file_has_the_report, folder_begin, folder_end),
		cmocka_unit_test_setup_teardown(new_file_without_report_is_gone, folder_begin, folder_end),
		cmocka_unit_test_setup_teardown(old_file_stays_until_the_report_replaces_all_of_it, folder_begin,
						folder_end),
		cmocka_unit_test_setup_teardown(old_file_without_report_stays, folder_begin, folder_end),
		cmocka_unit_test_setup_teardown(path_that_cannot_be_opened_is_named, folder_begin, folder_end),
		cmocka_unit_test_setup_teardown(device_that_is_full_is_named, folder_begin, folder_end),
		cmocka_unit_test_setup_teardown(device_takes_the_report, folder_begin, folder_end),
	};

	return cmocka_run_group_tests_name("json_file", cases, NULL, NULL);
}
