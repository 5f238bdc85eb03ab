/* SPDX-License-Identifier: BSD-3-Clause */
/* Bursts on a net_ring port, which delivers what was sent, in order. */
#include <errno.h>

#include <rte_ethdev.h>

#include "hold.h"
#include "operations.h"

#define BURST 4u

static void
fly(struct world *w, const struct packet *packet)
{
	w->flight[(w->first_flight + w->n_flight++) % FLIGHTS] = *packet;
}

static void
tx_burst(struct world *w)
{
	struct context *c = operations_context(w);
	unsigned n = 1 + operations_draw(w, BURST), taken = 0, sent;
	struct evpl_iovec iovec[BURST], was[BURST];
	struct piece piece[BURST];
	uint32_t most[BURST];

	if (c == NULL || w->n_flight + BURST > FLIGHTS)
		return;
	for (; taken < n; taken++) {
		struct view *v = hold_draw_view(w);

		if (v == NULL)
			break;
		hold_take_out(w, v, taken, &iovec[taken], &piece[taken], &most[taken]);
	}
	memcpy(was, iovec, taken * sizeof(iovec[0]));
	rte_errno = 0;
	sent = evpl_tx_burst(c->evpl, world_port, 0, iovec, (uint16_t)taken);
	say(w, "evpl_tx_burst(%s, port, 0, r, %u); /* %u */", world_name(w, c), taken, sent);
	expect(w, sent <= taken, "%u sent of %u", sent, taken);
	if (sent < taken)
		expect(w, rte_errno == (piece[sent].length == 0 ? EINVAL : ENOMEM), "error %d for %u bytes", rte_errno,
		       piece[sent].length);
	for (unsigned i = 0; i < sent; i++) {
		struct packet packet = {.n = 1, .piece = {piece[i]}};

		expect(w, piece[i].length > 0, "an iovec without bytes was sent");
		fly(w, &packet);
	}
	expect(w, memcmp(&iovec[sent], &was[sent], (taken - sent) * sizeof(iovec[0])) == 0,
	       "an iovec that was not sent has changed");
	for (unsigned i = sent; i < taken; i++)
		hold_enter_again(w, &iovec[i], &piece[i], most[i], i);
}

static void
send_packet(struct world *w)
{
	struct packet *p = hold_draw_packet(w), packet;

	if (p == NULL || w->n_flight == FLIGHTS)
		return;
	say(w, "rte_eth_tx_burst(port, 0, &p[%u], 1);", packet_number(w, p));
	packet = hold_drop_packet(w, p);
	expect(w, rte_eth_tx_burst(world_port, 0, &packet.mbuf, 1) == 1, "the port sends nothing");
	packet.mbuf = NULL;
	fly(w, &packet);
}

static struct packet
land(struct world *w)
{
	w->n_flight--;
	return w->flight[w->first_flight++ % FLIGHTS];
}

static void
receive_packet(struct world *w)
{
	struct packet packet;
	struct rte_mbuf *mbuf;
	unsigned number;

	if (w->n_flight == 0 || w->packets.n == PACKETS)
		return;
	expect(w, rte_eth_rx_burst(world_port, 0, &mbuf, 1) == 1, "the port lost a packet");
	packet = land(w);
	packet.mbuf = mbuf;
	number = packet_number(w, hold_packet(w, &packet));
	say(w, "rte_eth_rx_burst(port, 0, &p[%u], 1);", number);
}

/* A packet of several segments was copied into an iovec, which is the context's. */
static void
enter_copy(struct world *w, const struct context *c, struct evpl_iovec *iovec, const struct packet *p)
{
	unsigned number;
	uint32_t at = 0;

	for (unsigned i = 0; i < p->n; i++) {
		const struct piece *piece = &p->piece[i];

		expect(w,
		       at + piece->length <= iovec->length &&
			       content_is((char *)iovec->data + at, piece->length,
					  w->reference.take[piece->take].stream, piece->offset),
		       "a packet of %u bytes was copied wrongly", iovec->length);
		at += piece->length;
	}
	expect(w, at == iovec->length, "%u bytes of %u were copied", iovec->length, at);
	hold_let_go(w, p->piece, p->n);
	number = view_number(w, hold_taken(w, c, iovec));
	say(w, "evpl_iovec_move(&v[%u], &r[0]);", number);
}

