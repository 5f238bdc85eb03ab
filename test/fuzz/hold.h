/* SPDX-License-Identifier: BSD-3-Clause */
/* Iovecs and packets of a world: entered into it, and taken out, with what the reference knows of them. */
#ifndef TEST_FUZZ_HOLD_H
#define TEST_FUZZ_HOLD_H

#include "world.h"

/** @return a random view that the player may use; NULL: there is none. Draws one argument. */
struct view *hold_draw_view(struct world *w);

/** @return a random packet; NULL: there is none. */
struct packet *hold_draw_packet(struct world *w);

/** Numbers of views and packets, as the printed program names them. */
static inline unsigned
view_number(const struct world *w, const struct view *v)
{
	return (unsigned)(v - w->view);
}

static inline unsigned
packet_number(const struct world *w, const struct packet *p)
{
	return (unsigned)(p - w->packet);
}

/** Enters new bytes: checks that nobody holds them, and writes a stream to them. @return their number. */
uint32_t hold_new_bytes(struct world *w, const struct evpl_iovec *iovec, const struct reference_block *block);

/** Enters an iovec, which is moved, as a view of these bytes, and checks them. */
struct view *hold_view(struct world *w, struct evpl_iovec *iovec, const struct piece *piece);

/** Enters what an alloc of a context returned. */
struct view *hold_taken(struct world *w, const struct context *c, struct evpl_iovec *iovec);

/** Takes a view out, and moves its iovec to @p iovec. @p piece (may be NULL) still holds its bytes. */
void hold_drop_view(struct world *w, struct view *v, struct evpl_iovec *iovec, struct piece *piece);

/** Takes a view out, with what hold_enter_again() needs: its iovec is r[i] of the program. */
void hold_take_out(struct world *w, struct view *v, unsigned i, struct evpl_iovec *iovec, struct piece *piece,
		   uint32_t *most);

/** Enters again a view that hold_take_out() took out. */
void hold_enter_again(struct world *w, struct evpl_iovec *iovec, const struct piece *piece, uint32_t most, unsigned i);

/** Checks the bytes of a view, through the calls. */
void hold_check_view(struct world *w, const struct view *v);

/** Lets go of pieces. */
void hold_let_go(struct world *w, const struct piece *piece, unsigned n);

/** Enters a packet, which is checked. */
struct packet *hold_packet(struct world *w, const struct packet *packet);

/** Takes a packet out. The copy that is returned holds its pieces. */
struct packet hold_drop_packet(struct world *w, struct packet *p);

/** Checks the segments of a packet against its pieces. */
void hold_check_packet(struct world *w, const struct packet *p);

/**
 * Checks the fields of a packet that was made of these iovecs: it asks for no offload, and what the library makes has
 * no field of an earlier packet. Then writes fields, as programs do, which must not come back with the next packet.
 */
void hold_check_new_packet(struct world *w, struct rte_mbuf *m, const struct evpl_iovec *iovec, unsigned n);

/** @return the bytes of all pieces. */
uint32_t hold_packet_length(const struct packet *p);

/** Enters an iovec that shows these pieces one after the other: a view for each. The iovec is released. */
void hold_pieces(struct world *w, struct context *c, struct evpl_iovec *iovec, const struct piece *piece, unsigned n);

#endif /* TEST_FUZZ_HOLD_H */
