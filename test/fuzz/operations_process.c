/* SPDX-License-Identifier: BSD-3-Clause */
/* The other process, seen from the program: iovecs sent and received, and children that come and go. */
#include <errno.h>

#include "hold.h"
#include "lent.h"
#include "operations.h"

#define MOST 4u /* iovecs of one call */

/* evpl_process_get() also collects what came back. So it is not called after each operation. */
static void
check_at_times(struct world *w)
{
	if (operations_draw(w, 4) == 0)
		lent_check(w);
	else
		lent_settle(w);
}

/* Why the next iovec is not sent; 0: it is. */
static int
refusal(const struct world *w, const struct evpl_iovec *iovec, unsigned lent)
{
	uintptr_t at = (uintptr_t)iovec->data - (uintptr_t)world_external;

	if (!(iovec->flags & SHARED))
		return EINVAL;
	if (at < (uintptr_t)EXTERNALS * EXTERNAL_BYTES)
		return ENOTSUP;
	return lent_count(w, NULL) + lent == LENT_LOANS ? ENOBUFS : 0;
}

/* The reference of r[i] is a loan's, and the iovec waits for the child. */
static void
lend(struct world *w, const struct rte_mbuf *ref, const struct piece *piece)
{
	struct lent *l = w->lent;
	unsigned i = 0;

	while (l->loan[i].lasts)
		i++;
	l->loan[i] = (struct loan){.lasts = true, .ref = ref, .piece = *piece, .iovecs = 1};
	l->there.iovec[l->there.n++] = (struct theirs){i, *piece, piece->length, true};
}

/* Most are SHARED, and some on a packet of the child, as far as there are such. */
static struct view *
draw_view(struct world *w)
{
	unsigned how = operations_draw(w, 8);
	struct view *drawn = hold_draw_view(w);

	if (how == 0 || drawn == NULL || (how > 2 && (drawn->iovec.flags & SHARED)))
		return drawn;
	for (unsigned i = 0; i < w->views.n; i++) {
		struct view *v = &w->view[w->views.live[i]];

		if ((v->iovec.flags & SHARED) && (how > 2 || lent_find(w, v->iovec.ref) != NULL))
			return v;
	}
	return drawn;
}

static void
send(struct world *w)
{
	unsigned n = 1 + operations_draw(w, MOST), taken = 0, want = 0, sent;
	struct evpl_iovec iovec[MOST], was[MOST];
	bool listens = w->lent->attached || w->lent->dead;
	struct piece piece[MOST];
	uint32_t most[MOST];
	int error = 0;

	lent_settle(w);
	for (; taken < n; taken++) {
		struct view *v = draw_view(w);

		if (v == NULL)
			break;
		hold_take_out(w, v, taken, &iovec[taken], &piece[taken], &most[taken]);
	}
	memcpy(was, iovec, taken * sizeof(iovec[0]));
	if (!listens && taken > 0)
		error = ENOTCONN;
	while (error == 0 && want < taken && (error = refusal(w, &iovec[want], want)) == 0)
		want++;
	rte_errno = 0;
	sent = evpl_process_send(w->lent->process, iovec, taken);
	say(w, "evpl_process_send(other, r, %u); /* %u */", taken, sent);
	expect(w, sent == want, "%u iovecs of %u are sent instead of %u", sent, taken, want);
	expect(w, rte_errno == error, "error %d instead of %d", rte_errno, error);
	for (unsigned i = 0; i < sent; i++) {
		expect(w, iovec[i].ref == NULL && iovec[i].data == NULL, "an iovec that was sent is not empty");
		lend(w, was[i].ref, &piece[i]);
	}
	expect(w, memcmp(&iovec[sent], &was[sent], (taken - sent) * sizeof(iovec[0])) == 0,
	       "an iovec that was not sent has changed");
	for (unsigned i = sent; i < taken; i++)
		hold_enter_again(w, &iovec[i], &piece[i], most[i], i);
	check_at_times(w);
}

/* What the child sent becomes a view. */
static void
enter(struct world *w, struct evpl_iovec *iovec, const struct theirs *theirs, unsigned i)
{
	struct loan *loan = &w->lent->loan[theirs->loan];
	const char *data = (const char *)w->reference.begin[theirs->piece.take] + theirs->piece.offset;
	struct view *v;

	expect(w, iovec->length == theirs->piece.length && (const char *)iovec->data == data,
	       "%u bytes at %p came back instead of %u at %p", iovec->length, iovec->data, theirs->piece.length,
	       (const void *)data);
	expect(w, (iovec->flags & SHARED) && iovec->ref == loan->ref,
	       "what came back has flags 0x%x and ref %p, and the ref of what was lent is %p", iovec->flags,
	       (void *)iovec->ref, (const void *)loan->ref);
	v = hold_view(w, iovec, &theirs->piece);
	say(w, "evpl_iovec_move(&v[%u], &r[%u]); /* %u bytes */", view_number(w, v), i, v->iovec.length);
	loan->iovecs--;
}

