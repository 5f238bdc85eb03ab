/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes that programs write: a stream per number, out of one table of random bytes, so that writing is a memcpy()
 * and checking a memcmp(). A byte of another stream, or from another place of this one, is wrong in 255 of 256 cases.
 */
#ifndef TEST_FUZZ_CONTENT_H
#define TEST_FUZZ_CONTENT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/** No stream is longer. */
#define CONTENT_LONGEST (512u << 10)
#define CONTENT_STARTS (64u << 10)

extern uint8_t content_table[CONTENT_STARTS + CONTENT_LONGEST];

/** Makes the table. Further calls do nothing. */
void content_init(void);

/** @return the bytes of a stream from @p offset on. */
static inline const uint8_t *
content(uint32_t stream, uint32_t offset)
{
	return content_table + (stream * UINT32_C(2654435761) >> 16) + offset;
}

static inline void
content_write(void *p, uint32_t length, uint32_t stream, uint32_t offset)
{
	memcpy(p, content(stream, offset), length);
}

static inline bool
content_is(const void *p, uint32_t length, uint32_t stream, uint32_t offset)
{
	return length == 0 || memcmp(p, content(stream, offset), length) == 0;
}

#endif /* TEST_FUZZ_CONTENT_H */
