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

/* In getopt's terms. */
static int
takes_argument(const char *argument)
{
	if (argument == NULL)
		return no_argument;
	return argument[0] == '[' && argument[strlen(argument) - 1] == ']' ? optional_argument : required_argument;
}

static void
print_line(const struct command *c, const char *name, const char *argument, const char *help)
{
	int takes = takes_argument(argument);
	char option[64];

	if (takes == no_argument)
		snprintf(option, sizeof(option), "--%s", name);
	else if (takes == required_argument)
		snprintf(option, sizeof(option), "--%s=%s", name, argument);
	else
		snprintf(option, sizeof(option), "--%s[=%s", name, argument + 1);
	printf("  %-*s %s\n", c->width, option, help);
}

static void
print_help(const struct command *c)
{
	printf("Usage: %s [EAL options] -- [options]\n%s\n", c->program, c->about);
	if (c->options[0].name != NULL)
		printf("\nOptions:\n");
	for (size_t i = 0; i < c->count; i++) {
		if (c->options[i].name == NULL)
			printf("\n%s:\n", c->options[i].help);
		else
			print_line(c, c->options[i].name, c->options[i].argument, c->options[i].help);
	}
	print_line(c, "help", NULL, "this text");
	print_line(c, "version", NULL, "the version");
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

/*
 * Before "--" there are only EAL's options, and the options that need no EAL. EAL would answer any other option of ours
 * with its long usage text.
 */
static int
parse_eal_part(const struct command *c, int count, char **argv, void *values)
{
	for (int i = 1; i < count; i++) {
		if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0) {
			print_help(c);
			return 0;
		}
		if (strcmp(argv[i], "--version") == 0) {
			print_version(c);
			return 0;
		}
		for (size_t k = 0; k < c->count; k++) {
			if (!is_option(argv[i], c->options[k].name))
				continue;
			if (c->anywhere == NULL || strcmp(c->options[k].name, c->anywhere) != 0) {
				error_line("%s belongs behind --: %s [EAL options] -- [options]", argv[i], c->program);
				return -1;
			}
			if (strchr(argv[i], '=') != NULL) {
				error_line("%s: no such option, or a value too many (see --help)", argv[i]);
				return -1;
			}
			if (c->set(values, &c->options[k], NULL) != 0)
				return -1;
		}
	}
	return count;
}

/* Prints the error line for an argument that getopt did not accept. */
static void
refuse(int id, const char *argument)
{
	/* Several short options may be in one argument: optopt is the wrong one. Long options are not characters. */
	bool is_short = optopt != 0 && optopt < LONG_OPTION;

	if (is_short && isgraph((unsigned char)optopt))
		error_line("-%c: no such option (see --help)", optopt);
	else if (is_short)
		error_line("-\\x%02x: no such option (see --help)", (unsigned)(unsigned char)optopt);
	else if (id == ':')
		error_line("%s needs a value", argument);
	else
		error_line("%s: no such option, or a value too many (see --help)", argument);
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

static int
parse_own_part(const struct command *c, const struct option *longs, int argc, char **argv, void *values)
{
	int id;

	while ((id = getopt_long(argc, argv, "+:h", longs, NULL)) != -1) {
		const struct command_option *option;
		const char *text = optarg;

		if (id == '?' || id == ':') {
			refuse(id, argv[optind - 1]);
			return -1;
		}
		if (id == 'h' || id == LONG_OPTION + (int)c->count) {
			print_help(c);
			return 0;
		}
		if (id == LONG_OPTION + (int)c->count + 1) {
			print_version(c);
			return 0;
		}
		option = &c->options[id - LONG_OPTION];
		if (takes_argument(option->argument) == optional_argument)
			text = file_name(argc, argv);
		if (c->set(values, option, text) != 0)
			return -1;
	}
	if (optind < argc) {
		error_line("%s: not an option", argv[optind]);
		return -1;
	}
	return 1;
}

int
command_parse(const struct command *c, int argc, char **argv, void *values)
{
	struct option *longs, *next;
	int eal_count = 1, rc;

	while (eal_count < argc && strcmp(argv[eal_count], "--") != 0)
		eal_count++;
	rc = parse_eal_part(c, eal_count, argv, values);
	if (rc <= 0 || eal_count == argc)
		return rc;
	longs = calloc(c->count + 3, sizeof(*longs));
	if (longs == NULL) {
		error_line("out of memory");
		return -1;
	}
	next = longs;
	for (size_t i = 0; i < c->count; i++) {
		if (c->options[i].name == NULL)
			continue;
		next->name = c->options[i].name;
		next->has_arg = takes_argument(c->options[i].argument);
		next++->val = LONG_OPTION + (int)i;
	}
	*next++ = (struct option){.name = "help", .val = LONG_OPTION + (int)c->count};
	*next = (struct option){.name = "version", .val = LONG_OPTION + (int)c->count + 1};
	opterr = 0;
	optind = 1;
	/* getopt skips its first argument, which is the "--" here. */
	rc = parse_own_part(c, longs, argc - eal_count, argv + eal_count, values);
	free(longs);
	optind = 1;
	return rc <= 0 ? rc : eal_count;
}
