/* SPDX-License-Identifier: BSD-3-Clause */
#include "capture.h"

#include <stdlib.h>
#include <unistd.h>

static char text[16384];
static FILE *captured, *kept;
static int original;

/* Not by an assert: a failed one would print to the stream itself. */
static void
must(int done)
{
	if (!done)
		abort();
}

void
capture_begin(FILE *stream)
{
	fflush(stream);
	captured = stream;
	kept = tmpfile();
	must(kept != NULL);
	original = dup(fileno(stream));
	must(original >= 0 && dup2(fileno(kept), fileno(stream)) >= 0);
}

const char *
capture_end(void)
{
	size_t length;

	fflush(captured);
	must(dup2(original, fileno(captured)) >= 0);
	close(original);
	rewind(kept);
	length = fread(text, 1, sizeof(text) - 1, kept);
	text[length] = '\0';
	fclose(kept);
	return text;
}
