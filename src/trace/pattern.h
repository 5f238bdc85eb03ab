/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What free bytes and guards hold. Bytes that nobody may touch are also poisoned for the address sanitizer, and made
 * inaccessible for memcheck. The sanitizer is called only if the program has it (weak symbols).
 */
#ifndef EVPL_SRC_TRACE_PATTERN_H
#define EVPL_SRC_TRACE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_branch_prediction.h>

#define GUARD_BYTE 0xFA
#define FREE_BYTE 0xDB

void trace_hiding_begin(void); /* finds out whether there is such a tool */
/* A tool is there that bytes can be hidden from: the address sanitizer, or memcheck. */
extern bool trace_hiding;
void trace_hide(const void *p, size_t n);   /* nobody but tracing may touch them */
void trace_show(const void *p, size_t n);   /* anybody may; they hold nothing yet */
void trace_reveal(const void *p, size_t n); /* hidden ones may be read for a moment */

/* Sixteen bytes at any address, of any type. */
typedef uint64_t chunk __attribute__((vector_size(16), aligned(1), may_alias));

static inline chunk
chunk_of(unsigned char b)
{
	uint64_t word = b * UINT64_C(0x0101010101010101);

	return (chunk){word, word};
}

/* Whether n bytes, 16 or more, are all b. Not memcmp, which the sanitizer would stop. */
__attribute__((no_sanitize("address"))) static inline bool
is_filled(const void *p, size_t n, unsigned char b)
{
	const chunk *c = p, *last = (const chunk *)((const char *)p + n - sizeof(chunk)), want = chunk_of(b);
	chunk differ = *last ^ want;

	for (; last - c >= 4; c += 4)
		differ |= ((c[0] ^ want) | (c[1] ^ want)) | ((c[2] ^ want) | (c[3] ^ want));
	for (; c < last; c++)
		differ |= *c ^ want;
	return (differ[0] | differ[1]) == 0;
}

__attribute__((no_sanitize("address"))) static inline void
fill_bytes(void *p, size_t n, unsigned char b)
{
	char *c = p, *last = c + n - sizeof(chunk);

	if (unlikely(n < sizeof(chunk))) {
		for (volatile char *v = p; n > 0; n--)
			*v++ = (char)b;
		return;
	}
	for (; c < last; c += sizeof(chunk)) {
		*(chunk *)c = chunk_of(b);
		__asm__ volatile(""
				 :
				 :
				 : "memory"); /* or it would be a call of memset: 20 -> 18 ns per alloc + release */
	}
	*(chunk *)last = chunk_of(b);
}

/* The first byte that is not b; NULL: none. A whole buffer of 64 KiB takes about 3 us. */
const unsigned char *trace_find_other(const void *p, size_t n, unsigned char b);

#endif /* EVPL_SRC_TRACE_PATTERN_H */
