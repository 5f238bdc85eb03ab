/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is held is asked for at any time: two places, one of them twice.
 * expect: evpl_leak_report: iovecs are held: 3 iovecs, 228 bytes
 * ends: well
 */
#include "zoo.h"

static void
bug(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovecs[3];

	for (unsigned i = 0; i < 2; i++)
		evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovecs[i]); /* leaked: 2 iovecs, 128 bytes */
	evpl_iovec_alloc(evpl, 100, 0, 1, flags, &iovecs[2]);	     /* leaked: 1 iovec, 100 bytes */
	evpl_leak_report(stderr);
	evpl_iovecs_release(evpl, iovecs, 3);
}

static void
twin(struct evpl *evpl, unsigned flags)
{
	struct evpl_iovec iovecs[3];
	char *said = NULL;
	size_t size = 0;
	FILE *out;

	for (unsigned i = 0; i < 3; i++)
		evpl_iovec_alloc(evpl, 64, 0, 1, flags, &iovecs[i]);
	evpl_iovecs_release(evpl, iovecs, 3);
	out = open_memstream(&said, &size);
	evpl_leak_report(out);
	fclose(out);
	zoo_check(!EVPL_IOVEC_TRACE || strcmp(said, "evpl_leak_report: iovecs are held: 0 iovecs, 0 bytes\n") == 0,
		  said);
	free(said);
}
