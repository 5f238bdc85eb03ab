/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets of the other process: it makes them of what it was lent, sends them, and frees them, also the program's. */
#include <errno.h>

#include "hold.h"
#include "operations.h"
#include "parts.h"

/* What refusal() says of bytes of which the reference does not know whether they are in a packet's reach. */
#define PERHAPS (-1)

/*
 * Why no packet can be made of part i, if some of them are packets; 0: it can. Direct mbufs are in reach. Buffers are,
 * if all have an anchor. (A small iovec may be in a large buffer.)
 */
static int
refusal(const struct world *w, unsigned i, unsigned packets)
{
	const struct theirs *theirs = &w->lent->iovec[child_board->part[i].slot];
	enum reference_kind kind = w->reference.block[w->reference.take[theirs->piece.take].block].kind;
	uint32_t reach = 64u << 10;

	if (theirs->piece.length == 0)
		return EINVAL;
	if (theirs->piece.length > UINT16_MAX)
		return EMSGSIZE;
	if (w->far || kind == REFERENCE_RX)
		return ENOTSUP;
	if (kind == REFERENCE_BUFFER && (w->large > reach || (w->small == w->large && w->small < reach)))
		return PERHAPS;
	return packets == LENT_PACKETS ? ENOMEM : 0;
}

/* An mbuf that the child made of part i. */
static void
enter_mbuf(struct world *w, const struct rte_mbuf *mbuf, unsigned i)
{
	struct theirs *theirs = &w->lent->iovec[child_board->part[i].slot];
	struct sent *sent = lent_find(w, NULL);

	expect(w, lent_find(w, mbuf) == NULL, "the other process made a packet of an mbuf that is in use");
	expect(w, sent != NULL, "the other process made too many packets");
	*sent = (struct sent){.mbuf = mbuf, .loan = theirs->loan, .child = w->lent->children};
	reference_hold(&w->reference, theirs->piece.take);
	w->lent->loan[theirs->loan].iovecs--;
}

/* @return where a packet that the child made goes: it keeps it, or the program has it. NULL: there is no room. */
static struct packet *
draw_place(struct world *w, struct packet *mine)
{
	struct packet *kept = &w->lent->kept[operations_draw(w, LENT_KEPT + 2) % (LENT_KEPT + 1)];

	if (kept < w->lent->kept + LENT_KEPT && kept->mbuf == NULL)
		return kept;
	return w->packets.n < PACKETS ? mine : NULL;
}

static void
hand_over(struct world *w, const struct packet *packet)
{
	unsigned number = packet_number(w, hold_packet(w, packet));

	say(w, "/* p[%u] is that packet of the child */", number);
}

static void
to_mbuf(struct world *w)
{
	struct evpl_iovec was[CHILD_IOVECS];
	struct packet packet = {0}, *to = draw_place(w, &packet);
	unsigned n = parts_draw(w, CHILD_PARTS), packets;
	int error = 0;

	if (n == 0 || to == NULL)
		return;
	lent_collect(w);
	packets = lent_packets(w);
	for (unsigned i = 0; i < n && error == 0; i++)
		error = refusal(w, i, packets + i);
	memcpy(was, child_board->iovec, sizeof(was));
	lent_does(w, CHILD_PACKS);
	parts_say(w, "evpl_iovecs_to_mbuf(NULL)");
	if (child_board->mbuf == NULL) {
		expect(w, error != 0 && (error == child_board->error || error == PERHAPS), "error %d instead of %d",
		       child_board->error, error);
		parts_check_rest(w, was, 0);
		return;
	}
	expect(w, error == 0 || error == PERHAPS, "there is a packet, and the error should be %d", error);
	to->mbuf = child_board->mbuf;
	for (const struct rte_mbuf *m = to->mbuf; m != NULL && to->n < n; m = m->next) {
		to->piece[to->n] = w->lent->iovec[child_board->part[to->n].slot].piece;
		enter_mbuf(w, m, to->n++);
	}
	parts_check_rest(w, was, n);
	hold_check_new_packet(w, to->mbuf, NULL, 0);
	if (to == &packet)
		hand_over(w, &packet);
	else
		hold_check_packet(w, to);
}

