/* SPDX-License-Identifier: BSD-3-Clause */
#include "command.h"

#include <ctype.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_version.h>

#include "error.h"

/* getopt returns an index into the options plus this number, which no short option has. */
#define LONG_OPTION 256

/* One option of all tables. getopt returns an index into an array of these. */
struct row {
	const struct option_row *option;
	void *values; /* of its table */
	bool given;
};

/* A command line while it is parsed. */
struct reading {
	const struct command *command;
	struct row *rows;
	size_t count;
	struct option *longs; /* getopt's */
	char *shorts;	      /* getopt's */
};

/* In getopt's terms. */
static int
takes_argument(const char *argument)
{
	if (argument == NULL)
		return no_argument;
	return argument[0] == '[' && argument[strlen(argument) - 1] == ']' ? optional_argument : required_argument;
}

static void
print_line(const struct command *c, const struct option_row *row)
{
	int takes = takes_argument(row->argument);
	char option[64], letter[8] = "";

	if (row->letter != '\0')
		snprintf(letter, sizeof(letter), ", -%c", row->letter);
	if (takes == no_argument)
		snprintf(option, sizeof(option), "--%s%s", row->name, letter);
	else if (takes == required_argument)
		snprintf(option, sizeof(option), "--%s=%s%s", row->name, row->argument, letter);
	else
		snprintf(option, sizeof(option), "--%s[=%s%s", row->name, row->argument + 1, letter);
	printf("  %-*s %s\n", c->width, option, row->help);
}

static void
print_help(const struct reading *r)
{
	static const struct option_row help = {.name = "help", .letter = 'h', .help = "this text"},
				       version = {.name = "version", .help = "the version"};
	const struct command *c = r->command;

	printf("Usage: %s [EAL options] -- [options]\n%s\n", c->program, c->about);
	if (r->rows[0].option->name != NULL)
		printf("\nOptions:\n");
	for (size_t i = 0; i < r->count; i++) {
		const struct option_row *option = r->rows[i].option;

		if (option->name == NULL)
			printf("\n%s:\n", option->help);
		else
			print_line(c, option);
	}
	printf("\n");
	print_line(c, &help);
	print_line(c, &version);
	c->help_more();
}

static void
print_version(const struct command *c)
{
	printf("%s %s, %s\n", c->program, c->version, rte_version());
}

static bool
is_option(const char *argument, const char *name)
{
	size_t length = strcspn(argument, "=");

	return name != NULL && length > 2 && strncmp(argument, "--", 2) == 0 && strlen(name) == length - 2 &&
	       strncmp(argument + 2, name, length - 2) == 0;
}

static bool
is_letter(const char *argument, char letter)
{
	return letter != '\0' && argument[0] == '-' && argument[1] == letter && argument[2] == '\0';
}

/*
 * Before "--" there are only EAL's options, and the options that need no EAL. EAL would answer any other option of ours
 * with its long usage text. The letter of a refused option is none of EAL's.
 */
static int
parse_eal_part(const struct reading *r, int count, char **argv)
{
	const struct command *c = r->command;

	for (int i = 1; i < count; i++) {
		if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
			print_help(r);
			return 0;
		}
		if (strcmp(argv[i], "--version") == 0) {
			print_version(c);
			return 0;
		}
		for (size_t k = 0; k < r->count; k++) {
			const struct option_row *option = r->rows[k].option;

			if (option->kind == OPTION_IS_REFUSED &&
			    (is_option(argv[i], option->name) || is_letter(argv[i], option->letter)))
				return option_set(option, r->rows[k].values, NULL);
			if (!is_option(argv[i], option->name))
				continue;
			if (c->anywhere == NULL || strcmp(option->name, c->anywhere) != 0) {
				error_line("%s belongs behind --: %s [EAL options] -- [options]", argv[i], c->program);
				return -1;
			}
			if (strchr(argv[i], '=') != NULL) {
				error_line("%s: this option takes no value", argv[i]);
				return -1;
			}
			if (option_set(option, r->rows[k].values, NULL) != 0)
				return -1;
		}
	}
	return count;
}

/* Prints the error line for the beginning of a name, if it is that of several options. */
static bool
refuse_ambiguous(const struct reading *r, const char *argument)
{
	size_t length = strcspn(argument, "=");
	char names[256] = "";
	unsigned n = 0;

	for (size_t i = 0; i < r->count && length > 2; i++) {
		const char *name = r->rows[i].option->name;

		if (name == NULL || strncmp(name, argument + 2, length - 2) != 0)
			continue;
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s--%s", n++ == 0 ? "" : ", ", name);
	}
	if (n > 1)
		error_line("%.*s is the beginning of several options: %s", (int)length, argument, names);
	return n > 1;
}

/* Prints the error line for an argument that getopt did not accept. */
static void
refuse_argument(const struct reading *r, int id, const char *argument)
{
	/* Several short options may be in one argument: optopt is the wrong one. Long options are not characters. */
	bool is_short = optopt != 0 && optopt < LONG_OPTION;

	if (is_short && isgraph((unsigned char)optopt))
		error_line(id == ':' ? "-%c needs a value" : "-%c: no such option (see --help)", optopt);
	else if (is_short)
		error_line("-\\x%02x: no such option (see --help)", (unsigned)(unsigned char)optopt);
	else if (id == ':')
		error_line("%s needs a value", argument);
	else if (optopt != 0)
		error_line("%s: this option takes no value", argument);
	else if (!refuse_ambiguous(r, argument))
		error_line("%s: no such option (see --help)", argument);
}

/*
 * The value of an option whose value may be left out: it stands behind "=", or is the next argument if that is not an
 * option.
 */
