/* SPDX-License-Identifier: BSD-3-Clause */
#include "parts.h"

#include "operations.h"

void
parts_choose(struct world *w, unsigned i, unsigned slot)
{
	const struct piece *piece = &w->lent->iovec[slot].piece;

	child_board->part[i] = (struct child_part){
		.slot = slot,
		.length = piece->length,
		.stream = w->reference.take[piece->take].stream,
		.offset = piece->offset,
	};
	child_board->n = i + 1;
}

static bool
is_chosen(unsigned slot)
{
	for (unsigned i = 0; i < child_board->n; i++) {
		if (child_board->part[i].slot == slot)
			return true;
	}
	return false;
}

unsigned
parts_draw(struct world *w, unsigned most)
{
	unsigned n = 1 + operations_draw(w, most);

	child_board->n = 0;
	for (unsigned i = 0; i < n; i++) {
		unsigned first = operations_draw(w, CHILD_IOVECS), k = 0, slot;

		do {
			slot = (first + k) % CHILD_IOVECS;
		} while ((!w->lent->iovec[slot].is_there || is_chosen(slot)) && ++k < CHILD_IOVECS);
		if (k == CHILD_IOVECS)
			break;
		parts_choose(w, i, slot);
	}
	return child_board->n;
}

unsigned
parts_free_slot(const struct world *w)
{
	unsigned slot = 0;

	while (slot < CHILD_IOVECS && (w->lent->iovec[slot].is_there || is_chosen(slot)))
		slot++;
	return slot;
}

void
parts_print(const struct world *w, const char *call)
{
	char list[64] = "";

	for (unsigned i = 0; i < child_board->n; i++)
		snprintf(list + strlen(list), sizeof(list) - strlen(list), "%ss[%u]", i > 0 ? ", " : "",
			 child_board->part[i].slot);
	lent_say(w, "%s, of %s: result %d, error %d", call, list, child_board->result, child_board->error);
}

void
parts_check_slot(struct world *w, unsigned slot)
{
	const struct evpl_iovec *iovec = &child_board->iovec[slot];
	const struct piece *piece = &w->lent->iovec[slot].piece;
	const char *data = (const char *)w->reference.begin[piece->take] + piece->offset;

	expect(w, iovec->length == piece->length && (const char *)iovec->data == data && (iovec->flags & SHARED),
	       "s[%u] of the other process has %u bytes at %p instead of %u at %p", slot, iovec->length, iovec->data,
	       piece->length, (const void *)data);
}

void
parts_check_rest(struct world *w, const struct evpl_iovec *was, unsigned n)
{
	for (unsigned i = 0; i < child_board->n; i++) {
		unsigned slot = child_board->part[i].slot;

		if (i < n) {
			expect(w, child_board->iovec[slot].ref == NULL, "an iovec that is gone is not empty");
			w->lent->iovec[slot].is_there = false;
			continue;
		}
		expect(w, memcmp(&child_board->iovec[slot], &was[slot], sizeof(*was)) == 0,
		       "in the other process, an iovec that is not gone has changed");
	}
}
