/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arguments of calls that are not on a data path: what is out of range is refused, and the log says which field it is,
 * its value, and what would do.
 */
#ifndef EVPL_SRC_ARGUMENT_H
#define EVPL_SRC_ARGUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether the value is at least the first, at most the second. False: a log line names the field. */
bool evpl_in_range(const char *call, const char *field, uint64_t value, uint64_t least, uint64_t most);
/* The same for numbers with a sign. */
bool evpl_in_signed_range(const char *call, const char *field, int value, int least, int most);
/* Whether reserved bytes, where a later version may have fields (evpl_core.h), are zero. False: the log says so. */
bool evpl_reserved_is_zero(const char *call, uint32_t word, const uint64_t *words, size_t count);

#endif /* EVPL_SRC_ARGUMENT_H */
