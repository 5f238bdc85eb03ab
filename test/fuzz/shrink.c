/* SPDX-License-Identifier: BSD-3-Clause */
/* Delta debugging: parts of half the program are left out, then of a quarter, and so on down to one operation. */
#include "shrink.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "operations.h"
#include "trial.h"

struct shrinking {
	struct trial trial;
	uint8_t *program, *candidate;
	size_t size;
	unsigned tries;
	time_t said;
};

unsigned
shrink_count(const uint8_t *program, size_t size)
{
	unsigned n = 0;

	for (size_t at = 1; at < size; n++)
		at += operations_length(program + at, size - at);
	return n;
}

static bool
fails(struct shrinking *s, size_t size)
{
	uint64_t steps;

	s->tries++;
	if (time(NULL) - s->said >= 10) {
		s->said = time(NULL);
		fprintf(stderr, "# shrinking: %u operations are left after %u trials\n",
			shrink_count(s->program, s->size), s->tries);
	}
	return !trial_run(&s->trial, s->candidate, size, &steps);
}

/* The place behind n operations. */
static size_t
behind(const struct shrinking *s, size_t at, unsigned n)
{
	while (n-- > 0 && at < s->size)
		at += operations_length(s->program + at, s->size - at);
	return at;
}

/* Tries to leave out each part of n operations. True: some are left out. */
static bool
leave_out(struct shrinking *s, unsigned n)
{
	bool some = false;

	for (size_t at = 1; at < s->size;) {
		size_t next = behind(s, at, n), size = s->size - (next - at);

		memcpy(s->candidate, s->program, at);
		memcpy(s->candidate + at, s->program + next, s->size - next);
		if (fails(s, size)) {
			memcpy(s->program, s->candidate, size);
			s->size = size;
			some = true;
		} else {
			at = next;
		}
	}
	return some;
}

static bool
becomes(struct shrinking *s, size_t at, uint8_t value)
{
	if (s->program[at] == value)
		return false;
	memcpy(s->candidate, s->program, s->size);
	s->candidate[at] = value;
	if (!fails(s, s->size))
		return false;
	s->program[at] = value;
	return true;
}

/* The bytes that choose operations stay. */
static bool
make_smaller(struct shrinking *s)
{
	bool some = false;

	for (size_t at = 1, next; at < s->size; at = next) {
		next = behind(s, at, 1);
		for (size_t i = at + 1; i < next; i++)
			some |= becomes(s, i, 0) || becomes(s, i, 1) || becomes(s, i, s->program[i] / 2);
	}
	return some;
}

size_t
shrink(uint8_t *program, size_t size)
{
	struct shrinking s = {.trial = {.quiet = true}, .program = program, .size = size, .said = time(NULL)};
	bool some = true;

	s.candidate = malloc(size);
	if (s.candidate == NULL)
		return size;
	for (unsigned n = shrink_count(program, size) / 2; n > 0; n /= 2)
		(void)leave_out(&s, n);
	for (unsigned round = 0; round < 4 && some; round++) {
		some = make_smaller(&s);
		for (unsigned n = 2; n > 0; n--)
			some |= leave_out(&s, n);
	}
	trial_end(&s.trial);
	free(s.candidate);
	fprintf(stderr, "# shrunk to %u operations by %u trials\n", shrink_count(s.program, s.size), s.tries);
	return s.size;
}
