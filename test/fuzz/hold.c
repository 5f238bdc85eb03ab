/* SPDX-License-Identifier: BSD-3-Clause */
#include "hold.h"
#include "lent.h"
#include "operations.h"

static unsigned
slots_take(struct slots *s)
{
	unsigned slot = s->live[s->n];

	s->place[slot] = s->n++;
	return slot;
}

static void
slots_give(struct slots *s, unsigned slot)
{
	uint16_t last = s->live[--s->n], place = s->place[slot];

	s->live[place] = last;
	s->place[last] = place;
	s->live[s->n] = (uint16_t)slot;
}

struct view *
hold_draw_view(struct world *w)
{
	unsigned n = w->views.n, first = n > 0 ? operations_draw(w, n) : 0;

	for (unsigned i = 0; i < n; i++) { /* LOCAL ones of the other player are left out */
		struct view *v = &w->view[w->views.live[(first + i) % n]];

		if ((v->iovec.flags & SHARED) || v->player == w->turn)
			return v;
	}
	return NULL;
}

struct packet *
hold_draw_packet(struct world *w)
{
	return w->packets.n > 0 ? &w->packet[w->packets.live[operations_draw(w, w->packets.n)]] : NULL;
}

uint32_t
hold_new_bytes(struct world *w, const struct evpl_iovec *iovec, const struct reference_block *block)
{
	uint32_t take;

	lent_settle(w);
	take = reference_take(&w->reference, (uintptr_t)iovec->data, iovec->length);
	expect(w, take != REFERENCE_NONE, "%u bytes at %p were handed out, and somebody holds some of them",
	       iovec->length, iovec->data);
	reference_place(&w->reference, take, block);
	content_write(iovec->data, iovec->length, w->reference.take[take].stream, 0);
	return take;
}

struct view *
hold_view(struct world *w, struct evpl_iovec *iovec, const struct piece *piece)
{
	unsigned slot = slots_take(&w->views);
	struct view *v = &w->view[slot];

	evpl_iovec_move(&v->iovec, iovec);
	v->take = piece->take;
	v->offset = piece->offset;
	v->most = piece->length;
	v->player = (uint8_t)w->turn;
	reference_hold(&w->reference, v->take);
	hold_check_view(w, v);
	return v;
}

struct view *
hold_taken(struct world *w, const struct context *c, struct evpl_iovec *iovec)
{
	const struct reference_block block = {
		.name = iovec->ref,
		.owner = c->owner,
		.size = iovec->length > w->small ? w->large : w->small,
		.kind = REFERENCE_BUFFER,
	};
	struct piece piece = {.length = iovec->length};

	piece.take = hold_new_bytes(w, iovec, &block);
	return hold_view(w, iovec, &piece);
}

/* A reservation can be ended with its first iovecs only. */
static void
end_reservations(struct world *w, unsigned slot)
{
	for (unsigned i = 0; i < CONTEXTS; i++) {
		struct context *c = &w->context[w->turn][i];

		for (unsigned k = 0; k < c->n_reserved; k++) {
			if (c->reserved[k] == slot)
				c->n_reserved = k;
		}
	}
}

void
hold_drop_view(struct world *w, struct view *v, struct evpl_iovec *iovec, struct piece *piece)
{
	unsigned slot = view_number(w, v);

	end_reservations(w, slot);
	if (piece != NULL)
		*piece = (struct piece){v->take, v->offset, v->iovec.length};
	else
		reference_let_go(&w->reference, v->take);
	evpl_iovec_move(iovec, &v->iovec);
	slots_give(&w->views, slot);
}

void
hold_take_out(struct world *w, struct view *v, unsigned i, struct evpl_iovec *iovec, struct piece *piece,
	      uint32_t *most)
{
	*most = v->most;
	say(w, "evpl_iovec_move(&r[%u], &v[%u]);", i, view_number(w, v));
	hold_drop_view(w, v, iovec, piece);
}

void
hold_enter_again(struct world *w, struct evpl_iovec *iovec, const struct piece *piece, uint32_t most, unsigned i)
{
	struct view *v = hold_view(w, iovec, piece);

	v->most = most;
	hold_let_go(w, piece, 1);
	say(w, "evpl_iovec_move(&v[%u], &r[%u]);", view_number(w, v), i);
}

