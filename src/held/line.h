/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of source, where a program and its libraries have debug information. Built only with elfutils' libdw. */
#ifndef EVPL_SRC_HELD_LINE_H
#define EVPL_SRC_HELD_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * "function (file:line)" of a return address. Where the compiler put the function into its caller, the caller follows
 * behind the words between, and so on. Of DPDK's inline functions only the one is said that the program called. False:
 * the line is not known, and nothing is said.
 */
bool evpl_line_say(FILE *out, uintptr_t address, const char *between);

#endif /* EVPL_SRC_HELD_LINE_H */
