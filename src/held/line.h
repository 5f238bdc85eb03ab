/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of source, where a program and its libraries have debug information. Built only with elfutils' libdw. */
#ifndef EVPL_SRC_HELD_LINE_H
#define EVPL_SRC_HELD_LINE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Calls a function for a return address, and for each function that the compiler inlined there: the innermost first.
 * False: the lines are not known, and it was not called.
 */
bool evpl_line_walk(uintptr_t address, void (*each)(const char *function, const char *file, int line, void *arg),
		    void *arg);

#endif /* EVPL_SRC_HELD_LINE_H */
