/* SPDX-License-Identifier: BSD-3-Clause */
/* Operations on packets: made of iovecs, taken apart, received, cloned by DPDK, freed. */
#include <errno.h>

#include "hold.h"
#include "operations.h"
#include "printed.h"

#define MOST 6u	    /* iovecs of a packet */
#define RECEIVED 3u /* segments of a received packet */

/* The packet could not be made: the views stay what they were. */
static void
take_back(struct world *w, struct evpl_iovec *iovec, const struct evpl_iovec *was, const struct piece *piece,
	  const uint32_t *most, unsigned n)
{
	expect(w, memcmp(iovec, was, n * sizeof(*iovec)) == 0, "a call that failed has changed its iovecs");
	for (unsigned i = 0; i < n; i++)
		hold_enter_again(w, &iovec[i], &piece[i], most[i], i);
}

/* The view that begins where an iovec ends, and counts on the same mbuf; otherwise any. */
static struct view *
draw_next(struct world *w, const struct evpl_iovec *before)
{
	const char *end = (const char *)before->data + before->length;

	for (unsigned i = 0; i < w->views.n; i++) {
		struct view *v = &w->view[w->views.live[i]];

		if (v->iovec.data == end && v->iovec.ref == before->ref &&
		    ((v->iovec.flags & SHARED) || v->player == w->turn))
			return v;
	}
	return hold_draw_view(w);
}

static void
to_mbuf(struct world *w)
{
	struct context *c = operations_context(w);
	unsigned n = operations_draw(w, 2 * MOST), taken = 0;
	bool neighbours = n >= MOST;
	unsigned number;
	struct evpl_iovec iovec[MOST], was[MOST];
	struct packet packet = {0};
	struct piece piece[MOST];
	uint32_t most[MOST];

	if (c == NULL || w->packets.n == PACKETS)
		return;
	for (n = n % MOST + 1; taken < n; taken++) {
		struct view *v = neighbours && taken > 0 ? draw_next(w, &was[taken - 1]) : hold_draw_view(w);

		if (v == NULL)
			break;
		was[taken] = (struct evpl_iovec){v->iovec.data, v->iovec.length, v->iovec.flags, v->iovec.ref};
		hold_take_out(w, v, taken, &iovec[taken], &piece[taken], &most[taken]);
	}
	if (taken == 0)
		return;
	memcpy(was, iovec, taken * sizeof(iovec[0]));
	packet.mbuf = evpl_iovecs_to_mbuf(c->evpl, iovec, (int)taken);
	if (packet.mbuf == NULL) {
		uint32_t bytes = 0;

		for (unsigned i = 0; i < taken; i++)
			bytes += piece[i].length;
		expect(w, rte_errno == (bytes == 0 ? EINVAL : ENOMEM), "error %d for %u bytes", rte_errno, bytes);
		say(w, "evpl_iovecs_to_mbuf(%s, r, %u); /* NULL */", world_name(w, c), taken);
		take_back(w, iovec, was, piece, most, taken);
		return;
	}
	hold_check_new_packet(w, packet.mbuf, was, taken);
	for (unsigned i = 0; i < taken; i++) {
		if (piece[i].length > 0)
			packet.piece[packet.n++] = piece[i];
		else
			hold_let_go(w, &piece[i], 1);
	}
	number = packet_number(w, hold_packet(w, &packet));
	say(w, "p[%u] = evpl_iovecs_to_mbuf(%s, r, %u);", number, world_name(w, c), taken);
}

static void
free_packet(struct world *w)
{
	struct packet *p = hold_draw_packet(w), packet;

	if (p == NULL)
		return;
	hold_check_packet(w, p);
	say(w, "rte_pktmbuf_free(p[%u]);", packet_number(w, p));
	packet = hold_drop_packet(w, p);
	hold_let_go(w, packet.piece, packet.n);
	rte_pktmbuf_free(packet.mbuf);
}

static bool
is_chain_of_others(const struct rte_mbuf *m)
{
	bool others = false;

	if (m->nb_segs == 1)
		return false;
	for (; m != NULL; m = m->next)
		others |= rte_mbuf_refcnt_read(m) != 1;
	return others;
}