static void
tx_burst(struct world *w)
{
	struct evpl_iovec was[CHILD_IOVECS];
	unsigned n = parts_draw(w, CHILD_PARTS), sent = 0, packets;
	int error = 0;

	if (n == 0 || w->n_flight + n > FLIGHTS)
		return;
	lent_collect(w);
	packets = lent_packets(w);
	while (sent < n && (error = refusal(w, sent, packets + sent)) == 0)
		sent++;
	memcpy(was, child_board->iovec, sizeof(was));
	child_board->port = world_port;
	lent_does(w, CHILD_BURSTS);
	parts_say(w, "evpl_tx_burst(NULL, port, 0)");
	if (error == PERHAPS) {
		expect(w, child_board->result >= (int)sent, "%d packets are sent instead of %u", child_board->result,
		       sent);
		sent = (unsigned)child_board->result;
	} else {
		expect(w, child_board->error == error, "error %d instead of %d", child_board->error, error);
	}
	expect(w, child_board->result == (int)sent, "%d packets are sent instead of %u", child_board->result, sent);
	for (unsigned i = 0; i < sent; i++) {
		struct packet packet = {.n = 1, .piece = {w->lent->iovec[child_board->part[i].slot].piece}};

		w->flight[(w->first_flight + w->n_flight++) % FLIGHTS] = packet;
	}
	lent_look_into_port(w);
	for (unsigned i = 0; i < sent; i++)
		enter_mbuf(w, w->flight[(w->first_flight + w->n_flight - sent + i) % FLIGHTS].mbuf, i);
	parts_check_rest(w, was, sent);
}

/* Another process can free near packets, and those that it made. Earlier children are yet other processes. */
static bool
can_free(struct world *w, const struct rte_mbuf *m)
{
	for (; m != NULL; m = m->next) {
		const struct sent *sent = lent_find(w, m);

		if (RTE_MBUF_HAS_EXTBUF(m) || (sent != NULL && sent->child != w->lent->children))
			return false;
	}
	return true;
}

/* If the child has detached, the mbufs that it made end in nobody's hands, unless an iovec is on them. */
static void
free_packet(struct world *w, struct packet *p)
{
	struct sent *sent[LENT_PACKETS];
	unsigned n = 0;

	hold_check_packet(w, p);
	for (const struct rte_mbuf *m = p->mbuf; m != NULL; m = m->next) {
		if (lent_find(w, m) != NULL)
			sent[n++] = lent_find(w, m);
	}
	child_board->mbuf = p->mbuf;
	child_board->n = 0;
	lent_does(w, CHILD_FREES);
	hold_let_go(w, p->piece, p->n);
	for (unsigned i = 0; i < n && !w->lent->attached; i++)
		lent_lose(w, sent[i]);
}

static void
free_there(struct world *w)
{
	struct packet *p = hold_draw_packet(w), packet;

	if (p == NULL || !can_free(w, p->mbuf))
		return;
	there(w, "rte_pktmbuf_free(p[%u])", packet_number(w, p));
	packet = hold_drop_packet(w, p);
	free_packet(w, &packet);
}

/* The child frees what it has kept, or the program gets it. */
static void
use_kept(struct world *w)
{
	struct packet *kept = &w->lent->kept[operations_draw(w, LENT_KEPT)], packet = *kept;

	if (kept->mbuf == NULL)
		return;
	if (operations_draw(w, 2) == 0) {
		*kept = (struct packet){0};
		there(w, "rte_pktmbuf_free() of a packet that it has kept");
		free_packet(w, &packet);
	} else if (w->packets.n < PACKETS) {
		*kept = (struct packet){0};
		hand_over(w, &packet);
	}
}

static void
try_refused(struct world *w)
{
	child_board->n = 0;
	child_board->which = operations_draw(w, 256);
	child_board->port = world_port;
	lent_does(w, CHILD_TRIES);
	there(w, "a refused call, %u", child_board->which % 6);
	expect(w, child_board->result == 1, "call %u is not refused as it should be: error %d", child_board->which % 6,
	       child_board->error);
}

/* A child that has detached can only free. */
static void
pass_on(struct world *w)
{
	unsigned how = operations_draw(w, 16);

	if (!w->lent->lives)
		return;
	if (how < 3)
		free_there(w);
	else if (how < 6)
		use_kept(w);
	else if (!w->lent->attached)
		return;
	else if (how < 11)
		to_mbuf(w);
	else if (how < 15)
		tx_burst(w);
	else
		try_refused(w);
	lent_settle(w);
}

const struct operation operations_there_packet[] = {
	{"the other process: packets", pass_on, OPERATIONS_TAKE_ARGUMENTS, 3},
	{0},
};
