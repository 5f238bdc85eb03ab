/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The other process of a program: a child of fork() that plays a secondary process (support/secondary.h). It has
 * iovecs, and does one deed after the other, each when it is asked to. Deeds, answers and iovecs lie in memory that it
 * shares with the program. So the program sees what the child has, also when the child is dead.
 */
#ifndef TEST_FUZZ_CHILD_H
#define TEST_FUZZ_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include <evpl/evpl.h>

#define CHILD_IOVECS 16u
#define CHILD_PARTS 4u /* iovecs of one deed */
#define CHILD_PLACE "other"

enum child_deed {
	CHILD_ATTACHES,
	CHILD_DETACHES,
	CHILD_RECEIVES, /* into the iovecs of all parts */
	CHILD_SENDS,	/* these, too */
	CHILD_RELEASES,
	CHILD_PACKS,  /* makes a packet of the parts */
	CHILD_BURSTS, /* sends them to the port */
	CHILD_FREES,  /* a packet */
	CHILD_CLONES, /* of part 0 to part 1, whole */
	CHILD_CUTS,   /* the same, a segment of it */
	CHILD_MOVES,  /* part 0, to a segment of itself */
	CHILD_SETS_LENGTH,
	CHILD_WRITES, /* the stream of part 0 */
	CHILD_TRIES,  /* a call that is refused there */
};

/* An iovec of a deed, and what its bytes are: before the deed; or after it, if the child receives them. */
struct child_part {
	uint32_t slot, length, stream, offset;
};

/* What both processes see. */
struct child_board {
	enum child_deed deed;
	unsigned n; /* parts */
	struct child_part part[CHILD_PARTS];
	uint32_t offset, length; /* of a segment */
	unsigned which;		 /* call that is refused */
	uint16_t port;
	struct rte_mbuf *mbuf; /* to be freed, or that was made */
	/* The answer. */
	int result, error;
	unsigned wrong; /* 1 + the part whose bytes are wrong; 0: none */
	/* What the child has. */
	struct evpl_iovec iovec[CHILD_IOVECS];
};

extern struct child_board *child_board;

/** Whether there can be one: a plain build, and memory of EAL that is shared with children of fork(). */
bool child_is_possible(void);

/** Makes the child. No thread of this process may be in a call. @return its pid, or -1. */
int child_begin(void);

/** Has the child do what the board says. False: it has ended, and @p status says how. */
bool child_does(int *status);

/** Kills it (SIGKILL). */
void child_kill(void);

#endif /* TEST_FUZZ_CHILD_H */
