/* SPDX-License-Identifier: BSD-3-Clause */
#include "argument.h"

#include "base.h"

#include <inttypes.h>
#include <stdio.h>

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

static bool
refuse_reserved(const char *call, const char *field, uint64_t value)
{
	EVPL_LOG(ERR,
		 "%s: %s is %" PRIu64 ", but must be 0: the program needs a later version of libevpl-dpdk, or did not "
		 "set the struct to zero",
		 call, field, value);
	return false;
}

bool
evpl_reserved_is_zero(const char *call, uint32_t word, const uint64_t *words, size_t count)
{
	char field[32];

	if (word != 0)
		return refuse_reserved(call, "reserved_word", word);
	for (size_t i = 0; i < count; i++) {
		if (words[i] != 0) {
			snprintf(field, sizeof(field), "reserved[%zu]", i);
			return refuse_reserved(call, field, words[i]);
		}
	}
	return true;
}
