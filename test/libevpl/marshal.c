/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Marshals messages whose length is known only when they are written: reserves the longest length, fills, sets the
 * lengths, commits. The next message uses the bytes that this one did not need, so many short messages take little
 * memory.
 */
#include "startup.h"

#define MESSAGES 4000
#define HELD 200
#define LONGEST 65536

static unsigned
length_of(unsigned number)
{
	return 20 + number * 37 % 400;
}

/* A message in one iovec. Its length is set by the call, or in the field. */
static void
marshal(struct evpl *evpl, struct evpl_iovec *iov, unsigned number)
{
	check(evpl_iovec_reserve(evpl, LONGEST, 0, 1, iov) == 1);
	check(evpl_iovec_length(iov) == LONGEST);
	bytes_fill(evpl_iovec_data(iov), length_of(number), number, 0);
	if (number & 1)
		iov->length = length_of(number);
	else
		evpl_iovec_set_length(iov, length_of(number));
	evpl_iovec_commit(evpl, 0, iov, 1);
}

static void
marshal_many_short(struct evpl *evpl)
{
	static struct evpl_iovec iov[HELD];
	struct evpl_stats stats;

	for (unsigned i = 0; i < MESSAGES; i++) {
		if (i >= HELD) {
			check(startup_holds(&iov[i % HELD], 1, length_of(i - HELD), i - HELD, 0));
			evpl_iovec_release(evpl, &iov[i % HELD]);
		}
		marshal(evpl, &iov[i % HELD], i);
	}
	for (unsigned i = MESSAGES - HELD; i < MESSAGES; i++)
		check(startup_holds(&iov[i % HELD], 1, length_of(i), i, 0));
	/* 200 reservations of 64 KiB that were never cut would be most of a slab. */
	evpl_stats_get(&stats);
	check(stats.slabs == 1);
	evpl_iovecs_release(evpl, iov, HELD);
}

/* A long message may be written in pieces; those that stayed empty are released. */
static void
marshal_long(struct evpl *evpl, unsigned length, unsigned alignment)
{
	struct evpl_iovec iov[8];
	unsigned left = length;
	int reserved = evpl_iovec_reserve(evpl, TRANSFER_SIZE, alignment, 8, iov), used = 0;

	check(reserved >= 1 && reserved <= 8);
	for (int i = 0; i < reserved; i++) {
		unsigned room = evpl_iovec_length(&iov[i]), here = left < room ? left : room;

		check(alignment == 0 || (uintptr_t)evpl_iovec_data(&iov[i]) % alignment == 0);
		evpl_iovec_set_length(&iov[i], here);
		left -= here;
		used += here != 0;
	}
	check(left == 0);
	iovecs_fill(iov, used, length);
	evpl_iovec_commit(evpl, alignment, iov, reserved);
	check(startup_holds(iov, used, length, length, 0));
	evpl_iovecs_release(evpl, iov, reserved);
}

int
main(void)
{
	const unsigned length[] = {1, 4095, 65536, 65537, 600000, TRANSFER_SIZE};
	struct evpl *evpl;

	startup("marshal");
	evpl = evpl_create(NULL);
	check(evpl != NULL);
	marshal_many_short(evpl);
	for (unsigned i = 0; i < sizeof(length) / sizeof(length[0]); i++) {
		marshal_long(evpl, length[i], 0);
		marshal_long(evpl, length[i], 8);
		marshal_long(evpl, length[i], 4096);
	}
	evpl_destroy(evpl);
	return shutdown_and_check();
}
