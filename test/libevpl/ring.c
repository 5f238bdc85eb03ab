/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A ring of iovecs with a count of its bytes, as a connection of libevpl keeps what it has to send. Iovecs are moved
 * in, and the count is taken from the source's length field after the move. The ring grows when it is full. Its front
 * is consumed in bytes, by cutting data and length by hand, or is handed out as iovecs.
 */
#include <stdlib.h>

#include "startup.h"

struct ring {
	struct evpl_iovec *slot;
	unsigned size, first, used; /* size is a power of two */
	uint64_t bytes;
};

static struct evpl_iovec *
ring_at(struct ring *ring, unsigned i)
{
	return &ring->slot[(ring->first + i) & (ring->size - 1)];
}

static void
ring_grow(struct ring *ring)
{
	struct ring larger = {.size = ring->size == 0 ? 4 : 2 * ring->size, .used = ring->used, .bytes = ring->bytes};

	larger.slot = calloc(larger.size, sizeof(*larger.slot));
	check(larger.slot != NULL);
	for (unsigned i = 0; i < ring->used; i++)
		evpl_iovec_move(&larger.slot[i], ring_at(ring, i));
	free(ring->slot);
	*ring = larger;
}

static void
ring_add(struct ring *ring, struct evpl_iovec *iov)
{
	if (ring->used == ring->size)
		ring_grow(ring);
	evpl_iovec_move(ring_at(ring, ring->used++), iov);
	ring->bytes += iov->length;
}

static void
ring_pop(struct ring *ring)
{
	ring->first++;
	ring->used--;
}

static void
ring_consume(struct evpl *evpl, struct ring *ring, uint64_t length)
{
	ring->bytes -= length;
	while (length > 0) {
		struct evpl_iovec *front = ring_at(ring, 0);

		if (front->length > length) {
			front->data = (char *)front->data + length;
			front->length -= (uint32_t)length;
			return;
		}
		length -= front->length;
		evpl_iovec_release(evpl, front);
		ring_pop(ring);
	}
}

/* Hands out the first bytes: whole iovecs are moved out, and of the last one a part is cloned. @return the iovecs. */
static int
ring_take(struct ring *ring, uint64_t length, struct evpl_iovec *out)
{
	int n = 0;

	ring->bytes -= length;
	while (length > 0) {
		struct evpl_iovec *front = ring_at(ring, 0);

		if (front->length > length) {
			evpl_iovec_clone_segment(&out[n++], front, 0, (uint32_t)length);
			front->data = (char *)front->data + length;
			front->length -= (uint32_t)length;
			break;
		}
		evpl_iovec_move(&out[n++], front);
		length -= front->length; /* of the source, after the move */
		ring_pop(ring);
	}
	return n;
}

static void
run(struct evpl *evpl, unsigned flags)
{
	static struct evpl_iovec out[2000];
	struct ring ring = {.size = 0};
	struct evpl_iovec iov[8], segment;
	uint64_t offset = 0;
	int n = evpl_iovec_alloc(evpl, TRANSFER_SIZE, 0, 8, flags, iov);

	check(n >= 1 && n <= 8);
	check(iovecs_fill(iov, n, flags) == TRANSFER_SIZE);
	for (int i = 0; i < n; i++) {
		unsigned at = 0, piece = 1000;

		for (; evpl_iovec_length(&iov[i]) - at > piece; at += piece) {
			evpl_iovec_clone_segment(&segment, &iov[i], at, piece);
			ring_add(&ring, &segment);
			/* Some leave at once, so that the ring's beginning wanders. */
			if (ring.used % 5 == 4) {
				ring_consume(evpl, &ring, 700);
				offset += 700;
			}
		}
		evpl_iovec_move_segment(&segment, &iov[i], at, evpl_iovec_length(&iov[i]) - at);
		ring_add(&ring, &segment);
	}
	check(ring.bytes == TRANSFER_SIZE - offset);
	while (ring.bytes > 0) {
		uint64_t length = ring.bytes < 70001 ? ring.bytes : 70001;
		int taken = ring_take(&ring, length, out);

		check(startup_holds(out, taken, length, flags, offset));
		evpl_iovecs_release(evpl, out, taken);
		offset += length;
	}
	check(ring.used == 0 && offset == TRANSFER_SIZE);
	free(ring.slot);
}

int
main(void)
{
	struct evpl *evpl;

	startup("ring");
	evpl = evpl_create(NULL);
	check(evpl != NULL);
	run(evpl, 0);
	run(evpl, EVPL_IOVEC_FLAG_SHARED);
	evpl_destroy(evpl);
	return shutdown_and_check();
}
