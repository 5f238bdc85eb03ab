/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Block I/O: one page-aligned iovec of 1 MiB is written to a file, and is read back into at most eight aligned iovecs.
 * The kernel's vectored calls use the data and length of the iovecs.
 */
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

#include "startup.h"

/* The whole of the file's first 1 MiB: the kernel may do it in steps. */
static void
transfer(int fd, bool write_it, const struct evpl_iovec *iovecs, int n)
{
	off_t at = 0;

	for (int i = 0; i < n; i++) {
		unsigned done = 0;

		while (done < evpl_iovec_length(&iovecs[i])) {
			struct iovec iov = {(char *)evpl_iovec_data(&iovecs[i]) + done,
					    evpl_iovec_length(&iovecs[i]) - done};
			ssize_t moved = write_it ? pwritev(fd, &iov, 1, at) : preadv(fd, &iov, 1, at);

			check(moved > 0);
			done += (unsigned)moved;
			at += moved;
		}
	}
}

static void
write_and_read_back(struct evpl *evpl, int fd, unsigned flags)
{
	struct evpl_iovec whole, pieces[8];
	int n;

	check(evpl_iovec_alloc(evpl, 1048576, 4096, 1, flags, &whole) == 1);
	check(evpl_iovec_length(&whole) == TRANSFER_SIZE);
	check((uintptr_t)evpl_iovec_data(&whole) % 4096 == 0);
	iovec_fill(&whole, flags);
	transfer(fd, true, &whole, 1);
	evpl_iovec_release(evpl, &whole);

	n = evpl_iovec_alloc(evpl, 1048576, 4096, 8, flags, pieces);
	check(n >= 1 && n <= 8);
	for (int i = 0; i < n; i++) {
		check((uintptr_t)evpl_iovec_data(&pieces[i]) % 4096 == 0);
		memset(evpl_iovec_data(&pieces[i]), 0, evpl_iovec_length(&pieces[i]));
	}
	transfer(fd, false, pieces, n);
	check(startup_holds(pieces, n, TRANSFER_SIZE, flags, 0));
	evpl_iovecs_release(evpl, pieces, n);
}

int
main(void)
{
	FILE *file = tmpfile();
	struct evpl *evpl;

	check(file != NULL);
	startup("block");
	evpl = evpl_create(NULL);
	check(evpl != NULL);
	write_and_read_back(evpl, fileno(file), 0);
	write_and_read_back(evpl, fileno(file), EVPL_IOVEC_FLAG_SHARED);
	fclose(file);
	evpl_destroy(evpl);
	return shutdown_and_check();
}
