/* SPDX-License-Identifier: BSD-3-Clause */
/* Takes choices and bytes from the front of a fuzzer's input. Behind its end all numbers are 0, all texts empty. */
#ifndef TEST_FUZZ_INPUT_H
#define TEST_FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct input {
	const uint8_t *at;
	size_t left;
};

static inline uint8_t
input_u8(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->at++;
}

static inline uint16_t
input_u16(struct input *in)
{
	uint16_t low = input_u8(in);

	return (uint16_t)(low | input_u8(in) << 8);
}

static inline uint32_t
input_u32(struct input *in)
{
	uint32_t low = input_u16(in);

	return low | (uint32_t)input_u16(in) << 16;
}

/* A number below n, which is 1 to 256. */
static inline unsigned
input_below(struct input *in, unsigned n)
{
	return input_u8(in) % n;
}

/* Takes n bytes, or those that are left. *n becomes their number. */
static inline const uint8_t *
input_bytes(struct input *in, size_t *n)
{
	const uint8_t *bytes = in->at;

	if (*n > in->left)
		*n = in->left;
	in->at += *n;
	in->left -= *n;
	return bytes;
}

#endif /* TEST_FUZZ_INPUT_H */
