/* SPDX-License-Identifier: BSD-3-Clause */
#include "argument.h"

#include "base.h"

#include <inttypes.h>

bool
evpl_in_range(const char *call, const char *field, uint64_t value, uint64_t least, uint64_t most)
{
	if (value >= least && value <= most)
		return true;
	EVPL_LOG(ERR, "%s: %s is %" PRIu64 ", but must be %" PRIu64 " to %" PRIu64, call, field, value, least, most);
	return false;
}

bool
evpl_in_signed_range(const char *call, const char *field, int value, int least, int most)
{
	if (value >= least && value <= most)
		return true;
	EVPL_LOG(ERR, "%s: %s is %d, but must be %d to %d", call, field, value, least, most);
	return false;
}

bool
evpl_reserved_is_zero(const char *call, uint32_t word, const uint64_t *words, size_t count)
{
	if (word != 0) {
		EVPL_LOG(ERR,
			 "%s: reserved_word is %" PRIu32
			 ", but must be 0: the program needs a later version of libevpl-dpdk, "
			 "or did not set the struct to zero",
			 call, word);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (words[i] == 0)
			continue;
		EVPL_LOG(ERR,
			 "%s: reserved[%zu] is %" PRIu64 ", but must be 0: the program needs a later version of "
			 "libevpl-dpdk, or did not set the struct to zero",
			 call, i, words[i]);
		return false;
	}
	return true;
}
