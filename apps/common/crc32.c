/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <rte_byteorder.h>

#include "crc32.h"

#define POLYNOMIAL 0xedb88320

/* table[k][b]: what byte b does to the sum when k zero bytes follow it. */
static uint32_t table[8][256];

static void
fill_table(void)
{
	for (uint32_t b = 0; b < 256; b++) {
		uint32_t crc = b;

		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
		table[0][b] = crc;
	}
	for (int k = 1; k < 8; k++) {
		for (int b = 0; b < 256; b++)
			table[k][b] = (table[k - 1][b] >> 8) ^ table[0][table[k - 1][b] & 0xff];
	}
}

/* Eight bytes at once, by eight look-ups that do not wait for each other. */
uint32_t
crc32_update(uint32_t crc, const void *data, size_t length)
{
	const uint8_t *p = data;
	uint64_t word;

	if (table[0][1] == 0)
		fill_table();
	crc = ~crc;
	for (; length >= sizeof(word); p += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		word = rte_le_to_cpu_64(word) ^ crc;
		crc = 0;
		for (int i = 0; i < 8; i++)
			crc ^= table[7 - i][(word >> (8 * i)) & 0xff];
	}
	for (; length > 0; p++, length--)
		crc = (crc >> 8) ^ table[0][(crc ^ *p) & 0xff];
	return ~crc;
}
