/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reference: what the library must do, in the most obvious way. It knows nothing of DPDK, threads or contexts.
 *
 *	take   bytes that one call handed out: an address, a length, and a stream that is written to them
 *	block  what comes home at once: a buffer or a received mbuf. It is held as long as one of its takes is held
 *	hold   one iovec, or one part of a packet, that shows bytes of a take
 */
#ifndef TEST_FUZZ_REFERENCE_H
#define TEST_FUZZ_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#define REFERENCE_TAKES 1024u
#define REFERENCE_BLOCKS 512u
#define REFERENCE_NONE UINT32_MAX

enum reference_kind { REFERENCE_BUFFER, REFERENCE_RX, REFERENCE_FOREIGN, REFERENCE_KINDS };

struct reference_take {
	uint32_t stream, length, holders, block;
};

struct reference_block {
	const void *name;     /* what tells blocks apart */
	const void *owner;    /* whose quota, or which pool, it counts in */
	uint32_t size, takes; /* bytes; takes that are held. 0: the block is free */
	enum reference_kind kind;
};

struct reference {
	uintptr_t begin[REFERENCE_TAKES], end[REFERENCE_TAKES]; /* both 0: free */
	struct reference_take take[REFERENCE_TAKES];
	struct reference_block block[REFERENCE_BLOCKS];
	uint32_t n_takes, n_blocks, hint; /* none at or behind these is held */
	uint32_t next_stream;
	uint32_t held[REFERENCE_KINDS]; /* blocks */
};

/** Enters bytes that a call handed out; nobody holds them yet. @return their number. REFERENCE_NONE: a byte is held. */
uint32_t reference_take(struct reference *r, uintptr_t address, uint32_t length);

/** Says which block a take is in, with what reference_block says of it. */
void reference_place(struct reference *r, uint32_t take, const struct reference_block *block);

void reference_hold(struct reference *r, uint32_t take);
void reference_let_go(struct reference *r, uint32_t take);

/** The end of a reservation: what is behind @p length may be handed out again, unless others hold the take. */
void reference_shorten(struct reference *r, uint32_t take, uint32_t length);

/** @return the blocks of an owner that are held, and in @p bytes their bytes. */
uint32_t reference_owned(const struct reference *r, const void *owner, uint64_t *bytes);

/** @return whether a byte of these is held. */
bool reference_is_held(const struct reference *r, uintptr_t address, uint64_t length);

/** @return how many iovecs an alloc needs at least, if a buffer has @p largest bytes. */
uint32_t reference_needed(uint32_t length, uint32_t largest);

#endif /* TEST_FUZZ_REFERENCE_H */
