/* SPDX-License-Identifier: BSD-3-Clause */
/* What evpl_leak_report() tells of the samples that are held. */
#ifndef TEST_TOLD_H
#define TEST_TOLD_H

#include "support.h"

struct told {
	unsigned lines;		/* places */
	uint64_t iovecs, bytes; /* of all of them */
	char text[4096];
};

/** Calls evpl_leak_report(), and reads it. Fails the case if a line of it has another form. */
void report(struct told *told);

/** Takes @p n iovecs. It is one place of the program, whatever is inlined. */
void take(struct evpl *evpl, unsigned n, unsigned length, unsigned flags, struct evpl_iovec *iovecs);

#endif /* TEST_TOLD_H */
