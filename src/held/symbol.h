/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of functions that dladdr() does not know: the static ones, of which a file that is not stripped has a table
 * (.symtab). The file is read when a report is written, and nothing of it is kept.
 */
#ifndef EVPL_SRC_HELD_SYMBOL_H
#define EVPL_SRC_HELD_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The function at an address of this process. False: not known, and name is "". */
bool evpl_symbol_at(uintptr_t address, char *name, size_t size);
/* The function of a file, at an address as the file counts addresses. False: not known, and name is "". */
bool evpl_symbol_in_file(const char *path, uintptr_t address, char *name, size_t size);

#endif /* EVPL_SRC_HELD_SYMBOL_H */
