/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One buffer for many readers. 1 MiB, page-aligned and in one piece, is cloned for readers on two threads: as a whole
 * for some readers, and one page for others. The writer releases it first, and the last reader frees it. One clone is
 * left for the shutdown.
 */
#include <pthread.h>

#include "startup.h"

#define PAGE 4096
#define READERS 256 /* of each thread */

struct reader {
	struct evpl_iovec iov[READERS];
	unsigned wrong;
};

static void *
read_all(void *arg)
{
	struct reader *reader = arg;
	struct evpl *evpl = evpl_create(NULL);

	check(evpl != NULL);
	for (unsigned i = 0; i < READERS; i++) {
		unsigned length = i % 64 == 0 ? TRANSFER_SIZE : PAGE;
		uint64_t offset = i % 64 == 0 ? 0 : (uint64_t)i * PAGE;

		if (!startup_holds(&reader->iov[i], 1, length, 1, offset))
			reader->wrong++;
	}
	evpl_iovecs_release(evpl, reader->iov, READERS);
	evpl_destroy(evpl);
	return NULL;
}

int
main(void)
{
	static struct reader reader[2];
	struct evpl_iovec iov, last;
	pthread_t thread[2];
	struct evpl *evpl;

	startup("fanout");
	evpl = evpl_create(NULL);
	check(evpl != NULL);
	check(evpl_iovec_alloc(evpl, 1048576, 4096, 1, EVPL_IOVEC_FLAG_SHARED, &iov) == 1);
	check((uintptr_t)evpl_iovec_data(&iov) % 4096 == 0);
	iovec_fill(&iov, 1);
	for (unsigned i = 0; i < 2 * READERS; i++) {
		struct evpl_iovec *to = &reader[i / READERS].iov[i % READERS];

		if (i % 64 == 0)
			evpl_iovec_clone(to, &iov);
		else
			evpl_iovec_clone_segment(to, &iov, i % READERS * PAGE, PAGE);
	}
	evpl_iovec_move(&last, &iov);
	for (unsigned i = 0; i < 2; i++)
		check(pthread_create(&thread[i], NULL, read_all, &reader[i]) == 0);
	for (unsigned i = 0; i < 2; i++) {
		pthread_join(thread[i], NULL);
		check(reader[i].wrong == 0);
	}
	evpl_destroy(evpl);
	check(startup_holds(&last, 1, TRANSFER_SIZE, 1, 0));
	evpl_iovec_release(NULL, &last);
	return shutdown_and_check();
}
