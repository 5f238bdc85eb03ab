/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A page of lines that is printed again and again. On a terminal each page replaces the one before it, and fits: it has
 * no more lines, and no longer ones, than the terminal. In a file pages follow each other, and nothing is cut.
 */
#ifndef FWD_SCREEN_H
#define FWD_SCREEN_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define SCREEN_NO_LIMIT UINT_MAX

struct screen {
	FILE *out;
	bool in_place;
	unsigned width, height; /* what a page may have; SCREEN_NO_LIMIT: anything */
	unsigned lines;		/* of the page that is made, or was made last */
	size_t length;
	char bytes[32768]; /* the page. It is printed in one write, and so does not flicker */
};

void screen_init(struct screen *s, FILE *out);

/* Whether the terminal's size has changed (SIGWINCH) since the last call. */
bool screen_resized(void);

/* Begins a page, for the size that the terminal has now. */
void screen_begin(struct screen *s);

/* Adds a line. It is cut at the width; if there is no room for it, it is left out. */
void screen_line(struct screen *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds a text as one line, or as several: it is broken at spaces. */
void screen_text(struct screen *s, const char *text);

/* How many lines still fit. */
unsigned screen_room(const struct screen *s);

/* Prints the page. */
void screen_end(struct screen *s);

#endif /* FWD_SCREEN_H */
