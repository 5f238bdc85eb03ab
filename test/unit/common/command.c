/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program's tables of options (apps/common/command.c, option.c). What would break: an option that is taken and sets
 * nothing, or sets a field of another table; a default that is not there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>

#include "capture.h"
#include "command.h"

struct inner {
	uint16_t n16;
	uint64_t n64;
};

struct values {
	bool flag;
	unsigned flag_unsigned;
	uint32_t bytes;
	double seconds, percent;
	const char *text, *file;
	char first; /* of what is set by a function */
	struct inner inner;
};

static void
set_first(struct value *v, void *values)
{
	((struct values *)values)->first = v->text[0];
	if (v->text[0] == '-')
		value_expected(v, "something else");
}

static const struct option_row rows[] = {
	OPTION_HEADING("Options"),
	OPTION_FLAG(struct values, flag, "flag", "a bool"),
	OPTION_FLAG(struct values, flag_unsigned, "flag-unsigned", "an unsigned"),
	OPTION_BYTES(struct values, bytes, "bytes", "BYTES", "(4K)", 1024, UINT32_MAX, 4096),
	OPTION_SECONDS(struct values, seconds, "seconds", "(-1)", -1),
	OPTION_PERCENT(struct values, percent, "percent", "(0)"),
	OPTION_TEXT(struct values, text, "text", "TEXT", "(.)", "a text", "."),
	OPTION_FILE(struct values, file, "file", "[FILE]", "none"),
	OPTION_OTHER(set_first, "first", "WORD", "its first character"),
	OPTION_NOTED("older", 'o', NULL, "it changes nothing"),
	OPTION_NOTED("other", 'n', "N", "it changes nothing, with a number"),
	OPTION_REFUSED("refused", 'r', NULL, "it cannot be had"),
	OPTION_REFUSED("refused-value", 0, "N", "it cannot be had, with a number"),
};

static const struct option_row inner_rows[] = {
	OPTION_NUMBER(struct inner, n16, "n16", "N", "(7)", 1, UINT16_MAX, 7),
	OPTION_NUMBER(struct inner, n64, "n64", "N", "(8)", 0, UINT64_MAX, 8),
};

static const struct command_table tables[] = {
	{rows, RTE_DIM(rows), 0},
	{inner_rows, RTE_DIM(inner_rows), offsetof(struct values, inner)},
};

static void
help_more(void)
{
}

/* What the command line "program -- options..." comes to. */
static int
parse_by(const struct command_table *by, size_t count, struct values *values, int argc, const char *const *options)
{
	const struct command command = {
		.program = "unit-command",
		.version = "0",
		.about = "",
		.tables = by,
		.table_count = count,
		.help_more = help_more,
	};
	char copies[16][64] = {"program", "--"};
	char *argv[17] = {copies[0], copies[1]};

	for (int i = 0; i < argc; i++) {
		strncpy(copies[i + 2], options[i], sizeof(copies[0]) - 1);
		argv[i + 2] = copies[i + 2];
	}
	/* Texts are the command line's own bytes. */
	memset(values, 0x5a, sizeof(*values));
	values->first = '?';
	return command_parse(&command, argc + 2, argv, values);
}

static int
parse_one(struct values *values, const char *option)
{
	return parse_by(tables, RTE_DIM(tables), values, 1, &option);
}

static void
options_that_are_not_given_have_their_defaults(void **state)
{
	struct values v;

	(void)state;
	assert_int_equal(parse_by(tables, RTE_DIM(tables), &v, 0, NULL), 1);
	assert_false(v.flag);
	assert_int_equal(v.flag_unsigned, 0);
	assert_int_equal(v.bytes, 4096);
	assert_true(v.seconds == -1 && v.percent == 0);
	assert_string_equal(v.text, ".");
	assert_null(v.file);
	assert_int_equal(v.first, '?');
	assert_int_equal(v.inner.n16, 7);
	assert_int_equal(v.inner.n64, 8);
}

static void
options_set_their_own_field_and_no_other(void **state)
{
	struct values v;

	(void)state;
	assert_int_equal(parse_one(&v, "--flag"), 1);
	assert_true(v.flag && v.flag_unsigned == 0);
	assert_int_equal(parse_one(&v, "--flag-unsigned"), 1);
	assert_true(!v.flag && v.flag_unsigned == 1);
	assert_int_equal(parse_one(&v, "--bytes=64K"), 1);
	assert_int_equal(v.bytes, 65536);
	assert_true(v.seconds == -1);
	assert_int_equal(parse_one(&v, "--seconds=0.5"), 1);
	assert_true(v.seconds == 0.5 && v.percent == 0);
	assert_int_equal(parse_one(&v, "--percent=1.5%"), 1);
	assert_true(v.percent == 1.5 && v.seconds == -1);
	assert_int_equal(parse_one(&v, "--first=word"), 1);
	assert_int_equal(v.first, 'w');
	assert_int_equal(parse_one(&v, "--n16=65535"), 1);
	assert_int_equal(v.inner.n16, UINT16_MAX);
	assert_int_equal(v.inner.n64, 8);
	assert_int_equal(parse_one(&v, "--n64=18446744073709551615"), 1);
	assert_true(v.inner.n64 == UINT64_MAX && v.inner.n16 == 7);
	assert_int_equal(parse_one(&v, "--file"), 1);
	assert_string_equal(v.file, "-");
}

