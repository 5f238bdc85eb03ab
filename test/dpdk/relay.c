/* SPDX-License-Identifier: BSD-3-Clause */
#include "relay.h"
#include "support.h"

#define SEGMENTS 4

/* The first two bytes are the number i. Then comes stream i. */
static unsigned
length_of(uint16_t i)
{
	return 64 + i * 7 % 1400u;
}

struct rte_mbuf *
relay_make(struct evpl *evpl, uint16_t i)
{
	struct evpl_iovec whole, segment[SEGMENTS];
	unsigned n = i % SEGMENTS + 1, length = length_of(i), each = length / n;
	struct rte_mbuf *packet;

	if (evpl_iovec_alloc(evpl, length, 0, 1, i / SEGMENTS % 2 ? SHARED : LOCAL, &whole) != 1)
		return NULL;
	memcpy(evpl_iovec_data(&whole), &i, sizeof(i));
	bytes_fill((char *)evpl_iovec_data(&whole) + sizeof(i), length - sizeof(i), i, 0);
	for (unsigned k = 0; k < n; k++)
		evpl_iovec_clone_segment(&segment[k], &whole, k * each, k + 1 < n ? each : length - k * each);
	evpl_iovec_release(evpl, &whole);
	packet = evpl_iovecs_to_mbuf(evpl, segment, (int)n);
	if (packet == NULL)
		evpl_iovecs_release(evpl, segment, (int)n);
	return packet;
}

bool
relay_check(const struct rte_mbuf *packet, uint16_t *r_i)
{
	uint8_t room[2048];
	const uint8_t *bytes;
	uint32_t length = rte_pktmbuf_pkt_len(packet);

	if (length < sizeof(*r_i) || length > sizeof(room))
		return false;
	bytes = rte_pktmbuf_read(packet, 0, length, room);
	memcpy(r_i, bytes, sizeof(*r_i));
	return length == length_of(*r_i) &&
	       bytes_right(bytes + sizeof(*r_i), length - sizeof(*r_i), *r_i, 0) == length - sizeof(*r_i);
}

struct rte_mbuf *
relay_turn(struct evpl *evpl, struct rte_mbuf *packet)
{
	struct evpl_iovec iovec[SEGMENTS], clone;
	int n = evpl_iovecs_from_mbuf(evpl, packet, SHARED, SEGMENTS, iovec);

	if (n < 0) {
		rte_pktmbuf_free(packet);
		return NULL;
	}
	evpl_iovec_clone(&clone, &iovec[n - 1]);
	evpl_iovec_release(evpl, &iovec[n - 1]);
	evpl_iovec_move(&iovec[n - 1], &clone);
	packet = evpl_iovecs_to_mbuf(evpl, iovec, n);
	if (packet == NULL)
		evpl_iovecs_release(evpl, iovec, n);
	return packet;
}