/* One packet at a time, so that it is known what became of it. */
static void
rx_burst(struct world *w)
{
	struct context *c = operations_context(w);
	struct evpl_iovec iovec;
	unsigned segments, n;
	struct evpl_stats before, after;
	struct packet packet;

	if (c == NULL || w->views.n + PIECES > VIEWS)
		return;
	if (w->n_flight == 0) {
		expect(w, evpl_rx_burst(c->evpl, world_port, 0, &iovec, 1) == 0, "the port has a packet too many");
		return;
	}
	evpl_stats_get(&before);
	n = evpl_rx_burst(c->evpl, world_port, 0, &iovec, 1);
	evpl_stats_get(&after);
	packet = land(w);
	say(w, "evpl_rx_burst(%s, port, 0, r, 1); /* %u */", world_name(w, c), n);
	segments = (unsigned)(after.rx_linearized - before.rx_linearized);
	if (n == 0) {
		bool too_long = hold_packet_length(&packet) > w->large;

		w->too_long += too_long;
		w->no_memory += !too_long;
		w->enomem += after.alloc_enomem - before.alloc_enomem;
		hold_let_go(w, packet.piece, packet.n);
	} else if (segments > 0) {
		w->linearized++;
		expect(w, !!(iovec.flags & SHARED) == c->rx_shared, "flags 0x%x", iovec.flags);
		enter_copy(w, c, &iovec, &packet);
	} else {
		expect(w, (iovec.flags & SHARED) || !c->rx_shared, "flags 0x%x", iovec.flags);
		hold_pieces(w, c, &iovec, packet.piece, packet.n);
		hold_let_go(w, packet.piece, packet.n);
	}
}

/* Several at once, of which none is dropped or copied: all have one segment. */
static void
rx_several(struct world *w)
{
	struct context *c = operations_context(w);
	struct rte_mbuf *mbuf[BURST];
	struct evpl_iovec iovec[BURST];
	unsigned n = RTE_MIN(1 + operations_draw(w, BURST), w->n_flight), single = 0;

	if (c == NULL || w->views.n + BURST * PIECES > VIEWS || w->n_flight + BURST > FLIGHTS)
		return;
	/* The others go round once more. */
	expect(w, rte_eth_rx_burst(world_port, 0, mbuf, (uint16_t)n) == n, "the port lost a packet");
	for (unsigned i = 0; i < n; i++) {
		struct packet packet = land(w);

		expect(w, rte_eth_tx_burst(world_port, 0, &mbuf[i], 1) == 1, "the port sends nothing");
		single += mbuf[i]->nb_segs == 1;
		fly(w, &packet);
	}
	if (single < n || n < w->n_flight)
		return; /* they are not at the front */
	expect(w, evpl_rx_burst(c->evpl, world_port, 0, iovec, (uint16_t)n) == n, "the port lost a packet");
	say(w, "evpl_rx_burst(%s, port, 0, r, %u);", world_name(w, c), n);
	for (unsigned i = 0; i < n; i++) {
		struct packet packet = land(w);

		if (i > 0)
			say(w, "evpl_iovec_move(&r[0], &r[%u]);", i);
		hold_pieces(w, c, &iovec[i], packet.piece, packet.n);
		hold_let_go(w, packet.piece, packet.n);
	}
}

const struct operation operations_port[] = {
	{"tx_burst", tx_burst, 6, 7},
	{"rte_eth_tx_burst", send_packet, 1, 5},
	{"rte_eth_rx_burst", receive_packet, 0, 5},
	{"rx_burst", rx_burst, 1, 7},
	{"rx_burst of several", rx_several, 2, 2},
	{0},
};
