/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * src/plugin/option.c: what the environment tells the tracing plug-in.
 *
 * What would break: a value that was mistyped would be taken for the default, and a bug would not be found. Each
 * refusal ends the process, so it is a child's. EAL is not started.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "plugin/option.h"

static struct plugin_options defaults;

static const char *const names[] = {
	"EVPL_TRACE",	     "EVPL_TRACE_LEAKS",      "EVPL_TRACE_POOLS",   "EVPL_TRACE_BYTES",
	"EVPL_TRACE_FIELDS", "EVPL_TRACE_GUARDS",     "EVPL_TRACE_SAMPLE",  "EVPL_TRACE_DEPTH",
	"EVPL_TRACE_FILE",   "EVPL_TRACE_QUARANTINE", "EVPL_TRACE_NONSENSE"};

static int
begin(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unsetenv(names[i]);
	plugin_options = defaults;
	return 0;
}

static void
nothing_is_said_of_an_empty_environment(void **state)
{
	(void)state;
	plugin_options_read();
	assert_int_equal(plugin_options.report, 0);
	assert_int_equal(plugin_options.leaks, LEAKS_LIST);
	assert_int_equal(plugin_options.all_pools, 0);
	assert_int_equal(plugin_options.bytes, BYTES_SOME);
	assert_int_equal(plugin_options.no_fields, 0);
	assert_int_equal(plugin_options.no_guards, 0);
	assert_int_equal(plugin_options.sample, 1);
	assert_int_equal(plugin_options.depth, 8);
	assert_int_equal(plugin_options.quarantine, 64);
	assert_int_equal(plugin_options.asked, 0);
	assert_ptr_equal(plugin_options.out, stderr);
}

static void
each_value_is_taken(void **state)
{
	static const struct {
		const char *name, *text;
		unsigned *value, wanted;
	} right[] = {
		{"EVPL_TRACE", "stop", &plugin_options.report, 0},
		{"EVPL_TRACE", "report", &plugin_options.report, 1},
		{"EVPL_TRACE_LEAKS", "list", &plugin_options.leaks, LEAKS_LIST},
		{"EVPL_TRACE_LEAKS", "stop", &plugin_options.leaks, LEAKS_STOP},
		{"EVPL_TRACE_LEAKS", "no", &plugin_options.leaks, LEAKS_NO},
		{"EVPL_TRACE_POOLS", "named", &plugin_options.all_pools, 0},
		{"EVPL_TRACE_POOLS", "all", &plugin_options.all_pools, 1},
		{"EVPL_TRACE_BYTES", "some", &plugin_options.bytes, BYTES_SOME},
		{"EVPL_TRACE_BYTES", "all", &plugin_options.bytes, BYTES_ALL},
		{"EVPL_TRACE_BYTES", "no", &plugin_options.bytes, BYTES_NO},
		{"EVPL_TRACE_FIELDS", "yes", &plugin_options.no_fields, 0},
		{"EVPL_TRACE_FIELDS", "no", &plugin_options.no_fields, 1},
		{"EVPL_TRACE_GUARDS", "yes", &plugin_options.no_guards, 0},
		{"EVPL_TRACE_GUARDS", "no", &plugin_options.no_guards, 1},
		{"EVPL_TRACE_SAMPLE", "1", &plugin_options.sample, 1},
		{"EVPL_TRACE_SAMPLE", "1000000", &plugin_options.sample, 1000000},
		{"EVPL_TRACE_DEPTH", "1", &plugin_options.depth, 1},
		{"EVPL_TRACE_DEPTH", "16", &plugin_options.depth, 16},
		{"EVPL_TRACE_QUARANTINE", "0", &plugin_options.quarantine, 0},
		{"EVPL_TRACE_QUARANTINE", "1000000", &plugin_options.quarantine, 1000000},
	};

	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		begin(state);
		*right[i].value = 77;
		setenv(right[i].name, right[i].text, 1);
		plugin_options_read();
		assert_int_equal(*right[i].value, right[i].wanted);
	}
}

