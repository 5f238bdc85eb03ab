/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reserved bytes at the end of a struct that a program fills: where a later version may have fields (evpl_core.h).
 */
#ifndef EVPL_SRC_RESERVED_BYTES_H
#define EVPL_SRC_RESERVED_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool
reserved_is_zero(uint32_t word, const uint64_t *words, size_t count)
{
	uint64_t any = word;

	for (size_t i = 0; i < count; i++)
		any |= words[i];
	return any == 0;
}

#endif /* EVPL_SRC_RESERVED_BYTES_H */
