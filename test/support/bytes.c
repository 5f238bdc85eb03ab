/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

/* The eight bytes at 8 * word of stream seed (a mixer of splitmix64). */
static uint64_t
word_at(uint64_t seed, uint64_t word)
{
	uint64_t z = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15) + word * UINT64_C(0xBF58476D1CE4E5B9);

	z = (z ^ (z >> 31)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 29);
}

static uint8_t
byte_at(uint64_t seed, uint64_t offset)
{
	return (uint8_t)(word_at(seed, offset / 8) >> (8 * (offset % 8)));
}

void
bytes_fill(void *p, uint64_t length, uint64_t seed, uint64_t offset)
{
	uint8_t *byte = p;
	uint64_t i = 0;

	while (i < length) {
		if ((offset + i) % 8 == 0 && length - i >= 8) {
			uint64_t word = word_at(seed, (offset + i) / 8);

			for (unsigned k = 0; k < 8; k++)
				byte[i + k] = (uint8_t)(word >> (8 * k));
			i += 8;
		} else {
			byte[i] = byte_at(seed, offset + i);
			i++;
		}
	}
}

uint64_t
bytes_right(const void *p, uint64_t length, uint64_t seed, uint64_t offset)
{
	const uint8_t *byte = p;
	uint8_t want[512];
	uint64_t i = 0;

	while (i < length) {
		uint64_t n = length - i < sizeof(want) ? length - i : sizeof(want);

		bytes_fill(want, n, seed, offset + i);
		if (memcmp(byte + i, want, n) != 0) {
			while (byte[i] == byte_at(seed, offset + i))
				i++;
			return i;
		}
		i += n;
	}
	return length;
}

void
iovec_fill(const struct evpl_iovec *iovec, uint64_t seed)
{
	bytes_fill(evpl_iovec_data(iovec), evpl_iovec_length(iovec), seed, 0);
}

void
iovec_take(struct evpl *evpl, unsigned length, unsigned flags, struct evpl_iovec *iovec, uint64_t seed)
{
	assert_int_equal(evpl_iovec_alloc(evpl, length, 0, 1, flags, iovec), 1);
	iovec_fill(iovec, seed);
}

void
iovec_assert(const struct evpl_iovec *iovec, uint64_t seed, uint64_t offset)
{
	uint64_t right = bytes_right(evpl_iovec_data(iovec), evpl_iovec_length(iovec), seed, offset);

	if (right != evpl_iovec_length(iovec))
		fail_msg("byte %llu of an iovec of %u is wrong", (unsigned long long)right, evpl_iovec_length(iovec));
}

void
iovec_swap(struct evpl_iovec *a, struct evpl_iovec *b)
{
	struct evpl_iovec moved;

	if (a == b)
		return;
	evpl_iovec_move(&moved, a);
	evpl_iovec_move(a, b);
	evpl_iovec_move(b, &moved);
}

uint64_t
iovecs_fill(const struct evpl_iovec *iovecs, int n, uint64_t seed)
{
	uint64_t offset = 0;

	for (int i = 0; i < n; i++) {
		bytes_fill(evpl_iovec_data(&iovecs[i]), evpl_iovec_length(&iovecs[i]), seed, offset);
		offset += evpl_iovec_length(&iovecs[i]);
	}
	return offset;
}

uint64_t
iovecs_assert(const struct evpl_iovec *iovecs, int n, uint64_t seed)
{
	uint64_t offset = 0;

	for (int i = 0; i < n; i++) {
		iovec_assert(&iovecs[i], seed, offset);
		offset += evpl_iovec_length(&iovecs[i]);
	}
	return offset;
}

void
mbuf_assert(const struct rte_mbuf *mbuf, uint64_t length, uint64_t seed)
{
	uint8_t room[1000]; /* no round number: its ends fall anywhere in the segments */

	assert_int_equal(rte_pktmbuf_pkt_len(mbuf), length);
	for (uint64_t at = 0; at < length; at += sizeof(room)) {
		uint32_t n = (uint32_t)(length - at < sizeof(room) ? length - at : sizeof(room));
		const void *p = rte_pktmbuf_read(mbuf, (uint32_t)at, n, room);
		uint64_t right;

		assert_non_null(p);
		right = bytes_right(p, n, seed, at);
		if (right != n)
			fail_msg("byte %llu of a packet of %llu is wrong", (unsigned long long)(at + right),
				 (unsigned long long)length);
	}
	assert_null(rte_pktmbuf_read(mbuf, (uint32_t)length, 1, room));
}

void
dice_init(struct dice *dice, uint64_t seed)
{
	dice->state = word_at(seed, 0) | 1;
}

uint32_t
dice_below(struct dice *dice, uint32_t n)
{
	dice->state ^= dice->state >> 12;
	dice->state ^= dice->state << 25;
	dice->state ^= dice->state >> 27;
	return (uint32_t)(((dice->state * UINT64_C(0x2545F4914F6CDD1D) >> 32) * n) >> 32);
}

void
bytes_seal(void *p, uint64_t length, uint64_t seed)
{
	memcpy(p, &seed, sizeof(seed));
	memcpy((char *)p + length - sizeof(seed), &seed, sizeof(seed));
}

bool
bytes_sealed(const void *p, uint64_t length)
{
	uint64_t seed;

	memcpy(&seed, p, sizeof(seed));
	return seed != 0 && memcmp(p, (const char *)p + length - sizeof(seed), sizeof(seed)) == 0;
}

void
iovec_draw(struct dice *dice, struct evpl_iovec *held, unsigned *n, struct evpl_iovec *iovec)
{
	unsigned at = dice_below(dice, *n);

	evpl_iovec_move(iovec, &held[at]);
	if (at != --*n)
		evpl_iovec_move(&held[at], &held[*n]);
}
