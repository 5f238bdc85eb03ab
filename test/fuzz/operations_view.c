/* SPDX-License-Identifier: BSD-3-Clause */
/* Operations on iovecs: clone, move, set_length, release. */
#include "hold.h"
#include "operations.h"

static void
clone_whole(struct world *w)
{
	struct view *from = hold_draw_view(w), *to;
	struct evpl_iovec iovec;
	struct piece piece;

	if (from == NULL || w->views.n == VIEWS)
		return;
	evpl_iovec_clone(&iovec, &from->iovec);
	piece = (struct piece){from->take, from->offset, from->iovec.length};
	to = hold_view(w, &iovec, &piece);
	say(w, "evpl_iovec_clone(&v[%u], &v[%u]);", view_number(w, to), view_number(w, from));
}

static void
clone_segment(struct world *w)
{
	struct view *from = hold_draw_view(w), *to;
	uint32_t length = from != NULL ? from->iovec.length : 0, offset = operations_draw(w, 65536);
	struct evpl_iovec iovec;
	struct piece piece;

	if (from == NULL || w->views.n == VIEWS)
		return;
	offset %= length + 1;
	length = operations_draw(w, 65536) % (length - offset + 1);
	evpl_iovec_clone_segment(&iovec, &from->iovec, offset, length);
	piece = (struct piece){from->take, from->offset + offset, length};
	to = hold_view(w, &iovec, &piece);
	say(w, "evpl_iovec_clone_segment(&v[%u], &v[%u], %u, %u);", view_number(w, to), view_number(w, from), offset,
	    length);
}

static void
check_left(struct world *w, const struct evpl_iovec *iovec, uint32_t length)
{
	expect(w, iovec->data == NULL && iovec->ref == NULL && iovec->length == length,
	       "after a move the source has data %p, ref %p, length %u", iovec->data, (void *)iovec->ref,
	       iovec->length);
}

static void
move(struct world *w)
{
	struct view *v = hold_draw_view(w);
	struct evpl_iovec iovec;
	uint32_t length;

	if (v == NULL)
		return;
	length = v->iovec.length;
	say(w, "evpl_iovec_move(&r[0], &v[%u]); evpl_iovec_move(&v[%u], &r[0]);", view_number(w, v), view_number(w, v));
	evpl_iovec_move(&iovec, &v->iovec);
	check_left(w, &v->iovec, length);
	evpl_iovec_move(&v->iovec, &iovec);
	evpl_iovec_move(&v->iovec, &v->iovec); /* changes nothing */
	hold_check_view(w, v);
}

static void
move_segment(struct world *w)
{
	struct view *v = hold_draw_view(w);
	uint32_t offset = operations_draw(w, 65536), length = operations_draw(w, 65536), whole;
	struct evpl_iovec iovec, moved;
	struct piece piece;

	if (v == NULL)
		return;
	whole = v->iovec.length;
	offset %= whole + 1;
	length %= whole - offset + 1;
	say(w, "evpl_iovec_move_segment(&r[0], &v[%u], %u, %u);", view_number(w, v), offset, length);
	hold_drop_view(w, v, &iovec, &piece);
	evpl_iovec_move_segment(&moved, &iovec, offset, length);
	check_left(w, &iovec, whole);
	piece.offset += offset;
	piece.length = length;
	hold_enter_again(w, &moved, &piece, length, 0);
}

static void
set_length(struct world *w)
{
	struct view *v = hold_draw_view(w);
	uint32_t length = operations_draw(w, 65536);

	if (v == NULL)
		return;
	length = operations_draw(w, 4) == 0 ? v->most : length % (v->most + 1);
	say(w, "evpl_iovec_set_length(&v[%u], %u);", view_number(w, v), length);
	evpl_iovec_set_length(&v->iovec, length);
	hold_check_view(w, v);
}

static void
release(struct world *w)
{
	struct view *v = hold_draw_view(w);
	struct context *c = operations_any_context(w);
	struct evpl_iovec iovec;

	if (v == NULL)
		return;
	hold_check_view(w, v);
	say(w, "evpl_iovec_release(%s, &v[%u]);", world_name(w, c), view_number(w, v));
	hold_drop_view(w, v, &iovec, NULL);
	evpl_iovec_release(c != NULL ? c->evpl : NULL, &iovec);
}

/* Moves a view's iovec to r[i], to be released. */
static void
take_out(struct world *w, struct view *v, struct evpl_iovec *iovec, unsigned i)
{
	hold_check_view(w, v);
	say(w, "evpl_iovec_move(&r[%u], &v[%u]);", i, view_number(w, v));
	hold_drop_view(w, v, &iovec[i], NULL);
}

static void
release_all(struct world *w, struct context *c, struct evpl_iovec *iovec, unsigned n)
{
	say(w, "evpl_iovecs_release(%s, r, %u);", world_name(w, c), n);
	evpl_iovecs_release(c != NULL ? c->evpl : NULL, iovec, (int)n);
}

static void
release_in_bulk(struct world *w)
{
	struct context *c = operations_any_context(w);
	unsigned n = 1 + operations_draw(w, 6), done = 0;
	struct evpl_iovec iovec[6];
	struct view *v;

	for (; done < n && (v = hold_draw_view(w)) != NULL; done++)
		take_out(w, v, iovec, done);
	release_all(w, c, iovec, done);
}

/* Neighbours: what was taken one after the other, such as a header and its payload. */
static void
release_latest(struct world *w)
{
	struct context *c = operations_any_context(w);
	unsigned n = 1 + operations_draw(w, 6), done = 0;
	struct evpl_iovec iovec[6];

	for (unsigned i = w->views.n; i-- > 0 && done < n;) {
		struct view *v = &w->view[w->views.live[i]];

		if ((v->iovec.flags & SHARED) || v->player == w->turn)
			take_out(w, v, iovec, done++);
	}
	release_all(w, c, iovec, done);
}

/* Whoever alone holds all bytes of a take may write them again. */
static void
write_again(struct world *w)
{
	struct view *v = hold_draw_view(w);
	struct reference_take *take;

	if (v == NULL)
		return;
	hold_check_view(w, v);
	take = &w->reference.take[v->take];
	if (take->holders > 1)
		return;
	take->stream = w->reference.next_stream++;
	content_write(evpl_iovec_data(&v->iovec), v->iovec.length, take->stream, v->offset);
	v->most = v->iovec.length; /* the bytes behind it have the old stream */
}

const struct operation operations_view[] = {
	{"clone", clone_whole, 1, 12},
	{"clone_segment", clone_segment, 5, 12},
	{"move", move, 1, 2},
	{"move_segment", move_segment, 5, 5},
	{"set_length", set_length, 4, 7},
	{"release", release, 2, 30},
	{"release in bulk", release_in_bulk, 8, 6},
	{"release the latest", release_latest, 2, 5},
	{"write", write_again, 1, 4},
	{0},
};
