/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The page of the live table (apps/fwd/screen.c), and when it is due (apps/fwd/table.c). What would break: a page that
 * is larger than the terminal, which then scrolls; several tables at once after a stall.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "screen.h"
#include "table.h"

#define END '\001'

/* A terminal: what is written to `out` can be read from `master`. */
struct terminal {
	int master;
	FILE *out;
};

static void
open_terminal(struct terminal *t)
{
	t->master = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(t->master >= 0 && grantpt(t->master) == 0 && unlockpt(t->master) == 0);
	t->out = fopen(ptsname(t->master), "w");
	assert_non_null(t->out);
}

static void
close_terminal(struct terminal *t)
{
	fclose(t->out);
	close(t->master);
}

static void
resize(struct terminal *t, unsigned width, unsigned height)
{
	struct winsize size = {.ws_col = (unsigned short)width, .ws_row = (unsigned short)height};

	assert_int_equal(ioctl(t->master, TIOCSWINSZ, &size), 0);
}

/* What was printed since the last call. A terminal hands on what is written with a delay, so the end is marked. */
static const char *
printed(struct terminal *t)
{
	static char text[65536];
	size_t length = 0;

	fputc(END, t->out);
	fflush(t->out);
	do {
		ssize_t n = read(t->master, text + length, sizeof(text) - length);

		assert_true(n > 0);
		length += (size_t)n;
	} while (text[length - 1] != END);
	text[length - 1] = '\0';
	return text;
}

/* A page of more lines, and longer ones, than most terminals have. */
static void
draw(struct screen *s)
{
	screen_begin(s);
	for (unsigned i = 0; i < 60; i++)
		screen_line(
			s,
			"%03u 456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
			i);
	screen_end(s);
}

/* The lines of a page without control sequences: how many, and the longest. */
static void
measure(const char *page, unsigned *lines, unsigned *longest)
{
	unsigned length = 0;

	*lines = *longest = 0;
	for (; *page != '\0'; page++) {
		if (*page == '\033') {
			while (*page < 'A' || *page == '[')
				page++;
		} else if (*page == '\n') {
			(*lines)++;
			length = 0;
		} else if (*page != '\r') {
			length++;
		}
		if (length > *longest)
			*longest = length;
	}
}

static void
page_fits_the_terminal(void **state)
{
	static const unsigned sizes[][2] = {{80, 24}, {81, 25}, {40, 10}, {20, 2}, {5, 5}, {2, 2}, {1, 1}, {200, 100}};
	static struct screen s;
	unsigned lines, longest;
	struct terminal t;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		unsigned width = sizes[i][0] > 1 ? sizes[i][0] - 1 : 1, height = sizes[i][1] > 1 ? sizes[i][1] - 1 : 1;

		open_terminal(&t);
		resize(&t, sizes[i][0], sizes[i][1]);
		screen_init(&s, t.out);
		draw(&s);
		measure(printed(&t), &lines, &longest);
		assert_int_equal(lines, height < 60 ? height : 60);
		assert_int_equal(longest, width < 91 ? width : 91);
		close_terminal(&t);
	}
}

static void
page_without_a_size_is_80_by_24(void **state)
{
	static struct screen s;
	unsigned lines, longest;
	struct terminal t;

	(void)state;
	open_terminal(&t);
	resize(&t, 0, 0);
	screen_init(&s, t.out);
	draw(&s);
	measure(printed(&t), &lines, &longest);
	assert_int_equal(lines, 23);
	assert_int_equal(longest, 79);
	close_terminal(&t);
}

static void
page_replaces_the_one_before(void **state)
{
	static struct screen s;
	unsigned lines, longest;
	struct terminal t;
	const char *page;

	(void)state;
	open_terminal(&t);
	resize(&t, 80, 24);
	screen_init(&s, t.out);
	draw(&s);
	assert_null(strstr(printed(&t), "\033[2J"));
	draw(&s);
	page = printed(&t);
	assert_ptr_equal(strstr(page, "\033[23A"), page);
	/* In another size nobody knows where the lines of the page before are: everything is cleared. */
	resize(&t, 60, 10);
	draw(&s);
	page = printed(&t);
	assert_ptr_equal(strstr(page, "\033[H\033[2J"), page);
	measure(page, &lines, &longest);
	assert_int_equal(lines, 9);
	assert_int_equal(longest, 59);
	draw(&s);
	page = printed(&t);
	assert_ptr_equal(strstr(page, "\033[9A"), page);
	close_terminal(&t);
}

static void
page_tells_that_the_terminal_has_another_size(void **state)
{
	static struct screen s;
	struct terminal t;

	(void)state;
	open_terminal(&t);
	screen_init(&s, t.out);
	assert_false(screen_resized());
	raise(SIGWINCH);
	assert_true(screen_resized());
	assert_false(screen_resized());
	close_terminal(&t);
}

static void
page_in_a_file_is_whole(void **state)
{
	static struct screen s;
	FILE *file = tmpfile();
	char line[256];
	unsigned lines = 0;

	(void)state;
	assert_non_null(file);
	screen_init(&s, file);
	draw(&s);
	draw(&s);
	rewind(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		assert_int_equal(strlen(line), 92);
		assert_null(strchr(line, '\033'));
		lines++;
	}
	assert_int_equal(lines, 120);
	fclose(file);
}

static void
text_is_broken_at_spaces(void **state)
{
	static struct screen s;
	struct terminal t;

	(void)state;
	open_terminal(&t);
	resize(&t, 11, 24);
	screen_init(&s, t.out);
	screen_begin(&s);
	screen_text(&s, "one two three fourteen_letters 1234567890 x");
	screen_end(&s);
	assert_string_equal(printed(&t),
			    "one two\033[K\r\nthree\033[K\r\nfourteen_l\033[K\r\netters\033[K\r\n1234567890\033[K"
			    "\r\nx\033[K\r\n\033[J");
	close_terminal(&t);
}

static void
table_is_due_once_per_period_and_once_after_a_stall(void **state)
{
	struct fwd_clock clock = {.period_s = 1, .next = 1}, half = {.period_s = 0.5, .next = 1}, never = {.next = 1};

	(void)state;
	assert_false(fwd_clock_due(&clock, 0));
	assert_false(fwd_clock_due(&clock, 0.99));
	assert_true(fwd_clock_due(&clock, 1.001));
	assert_false(fwd_clock_due(&clock, 1.5));
	assert_true(fwd_clock_due(&clock, 2));
	/* Nothing happened for more than three seconds. */
	assert_true(fwd_clock_due(&clock, 5.7));
	assert_false(fwd_clock_due(&clock, 5.705));
	assert_false(fwd_clock_due(&clock, 5.99));
	assert_true(fwd_clock_due(&clock, 6));
	assert_true(fwd_clock_due(&half, 0.5));
	assert_true(fwd_clock_due(&half, 1.1));
	assert_false(fwd_clock_due(&half, 1.4));
	assert_false(fwd_clock_due(&never, 1000));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_fits_the_terminal),
		cmocka_unit_test(page_without_a_size_is_80_by_24),
		cmocka_unit_test(page_replaces_the_one_before),
		cmocka_unit_test(page_tells_that_the_terminal_has_another_size),
		cmocka_unit_test(page_in_a_file_is_whole),
		cmocka_unit_test(text_is_broken_at_spaces),
		cmocka_unit_test(table_is_due_once_per_period_and_once_after_a_stall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