void
hold_check_view(struct world *w, const struct view *v)
{
	uint32_t length = evpl_iovec_length(&v->iovec);

	expect(w, content_is(evpl_iovec_data(&v->iovec), length, w->reference.take[v->take].stream, v->offset),
	       "v[%u] shows %u bytes, and not all of them are what was written", view_number(w, v), length);
}

void
hold_let_go(struct world *w, const struct piece *piece, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		reference_let_go(&w->reference, piece[i].take);
}

uint32_t
hold_packet_length(const struct packet *p)
{
	uint32_t length = 0;

	for (unsigned i = 0; i < p->n; i++)
		length += p->piece[i].length;
	return length;
}

struct packet *
hold_packet(struct world *w, const struct packet *packet)
{
	struct packet *p = &w->packet[slots_take(&w->packets)];

	*p = *packet;
	hold_check_packet(w, p);
	return p;
}

struct packet
hold_drop_packet(struct world *w, struct packet *p)
{
	slots_give(&w->packets, packet_number(w, p));
	return *p;
}

void
hold_check_packet(struct world *w, const struct packet *p)
{
	uint32_t done = 0, bytes = 0, segments = 0, i = 0;

	for (const struct rte_mbuf *m = p->mbuf; m != NULL; m = m->next, segments++) {
		const char *data = rte_pktmbuf_mtod(m, const char *);

		expect(w, m->data_len > 0, "a segment of a packet has no bytes");
		bytes += m->data_len;
		for (uint32_t at = 0, n; at < m->data_len; at += n) { /* neighbours are one segment */
			const struct piece *piece = &p->piece[i];

			expect(w, i < p->n, "a packet has more bytes than its iovecs had");
			n = RTE_MIN(m->data_len - at, piece->length - done);
			expect(w, content_is(data + at, n, w->reference.take[piece->take].stream, piece->offset + done),
			       "a packet of %u bytes has not the bytes of its iovecs", p->mbuf->pkt_len);
			done += n;
			if (done == piece->length) {
				done = 0;
				i++;
			}
		}
	}
	expect(w, i == p->n && done == 0, "a packet has fewer bytes than its iovecs had");
	expect(w, p->mbuf->nb_segs == segments && p->mbuf->pkt_len == bytes,
	       "a packet of %u segments and %u bytes says %u and %u", segments, bytes, p->mbuf->nb_segs,
	       p->mbuf->pkt_len);
}

void
hold_check_new_packet(struct world *w, struct rte_mbuf *m, const struct evpl_iovec *iovec, unsigned n)
{
	for (; m != NULL; m = m->next) {
		bool received = false; /* it goes out as the mbuf that it came in */

		for (unsigned i = 0; i < n; i++)
			received |= m == iovec[i].ref;
		expect(w, (m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK) == 0, "a new packet has flags 0x%llx",
		       (unsigned long long)m->ol_flags);
		if (!received)
			expect(w,
			       m->tx_offload == 0 && m->vlan_tci == 0 && m->packet_type == 0 && m->vlan_tci_outer == 0,
			       "a new packet has fields of an earlier one");
		m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
		m->tx_offload = UINT64_MAX;
		m->vlan_tci = m->vlan_tci_outer = UINT16_MAX;
		m->packet_type = UINT32_MAX;
		m->port = 7;
		m->hash.rss = UINT32_MAX;
	}
}

void
hold_pieces(struct world *w, struct context *c, struct evpl_iovec *iovec, const struct piece *piece, unsigned n)
{
	uint32_t at = 0;

	if (n == 1 && piece[0].length == iovec->length) {
		struct view *v = hold_view(w, iovec, &piece[0]);

		say(w, "evpl_iovec_move(&v[%u], &r[0]);", view_number(w, v));
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		struct evpl_iovec part;
		struct view *v;

		evpl_iovec_clone_segment(&part, iovec, at, piece[i].length);
		v = hold_view(w, &part, &piece[i]);
		say(w, "evpl_iovec_clone_segment(&v[%u], &r[0], %u, %u);", view_number(w, v), at, piece[i].length);
		at += piece[i].length;
	}
	expect(w, at == iovec->length, "an iovec has %u bytes instead of %u", iovec->length, at);
	say(w, "evpl_iovec_release(%s, &r[0]);", world_name(w, c));
	evpl_iovec_release(c->evpl, iovec);
}
