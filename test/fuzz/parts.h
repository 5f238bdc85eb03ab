/* SPDX-License-Identifier: BSD-3-Clause */
/* The iovecs that a deed of the other process is about: the parts of the board (child.h). */
#ifndef TEST_FUZZ_PARTS_H
#define TEST_FUZZ_PARTS_H

#include "lent.h"

/** Part i is this iovec of the child, and the last part so far. */
void parts_choose(struct world *w, unsigned i, unsigned slot);

/** Draws up to @p most of the child's iovecs, in any order. @return how many; 0: it has none. */
unsigned parts_draw(struct world *w, unsigned most);

/** @return the number of an iovec that the child has not; CHILD_IOVECS: there is none. */
unsigned parts_free_slot(const struct world *w);

/** Prints what the child has done with the parts. */
#define parts_say(w, call)                                                                                             \
	do {                                                                                                           \
		if (unlikely((w)->print != NULL))                                                                      \
			parts_print((w), (call));                                                                      \
	} while (0)
void parts_print(const struct world *w, const char *call) __attribute__((cold));

/** Checks that the child's iovec is what the program thinks. */
void parts_check_slot(struct world *w, unsigned slot);

/** Checks the iovecs behind a deed: the first n are no longer the child's; the others are what they were. */
void parts_check_rest(struct world *w, const struct evpl_iovec *was, unsigned n);

#endif /* TEST_FUZZ_PARTS_H */