static void
receive(struct world *w)
{
	struct queue *back = &w->lent->back;
	unsigned n = 1 + operations_draw(w, MOST), done;
	struct evpl_iovec iovec[MOST];

	if (w->views.n + n > VIEWS)
		return;
	done = evpl_process_receive(w->lent->process, iovec, n);
	say(w, "evpl_process_receive(other, r, %u); /* %u */", n, done);
	expect(w, done == RTE_MIN(n, back->n), "%u iovecs came instead of %u of %u", done, n, back->n);
	for (unsigned i = 0; i < done; i++)
		enter(w, &iovec[i], &back->iovec[i], i);
	back->n -= done;
	memmove(back->iovec, back->iovec + done, back->n * sizeof(back->iovec[0]));
	check_at_times(w);
}

/* ---------------------------------------------------------------------------------------------------------------- */

/* What waited is released, also if the child cannot detach. */
static void
detach(struct world *w)
{
	struct lent *l = w->lent;
	unsigned held = 0;

	for (unsigned i = 0; i < CHILD_IOVECS; i++)
		held += l->iovec[i].is_there;
	lent_does(w, CHILD_DETACHES);
	there(w, "evpl_detach(process) is %d", child_board->result);
	expect(w, child_board->result == (held > 0 ? -EBUSY : 0), "evpl_detach() says %d, and %u iovecs are held",
	       child_board->result, held);
	for (unsigned i = 0; i < l->there.n; i++)
		l->loan[l->there.iovec[i].loan].iovecs--;
	l->there.n = 0;
	l->attached = held > 0;
}

static void
refuse(struct world *w, unsigned which)
{
	struct evpl_process_info info;
	struct lent *l = w->lent;

	switch (which % 5) {
	case 0:
		if (!l->attached && !l->dead)
			return; /* it would be freed, if nothing is lent */
		say(w, "evpl_process_free(other);");
		expect(w, evpl_process_free(l->process) == -EBUSY, "the place of a process that is there is freed");
		break;
	case 1:
		say(w, "evpl_process_create(\"%s\", 1, 1);", CHILD_PLACE);
		expect(w, evpl_process_create(CHILD_PLACE, 1, 1) == NULL && rte_errno == EEXIST, "error %d", rte_errno);
		break;
	case 2:
		expect(w, evpl_process_find(CHILD_PLACE) == l->process, "a place is not found");
		expect(w, evpl_process_find("none") == NULL && rte_errno == ENOENT, "error %d", rte_errno);
		break;
	case 3:
		expect(w, evpl_process_get(l->process, NULL) == -EINVAL && evpl_process_get(NULL, &info) == -EINVAL,
		       "evpl_process_get() takes NULL");
		expect(w, evpl_reclaim(l->process, 2) == -EINVAL && evpl_reclaim(NULL, 0) == -EINVAL,
		       "evpl_reclaim() takes an unknown flag, or NULL");
		break;
	default:
		expect(w, evpl_attach(CHILD_PLACE) == NULL && rte_errno == ENOTSUP, "the primary attaches");
		expect(w, evpl_detach(l->process) == -ENOTSUP, "the primary detaches");
		break;
	}
}

/* Of 64 draws one kills. */
static void
life(struct world *w)
{
	struct lent *l = w->lent;
	unsigned how = operations_draw(w, 64), which = operations_draw(w, 256);

	if (how == 1 && l->lives)
		lent_kill(w);
	else if (how < 8)
		lent_reclaim(w);
	else if (how < 16)
		refuse(w, which);
	else if (!l->attached)
		lent_attach(w);
	else if (how < 24)
		detach(w);
	check_at_times(w);
}

const struct operation operations_process[] = {
	{"process_send", send, OPERATIONS_TAKE_ARGUMENTS, 3},
	{"process_receive", receive, OPERATIONS_TAKE_ARGUMENTS, 2},
	{"a process's life", life, OPERATIONS_TAKE_ARGUMENTS, 2},
	{0},
};
