/* SPDX-License-Identifier: BSD-3-Clause */
#include "content.h"

uint8_t content_table[CONTENT_STARTS + CONTENT_LONGEST];

void
content_init(void)
{
	uint64_t state = 1;

	if (content_table[0] != 0)
		return;
	for (uint32_t i = 0; i < sizeof(content_table); i++) { /* xorshift64* */
		state ^= state >> 12;
		state ^= state << 25;
		state ^= state >> 27;
		content_table[i] = (uint8_t)(state * UINT64_C(0x2545F4914F6CDD1D) >> 56);
	}
	content_table[0] |= 1;
}