/* Reads the environment in a child, which must end with exit code 1 after that line. */
static void
assert_refused(const char *name, const char *text, const char *words)
{
	char said[512] = "", wanted[512];
	size_t used = 0;
	ssize_t n;
	int status, ends[2];
	pid_t child;

	setenv(name, text, 1);
	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		dup2(ends[1], STDERR_FILENO);
		close(STDOUT_FILENO); /* cmocka's lines are the parent's */
		plugin_options_read();
		_exit(99);
	}
	close(ends[1]);
	while ((n = read(ends[0], said + used, sizeof(said) - 1 - used)) > 0)
		used += (size_t)n;
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	unsetenv(name);
	snprintf(wanted, sizeof(wanted), "evpl_trace: %s=%s: %s\n", name, text, words);
	assert_string_equal(said, wanted);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void
a_wrong_value_is_refused(void **state)
{
	static const char *const numbers[] = {"", "-1", "+1", " 1", "1 ", "0x10", "1.5", "two", "18446744073709551617"};

	(void)state;
	assert_refused("EVPL_TRACE", "", "must be stop or report");
	assert_refused("EVPL_TRACE", "stops", "must be stop or report");
	assert_refused("EVPL_TRACE", "REPORT", "must be stop or report");
	assert_refused("EVPL_TRACE_LEAKS", "yes", "must be list, stop or no");
	assert_refused("EVPL_TRACE_POOLS", "every", "must be named or all");
	assert_refused("EVPL_TRACE_BYTES", "1", "must be some, all or no");
	assert_refused("EVPL_TRACE_FIELDS", "none", "must be yes or no");
	assert_refused("EVPL_TRACE_GUARDS", "0", "must be yes or no");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		assert_refused("EVPL_TRACE_SAMPLE", numbers[i], "must be a number from 1 to 1000000");
		assert_refused("EVPL_TRACE_DEPTH", numbers[i], "must be a number from 1 to 16");
		assert_refused("EVPL_TRACE_QUARANTINE", numbers[i], "must be a number from 0 to 1000000");
	}
	assert_refused("EVPL_TRACE_SAMPLE", "0", "must be a number from 1 to 1000000");
	assert_refused("EVPL_TRACE_SAMPLE", "1000001", "must be a number from 1 to 1000000");
	assert_refused("EVPL_TRACE_DEPTH", "0", "must be a number from 1 to 16");
	assert_refused("EVPL_TRACE_DEPTH", "17", "must be a number from 1 to 16");
	assert_refused("EVPL_TRACE_QUARANTINE", "1000001", "must be a number from 0 to 1000000");
}

static void
a_name_that_does_not_exist_is_refused(void **state)
{
	(void)state;
	assert_refused("EVPL_TRACE_NONSENSE", "1", "there is no such variable");
}

static void
a_report_file_is_added_to(void **state)
{
	char path[] = "/tmp/evpl-plugin_option-XXXXXX", text[64] = "";
	int file = mkstemp(path);

	(void)state;
	assert_true(file >= 0);
	assert_int_equal(write(file, "before\n", 7), 7);
	setenv("EVPL_TRACE_FILE", path, 1);
	plugin_options_read();
	unlink(path);
	fprintf(plugin_options.out, "after\n");
	fclose(plugin_options.out);
	assert_int_equal(pread(file, text, sizeof(text) - 1, 0), 13);
	assert_string_equal(text, "before\nafter\n");
	close(file);
}

static void
a_report_file_that_cannot_be_written_is_refused(void **state)
{
	(void)state;
	assert_refused("EVPL_TRACE_FILE", "/proc/no-such-folder/report",
		       "cannot be written: No such file or directory");
	assert_refused("EVPL_TRACE_FILE", "/", "cannot be written: Is a directory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_is_said_of_an_empty_environment, begin),
		cmocka_unit_test_setup(each_value_is_taken, begin),
		cmocka_unit_test_setup(a_wrong_value_is_refused, begin),
		cmocka_unit_test_setup(a_name_that_does_not_exist_is_refused, begin),
		cmocka_unit_test_setup(a_report_file_is_added_to, begin),
		cmocka_unit_test_setup(a_report_file_that_cannot_be_written_is_refused, begin),
	};

	defaults = plugin_options;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
