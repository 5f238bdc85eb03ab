/* SPDX-License-Identifier: BSD-3-Clause */
/* What the other process does with the iovecs that it was lent. */
#include <errno.h>

#include "hold.h"
#include "operations.h"
#include "parts.h"

static void
receive(struct world *w)
{
	struct queue *there = &w->lent->there;
	unsigned asked = 1 + operations_draw(w, CHILD_PARTS), n = RTE_MIN(asked, there->n);

	child_board->n = 0;
	for (unsigned i = 0; i < n; i++) {
		unsigned slot = parts_free_slot(w);

		if (slot == CHILD_IOVECS) {
			asked = n = i;
			break;
		}
		w->lent->iovec[slot] = there->iovec[i];
		parts_choose(w, i, slot);
	}
	child_board->length = asked;
	lent_does(w, CHILD_RECEIVES);
	parts_say(w, "evpl_process_receive(process)");
	expect(w, child_board->result == (int)n, "the other process receives %d iovecs instead of %u",
	       child_board->result, n);
	for (unsigned i = 0; i < n; i++)
		parts_check_slot(w, child_board->part[i].slot);
	there->n -= n;
	memmove(there->iovec, there->iovec + n, there->n * sizeof(there->iovec[0]));
}

static void
send(struct world *w)
{
	struct evpl_iovec was[CHILD_IOVECS];
	struct queue *back = &w->lent->back;
	unsigned n = parts_draw(w, CHILD_PARTS), want = RTE_MIN(n, LENT_LOANS - back->n);

	if (n == 0)
		return;
	memcpy(was, child_board->iovec, sizeof(was));
	lent_does(w, CHILD_SENDS);
	parts_say(w, "evpl_process_send(process)");
	expect(w, child_board->result == (int)want, "the other process sends %d iovecs of %u instead of %u",
	       child_board->result, n, want);
	expect(w, child_board->error == (want < n ? ENOBUFS : 0), "error %d", child_board->error);
	for (unsigned i = 0; i < want; i++)
		back->iovec[back->n++] = w->lent->iovec[child_board->part[i].slot];
	parts_check_rest(w, was, want);
}

static void
release(struct world *w)
{
	unsigned n = parts_draw(w, CHILD_PARTS);

	if (n == 0)
		return;
	lent_does(w, CHILD_RELEASES);
	parts_say(w, n == 1 ? "evpl_iovec_release(NULL)" : "evpl_iovecs_release(NULL)");
	for (unsigned i = 0; i < n; i++)
		w->lent->loan[w->lent->iovec[child_board->part[i].slot].loan].iovecs--;
	parts_check_rest(w, NULL, n);
}

static void
clone_there(struct world *w, uint32_t offset, uint32_t length, bool whole)
{
	unsigned from = child_board->part[0].slot, to = parts_free_slot(w);
	struct theirs *theirs = &w->lent->iovec[from];

	if (to == CHILD_IOVECS)
		return;
	w->lent->iovec[to] = *theirs;
	if (!whole) {
		w->lent->iovec[to].piece.offset += offset;
		w->lent->iovec[to].piece.length = w->lent->iovec[to].most = length;
	} else {
		w->lent->iovec[to].most = theirs->piece.length;
	}
	w->lent->loan[theirs->loan].iovecs++;
	child_board->part[1].slot = to;
	lent_does(w, whole ? CHILD_CLONES : CHILD_CUTS);
	if (whole)
		there(w, "evpl_iovec_clone(&s[%u], &s[%u])", to, from);
	else
		there(w, "evpl_iovec_clone_segment(&s[%u], &s[%u], %u, %u)", to, from, offset, length);
	parts_check_slot(w, to);
}

/* Whoever alone holds all bytes of a take may write them again. */
static void
write_there(struct world *w, unsigned slot)
{
	struct theirs *theirs = &w->lent->iovec[slot];
	struct reference_take *take = &w->reference.take[theirs->piece.take];
	bool alone = w->lent->loan[theirs->loan].iovecs == 1;

	lent_settle(w);
	for (unsigned i = 0; i < LENT_PACKETS; i++)
		alone &= w->lent->sent[i].mbuf == NULL || w->lent->sent[i].loan != theirs->loan;
	if (!alone || take->holders > 1)
		return;
	take->stream = w->reference.next_stream++;
	theirs->most = theirs->piece.length; /* the bytes behind it have the old stream */
	child_board->part[1].stream = take->stream;
	lent_does(w, CHILD_WRITES);
	there(w, "writes to s[%u]", slot);
}

/* Changes one of the child's iovecs. */
static void
change(struct world *w)
{
	unsigned how = operations_draw(w, 8), slot;
	uint32_t offset, length;
	struct theirs *theirs;

	if (parts_draw(w, 1) == 0)
		return;
	slot = child_board->part[0].slot;
	theirs = &w->lent->iovec[slot];
	offset = operations_draw(w, 65536) % (theirs->piece.length + 1);
	length = theirs->piece.length - offset;
	length = how & 1 ? length : length / 2;
	child_board->offset = offset;
	child_board->length = length;
	if (how < 4) {
		clone_there(w, offset, length, how < 2);
	} else if (how == 4) {
		theirs->piece.offset += offset;
		theirs->piece.length = theirs->most = length;
		lent_does(w, CHILD_MOVES);
		there(w, "evpl_iovec_move_segment(&s[%u], &s[%u], %u, %u)", slot, slot, offset, length);
	} else if (how < 7) {
		theirs->piece.length = child_board->length = how == 5 ? theirs->most : length;
		lent_does(w, CHILD_SETS_LENGTH);
		there(w, "evpl_iovec_set_length(&s[%u], %u)", slot, theirs->piece.length);
	} else {
		write_there(w, slot);
	}
	parts_check_slot(w, slot);
}

static void
use(struct world *w)
{
	unsigned how = operations_draw(w, 16);

	if (!w->lent->attached)
		lent_attach(w);
	else if (how < 5)
		receive(w);
	else if (how < 11)
		change(w);
	else if (how < 13)
		release(w);
	else
		send(w);
	lent_settle(w);
}

const struct operation operations_there[] = {
	{"the other process: iovecs", use, OPERATIONS_TAKE_ARGUMENTS, 7},
	{0},
};
