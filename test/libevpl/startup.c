/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>

#include <rte_eal.h>

#include "program.h"
#include "startup.h"

void
startup_check(bool held, const char *what, const char *file, int line)
{
	if (held)
		return;
	fprintf(stderr, "%s:%d: %s does not hold\n", file, line, what);
	exit(1);
}

bool
startup_holds(const struct evpl_iovec *iovecs, int n, uint64_t length, uint64_t seed, uint64_t offset)
{
	uint64_t end = offset + length;

	for (int i = 0; i < n; i++) {
		unsigned here = evpl_iovec_length(&iovecs[i]);

		if (bytes_right(evpl_iovec_data(&iovecs[i]), here, seed, offset) != here)
			return false;
		offset += here;
	}
	return offset == end;
}

void
startup(const char *name)
{
	check(program_start_eal(name) >= 0);
	check(evpl_init(NULL) == 0);
}

int
shutdown_and_check(void)
{
	check(evpl_cleanup() == 0);
	return rte_eal_cleanup() != 0;
}
