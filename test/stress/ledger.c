/* SPDX-License-Identifier: BSD-3-Clause */
#include "ledger.h"

uint32_t
draw(struct player *p, uint32_t n)
{
	return dice_below(&p->dice, n);
}

void
check_entry(const struct entry *e)
{
	threads_check(bytes_right(evpl_iovec_data(&e->iovec), evpl_iovec_length(&e->iovec), e->seed, e->offset) ==
		      evpl_iovec_length(&e->iovec));
}

void
check_packet(const struct packet *packet)
{
	const struct rte_mbuf *m = packet->mbuf;
	uint32_t done = 0, pkt_len = 0;
	unsigned i = 0, segments = 0;

	for (; m != NULL; m = m->next, segments++) {
		const char *data = rte_pktmbuf_mtod(m, const char *);

		pkt_len += m->data_len;
		/* Neighbours are one segment. */
		for (uint32_t at = 0, bytes; at < m->data_len; at += bytes) {
			const struct piece *piece = &packet->piece[i];

			if (!threads_check(i < packet->n))
				return;
			bytes = RTE_MIN(m->data_len - at, piece->length - done);
			threads_check(bytes_right(data + at, bytes, piece->seed, piece->offset + done) == bytes);
			done += bytes;
			if (done == piece->length) {
				i++;
				done = 0;
			}
		}
	}
	threads_check(i == packet->n && done == 0);
	threads_check(packet->mbuf->nb_segs == segments && packet->mbuf->pkt_len == pkt_len);
}

void
move_entry(struct entry *dst, struct entry *src)
{
	evpl_iovec_move(&dst->iovec, &src->iovec);
	dst->seed = src->seed;
	dst->offset = src->offset;
	dst->most = src->most;
}

void
add(struct player *p, struct evpl_iovec *iovec, uint64_t seed, uint64_t offset, uint32_t most)
{
	struct entry *e = &p->entry[p->n++];

	evpl_iovec_move(&e->iovec, iovec);
	e->seed = seed;
	e->offset = offset;
	e->most = most;
}

void
drop(struct player *p, unsigned i, struct entry *e)
{
	move_entry(e, &p->entry[i]);
	if (i != --p->n)
		move_entry(&p->entry[i], &p->entry[p->n]);
}

struct packet
drop_packet(struct player *p)
{
	unsigned i = draw(p, p->n_packets);
	struct packet packet = p->packet[i];

	p->packet[i] = p->packet[--p->n_packets];
	check_packet(&packet);
	return packet;
}
