/* SPDX-License-Identifier: BSD-3-Clause */
#include "reference.h"

bool
reference_is_held(const struct reference *r, uintptr_t address, uint64_t length)
{
	bool held = false;

	for (uint32_t i = 0; i < r->n_takes; i++)
		held |= (address < r->end[i]) & (r->begin[i] < address + length);
	return held;
}

uint32_t
reference_take(struct reference *r, uintptr_t address, uint32_t length)
{
	uint32_t i = r->hint;

	if (reference_is_held(r, address, length))
		return REFERENCE_NONE;
	while (i < r->n_takes && r->end[i] != 0)
		i++;
	if (i == REFERENCE_TAKES)
		return REFERENCE_NONE;
	r->hint = i + 1;
	if (i == r->n_takes)
		r->n_takes++;
	r->begin[i] = address;
	r->end[i] = address + length;
	r->take[i] = (struct reference_take){.stream = r->next_stream++, .length = length, .block = REFERENCE_NONE};
	return i;
}

static uint32_t
find_block(const struct reference *r, const void *name)
{
	uint32_t i = 0, unused = r->n_blocks;

	for (; i < r->n_blocks; i++) {
		if (r->block[i].takes == 0)
			unused = i;
		else if (r->block[i].name == name)
			return i;
	}
	return unused;
}

void
reference_place(struct reference *r, uint32_t take, const struct reference_block *block)
{
	uint32_t i = find_block(r, block->name);

	if (i == r->n_blocks)
		r->n_blocks++;
	if (r->block[i].takes == 0) {
		r->block[i] = *block;
		r->block[i].takes = 0;
		r->held[block->kind]++;
	}
	r->block[i].takes++;
	r->take[take].block = i;
}

void
reference_hold(struct reference *r, uint32_t take)
{
	r->take[take].holders++;
}

void
reference_let_go(struct reference *r, uint32_t take)
{
	struct reference_block *block = &r->block[r->take[take].block];

	if (--r->take[take].holders > 0)
		return;
	r->begin[take] = r->end[take] = 0;
	if (take < r->hint)
		r->hint = take;
	while (r->n_takes > 0 && r->end[r->n_takes - 1] == 0)
		r->n_takes--;
	if (r->hint > r->n_takes)
		r->hint = r->n_takes;
	if (--block->takes > 0)
		return;
	r->held[block->kind]--;
	while (r->n_blocks > 0 && r->block[r->n_blocks - 1].takes == 0)
		r->n_blocks--;
}

void
reference_shorten(struct reference *r, uint32_t take, uint32_t length)
{
	if (r->take[take].holders != 1)
		return;
	r->take[take].length = length;
	r->end[take] = r->begin[take] + length;
}

uint32_t
reference_owned(const struct reference *r, const void *owner, uint64_t *bytes)
{
	uint32_t n = 0;

	*bytes = 0;
	for (uint32_t i = 0; i < r->n_blocks; i++) {
		if (r->block[i].takes == 0 || r->block[i].owner != owner)
			continue;
		*bytes += r->block[i].size;
		n++;
	}
	return n;
}

uint32_t
reference_needed(uint32_t length, uint32_t largest)
{
	return length / largest + (length % largest != 0);
}
