/* SPDX-License-Identifier: BSD-3-Clause */
#include "screen.h"

#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* What a terminal without a size is taken for. */
#define USUAL_WIDTH 80
#define USUAL_HEIGHT 24

#define CURSOR_UP "\033[%uA\r"
#define CLEAR_LINE "\033[K"
#define CLEAR_BELOW "\033[J"
#define CLEAR_ALL "\033[H\033[2J"

static volatile sig_atomic_t resized;

static void
on_resized(int number)
{
	(void)number;
	resized = 1;
}

bool
screen_resized(void)
{
	bool was = resized != 0;

	resized = 0;
	return was;
}

/* Sets the size of a page. True if it is another one than before. */
static bool
take_size(struct screen *s)
{
	unsigned width = s->width, height = s->height;
	struct winsize size = {0};

	if (ioctl(fileno(s->out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
		size = (struct winsize){.ws_col = USUAL_WIDTH, .ws_row = USUAL_HEIGHT};
	/* Some terminals go to the next line behind the last column. The cursor needs a line of its own. */
	s->width = size.ws_col > 1 ? size.ws_col - 1u : 1;
	s->height = size.ws_row > 1 ? size.ws_row - 1u : 1;
	return s->width != width || s->height != height;
}

void
screen_init(struct screen *s, FILE *out)
{
	struct sigaction action = {.sa_handler = on_resized, .sa_flags = SA_RESTART};

	memset(s, 0, sizeof(*s));
	s->out = out;
	s->width = s->height = SCREEN_NO_LIMIT;
	s->in_place = isatty(fileno(out)) != 0;
	if (!s->in_place)
		return;
	take_size(s);
	sigaction(SIGWINCH, &action, NULL);
}

/* Adds bytes, all or none. */
static bool __attribute__((format(printf, 2, 3))) add(struct screen *s, const char *format, ...)
{
	size_t room = sizeof(s->bytes) - s->length;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(s->bytes + s->length, room, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room)
		return false;
	s->length += (size_t)n;
	return true;
}

void
screen_begin(struct screen *s)
{
	s->length = 0;
	if (s->in_place) {
		/* If the size is another one, nobody knows where the terminal has put the lines of the page before. */
		if (take_size(s))
			add(s, CLEAR_ALL);
		else if (s->lines != 0)
			add(s, CURSOR_UP, s->lines);
	}
	s->lines = 0;
}

unsigned
screen_room(const struct screen *s)
{
	return s->height - s->lines;
}

void
screen_line(struct screen *s, const char *format, ...)
{
	char line[512];
	int width = s->width < sizeof(line) ? (int)s->width : (int)sizeof(line) - 1;
	va_list args;

	if (screen_room(s) == 0)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (add(s, "%.*s%s\n", width, line, s->in_place ? CLEAR_LINE : ""))
		s->lines++;
}

void
screen_text(struct screen *s, const char *text)
{
	while (*text != '\0') {
		size_t length = strlen(text), end = s->width;

		if (length > end) {
			while (end > 0 && text[end] != ' ')
				end--;
			length = end > 0 ? end : s->width;
		}
		screen_line(s, "%.*s", (int)length, text);
		text += length;
		text += strspn(text, " ");
	}
}

void
screen_end(struct screen *s)
{
	if (s->in_place)
		add(s, CLEAR_BELOW);
	fwrite(s->bytes, 1, s->length, s->out);
	fflush(s->out);
}