/* The pieces that a segment shows, of which `done` bytes of the first belong to the segment before. */
static unsigned
pieces_of(const struct packet *p, unsigned *at, uint32_t *done, uint32_t length, struct piece *piece)
{
	unsigned n = 0;

	while (length > 0) {
		const struct piece *whole = &p->piece[*at];
		uint32_t bytes = RTE_MIN(length, whole->length - *done);

		piece[n++] = (struct piece){whole->take, whole->offset + *done, bytes};
		*done += bytes;
		length -= bytes;
		if (*done == whole->length) {
			*done = 0;
			++*at;
		}
	}
	return n;
}

static void
from_mbuf(struct world *w)
{
	struct packet *p = hold_draw_packet(w), packet;
	struct context *c = operations_context(w);
	unsigned how = operations_draw(w, 256), flags = how & 1, most = how & 30 ? 64 : 1 + how / 32;
	struct evpl_iovec iovec[64];
	unsigned segments, at = 0;
	uint32_t done = 0;
	bool others;
	int n;

	if (p == NULL || c == NULL || w->views.n + 2 * PIECES > VIEWS || p->mbuf->nb_segs > PIECES)
		return;
	segments = p->mbuf->nb_segs;
	others = is_chain_of_others(p->mbuf);
	n = evpl_iovecs_from_mbuf(c->evpl, p->mbuf, flags, most, iovec);
	say(w, "evpl_iovecs_from_mbuf(%s, p[%u], %u, %u, r); /* %d */", world_name(w, c), packet_number(w, p), flags,
	    most, n);
	if (n < 0) {
		expect(w, others || segments > most, "error %d for a packet of %u segments", rte_errno, segments);
		expect(w, rte_errno == (others ? EINVAL : EMSGSIZE), "error %d instead of %d", rte_errno,
		       others ? EINVAL : EMSGSIZE);
		hold_check_packet(w, p);
		return;
	}
	expect(w, !others && n == (int)segments, "%d iovecs of %u segments", n, segments);
	packet = hold_drop_packet(w, p);
	for (int i = 0; i < n; i++) {
		struct piece piece[PIECES];
		unsigned pieces = pieces_of(&packet, &at, &done, iovec[i].length, piece);

		expect(w, (iovec[i].flags & SHARED) || !(flags & SHARED), "LOCAL, and SHARED was asked for");
		expect(w, (iovec[i].flags & SHARED) || iovec[i].ref->pool != world_foreign, "a direct mbuf is LOCAL");
		if (i > 0)
			say(w, "evpl_iovec_move(&r[0], &r[%d]);", i);
		hold_pieces(w, c, &iovec[i], piece, pieces);
	}
	hold_let_go(w, packet.piece, packet.n);
}

/* A random pool of received packets; NULL: the foreign one. */
static struct pool *
draw_pool(struct world *w)
{
	struct pool *pool = &w->pool[operations_draw(w, 2 * POOLS) % POOLS];

	return pool->pool != NULL ? pool : NULL;
}

static const struct reference_block *
block_of(const struct pool *pool, const struct rte_mbuf *m)
{
	static struct reference_block block;

	block = (struct reference_block){
		.name = m,
		.owner = pool != NULL ? pool->pool : world_foreign,
		.kind = pool != NULL ? REFERENCE_RX : REFERENCE_FOREIGN,
	};
	return &block;
}

