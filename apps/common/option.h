/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One option of a program, written in one place: its name, what it takes, its range, its default, its line in --help,
 * and the field that it sets. A program has tables of such rows (command.h), each for one struct.
 *
 *	static const struct option_row rows[] = {
 *		OPTION_HEADING("Ports"),
 *		OPTION_NUMBER(struct values, rxd, "rxd", "N", "descriptors of the RX queue (256)", 1, UINT16_MAX,
 *			      256),
 *		OPTION_OTHER(set_peer, "peer", "MAC", "who is behind the port"),
 *	};
 *
 * A field of another type than the row's, or too small for the row's range, does not build. A row without a kind stops
 * the program at its start.
 */
#ifndef APPS_OPTION_H
#define APPS_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "value.h"

enum option_kind {
	OPTION_IS_MISSING,
	OPTION_IS_HEADING,
	OPTION_IS_FLAG,
	OPTION_IS_NUMBER,
	OPTION_IS_BYTES,
	OPTION_IS_SECONDS,
	OPTION_IS_PERCENT,
	OPTION_IS_TEXT,
	OPTION_IS_OTHER,
	OPTION_IS_NOTED,
	OPTION_IS_REFUSED,
};

struct option_row {
	enum option_kind kind;
	const char *name;     /* NULL: a heading, in help */
	char letter;	      /* the same option as one letter; 0: none */
	const char *argument; /* NULL: takes none; all in brackets: a file's name, "-" if it is left out */
	const char *help;
	size_t offset, size; /* of the field */
	uint64_t min, max;   /* of a number, or of bytes */
	uint64_t usual;	     /* the default of these; of a flag 0 */
	double usual_seconds;
	const char *usual_text;
	const char *expected;				/* of a text: what it is */
	void (*set)(struct value *value, void *values); /* of another kind; the default is the program's */
};

/* Sets the fields of the rows to their defaults. Rows of another kind have none here. */
void option_set_defaults(const struct option_row *rows, size_t count, void *values);

/* Sets the row's field to what the text says; text NULL: there is none. 0, or -1 after an error line. */
int option_set(const struct option_row *row, void *values, const char *text);

/* Whether the row says what it sets. 0, or -1 after an error line. */
int option_check(const struct option_row *row);

/* The rest makes rows. */
typedef const char *option_text; /* one word, for _Generic below */
#define OPTION_FIELD(type, member) ((type *)0)->member

/* The size of an integer that holds max; it does not build for other types, or if max is more. */
#define OPTION_INTEGER(type, member, max)                                                                              \
	(_Generic(OPTION_FIELD(type, member), uint8_t : 1, uint16_t : 2, uint32_t : 4, uint64_t : 8) +                 \
	 0 * sizeof(struct {                                                                                           \
		 int unused;                                                                                           \
		 _Static_assert((uint64_t)(max) <= UINT64_MAX >> (64 - 8 * sizeof(OPTION_FIELD(type, member))),        \
				"the field has no room for the option's range");                                       \
	 }))

#define OPTION_HEADING(words)                                                                                          \
	{                                                                                                              \
		.kind = OPTION_IS_HEADING, .help = (words)                                                             \
	}
/* Takes no value, and sets the field to 1, or to true. */
#define OPTION_FLAG(type, member, words, text)                                                                         \
	{                                                                                                              \
		.kind = OPTION_IS_FLAG, .name = (words), .help = (text), .offset = offsetof(type, member),             \
		.size = _Generic(OPTION_FIELD(type, member), bool                                                      \
				 : sizeof(bool), unsigned                                                              \
				 : sizeof(unsigned))                                                                   \
	}
#define OPTION_INTEGER_OF(kind_, type, member, name_, argument_, help_, min_, max_, usual_)                            \
	{                                                                                                              \
		.kind = (kind_), .name = (name_), .argument = (argument_), .help = (help_),                            \
		.offset = offsetof(type, member), .size = OPTION_INTEGER(type, member, max_), .min = (min_),           \
		.max = (max_), .usual = (usual_)                                                                       \
	}
#define OPTION_NUMBER(type, member, name_, argument_, help_, min_, max_, usual_)                                       \
	OPTION_INTEGER_OF(OPTION_IS_NUMBER, type, member, name_, argument_, help_, min_, max_, usual_)
/* K, M and G may follow. */
#define OPTION_BYTES(type, member, name_, argument_, help_, min_, max_, usual_)                                        \
	OPTION_INTEGER_OF(OPTION_IS_BYTES, type, member, name_, argument_, help_, min_, max_, usual_)
#define OPTION_SECONDS(type, member, name_, help_, usual_)                                                             \
	{                                                                                                              \
		.kind = OPTION_IS_SECONDS, .name = (name_), .argument = "SECONDS", .help = (help_),                    \
		.offset = offsetof(type, member),                                                                      \
		.size = _Generic(OPTION_FIELD(type, member), double                                                    \
				 : sizeof(double)),                                                                    \
		.usual_seconds = (usual_)                                                                              \
	}
/* 0 to 100, as 1% or 0.5. */
#define OPTION_PERCENT(type, member, name_, help_)                                                                     \
	{                                                                                                              \
		.kind = OPTION_IS_PERCENT, .name = (name_), .argument = "PERCENT", .help = (help_),                    \
		.offset = offsetof(type, member),                                                                      \
		.size = _Generic(OPTION_FIELD(type, member), double                                                    \
				 : sizeof(double))                                                                     \
	}
#define OPTION_TEXT(type, member, name_, argument_, help_, expected_, usual_)                                          \
	{                                                                                                              \
		.kind = OPTION_IS_TEXT, .name = (name_), .argument = (argument_), .help = (help_),                     \
		.offset = offsetof(type, member),                                                                      \
		.size = _Generic(OPTION_FIELD(type, member), option_text                                               \
				 : sizeof(option_text)),                                                               \
		.expected = (expected_), .usual_text = (usual_)                                                        \
	}
/* Where a report goes. argument_: "FILE", or "[FILE]" where it may be left out. */
#define OPTION_FILE(type, member, name_, argument_, help_)                                                             \
	OPTION_TEXT(type, member, name_, argument_, help_, "a file to write, or - for stdout", NULL)
/* set_() takes the text, and sets what it likes. */
#define OPTION_OTHER(set_, name_, argument_, help_)                                                                    \
	{                                                                                                              \
		.kind = OPTION_IS_OTHER, .name = (name_), .argument = (argument_), .help = (help_), .set = (set_)      \
	}
/*
 * Options of another program, which its users type here as well. A noted one is accepted, and changes nothing: one note
 * names all of them. A refused one ends the program. help_ says why, in --help and in the error line. letter_: 0 if the
 * option has none.
 */
#define OPTION_NOTED(name_, letter_, argument_, help_)                                                                 \
	{                                                                                                              \
		.kind = OPTION_IS_NOTED, .name = (name_), .letter = (letter_), .argument = (argument_),                \
		.help = (help_)                                                                                        \
	}
#define OPTION_REFUSED(name_, letter_, argument_, help_)                                                               \
	{                                                                                                              \
		.kind = OPTION_IS_REFUSED, .name = (name_), .letter = (letter_), .argument = (argument_),              \
		.help = (help_)                                                                                        \
	}

#endif /* APPS_OPTION_H */
