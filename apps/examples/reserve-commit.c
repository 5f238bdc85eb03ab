/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes whose length is known only after they were written: reserves room for the longest line, reads a line into it,
 * and commits what was read. The rest is taken back, so the next line begins there. Without the commit each line would
 * keep 2,048 bytes.
 *
 *	reserve-commit EAL_OPTIONS <LINES
 *
 *	seq 100 | ./reserve-commit --no-huge -m 128 --no-pci
 *
 * prints:
 *
 *	100 lines, 192 bytes, in 1 buffer
 *	the last one: 100
 */
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>

#include "example.h"

#define LONGEST 2048u /* longer lines become several */
#define LINES 1000

/* Reads a line, without its end. 1: a line; 0: there is no more; -1: no memory. */
static int
read_line(struct evpl *evpl, FILE *in, struct evpl_iovec *r_line)
{
	char *text;
	unsigned length;
	int more;

	if (evpl_iovec_reserve(evpl, LONGEST, 0, 1, r_line) != 1)
		return example_fail("evpl_iovec_reserve", rte_errno);
	text = evpl_iovec_data(r_line);
	more = fgets(text, (int)LONGEST, in) != NULL;
	length = more ? (unsigned)strcspn(text, "\n") : 0;
	evpl_iovec_set_length(r_line, length);
	evpl_iovec_commit(evpl, 0, r_line, 1);
	if (!more)
		evpl_iovec_release(evpl, r_line);
	return more;
}

int
main(int argc, char **argv)
{
	struct evpl_iovec lines[LINES];
	struct evpl_stats stats;
	struct evpl *evpl;
	unsigned long bytes = 0;
	int n = 0, rc = 0;

	if (example_begin(argc, argv, 0, &evpl) < 0)
		return 1;
	while (n < LINES && (rc = read_line(evpl, stdin, &lines[n])) == 1)
		bytes += evpl_iovec_length(&lines[n++]);
	evpl_stats_get(&stats);
	printf("%d lines, %lu bytes, in %u buffer%s\n", n, bytes, stats.buffers_in_use,
	       stats.buffers_in_use == 1 ? "" : "s");
	if (n > 0)
		printf("the last one: %.*s\n", (int)evpl_iovec_length(&lines[n - 1]),
		       (const char *)evpl_iovec_data(&lines[n - 1]));
	evpl_iovecs_release(evpl, lines, n);
	return example_end(evpl) | (rc < 0);
}