/* A packet as a port would deliver it. */
static void
receive(struct world *w)
{
	struct pool *pool = draw_pool(w);
	struct rte_mempool *from = pool != NULL ? pool->pool : world_foreign;
	unsigned n = operations_draw(w, 2) ? 1 : 1 + operations_draw(w, RECEIVED),
		 room = pool != NULL ? pool->room : 2048;
	struct packet packet = {0};
	unsigned number;

	if (w->packets.n == PACKETS)
		return;
	for (unsigned i = 0; i < n; i++) {
		uint16_t length = (uint16_t)(1 + operations_draw(w, room));
		struct rte_mbuf *m = rte_pktmbuf_alloc(from);
		struct evpl_iovec iovec;

		if (m == NULL)
			break;
		iovec = (struct evpl_iovec){rte_pktmbuf_append(m, length), length, 0, m};
		expect(w, iovec.data != NULL, "an mbuf has no room for %u bytes", length);
		packet.piece[i] = (struct piece){hold_new_bytes(w, &iovec, block_of(pool, m)), 0, length};
		reference_hold(&w->reference, packet.piece[i].take);
		packet.n++;
		say(w, "r[%u].ref = rte_pktmbuf_alloc(%s); rte_pktmbuf_append(r[%u].ref, %u);", i,
		    printed_pool(w, pool), i, length);
		if (packet.mbuf == NULL) {
			packet.mbuf = m;
			continue;
		}
		expect(w, rte_pktmbuf_chain(packet.mbuf, m) == 0, "no chain");
		say(w, "rte_pktmbuf_chain(r[0].ref, r[%u].ref);", i);
	}
	if (packet.n == 0)
		return;
	number = packet_number(w, hold_packet(w, &packet));
	say(w, "p[%u] = r[0].ref;", number);
}

static void
packets_alloc(struct world *w)
{
	struct pool *pool = draw_pool(w);
	struct rte_mempool *from = pool != NULL ? pool->pool : world_foreign;
	struct context *c = operations_context(w);
	unsigned how = operations_draw(w, 256), flags = how & 1, number = 1 + how / 2 % 4;
	unsigned room = pool != NULL ? pool->room : 2048, length = 1 + operations_draw(w, room + room / 8);
	unsigned want = flags | (pool == NULL ? SHARED : LOCAL), slot;
	struct evpl_iovec iovec[4];
	int n;

	if (c == NULL || w->views.n + number > VIEWS)
		return;
	n = evpl_packets_alloc(c->evpl, from, length, flags, iovec, number);
	say(w, "evpl_packets_alloc(%s, %s, %u, %u, r, %u); /* %d */", world_name(w, c), printed_pool(w, pool), length,
	    flags, number, n);
	if (n < 0) {
		expect(w, rte_errno == (length > room ? EMSGSIZE : ENOMEM), "error %d for %u bytes of %u", rte_errno,
		       length, room);
		w->enomem += rte_errno == ENOMEM;
		return;
	}
	expect(w, n == (int)number && length <= room, "%d packets of %u bytes", n, length);
	for (unsigned i = 0; i < number; i++) {
		struct piece piece = {.length = length};

		expect(w, iovec[i].length == length && (iovec[i].flags & SHARED) == want, "%u bytes, flags 0x%x",
		       iovec[i].length, iovec[i].flags);
		piece.take = hold_new_bytes(w, &iovec[i], block_of(pool, iovec[i].ref));
		slot = view_number(w, hold_view(w, &iovec[i], &piece));
		say(w, "evpl_iovec_move(&v[%u], &r[%u]);", slot, i);
	}
}

static void
dpdk_clone(struct world *w)
{
	struct packet *p = hold_draw_packet(w), packet;
	unsigned from, number;

	if (p == NULL || w->packets.n == PACKETS)
		return;
	from = packet_number(w, p);
	packet = *p;
	packet.mbuf = rte_pktmbuf_clone(p->mbuf, world_clones);
	if (packet.mbuf == NULL)
		return;
	for (unsigned i = 0; i < packet.n; i++)
		reference_hold(&w->reference, packet.piece[i].take);
	number = packet_number(w, hold_packet(w, &packet));
	say(w, "p[%u] = rte_pktmbuf_clone(p[%u], clones);", number, from);
}

const struct operation operations_packet[] = {
	{"to_mbuf", to_mbuf, 8, 14},
	{"free", free_packet, 1, 10},
	{"from_mbuf", from_mbuf, 3, 10},
	{"receive", receive, 9, 5},
	{"packets_alloc", packets_alloc, 5, 5},
	{"rte_pktmbuf_clone", dpdk_clone, 1, 3},
	{0},
};
