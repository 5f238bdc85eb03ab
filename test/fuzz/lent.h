/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a program has lent to its other process (child.h), as it must be.
 *
 *	loan   one reference of the program to some bytes. It lasts as long as the child has iovecs of it (in the
 *	       queues, too), or a packet that the child made of it is not freed. Meanwhile it is one holder of the take.
 *	sent   an mbuf of such a packet. It lasts as long as somebody has it: a packet, or an iovec that is on it.
 */
#ifndef TEST_FUZZ_LENT_H
#define TEST_FUZZ_LENT_H

#include "child.h"
#include "world.h"

#define LENT_LOANS 12u
#define LENT_PACKETS 8u
#define LENT_KEPT 2u

struct loan {
	bool lasts;
	const struct rte_mbuf *ref; /* what its reference is on */
	struct piece piece;
	unsigned iovecs;
};

struct sent {
	const struct rte_mbuf *mbuf; /* NULL: free */
	unsigned loan, child;
	bool lost; /* nobody has it any more, and it was not freed */
};

/* An iovec of the child, or in a queue. */
struct theirs {
	unsigned loan;
	struct piece piece;
	uint32_t most;
	bool is_there;
};

struct queue {
	unsigned n;
	struct theirs iovec[LENT_LOANS];
};

struct lent {
	struct evpl_process *process;
	unsigned children; /* so far */
	int pid, pid_attached;
	bool lives, attached; /* the child */
	bool dead;	      /* one has died attached, and nobody has reclaimed */
	bool late;	      /* loans on packets of the child have ended, and perhaps the library does not know */
	uint64_t reclaimed;
	struct loan loan[LENT_LOANS];
	struct sent sent[LENT_PACKETS];
	struct theirs iovec[CHILD_IOVECS];
	struct queue there, back;
	struct packet kept[LENT_KEPT]; /* packets that the child has and the program has not */
};

/** Makes the place and a child, which attaches. Nothing, if that is not possible here. */
void lent_begin(struct world *w);

/** A child attaches; it is made, if there is none. It is refused if one has died: then calls lent_reclaim(). */
void lent_attach(struct world *w);

/** Has the child do a deed. Fails if it ends, or finds wrong bytes. */
void lent_does(struct world *w, enum child_deed deed);

/** Kills the child. */
void lent_kill(struct world *w);

/** Calls evpl_reclaim(), and checks what it takes back. */
void lent_reclaim(struct world *w);

/** Gives up what the other process has given up. Before bytes are handed out, and before a check. */
void lent_settle(struct world *w);

/** @return the references that loans have on this mbuf. Counts all loans if it is NULL. */
unsigned lent_count(const struct world *w, const void *ref);

/** @return the packet mbufs of the other process that are not free. */
unsigned lent_packets(const struct world *w);

/** Has the library collect what came back, if a packet of the child may be free only then. */
void lent_collect(struct world *w);

/** @return what the table says of an mbuf; NULL: it is none of the other process. */
struct sent *lent_find(struct world *w, const struct rte_mbuf *mbuf);

/** The child has freed an mbuf after it detached: it counts as sent for ever, unless somebody else has it. */
void lent_lose(struct world *w, struct sent *sent);

/** Asks where the packets in the port are. */
void lent_look_into_port(struct world *w);

/** Checks evpl_process_get(). */
void lent_check(struct world *w);

/** All comes back, and the place is freed. */
void lent_end(struct world *w);

/** Prints what the child does. */
#define there(w, ...)                                                                                                  \
	do {                                                                                                           \
		if (unlikely((w)->print != NULL))                                                                      \
			lent_say((w), __VA_ARGS__);                                                                    \
	} while (0)
void lent_say(const struct world *w, const char *format, ...) __attribute__((cold, format(printf, 2, 3)));

#endif /* TEST_FUZZ_LENT_H */