static const char *
file_name(int argc, char **argv)
{
	if (optarg != NULL)
		return optarg;
	if (optind < argc && (argv[optind][0] != '-' || argv[optind][1] == '\0'))
		return argv[optind++];
	return "-";
}

/* One line for all options that were accepted and change nothing. */
static void
note_useless(const struct reading *r)
{
	char names[400] = "";
	size_t length = 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct option_row *option = r->rows[i].option;

		if (option->kind != OPTION_IS_NOTED || !r->rows[i].given)
			continue;
		if (length + strlen(option->name) + sizeof(", --, ...") > sizeof(names)) {
			strcpy(names + length, ", ...");
			break;
		}
		length += (size_t)sprintf(names + length, "%s--%s", length == 0 ? "" : ", ", option->name);
	}
	if (length != 0)
		error_line("note: accepted, but without effect here: %s (--help says why)", names);
}

/* The row of what getopt returned; NULL: help or version. */
static struct row *
row_of(const struct reading *r, int id)
{
	if (id >= LONG_OPTION)
		return id < LONG_OPTION + (int)r->count ? &r->rows[id - LONG_OPTION] : NULL;
	for (size_t i = 0; i < r->count; i++) {
		if (r->rows[i].option->letter == id)
			return &r->rows[i];
	}
	return NULL;
}

static int
parse_own_part(const struct reading *r, int argc, char **argv)
{
	int id;

	while ((id = getopt_long(argc, argv, r->shorts, r->longs, NULL)) != -1) {
		const char *text = optarg;
		struct row *row;

		if (id == '?' || id == ':') {
			refuse_argument(r, id, argv[optind - 1]);
			return -1;
		}
		row = row_of(r, id);
		if (row == NULL && id == LONG_OPTION + (int)r->count + 1) {
			print_version(r->command);
			return 0;
		}
		if (row == NULL) {
			print_help(r);
			return 0;
		}
		row->given = true;
		if (takes_argument(row->option->argument) == optional_argument)
			text = file_name(argc, argv);
		if (option_set(row->option, row->values, text) != 0)
			return -1;
	}
	if (optind < argc) {
		error_line("%s: not an option", argv[optind]);
		return -1;
	}
	note_useless(r);
	return 1;
}

/* Makes getopt_long()'s lists of options from the rows. */
static void
fill_options(const struct reading *r)
{
	struct option *next = r->longs;
	/* ":" makes getopt tell a missing value from an unknown option. */
	char *letter = stpcpy(r->shorts, "+:h");

	for (size_t i = 0; i < r->count; i++) {
		const struct option_row *option = r->rows[i].option;

		if (option->name == NULL)
			continue;
		next->name = option->name;
		next->has_arg = takes_argument(option->argument);
		next++->val = LONG_OPTION + (int)i;
		if (option->letter == '\0')
			continue;
		*letter++ = option->letter;
		if (option->argument != NULL)
			*letter++ = ':';
	}
	*letter = '\0';
	*next++ = (struct option){.name = "help", .val = LONG_OPTION + (int)r->count};
	*next = (struct option){.name = "version", .val = LONG_OPTION + (int)r->count + 1};
}

static int
parse_arguments(const struct reading *r, int argc, char **argv)
{
	int eal_count = 1, rc;

	while (eal_count < argc && strcmp(argv[eal_count], "--") != 0)
		eal_count++;
	rc = parse_eal_part(r, eal_count, argv);
	if (rc <= 0 || eal_count == argc)
		return rc;
	fill_options(r);
	opterr = 0;
	/* 0 also forgets a cluster of short options that an earlier command line ended in. */
	optind = 0;
	/* getopt skips its first argument, which is the "--" here. */
	rc = parse_own_part(r, argc - eal_count, argv + eal_count);
	optind = 1;
	return rc <= 0 ? rc : eal_count;
}

/* Whether the last row's name and letter are in no row before it. */
static bool
is_first(const struct reading *r)
{
	const struct option_row *last = r->rows[r->count - 1].option;

	for (size_t i = 0; i + 1 < r->count && last->name != NULL; i++) {
		const struct option_row *row = r->rows[i].option;

		if (row->name == NULL)
			continue;
		if (strcmp(row->name, last->name) == 0 || (last->letter != '\0' && row->letter == last->letter)) {
			error_line("--%s: the program has this option twice", last->name);
			return false;
		}
	}
	return true;
}

/* One row for each option, whose fields get their defaults. False: an error line says which row is wrong. */
static bool
take_tables(struct reading *r, void *values)
{
	for (size_t i = 0; i < r->command->table_count; i++) {
		const struct command_table *t = &r->command->tables[i];
		void *own = (char *)values + t->offset;

		for (size_t k = 0; k < t->count; k++) {
			r->rows[r->count++] = (struct row){.option = &t->rows[k], .values = own};
			if (option_check(r->rows[r->count - 1].option) != 0 || !is_first(r))
				return false;
		}
		option_set_defaults(t->rows, t->count, own);
	}
	return true;
}

int
command_parse(const struct command *command, int argc, char **argv, void *values)
{
	struct reading r = {.command = command};
	size_t count = 0;
	int rc = -1;

	for (size_t i = 0; i < command->table_count; i++)
		count += command->tables[i].count;
	r.rows = calloc(count, sizeof(*r.rows));
	r.longs = calloc(count + 3, sizeof(*r.longs));
	r.shorts = calloc(count + 3, 2);
	if (r.rows == NULL || r.longs == NULL || r.shorts == NULL) {
		error_line("out of memory");
		exit(EXIT_FAILURE);
	}
	if (take_tables(&r, values))
		rc = parse_arguments(&r, argc, argv);
	free(r.rows);
	free(r.longs);
	free(r.shorts);
	return rc;
}