static void
options_out_of_range_are_refused(void **state)
{
	static const char *const wrong[] = {"--flag=1", "--bytes=1023", "--bytes=4G",  "--seconds=-1", "--percent=101",
					    "--text=",	"--first=-",	"--n16=0",     "--n16=65536",  "--n64=-1",
					    "--none",	"--n64=",	"--bytes=64k1"};
	struct values v;

	(void)state;
	for (size_t i = 0; i < RTE_DIM(wrong); i++)
		assert_int_equal(parse_one(&v, wrong[i]), -1);
}

static void
options_that_set_nothing_stop_the_program(void **state)
{
	static const struct option_row of_no_kind[] = {{.name = "nothing", .help = "is handled by nobody"}},
				       without_function[] = {OPTION_OTHER(NULL, "nothing", NULL, "the same")};
	const struct command_table wrong[] = {{of_no_kind, 1, 0}, {without_function, 1, 0}};
	struct values v;

	(void)state;
	for (size_t i = 0; i < RTE_DIM(wrong); i++)
		assert_int_equal(parse_by(&wrong[i], 1, &v, 0, NULL), -1);
}

static void
options_of_one_name_stop_the_program(void **state)
{
	static const struct option_row letters[] = {OPTION_NOTED("one", 'x', NULL, ""),
						    OPTION_REFUSED("two", 'x', NULL, "")};
	const struct command_table twice[] = {tables[1], {inner_rows, 1, offsetof(struct values, inner)}};
	const struct command_table same_letter = {letters, 2, 0};
	struct values v;

	(void)state;
	assert_int_equal(parse_by(twice, 1, &v, 0, NULL), 1);
	assert_int_equal(parse_by(twice, 2, &v, 0, NULL), -1);
	assert_int_equal(parse_by(&same_letter, 1, &v, 0, NULL), -1);
}

/* What a command line prints on stderr, after the program's name. */
static const char *
said(int argc, const char *const *options, int result)
{
	struct values v;
	const char *text;
	int rc;

	capture_begin(stderr);
	rc = parse_by(tables, RTE_DIM(tables), &v, argc, options);
	text = capture_end();
	assert_int_equal(rc, result);
	return *text == '\0' ? text : strchr(text, ' ') + 1;
}

static void
options_that_change_nothing_have_one_note(void **state)
{
	static const char *const options[] = {"-n", "3", "--older", "--n16=3", "-o", "--other=4"};

	(void)state;
	assert_string_equal(said(RTE_DIM(options), options, 1),
			    "note: accepted, but without effect here: --older, --other (--help says why)\n");
	assert_string_equal(said(1, options + 3, 1), "");
}

static void
options_that_are_wrong_say_in_what_way(void **state)
{
	static const struct {
		const char *option, *line;
	} wrong[] = {
		{"--refused", "--refused: it cannot be had\n"},
		{"-r", "--refused: it cannot be had\n"},
		{"--refused-value=1", "--refused-value: it cannot be had, with a number\n"},
		{"--flag=1", "--flag=1: this option takes no value\n"},
		{"--older=1", "--older=1: this option takes no value\n"},
		{"--nothing=1", "--nothing=1: no such option (see --help)\n"},
		{"-z", "-z: no such option (see --help)\n"},
		{"--n16", "--n16 needs a value\n"},
		{"-n", "-n needs a value\n"},
		{"--o=1", "--o is the beginning of several options: --older, --other\n"},
		{"word", "word: not an option\n"},
	};

	(void)state;
	for (size_t i = 0; i < RTE_DIM(wrong); i++)
		assert_string_equal(said(1, &wrong[i].option, -1), wrong[i].line);
}

static void
options_before_the_two_dashes_say_that_they_are_misplaced(void **state)
{
	static const struct command command = {
		.program = "program", .version = "0", .about = "", .tables = tables, .table_count = RTE_DIM(tables)};
	char name[] = "program", flag[] = "--flag", refused[] = "--refused", letter[] = "-r";
	char *misplaced[] = {name, flag, NULL}, *never[] = {name, refused, NULL}, *never_too[] = {name, letter, NULL};
	struct values v;

	(void)state;
	capture_begin(stderr);
	assert_int_equal(command_parse(&command, 2, misplaced, &v), -1);
	assert_non_null(strstr(capture_end(), ": --flag belongs behind --: "));
	capture_begin(stderr);
	assert_int_equal(command_parse(&command, 2, never, &v), -1);
	assert_non_null(strstr(capture_end(), ": --refused: it cannot be had\n"));
	capture_begin(stderr);
	assert_int_equal(command_parse(&command, 2, never_too, &v), -1);
	assert_non_null(strstr(capture_end(), ": --refused: it cannot be had\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_that_are_not_given_have_their_defaults),
		cmocka_unit_test(options_set_their_own_field_and_no_other),
		cmocka_unit_test(options_out_of_range_are_refused),
		cmocka_unit_test(options_that_set_nothing_stop_the_program),
		cmocka_unit_test(options_of_one_name_stop_the_program),
		cmocka_unit_test(options_that_change_nothing_have_one_note),
		cmocka_unit_test(options_that_are_wrong_say_in_what_way),
		cmocka_unit_test(options_before_the_two_dashes_say_that_they_are_misplaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
